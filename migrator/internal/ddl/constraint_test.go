package ddl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

var columnConstraintTests = []struct {
	sql  string
	want ddl.Constraint
}{
	{"PRIMARY KEY", ddl.Constraint{Kind: ddl.PrimaryKey}},
	{"primary/**/key asc autoincrement", ddl.Constraint{Kind: ddl.PrimaryKey, AutoIncrement: true}},
	{"CONSTRAINT pk PRIMARY KEY DESC ON CONFLICT replace", ddl.Constraint{Kind: ddl.PrimaryKey, Name: "pk", Desc: true, OnConflict: "REPLACE"}},
	{"UNIQUE", ddl.Constraint{Kind: ddl.Unique}},
	{"CONSTRAINT `u x` UNIQUE ON CONFLICT Ignore", ddl.Constraint{Kind: ddl.Unique, Name: "u x", OnConflict: "IGNORE"}},
	{"NOT NULL", ddl.Constraint{Kind: ddl.NotNull}},
	{"not -- really\nnull on/**/conflict fail", ddl.Constraint{Kind: ddl.NotNull, OnConflict: "FAIL"}},
	{"NULL", ddl.Constraint{Kind: ddl.Null}},
	{"CONSTRAINT n NULL ON CONFLICT ROLLBACK", ddl.Constraint{Kind: ddl.Null, Name: "n", OnConflict: "ROLLBACK"}},
	{"CHECK (a > 0)", ddl.Constraint{Kind: ddl.Check, Expr: "a > 0"}},
	{"CONSTRAINT \"c\"\"d\" check(/* ( */ (a) IN (1,2) -- )\n)", ddl.Constraint{Kind: ddl.Check, Name: `c"d`, Expr: "(a) IN (1,2)"}},
	{"CHECK (a <> ')') ON CONFLICT ABORT", ddl.Constraint{Kind: ddl.Check, Expr: "a <> ')'", OnConflict: "ABORT"}},
	{"CHECK ((a))", ddl.Constraint{Kind: ddl.Check, Expr: "(a)"}},
	{"CHECK ()", ddl.Constraint{Kind: ddl.Check}},
	{"DEFAULT 1", ddl.Constraint{Kind: ddl.Default, Expr: "1"}},
	{"CONSTRAINT d DEFAULT - /* x */ 1.5", ddl.Constraint{Kind: ddl.Default, Name: "d", Expr: "- /* x */ 1.5"}},
	{"DEFAULT 'it''s'", ddl.Constraint{Kind: ddl.Default, Expr: "'it''s'"}},
	{"DEFAULT Null", ddl.Constraint{Kind: ddl.Default, Expr: "Null"}},
	{"DEFAULT x'0F'", ddl.Constraint{Kind: ddl.Default, Expr: "x'0F'"}},
	{"DEFAULT current_timestamp", ddl.Constraint{Kind: ddl.Default, Expr: "current_timestamp"}},
	{"DEFAULT \"quoted\"", ddl.Constraint{Kind: ddl.Default, Expr: `"quoted"`}},
	{"DEFAULT ( /* c */ 1 + (2) )", ddl.Constraint{Kind: ddl.Default, Expr: "/* c */ 1 + (2)"}},
	{"DEFAULT ((1))", ddl.Constraint{Kind: ddl.Default, Expr: "(1)"}},
	{"COLLATE NoCase", ddl.Constraint{Kind: ddl.Collate, Collation: "NoCase"}},
	{"CONSTRAINT c COLLATE 'my own'", ddl.Constraint{Kind: ddl.Collate, Name: "c", Collation: "my own"}},
	{"REFERENCES p", ddl.Constraint{Kind: ddl.ForeignKey, Ref: &ddl.Reference{Table: "p"}}},
	{"REFERENCES [p q](\"x y\")", ddl.Constraint{Kind: ddl.ForeignKey, Ref: &ddl.Reference{Table: "p q", Columns: []string{"x y"}}}},
	{
		"CONSTRAINT f REFERENCES p (x) MATCH full ON DELETE set\nnull ON UPDATE no action NOT DEFERRABLE initially\tdeferred",
		ddl.Constraint{Kind: ddl.ForeignKey, Name: "f", Ref: &ddl.Reference{
			Table: "p", Columns: []string{"x"}, Match: "full", OnDelete: "SET NULL", OnUpdate: "NO ACTION", Deferrable: "NOT DEFERRABLE INITIALLY DEFERRED",
		}},
	},
	{
		"REFERENCES p ON UPDATE CASCADE ON UPDATE RESTRICT ON INSERT SET DEFAULT ON DELETE SET DEFAULT DEFERRABLE INITIALLY IMMEDIATE",
		ddl.Constraint{Kind: ddl.ForeignKey, Ref: &ddl.Reference{
			Table: "p", OnUpdate: "RESTRICT", OnDelete: "SET DEFAULT", Deferrable: "DEFERRABLE INITIALLY IMMEDIATE",
		}},
	},
	{"NOT DEFERRABLE", ddl.Constraint{Kind: ddl.Deferrable, Ref: &ddl.Reference{Deferrable: "NOT DEFERRABLE"}}},
	{"CONSTRAINT d deferrable initially deferred", ddl.Constraint{Kind: ddl.Deferrable, Name: "d", Ref: &ddl.Reference{Deferrable: "DEFERRABLE INITIALLY DEFERRED"}}},
	{"GENERATED ALWAYS AS (b + 1)", ddl.Constraint{Kind: ddl.Generated, Expr: "b + 1"}},
	{"generated always as( b )stored", ddl.Constraint{Kind: ddl.Generated, Expr: "b", Stored: true}},
	{"AS (b) VIRTUAL", ddl.Constraint{Kind: ddl.Generated, Expr: "b"}},
	{"CONSTRAINT g AS ((b))", ddl.Constraint{Kind: ddl.Generated, Name: "g", Expr: "(b)"}},
	{"CONSTRAINT alone", ddl.Constraint{Kind: ddl.NameOnly, Name: "alone"}},
	{"CONSTRAINT ''", ddl.Constraint{Kind: ddl.NameOnly}},
}

