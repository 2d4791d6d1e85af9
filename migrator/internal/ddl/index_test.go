package ddl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// indexTests are texts of indexes on the indexedTable.
var indexTests = []struct {
	sql     string
	refused string // part of the library's message
	want    ddl.Index
}{
	// What stands before the columns.
	{sql: "CREATE INDEX x ON t (a)", want: index("x", column("a"))},
	{sql: "create unique index X on T(A)", want: ddl.Index{Name: "X", Table: "T", Unique: true, Columns: []ddl.IndexColumn{column("A")}}},
	{sql: "CREATE INDEX IF NOT EXISTS x ON t (a);", want: index("x", column("a"))},
	{sql: "CREATE UNIQUE INDEX if/**/not--\nexists main.\"x y\" ON 't' (a)", want: ddl.Index{Schema: "main", Name: "x y", Table: "t", Unique: true, Columns: []ddl.IndexColumn{column("a")}}},
	{sql: "CREATE INDEX [main] . x\nON\tt\n(a)", want: ddl.Index{Schema: "main", Name: "x", Table: "t", Columns: []ddl.IndexColumn{column("a")}}},
	{sql: "CREATE INDEX\r\n  idx_t_a\r\nON t\r\n(\r\n  a,\r\n  b\r\n)", want: index("idx_t_a", column("a"), column("b"))},
	{sql: "CREATE INDEX`x`ON`t`(`a`)", want: index("x", quoted("`a`", "a"))},
	{sql: "CREATE INDEX \"my-index\" ON [t] ([a])", want: index("my-index", quoted("[a]", "a"))},
	{sql: "CREATE INDEX größe ON t (größe)", want: index("größe", column("größe"))},
	{sql: "CREATE INDEX desc ON t (desc)", want: index("desc", column("desc"))},
	{sql: "CREATE INDEX it ON t (a) -- WHERE b\n", want: index("it", column("a"))},
	{sql: "/* ( */ CREATE -- '\nINDEX x /* [ */ ON t(/* ) */a/* , */)", want: index("x", column("a"))},
	{sql: "CREATE INDEX x ON nowhere (a)", refused: "no such table", want: ddl.Index{Name: "x", Table: "nowhere", Columns: []ddl.IndexColumn{column("a")}}},

	// Columns.
	{sql: "CREATE INDEX x ON t (a ASC, b DESC, key)", want: index("x", column("a"), ddl.IndexColumn{Name: "b", Expr: "b", Desc: true}, column("key"))},
	{sql: "CREATE INDEX x ON t (a COLLATE nocase, b collate\n\"binary\" desc)", want: index("x", collated("a", "nocase"), ddl.IndexColumn{Name: "b", Expr: "b", Collation: "binary", Desc: true})},
	{sql: "CREATE INDEX x ON t (a COLLATE nocase COLLATE rtrim)", want: index("x", collated("a", "rtrim"))},
	{sql: "CREATE INDEX x ON t (a COLLATE nowhere)", refused: "no such collation sequence", want: index("x", collated("a", "nowhere"))},
	{sql: "CREATE INDEX x ON t ('it''s', \"c d\", `select`, [like])", want: index("x", quoted("'it''s'", "it's"), quoted(`"c d"`, "c d"), quoted("`select`", "select"), quoted("[like]", "like"))},
	{sql: "CREATE INDEX x ON t (desc DESC, asc ASC)", want: index("x", ddl.IndexColumn{Name: "desc", Expr: "desc", Desc: true}, column("asc"))},
	{sql: "CREATE INDEX x ON t (asc, desc)", want: index("x", column("asc"), column("desc"))},
	{sql: "CREATE INDEX x ON t (\"desc\"DESC)", want: index("x", ddl.IndexColumn{Name: "desc", Expr: `"desc"`, Desc: true})},
	{sql: "CREATE INDEX x ON t ((a), ((b)) DESC, ((\"c d\") COLLATE nocase))", want: index("x", column("a"), ddl.IndexColumn{Name: "b", Expr: "b", Desc: true}, ddl.IndexColumn{Name: "c d", Expr: `"c d"`, Collation: "nocase"})},
	{sql: "CREATE INDEX x ON t ((a COLLATE nocase) COLLATE rtrim)", want: index("x", collated("a", "rtrim"))},
	{sql: "CREATE INDEX x ON t (\"collate\" COLLATE nocase, \"end\")", want: index("x", ddl.IndexColumn{Name: "collate", Expr: `"collate"`, Collation: "nocase"}, quoted(`"end"`, "end"))},
	{sql: "CREATE INDEX x ON t (nulls, first)", want: index("x", column("nulls"), column("first"))},
	{sql: "CREATE INDEX x ON t (a, a, A DESC)", want: index("x", column("a"), column("a"), ddl.IndexColumn{Name: "A", Expr: "A", Desc: true})},
	{sql: "CREATE INDEX x ON t (\"nowhere\")", want: index("x", quoted(`"nowhere"`, "nowhere"))},
	{sql: "CREATE INDEX x ON t ('nowhere')", refused: "no such column", want: index("x", quoted("'nowhere'", "nowhere"))},
	{sql: "CREATE INDEX x ON t (nowhere)", refused: "no such column", want: index("x", column("nowhere"))},
	{sql: "CREATE INDEX x ON t (a NULLS FIRST)", refused: "unsupported use of NULLS FIRST", want: index("x", column("a"))},
	{sql: "CREATE INDEX x ON t (a DESC NULLS LAST)", refused: "unsupported use of NULLS LAST", want: index("x", ddl.IndexColumn{Name: "a", Expr: "a", Desc: true})},
	{sql: "CREATE INDEX x ON t (id)", want: index("x", column("id"))},

	// Expressions.
	{sql: "CREATE INDEX x ON t (a + 1)", want: index("x", expr("a + 1"))},
	{sql: "CREATE INDEX x ON t (lower(a), b)", want: index("x", expr("lower(a)"), column("b"))},
	{sql: "CREATE INDEX x ON t (lower(a) DESC, (a + key) ASC)", want: index("x", ddl.IndexColumn{Expr: "lower(a)", Desc: true}, expr("(a + key)"))},
	{sql: "CREATE INDEX x ON t (lower ( a ) COLLATE nocase)", want: index("x", ddl.IndexColumn{Expr: "lower ( a )", Collation: "nocase"})},
	{sql: "CREATE INDEX x ON t ((a || b) COLLATE nocase DESC)", want: index("x", ddl.IndexColumn{Expr: "(a || b)", Collation: "nocase", Desc: true})},
	{sql: "CREATE INDEX x ON t (a || b COLLATE nocase)", want: index("x", expr("a || b COLLATE nocase"))},
	{sql: "CREATE INDEX x ON t (- a COLLATE nocase, NOT a COLLATE nocase)", want: index("x", ddl.IndexColumn{Expr: "- a", Collation: "nocase"}, expr("NOT a COLLATE nocase"))},
	{sql: "CREATE INDEX x ON t (a COLLATE nocase || b)", want: index("x", expr("a COLLATE nocase || b"))},
	{sql: "CREATE INDEX x ON t (coalesce(a, b, ')'), json_extract(a, '$.x,y') DESC)", want: index("x", expr("coalesce(a, b, ')')"), ddl.IndexColumn{Expr: "json_extract(a, '$.x,y')", Desc: true})},
	{sql: "CREATE INDEX x ON t (CASE WHEN a THEN b ELSE (key) END COLLATE nocase DESC)", want: index("x", ddl.IndexColumn{Expr: "CASE WHEN a THEN b ELSE (key) END", Collation: "nocase", Desc: true})},
	{sql: "CREATE INDEX x ON t (a IS NOT NULL DESC, a ISNULL)", want: index("x", ddl.IndexColumn{Expr: "a IS NOT NULL", Desc: true}, expr("a ISNULL"))},
	{sql: "CREATE INDEX x ON t (a ISNULL COLLATE nocase)", want: index("x", expr("a ISNULL COLLATE nocase"))}, // the one case that is left whole
	{sql: "CREATE INDEX x ON t (a || desc, a + desc DESC)", want: index("x", expr("a || desc"), ddl.IndexColumn{Expr: "a + desc", Desc: true})},
	{sql: "CREATE INDEX x ON t (a LIKE desc, \"like\" DESC)", want: index("x", expr("a LIKE desc"), ddl.IndexColumn{Name: "like", Expr: `"like"`, Desc: true})},
	{sql: "CREATE INDEX x ON t (a NOT LIKE desc, a AND NOT like DESC, a = like DESC, like like like DESC)", want: index("x", expr("a NOT LIKE desc"), ddl.IndexColumn{Expr: "a AND NOT like", Desc: true}, ddl.IndexColumn{Expr: "a = like", Desc: true}, ddl.IndexColumn{Expr: "like like like", Desc: true})},
	{sql: "CREATE INDEX x ON t (a /* , */ + /* ) */ 1 -- DESC\n)", want: index("x", expr("a /* , */ + /* ) */ 1"))},
	{sql: "CREATE INDEX x ON t (1, NULL, x'00', ('x' || 'y'))", want: index("x", expr("1"), expr("NULL"), expr("x'00'"), expr("('x' || 'y')"))},
	{sql: "CREATE INDEX x ON t (a = ?)", refused: "0 arguments for 1 parameters", want: index("x", expr("a = ?"))},
	{sql: "CREATE INDEX x ON t (t.a)", refused: "prohibited in index expressions", want: index("x", expr("t.a"))},
	{sql: "CREATE INDEX x ON t (random())", refused: "non-deterministic", want: index("x", expr("random()"))},

	// WHERE.
	{sql: "CREATE UNIQUE INDEX x ON t (a) WHERE b IS NOT NULL", want: ddl.Index{Name: "x", Table: "t", Unique: true, Columns: []ddl.IndexColumn{column("a")}, Where: "b IS NOT NULL"}},
	{sql: "CREATE INDEX x ON t (a)where(a > 1)and(b<>')') -- ;\n;", want: ddl.Index{Name: "x", Table: "t", Columns: []ddl.IndexColumn{column("a")}, Where: "(a > 1)and(b<>')')"}},
	{sql: "CREATE INDEX x ON t (a) WHERE \"deleted_at\" = 'it''s; x' /* end */", want: ddl.Index{Name: "x", Table: "t", Columns: []ddl.IndexColumn{column("a")}, Where: `"deleted_at" = 'it''s; x'`}},
	{sql: "CREATE INDEX x ON t (a) WHERE a IN (1, 2, (3)) AND length(b) > 1", want: ddl.Index{Name: "x", Table: "t", Columns: []ddl.IndexColumn{column("a")}, Where: "a IN (1, 2, (3)) AND length(b) > 1"}},

	// libSQL.
	{sql: "CREATE INDEX x ON t (libsql_vector_idx(emb, 'metric=cosine'))", want: index("x", expr("libsql_vector_idx(emb, 'metric=cosine')"))},
	{sql: "CREATE INDEX x ON t ( libsql_vector_idx(`emb`) )", want: index("x", expr("libsql_vector_idx(`emb`)"))},
	{sql: "CREATE INDEX x USING diskann_cosine_ops ON t (emb)", refused: "USING syntax is deprecated", want: index("x", column("emb"))},
}

