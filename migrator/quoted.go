package migrator

import (
	"fmt"
	"slices"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// quotesTexts tells whether something in the schema may be a text in double
// quotes (https://www.sqlite.org/quirks.html#dblquote). SQLite's DROP COLUMN
// and libSQL's ALTER COLUMN write those of all objects anew, in single ones.
// In a view or trigger any name in double quotes may be a text; those of the
// table are known.
func (l *live) quotesTexts(schema string) bool {
	return slices.ContainsFunc(l.objects, func(o object) bool {
		if !same(o.schema, schema) || !doubleQuoted(o.sql, nil) {
			return false
		}
		switch o.kind {
		case "table":
			t := &table{target: target{schema: o.schema, name: o.name}, sql: o.sql}
			return !t.virtual() && t.quotesTexts()
		case "index":
			return l.find(target{schema: o.schema, name: o.table}).indexQuotesTexts(o.sql)
		}
		return true
	})
}

func (t *table) quotesTexts() bool {
	if t.parse() != nil {
		return true
	}
	for _, kind := range []ddl.Kind{ddl.Check, ddl.Generated, ddl.Default} {
		for _, c := range constraints(t.ddl, kind) {
			if doubleQuoted(c.con.Expr, t) {
				return true
			}
		}
	}
	return false
}

func (t *table) indexQuotesTexts(sql string) bool {
	i, err := ddl.ParseIndex(sql)
	if err != nil || t == nil || t.parse() != nil || doubleQuoted(i.Where, t) {
		return true
	}
	return slices.ContainsFunc(i.Columns, func(c ddl.IndexColumn) bool { return doubleQuoted(c.Expr, t) })
}

// doubleQuoted tells whether the text has a name in double quotes that is not
// the table's or a column's of it.
func doubleQuoted(sql string, t *table) bool {
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.QuotedIdent || sql[tok.Start] != '"' {
			continue
		}
		name := sqltext.Unquote(tok.Text(sql))
		if t == nil || t.column(name) < 0 && !same(name, t.name) {
			return true
		}
	}
	return false
}

// quotes is a view or trigger that seems to use a column that is dropped,
// because it mentions the table and has the name in double quotes: without the
// column it would be a text, and no error. Behind a dot it is one anyway.
func (l *live) quotes(t target, column string) *object {
	for _, o := range l.objects {
		if column == "" || o.kind != "view" && o.kind != "trigger" || !same(o.schema, t.schema) && !same(o.schema, "temp") || !ddl.Mentions(o.sql, t.name) {
			continue
		}
		toks := solid(o.sql)
		for i, tok := range toks {
			named := i > 0 && (toks[i-1].Kind == sqltext.Dot || toks[i-1].Is(o.sql, "AS"))
			if !named && isQuoted(o.sql, tok, column) && (i+1 == len(toks) || toks[i+1].Kind != sqltext.Dot) {
				return &o
			}
		}
	}
	return nil
}

// isQuoted tells whether a token is the name in double quotes.
func isQuoted(sql string, tok sqltext.Token, name string) bool {
	return tok.Kind == sqltext.QuotedIdent && sql[tok.Start] == '"' && same(sqltext.Unquote(tok.Text(sql)), name)
}

// textOf is the constraint, generated column or index of the table that has a
// text in double quotes which a new column of that name would make a column,
// "" without one.
func (t *table) textOf(column string) string {
	quoted := func(sql string) bool {
		toks := solid(sql)
		for i, tok := range toks {
			if isQuoted(sql, tok, column) && (i+1 == len(toks) || toks[i+1].Kind != sqltext.Dot) {
				return true
			}
		}
		return false
	}
	for _, kind := range []ddl.Kind{ddl.Check, ddl.Generated} {
		for _, c := range constraints(t.ddl, kind) {
			if quoted(c.con.Expr) {
				return describe("("+c.con.Expr+")", c.con.Name)
			}
		}
	}
	for _, o := range t.indexes {
		if quoted(o.sql) && !same(o.name, column) && !same(o.table, column) {
			return fmt.Sprintf("index %q", o.name)
		}
	}
	return ""
}