var tableConstraintTests = []struct {
	sql  string
	want ddl.Constraint
}{
	{"PRIMARY KEY (a)", ddl.Constraint{Kind: ddl.PrimaryKey, Columns: []ddl.IndexColumn{{Name: "a", Expr: "a"}}}},
	{"primary key(\"a\" autoincrement)on conflict rollback", ddl.Constraint{
		Kind: ddl.PrimaryKey, Columns: []ddl.IndexColumn{{Name: "a", Expr: `"a"`}}, AutoIncrement: true, OnConflict: "ROLLBACK",
	}},
	{"CONSTRAINT pk PRIMARY KEY (a COLLATE nocase DESC, [b c] ASC, 'd')", ddl.Constraint{
		Kind: ddl.PrimaryKey, Name: "pk",
		Columns: []ddl.IndexColumn{{Name: "a", Expr: "a", Collation: "nocase", Desc: true}, {Name: "b c", Expr: "[b c]"}, {Name: "d", Expr: "'d'"}},
	}},
	{"CONSTRAINT `u` UNIQUE (((`a`)), (b COLLATE x) COLLATE y, desc DESC) ON CONFLICT fail", ddl.Constraint{
		Kind: ddl.Unique, Name: "u", OnConflict: "FAIL",
		Columns: []ddl.IndexColumn{{Name: "a", Expr: "`a`"}, {Name: "b", Expr: "b", Collation: "y"}, {Name: "desc", Expr: "desc", Desc: true}},
	}},
	{"UNIQUE (a + 1)", ddl.Constraint{Kind: ddl.Unique, Columns: []ddl.IndexColumn{{Expr: "a + 1"}}}},
	{"CHECK (a > 0)", ddl.Constraint{Kind: ddl.Check, Expr: "a > 0"}},
	{"CONSTRAINT c CHECK((a)<(9)) ON CONFLICT IGNORE", ddl.Constraint{Kind: ddl.Check, Name: "c", Expr: "(a)<(9)", OnConflict: "IGNORE"}},
	{"FOREIGN KEY (a) REFERENCES p", ddl.Constraint{
		Kind: ddl.ForeignKey, Columns: []ddl.IndexColumn{{Name: "a", Expr: "a"}}, Ref: &ddl.Reference{Table: "p"},
	}},
	{"CONSTRAINT [f] FOREIGN KEY (a, `b c`) REFERENCES p (x, \"y\") ON DELETE CASCADE MATCH simple DEFERRABLE", ddl.Constraint{
		Kind: ddl.ForeignKey, Name: "f", Columns: []ddl.IndexColumn{{Name: "a", Expr: "a"}, {Name: "b c", Expr: "`b c`"}},
		Ref: &ddl.Reference{Table: "p", Columns: []string{"x", "y"}, OnDelete: "CASCADE", Match: "simple", Deferrable: "DEFERRABLE"},
	}},
	{"FOREIGN KEY (a COLLATE x DESC, b ASC) REFERENCES p (c COLLATE x)", ddl.Constraint{
		Kind: ddl.ForeignKey, Columns: []ddl.IndexColumn{{Name: "a", Expr: "a", Collation: "x", Desc: true}, {Name: "b", Expr: "b"}},
		Ref: &ddl.Reference{Table: "p", Columns: []string{"c"}},
	}},
	{"CONSTRAINT alone", ddl.Constraint{Kind: ddl.NameOnly, Name: "alone"}},
}

