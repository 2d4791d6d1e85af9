package ddl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

func mustParse(t testing.TB, sql string) *ddl.Table {
	t.Helper()
	table, err := ddl.ParseTable(sql)
	require.NoError(t, err, "%q", sql)
	return table
}

// TestTableName: what stands before the body.
func TestTableName(t *testing.T) {
	for _, test := range []struct{ sql, schema, name, span string }{
		{"CREATE TABLE t (a)", "", "t", "t"},
		{"CREATE TEMP TABLE IF NOT EXISTS Users(a)", "", "Users", "Users"},
		{"CREATE TABLE main.t (a)", "main", "t", "t"},
		{"CREATE TABLE [ma in]/* . */./* . */\"t\"\"x\" (a)", "ma in", `t"x`, `"t""x"`},
		{"CREATE TABLE 'it''s' (a)", "", "it's", "'it''s'"},
		{"CREATE TABLE `a``b`(a)", "", "a`b", "`a``b`"},
		{"CREATE TABLE [a\"b`c'd] (a)", "", "a\"b`c'd", "[a\"b`c'd]"},
		{"CREATE TABLE 名前 (a)", "", "名前", "名前"},
		{"CREATE TABLE if.t (a)", "if", "t", "t"},
		{"CREATE TABLE temp (a)", "", "temp", "temp"},
		{`CREATE TABLE "" (a)`, "", "", `""`},
	} {
		t.Run(test.sql, func(t *testing.T) {
			table := mustParse(t, test.sql)
			require.Equal(t, test.schema, table.Schema)
			require.Equal(t, test.name, table.Name)
			require.Equal(t, test.span, table.NameSpan.Of(test.sql))
			require.Equal(t, "(a)", table.Body.Of(test.sql))
			require.Zero(t, table.Options.Of(test.sql))
		})
	}
}

// TestOptions: what stands behind the body.
func TestOptions(t *testing.T) {
	for _, test := range []struct {
		text, span                    string
		withoutRowID, strict, randoms bool
	}{
		{"", "", false, false, false},
		{" ; ", "", false, false, false},
		{" -- STRICT", "", false, false, false},
		{"STRICT", "STRICT", false, true, false},
		{" ,STRICT", ",STRICT", false, true, false},
		{" strict -- really\n;", "strict", false, true, false},
		{" WITHOUT/**/ROWID ,-- x\n Strict /* y */", "WITHOUT/**/ROWID ,-- x\n Strict", true, true, false},
		{" STRICT,RANDOM\tROWID", "STRICT,RANDOM\tROWID", false, true, true},
		{" without rowid, without rowid", "without rowid, without rowid", true, false, false},
	} {
		t.Run(test.text, func(t *testing.T) {
			table := mustParse(t, "CREATE TABLE t (a)"+test.text)
			require.Equal(t, "(a)", table.Body.Of(table.SQL))
			require.Equal(t, test.span, table.Options.Of(table.SQL))
			require.Equal(t, test.withoutRowID, table.WithoutRowID)
			require.Equal(t, test.strict, table.Strict)
			require.Equal(t, test.randoms, table.RandomRowID)
		})
	}
}

// TestColumnType: the name and the type of a column, and the first words of
// what follows.
func TestColumnType(t *testing.T) {
	for _, test := range []struct{ sql, name, typ, span string }{
		{"a", "a", "", ""},
		{"a NOT NULL", "a", "", ""},
		{"`a b`int", "a b", "int", "int"},
		{"a varchar ( 20 ) NOT NULL", "a", "varchar ( 20 )", "varchar ( 20 )"},
		{"a UNSIGNED\n BIG/**/INT UNIQUE", "a", "UNSIGNED\n BIG/**/INT", "UNSIGNED\n BIG/**/INT"},
		{"a decimal(10,-2)DEFAULT 1", "a", "decimal(10,-2)", "decimal(10,-2)"},
		{"a/* INT */-- TEXT\n", "a", "", ""},
		{"a \"my type\" 'other'", "a", "\"my type\" 'other'", "\"my type\" 'other'"},
		{"a INT GENERATED ALWAYS AS (1)", "a", "INT", "INT"},
		{"a generated/**/always\nAS (1)", "a", "", ""},
		{"a INT GENERATED ALWAYS", "a", "INT", "INT GENERATED ALWAYS"},
		{"a GENERATED ALWAYS NOT NULL", "a", "", "GENERATED ALWAYS"},
		{"a ALWAYS GENERATED", "a", "ALWAYS GENERATED", "ALWAYS GENERATED"},
		{"a AS (1)", "a", "", ""},
		{"generated AS (1)", "generated", "", ""},
		{"generated always AS (1)", "generated", "always", "always"},
		{"a INT CONSTRAINT b", "a", "INT", "INT"},
		{"key key key", "key", "key key", "key key"},
	} {
		t.Run(test.sql, func(t *testing.T) {
			table := mustParse(t, "CREATE TABLE t ("+test.sql+")")
			require.Len(t, table.Columns, 1)
			column := table.Columns[0]
			require.Equal(t, test.name, column.Name)
			require.Equal(t, test.typ, column.Type)
			require.Equal(t, test.span, column.TypeSpan.Of(table.SQL))
			if test.span == "" {
				require.Equal(t, ddl.Span{Start: column.NameSpan.End, End: column.NameSpan.End}, column.TypeSpan)
			}
		})
	}
}

// TestBodySpans: every column and constraint is known by its text.
func TestBodySpans(t *testing.T) {
	table := mustParse(t, "CREATE TABLE t ( -- a\n\t\"a\"  INT DEFAULT ( 1 ) /* a */ , /* b */ b TEXT\n\tCONSTRAINT c CHECK (b > ')')UNIQUE -- b\n,c,\n UNIQUE (a , b) /* u */ CONSTRAINT p\nPRIMARY KEY(b) , CONSTRAINT n )")
	var columns, inner, constraints []string
	for _, c := range table.Columns {
		columns = append(columns, c.Span.Of(table.SQL))
		for _, k := range c.Constraints {
			inner = append(inner, k.Span.Of(table.SQL))
		}
	}
	for _, k := range table.Constraints {
		constraints = append(constraints, k.Span.Of(table.SQL))
	}
	require.Equal(t, []string{"\"a\"  INT DEFAULT ( 1 )", "b TEXT\n\tCONSTRAINT c CHECK (b > ')')UNIQUE", "c"}, columns)
	require.Equal(t, []string{"DEFAULT ( 1 )", "CONSTRAINT c CHECK (b > ')')", "UNIQUE"}, inner)
	require.Equal(t, []string{"UNIQUE (a , b)", "CONSTRAINT p\nPRIMARY KEY(b)", "CONSTRAINT n"}, constraints)
	requireSpans(t, table)
}
