package rowhook

import "context"

// Context is the context of a query whose rows call Columns whenever they are
// asked for their columns. isTime tells the columns whose declared type makes
// them times.
type Context struct {
	context.Context
	Columns func(names []string, isTime func(i int) bool)
}