// TestColumnConstraints: one constraint alone, and between two others.
func TestColumnConstraints(t *testing.T) {
	for _, test := range columnConstraintTests {
		t.Run(test.sql, func(t *testing.T) {
			table := mustParse(t, "CREATE TABLE t (a "+test.sql+", b)")
			require.Len(t, table.Columns, 2)
			requireConstraint(t, table, table.Columns[0].Constraints, 0, test.sql, test.want)

			table = mustParse(t, "CREATE TABLE t (a INT UNIQUE/**/"+test.sql+" -- x\nCONSTRAINT z NULL)")
			require.Len(t, table.Columns[0].Constraints, 3)
			requireConstraint(t, table, table.Columns[0].Constraints, 1, test.sql, test.want)
			require.Equal(t, "CONSTRAINT z NULL", table.Columns[0].Constraints[2].Span.Of(table.SQL))
		})
	}
}

// TestTableConstraints: one constraint alone, and between others with and
// without commas.
func TestTableConstraints(t *testing.T) {
	for _, test := range tableConstraintTests {
		t.Run(test.sql, func(t *testing.T) {
			table := mustParse(t, "CREATE TABLE t (a, "+test.sql+")")
			require.Len(t, table.Columns, 1)
			require.Len(t, table.Constraints, 1)
			requireConstraint(t, table, table.Constraints, 0, test.sql, test.want)

			for _, comma := range []string{" , ", ",", " ", "/**/", "-- ,\n"} {
				table = mustParse(t, "CREATE TABLE t (a, UNIQUE (a)"+comma+test.sql+comma+"CONSTRAINT z CHECK (a))")
				require.Len(t, table.Constraints, 3)
				requireConstraint(t, table, table.Constraints, 1, test.sql, test.want)
			}
		})
	}
}

func requireConstraint(t *testing.T, table *ddl.Table, all []ddl.Constraint, i int, sql string, want ddl.Constraint) {
	t.Helper()
	require.Greater(t, len(all), i)
	have := all[i]
	require.Equal(t, sql, have.Span.Of(table.SQL))
	have.Span = ddl.Span{}
	require.Equal(t, want, have)
}
