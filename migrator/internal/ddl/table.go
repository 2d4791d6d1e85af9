package ddl

// Span is a range of bytes of the text it was read from: Start up to, but not
// including, End.
type Span struct{ Start, End int }

// Of is the bytes of the span.
func (s Span) Of(sql string) string { return sql[s.Start:s.End] }

// Table is a CREATE TABLE statement taken apart. Names are without their
// quotes; the spans say where everything stands in SQL.
type Table struct {
	SQL         string
	Schema      string // of "schema.table", "" without
	Name        string
	NameSpan    Span // the name of the table, without the schema
	Columns     []Column
	Constraints []Constraint // those of the table, in order

	WithoutRowID, Strict, RandomRowID bool

	// Body ends with the closing parenthesis; Options is what stands behind
	// it, from the first to the last token, and empty without any.
	Body, Options Span
}

// Column is one column of a table.
type Column struct {
	Name        string
	NameSpan    Span
	Type        string // as it is written, "" without one; no GENERATED ALWAYS
	TypeSpan    Span   // empty, behind the name, without a type
	Constraints []Constraint
	Span        Span // from the name to the last token, without the comma
}

// Kind is the kind of a constraint.
type Kind uint8

// The kinds of constraint. Null is the word NULL alone, which says nothing;
// Deferrable is a [NOT] DEFERRABLE that stands apart from its REFERENCES.
const (
	PrimaryKey Kind = iota + 1
	Unique
	NotNull
	Null
	Check
	Default
	Collate
	ForeignKey // FOREIGN KEY … REFERENCES of a table, REFERENCES of a column
	Generated
	Deferrable
	NameOnly // CONSTRAINT name without a constraint: SQLite accepts it
)

// Constraint is a constraint of a column or of a table.
type Constraint struct {
	Kind Kind
	Name string // of CONSTRAINT name, "" without
	Span Span   // from CONSTRAINT, or its own first word, to its last token

	Columns       []IndexColumn // PrimaryKey, Unique and ForeignKey of a table
	Expr          string        // Check, Generated: between the parentheses; Default: as PRAGMA table_info gives it
	Collation     string        // Collate
	OnConflict    string        // "ABORT", "IGNORE" …, "" without
	Desc          bool          // PRIMARY KEY DESC of a column
	AutoIncrement bool
	Stored        bool // Generated
	Ref           *Reference
}

// Reference is what stands behind REFERENCES.
type Reference struct {
	Table      string
	Columns    []string // none: the primary key
	OnDelete   string   // "CASCADE", "SET NULL", "NO ACTION" …, "" without
	OnUpdate   string
	Match      string
	Deferrable string // "DEFERRABLE INITIALLY DEFERRED" … in upper case, single blanks, "" without
}

// IndexColumn is a column or an expression of a key.
type IndexColumn struct {
	Name      string // of a plain column, "" of an expression
	Expr      string // the text of the column or expression, without COLLATE and the order
	Collation string
	Desc      bool
}

// Index is a CREATE INDEX statement taken apart.
type Index struct {
	SQL      string
	Schema   string
	Name     string
	NameSpan Span
	Table    string
	Unique   bool
	Columns  []IndexColumn
	Where    string // the expression, "" without
}
