package rowhook

import (
	"context"
	"database/sql/driver"
)

// Context is the context of a query whose rows call what it carries. Both may
// be nil.
type Context struct {
	context.Context
	// Columns is called whenever the rows are asked for their columns. isTime
	// tells the columns whose declared type makes them times.
	Columns func(names []string, isTime func(i int) bool)
	// Sink takes the rows of the first statement that returns any, before the
	// query returns.
	Sink Sink
}

// Sink takes rows. When the query is tried on another connection, it begins
// anew.
type Sink interface {
	// Begin says whether the sink takes rows of such columns. The names are
	// good until it returns.
	Begin(columns []string) bool
	// Row takes a row, or leaves it and those after it to the rows that the
	// query returns. The values are good until it returns; what they point at
	// is the sink's.
	Row(values []driver.Value) bool
}
