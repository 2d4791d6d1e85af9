package engine

import "context"

// Describer is a [Conn] that tells what a statement is without running it.
type Describer interface {
	// Describe takes a text of one statement, or of none.
	Describe(ctx context.Context, sql string) (Description, error)
}

// Description is what an engine knows of a statement that it has compiled.
type Description struct {
	Columns  []Column
	Facts    []ColumnFacts // one for each column
	Params   []string      // names with their prefix, "" for those without
	ReadOnly bool
	Explain  int // 1 is EXPLAIN, 2 EXPLAIN QUERY PLAN
}

// ColumnFacts is what the schema tells of a column of a result.
type ColumnFacts struct {
	Database, Table, Origin   string // where it comes from; "" for an expression
	Collation                 string
	PrimaryKey, AutoIncrement bool
	Nullable, NullableKnown   bool
	// Strict: the column is of a STRICT table, so every value that is not
	// NULL has the declared type.
	Strict bool
}