func index(name string, columns ...ddl.IndexColumn) ddl.Index {
	return ddl.Index{Name: name, Table: "t", Columns: columns}
}

func column(name string) ddl.IndexColumn { return ddl.IndexColumn{Name: name, Expr: name} }

func quoted(text, name string) ddl.IndexColumn { return ddl.IndexColumn{Name: name, Expr: text} }

func collated(name, collation string) ddl.IndexColumn {
	return ddl.IndexColumn{Name: name, Expr: name, Collation: collation}
}

func expr(text string) ddl.IndexColumn { return ddl.IndexColumn{Expr: text} }

func TestIndexes(t *testing.T) {
	db := newIndexDatabase(t)
	for _, test := range indexTests {
		t.Run(test.sql, func(t *testing.T) {
			have, err := ddl.ParseIndex(test.sql)
			require.NoError(t, err)
			require.Equal(t, test.sql, have.SQL)
			have.SQL, have.NameSpan = "", ddl.Span{}
			require.Equal(t, test.want, *have)
			err = db.checkIndex(t, test.sql)
			if test.refused != "" {
				require.ErrorContains(t, err, test.refused)
				return
			}
			require.NoError(t, err)
		})
	}
}

// TestIndexNameSpan: where the name stands, so that it can be replaced.
func TestIndexNameSpan(t *testing.T) {
	for _, test := range []struct{ sql, want string }{
		{"CREATE INDEX x ON t (a)", "x"},
		{"CREATE UNIQUE INDEX IF NOT EXISTS main . `a``b` ON t (x)", "`a``b`"},
		{"CREATE INDEX\"x\"ON t (x)", `"x"`},
		{"CREATE INDEX x\nON t (x)", "x"},
	} {
		x, err := ddl.ParseIndex(test.sql)
		require.NoError(t, err)
		require.Equal(t, test.want, x.NameSpan.Of(test.sql))
	}
}

