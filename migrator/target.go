package migrator

import (
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// target is a table by its name. twin tells that a table of temp has the same
// name, so that one of main has to be named with its schema.
type target struct {
	schema, name string
	twin         bool
}

// label is the name of the table for people, with a schema that is not main.
func (t target) label() string {
	if t.schema == "" || same(t.schema, "main") {
		return t.name
	}
	return t.schema + "." + t.name
}

// quoted is the name of the table for SQL.
func (t target) quoted() string { return t.prefix() + quote(t.name) }

// prefix is the schema with its dot, "" where none is needed.
func (t target) prefix() string {
	if t.schema == "" || same(t.schema, "main") && !t.twin {
		return ""
	}
	return quote(t.schema) + "."
}

func (t target) step(kind Kind, sql, reason string, cost Cost, loses string) Step {
	return Step{Table: t.label(), Kind: kind, SQL: sql, Reason: reason, Cost: cost, Loses: loses, schema: t.schema, name: t.name}
}

func (t target) dropIndex(name, reason, loses string) Step {
	st := t.step(DropIndex, "DROP INDEX "+t.prefix()+quote(name), reason, Instant, loses)
	st.index = name
	return st
}

// qualify puts the schema before the name of a CREATE statement as it stands
// in the schema, where no schema is named.
func (t target) qualify(sql string) string {
	if t.prefix() == "" {
		return sql
	}
	named := false
	for tok := range sqltext.Tokens(sql) {
		switch {
		case tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment:
		case named:
			return sql[:tok.Start] + t.prefix() + sql[tok.Start:]
		case tok.Is(sql, "INDEX"), tok.Is(sql, "TRIGGER"), tok.Is(sql, "TABLE"), tok.Is(sql, "VIEW"):
			named = true
		}
	}
	return sql
}