// TestIndexErrors: what is no CREATE INDEX, to the library neither.
func TestIndexErrors(t *testing.T) {
	db := newIndexDatabase(t)
	for _, test := range []struct{ sql, err string }{
		{"", "CREATE wanted at the end of the text, byte 0"},
		{"CREATE TABLE x (a)", `INDEX wanted at byte 7, not "TABLE"`},
		{"CREATE INDEX x ON t (a); CREATE INDEX y ON t (a)", `the end of the statement wanted at byte 25, not "CREATE"`},
		{"CREATE INDEX ON t (a)", `the name of the index wanted at byte 13, not "ON"`},
		{"CREATE INDEX x (a)", `ON wanted at byte 15, not "("`},
		{"CREATE INDEX x ON main.t (a)", `( wanted at byte 22, not "."`},
		{"CREATE INDEX x ON t", "( wanted at the end of the text, byte 19"},
		{"CREATE INDEX x ON t ()", `a list of columns wanted at byte 20, not "("`},
		{"CREATE INDEX x ON t (a,)", `a list of columns wanted at byte 20, not "("`},
		{"CREATE INDEX x ON t (,a)", `a list of columns wanted at byte 20, not "("`},
		{"CREATE INDEX x ON t (a", `a ) for this ( wanted at byte 20, not "("`},
		{"CREATE INDEX x ON t (a) b", `the end of the statement wanted at byte 24, not "b"`},
		{"CREATE INDEX x ON t (a) WHERE", "an expression wanted at the end of the text, byte 29"},
		{"CREATE INDEX x ON t (a) WHERE a)", `the end of the statement wanted at byte 31, not ")"`},
		{"CREATE INDEX x ON t (a) WHERE (a", `a ) for this ( wanted at byte 30, not "("`},
		{"CREATE INDEX x ON t ('a)", `unrecognized token "'a)" at byte 21`},
	} {
		t.Run(test.sql, func(t *testing.T) {
			_, err := ddl.ParseIndex(test.sql)
			require.EqualError(t, err, "ddl: "+test.err)
			require.Error(t, db.checkIndex(t, test.sql))
		})
	}
}
