package ddl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

type editTest struct {
	name, sql string
	edit      func(e *ddl.Edit)
	want      string
}

func runEdits(t *testing.T, tests []editTest) {
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table := mustParse(t, test.sql)
			e := table.Edit()
			test.edit(e)
			require.Equal(t, test.want, e.SQL())
			require.Equal(t, test.want, e.SQL(), "printed twice")
			require.Equal(t, test.sql, table.Edit().SQL(), "the table stays as it is")
			mustParse(t, test.want)
		})
	}
}

func TestDrop(t *testing.T) {
	const three = "CREATE TABLE t (a INT, b TEXT NOT NULL, c)"
	const lines = "CREATE TABLE t (\n\ta INT, -- the a\n\tb INT, -- the b\n\tc INT -- the c\n)"
	const keyed = "CREATE TABLE t (a, b, UNIQUE (a), CHECK (b), PRIMARY KEY (a))"
	column := func(columns ...int) func(*ddl.Edit) {
		return func(e *ddl.Edit) {
			for _, i := range columns {
				e.DropColumn(i)
			}
		}
	}
	constraint := func(constraints ...int) func(*ddl.Edit) {
		return func(e *ddl.Edit) {
			for _, i := range constraints {
				e.DropConstraint(i)
			}
		}
	}
	runEdits(t, []editTest{
		{"the first column", three, column(0), "CREATE TABLE t (b TEXT NOT NULL, c)"},
		{"the middle column", three, column(1), "CREATE TABLE t (a INT, c)"},
		{"the last column", three, column(2), "CREATE TABLE t (a INT, b TEXT NOT NULL)"},
		{"the first two", three, column(0, 1), "CREATE TABLE t (c)"},
		{"the last two", three, column(2, 1), "CREATE TABLE t (a INT)"},
		{"first and last", three, column(0, 2), "CREATE TABLE t (b TEXT NOT NULL)"},
		{"twice", three, column(1, 1), "CREATE TABLE t (a INT, c)"},
		{"without blanks", "CREATE TABLE t(a,b,c)", column(1), "CREATE TABLE t(a,c)"},
		{"with many blanks", "CREATE TABLE t (  a  ,  b  ,  c  )", column(1), "CREATE TABLE t (  a  ,    c  )"},
		{"the first of lines", lines, column(0), "CREATE TABLE t (\n\t-- the a\n\tb INT, -- the b\n\tc INT -- the c\n)"},
		{"the middle of lines", lines, column(1), "CREATE TABLE t (\n\ta INT, -- the a\n\t -- the b\n\tc INT -- the c\n)"},
		{"the last of lines", lines, column(2), "CREATE TABLE t (\n\ta INT, -- the a\n\tb INT -- the b\n\t -- the c\n)"},
		{"comments without blanks", "CREATE TABLE t (/*1*/a/*2*/,/*3*/b/*4*/,/*5*/c/*6*/)", column(1), "CREATE TABLE t (/*1*/a/*2*/,/*3*/ /*4*/ /*5*/c/*6*/)"},
		{"the first of comments", "CREATE TABLE t (/*1*/a/*2*/,/*3*/b/*4*/)", column(0), "CREATE TABLE t (/*1*/ /*2*/ /*3*/b/*4*/)"},
		{"the last of comments", "CREATE TABLE t (/*1*/a/*2*/,/*3*/b/*4*/)", column(1), "CREATE TABLE t (/*1*/a/*2*/ /*3*/ /*4*/)"},
		{"a comma in a comment", "CREATE TABLE t (a /* , */, b -- ,\n, c)", column(1), "CREATE TABLE t (a /* , */, -- ,\n c)"},
		{"with parentheses and commas", "CREATE TABLE t (a, b DECIMAL(1,2) DEFAULT ('),(') CHECK (b IN (1,2)), c)", column(1), "CREATE TABLE t (a, c)"},
		{"before a constraint", "CREATE TABLE t (a, b, UNIQUE (a))", column(1), "CREATE TABLE t (a, UNIQUE (a))"},
		{"odd names", "CREATE TABLE t ([a,b] INT,`c)`INT,\"--\"INT)", column(1), "CREATE TABLE t ([a,b] INT,\"--\"INT)"},

		{"the only constraint", "CREATE TABLE t (a, CHECK (a))", constraint(0), "CREATE TABLE t (a)"},
		{"the first constraint", keyed, constraint(0), "CREATE TABLE t (a, b, CHECK (b), PRIMARY KEY (a))"},
		{"the middle constraint", keyed, constraint(1), "CREATE TABLE t (a, b, UNIQUE (a), PRIMARY KEY (a))"},
		{"the last constraint", keyed, constraint(2), "CREATE TABLE t (a, b, UNIQUE (a), CHECK (b))"},
		{"all constraints", keyed, constraint(2, 0, 1), "CREATE TABLE t (a, b)"},
		{"the first without commas", "CREATE TABLE t (a, UNIQUE (a) CHECK (a) CONSTRAINT n)", constraint(0), "CREATE TABLE t (a, CHECK (a) CONSTRAINT n)"},
		{"the middle without commas", "CREATE TABLE t (a, CONSTRAINT n CONSTRAINT m UNIQUE (a) CHECK (a))", constraint(1), "CREATE TABLE t (a, CONSTRAINT n, CHECK (a))"},
		{"the last without commas", "CREATE TABLE t (a, UNIQUE (a)CHECK (a)-- x\nPRIMARY KEY (a))", constraint(2), "CREATE TABLE t (a, UNIQUE (a)CHECK (a)-- x\n)"},
		{"all without commas", "CREATE TABLE t (a, UNIQUE (a)CHECK (a)PRIMARY KEY (a))", constraint(0, 1, 2), "CREATE TABLE t (a)"},
		{"some commas", "CREATE TABLE t (a, UNIQUE (a) CHECK (a), PRIMARY KEY (a))", constraint(0), "CREATE TABLE t (a, CHECK (a), PRIMARY KEY (a))"},
		{"behind a comment", "CREATE TABLE t (a, -- UNIQUE\n UNIQUE (a) /* u */, CHECK (a) /* c */)", constraint(0), "CREATE TABLE t (a, -- UNIQUE\n  /* u */ CHECK (a) /* c */)"},
		{"lower case and brackets", "CREATE TABLE [t] ([a-b] int, unique([a-b]))", constraint(0), "CREATE TABLE [t] ([a-b] int)"},
		{"a column and its constraint", "CREATE TABLE t (a, b, UNIQUE (a), UNIQUE (b))", func(e *ddl.Edit) { e.DropColumn(1); e.DropConstraint(1) }, "CREATE TABLE t (a, UNIQUE (a))"},
		{"the first column and constraint", "CREATE TABLE t (a, b, UNIQUE (a), UNIQUE (b))", func(e *ddl.Edit) { e.DropConstraint(0); e.DropColumn(0) }, "CREATE TABLE t (b, UNIQUE (b))"},
	})
}

func TestDropColumnConstraint(t *testing.T) {
	const all = "CREATE TABLE t (a TEXT NOT NULL DEFAULT 'x' UNIQUE, b)"
	drop := func(constraints ...int) func(*ddl.Edit) {
		return func(e *ddl.Edit) {
			for _, i := range constraints {
				e.DropColumnConstraint(0, i)
			}
		}
	}
	runEdits(t, []editTest{
		{"the first", all, drop(0), "CREATE TABLE t (a TEXT DEFAULT 'x' UNIQUE, b)"},
		{"the middle", all, drop(1), "CREATE TABLE t (a TEXT NOT NULL UNIQUE, b)"},
		{"the last", all, drop(2), "CREATE TABLE t (a TEXT NOT NULL DEFAULT 'x', b)"},
		{"all", all, drop(0, 1, 2), "CREATE TABLE t (a TEXT, b)"},
		{"the only one", "CREATE TABLE t (a UNIQUE)", drop(0), "CREATE TABLE t (a)"},
		{"with its name", "CREATE TABLE t (a CONSTRAINT `u` UNIQUE ON CONFLICT FAIL NOT NULL)", drop(0), "CREATE TABLE t (a NOT NULL)"},
		{"with comments", "CREATE TABLE t (a /*1*/ UNIQUE /*2*/ NOT NULL -- 3\n)", drop(0), "CREATE TABLE t (a /*1*/  /*2*/ NOT NULL -- 3\n)"},
		{"behind a comment", "CREATE TABLE t (a -- UNIQUE\nUNIQUE)", drop(0), "CREATE TABLE t (a -- UNIQUE\n)"},
		{"without blanks", "CREATE TABLE t (a CHECK(a)UNIQUE/**/DEFAULT(1)NOT NULL)", drop(1), "CREATE TABLE t (a CHECK(a)/**/DEFAULT(1)NOT NULL)"},
		{"what would become one word", "CREATE TABLE t (a DEFAULT'x'CHECK(a)NULL)", drop(1), "CREATE TABLE t (a DEFAULT'x' NULL)"},
		{"with DEFERRABLE", "CREATE TABLE t (a REFERENCES p DEFERRABLE NOT NULL)", drop(0), "CREATE TABLE t (a NOT NULL)"},
		{"with DEFERRABLE apart", "CREATE TABLE t (a REFERENCES p NOT NULL DEFERRABLE UNIQUE NOT DEFERRABLE, b DEFERRABLE)", drop(0), "CREATE TABLE t (a NOT NULL UNIQUE, b DEFERRABLE)"},
		{"of two references", "CREATE TABLE t (a REFERENCES p NULL DEFERRABLE REFERENCES q NULL NOT DEFERRABLE)", drop(0), "CREATE TABLE t (a NULL REFERENCES q NULL NOT DEFERRABLE)"},
		{"GENERATED", "CREATE TABLE t (a INT GENERATED ALWAYS AS (b) STORED, b)", drop(0), "CREATE TABLE t (a INT, b)"},

		{"behind a name alone", "CREATE TABLE t (a CONSTRAINT n CONSTRAINT m UNIQUE NOT NULL)", drop(1), "CREATE TABLE t (a NOT NULL)"},
		{"behind two names alone", "CREATE TABLE t (a NULL CONSTRAINT n CONSTRAINT m CONSTRAINT o UNIQUE NOT NULL)", drop(3), "CREATE TABLE t (a NULL NOT NULL)"},
		{"between names", "CREATE TABLE t (a CONSTRAINT n CONSTRAINT m UNIQUE CONSTRAINT o NOT NULL)", drop(1), "CREATE TABLE t (a CONSTRAINT n CONSTRAINT o NOT NULL)"},
		{"behind a name alone, the last", "CREATE TABLE t (a CONSTRAINT n CONSTRAINT m UNIQUE)", drop(1), "CREATE TABLE t (a CONSTRAINT n)"},
		{"a name alone", "CREATE TABLE t (a CONSTRAINT n)", drop(0), "CREATE TABLE t (a)"},
	})
}

func TestAdd(t *testing.T) {
	column := func(defs ...string) func(*ddl.Edit) {
		return func(e *ddl.Edit) {
			for _, def := range defs {
				e.AddColumn(def)
			}
		}
	}
	constraint := func(defs ...string) func(*ddl.Edit) {
		return func(e *ddl.Edit) {
			for _, def := range defs {
				e.AddConstraint(def)
			}
		}
	}
	toColumn := func(defs ...string) func(*ddl.Edit) {
		return func(e *ddl.Edit) {
			for _, def := range defs {
				e.AddToColumn(0, def)
			}
		}
	}
	runEdits(t, []editTest{
		{"a column", "CREATE TABLE t (a)", column("b INT"), "CREATE TABLE t (a, b INT)"},
		{"two columns", "CREATE TABLE t (a)", column("b INT", "c"), "CREATE TABLE t (a, b INT, c)"},
		{"a column before the constraints", "CREATE TABLE t (a, UNIQUE (a), CHECK (a))", column("b"), "CREATE TABLE t (a, b, UNIQUE (a), CHECK (a))"},
		{"a column before comments", "CREATE TABLE t (\n\ta INT -- the a\n\t/* the end */)", column("b"), "CREATE TABLE t (\n\ta INT, b -- the a\n\t/* the end */)"},
		{"a column before a comment", "CREATE TABLE t (a/**/)", column("b"), "CREATE TABLE t (a, b /**/)"},
		{"a column with comments", "CREATE TABLE t (a)", column(" b INT -- the b", "/* c */ c /* open"), "CREATE TABLE t (a, b INT -- the b\n, /* c */ c /* open*/)"},
		{"a column and a whole comment", "CREATE TABLE t (a)", column("b /* b */"), "CREATE TABLE t (a, b /* b */)"},
		{"a column and no comment yet", "CREATE TABLE t (a)", column("b /*/"), "CREATE TABLE t (a, b /*/*/)"},
		{"no column", "CREATE TABLE t (a)", column("", " \n", "-- b", "/* b */"), "CREATE TABLE t (a)"},
		{"a name that ends in a blank of another world", "CREATE TABLE t (a)", column("b\u00a0"), "CREATE TABLE t (a, b\u00a0)"},
		{"before options", "CREATE TABLE t (a TEXT) STRICT", column("b INT"), "CREATE TABLE t (a TEXT, b INT) STRICT"},

		{"a constraint", "CREATE TABLE t (a)", constraint("UNIQUE (a)"), "CREATE TABLE t (a, UNIQUE (a))"},
		{"a constraint behind another", "CREATE TABLE t (a, CHECK (a) -- c\n)", constraint("UNIQUE (a)", "CHECK (b)"), "CREATE TABLE t (a, CHECK (a), UNIQUE (a), CHECK (b) -- c\n)"},
		{"a constraint behind a name alone", "CREATE TABLE t (a, CONSTRAINT n)", constraint("UNIQUE (a)"), "CREATE TABLE t (a, CONSTRAINT n, UNIQUE (a))"},
		{"no constraint", "CREATE TABLE t (a)", constraint("", "/**/"), "CREATE TABLE t (a)"},
		{"a column and a constraint", "CREATE TABLE t (a, CHECK (a))", func(e *ddl.Edit) { e.AddConstraint("UNIQUE (b)"); e.AddColumn("b") }, "CREATE TABLE t (a, b, CHECK (a), UNIQUE (b))"},
		{"a column and the first constraint", "CREATE TABLE t (a)", func(e *ddl.Edit) { e.AddConstraint("UNIQUE (b)"); e.AddColumn("b") }, "CREATE TABLE t (a, b, UNIQUE (b))"},
		{"for the last column", "CREATE TABLE t (a, b)", func(e *ddl.Edit) { e.DropColumn(1); e.AddColumn("c") }, "CREATE TABLE t (a, c)"},
		{"for the first column", "CREATE TABLE t (a, b)", func(e *ddl.Edit) { e.DropColumn(0); e.AddColumn("c") }, "CREATE TABLE t (b, c)"},
		{"for the only column", "CREATE TABLE t (a)", func(e *ddl.Edit) { e.DropColumn(0); e.AddColumn("b") }, "CREATE TABLE t (b)"},
		{"for all columns", "CREATE TABLE t (a, b, CHECK (1))", func(e *ddl.Edit) { e.DropColumn(0); e.DropColumn(1); e.AddColumn("c"); e.AddColumn("d") }, "CREATE TABLE t (c, d,CHECK (1))"},
		{"for all constraints", "CREATE TABLE t (a, CHECK (1) UNIQUE (a))", func(e *ddl.Edit) { e.DropConstraint(0); e.DropConstraint(1); e.AddConstraint("CHECK (2)") }, "CREATE TABLE t (a, CHECK (2))"},
		{"for everything", "CREATE TABLE t (a, CHECK (1))", func(e *ddl.Edit) {
			e.DropColumn(0)
			e.DropConstraint(0)
			e.AddConstraint("CHECK (2)")
			e.AddColumn("b")
		}, "CREATE TABLE t (b, CHECK (2))"},

		{"to a column", "CREATE TABLE t (a, b)", toColumn("NOT NULL", "UNIQUE"), "CREATE TABLE t (a NOT NULL UNIQUE, b)"},
		{"to a column with comments", "CREATE TABLE t (a INT UNIQUE/* u */-- a\n)", toColumn("NOT NULL -- n"), "CREATE TABLE t (a INT UNIQUE NOT NULL -- n\n/* u */-- a\n)"},
		{"nothing to a column", "CREATE TABLE t (a)", toColumn("", "-- x"), "CREATE TABLE t (a)"},
		{"to a column with a name alone", "CREATE TABLE t (a INT UNIQUE CONSTRAINT n)", toColumn("NOT NULL"), "CREATE TABLE t (a INT UNIQUE NOT NULL CONSTRAINT n)"},
		{"to a column with names alone", "CREATE TABLE t (a CONSTRAINT n -- n\nCONSTRAINT m)", toColumn("NOT NULL"), "CREATE TABLE t (a NOT NULL CONSTRAINT n -- n\nCONSTRAINT m)"},
		{"to a column that keeps a name alone", "CREATE TABLE t (a CONSTRAINT n CONSTRAINT m UNIQUE)", func(e *ddl.Edit) { e.DropColumnConstraint(0, 1); e.AddToColumn(0, "NULL") }, "CREATE TABLE t (a NULL CONSTRAINT n)"},
		{"to a column that loses one", "CREATE TABLE t (a NULL, b)", func(e *ddl.Edit) { e.AddToColumn(0, "NOT NULL"); e.DropColumnConstraint(0, 0) }, "CREATE TABLE t (a NOT NULL, b)"},
		{"to a column that is replaced", "CREATE TABLE t (a NULL, b)", func(e *ddl.Edit) { e.AddToColumn(0, "NOT NULL"); e.ReplaceColumn(0, "c INT") }, "CREATE TABLE t (c INT NOT NULL, b)"},
		{"to a column that is dropped", "CREATE TABLE t (a NULL, b)", func(e *ddl.Edit) { e.AddToColumn(0, "NOT NULL"); e.DropColumn(0) }, "CREATE TABLE t (b)"},
		{"to the last column, and a column", "CREATE TABLE t (a)", func(e *ddl.Edit) { e.AddColumn("b"); e.AddToColumn(0, "NOT NULL") }, "CREATE TABLE t (a NOT NULL, b)"},
	})
}

func TestReplace(t *testing.T) {
	column := func(i int, def string) func(*ddl.Edit) { return func(e *ddl.Edit) { e.ReplaceColumn(i, def) } }
	constraint := func(i int, def string) func(*ddl.Edit) {
		return func(e *ddl.Edit) { e.ReplaceConstraint(i, def) }
	}
	ofColumn := func(i int, def string) func(*ddl.Edit) {
		return func(e *ddl.Edit) { e.ReplaceColumnConstraint(0, i, def) }
	}
	runEdits(t, []editTest{
		{"the first column", "CREATE TABLE t (a INT NOT NULL, b)", column(0, "c TEXT"), "CREATE TABLE t (c TEXT, b)"},
		{"the last column", "CREATE TABLE t (a, b /* b */, CHECK (1))", column(1, "c TEXT"), "CREATE TABLE t (a, c TEXT /* b */, CHECK (1))"},
		{"with a comment", "CREATE TABLE t (a, b)", column(0, "c -- the c"), "CREATE TABLE t (c -- the c\n, b)"},
		{"a column without blanks", "CREATE TABLE t (/**/a/**/)", column(0, "b"), "CREATE TABLE t (/**/ b /**/)"},
		{"a column by nothing", "CREATE TABLE t (a, b)", column(0, " "), "CREATE TABLE t (b)"},
		{"the last one counts", "CREATE TABLE t (a)", func(e *ddl.Edit) { e.ReplaceColumn(0, "b"); e.ReplaceColumn(0, "c") }, "CREATE TABLE t (c)"},
		{"dropped stays dropped", "CREATE TABLE t (a, b)", func(e *ddl.Edit) { e.DropColumn(0); e.ReplaceColumn(0, "c") }, "CREATE TABLE t (b)"},
		{"what is inside does not count", "CREATE TABLE t (a INT UNIQUE, b)", func(e *ddl.Edit) {
			e.SetType(0, "TEXT")
			e.DropColumnConstraint(0, 0)
			e.ReplaceColumn(0, "c BLOB")
		}, "CREATE TABLE t (c BLOB, b)"},

		{"a constraint", "CREATE TABLE t (a, UNIQUE (a), CHECK (1))", constraint(0, "PRIMARY KEY (a)"), "CREATE TABLE t (a, PRIMARY KEY (a), CHECK (1))"},
		{"a constraint without commas", "CREATE TABLE t (a, UNIQUE (a)CONSTRAINT n CHECK (1)CHECK (2))", constraint(1, "CHECK (3)"), "CREATE TABLE t (a, UNIQUE (a),CHECK (3),CHECK (2))"},
		{"a constraint by nothing", "CREATE TABLE t (a, UNIQUE (a))", constraint(0, "-- x"), "CREATE TABLE t (a)"},

		{"one of a column", "CREATE TABLE t (a INT NOT NULL DEFAULT 1 UNIQUE)", ofColumn(1, "DEFAULT 2"), "CREATE TABLE t (a INT NOT NULL DEFAULT 2 UNIQUE)"},
		{"one of a column without blanks", "CREATE TABLE t (a CHECK(1)DEFAULT(1)UNIQUE)", ofColumn(1, "DEFAULT 2"), "CREATE TABLE t (a CHECK(1)DEFAULT 2 UNIQUE)"},
		{"one of a column by nothing", "CREATE TABLE t (a REFERENCES p NULL DEFERRABLE)", ofColumn(0, ""), "CREATE TABLE t (a NULL)"},
		{"one of a column behind a name alone", "CREATE TABLE t (a CONSTRAINT n CONSTRAINT m UNIQUE)", ofColumn(1, "NOT NULL"), "CREATE TABLE t (a NOT NULL)"},
		{"one of a column by a named one", "CREATE TABLE t (a CONSTRAINT n CONSTRAINT m UNIQUE)", ofColumn(1, "/**/ constraint o NOT NULL"), "CREATE TABLE t (a CONSTRAINT n /**/ constraint o NOT NULL)"},
		{"a name alone", "CREATE TABLE t (a CONSTRAINT n)", func(e *ddl.Edit) { e.ReplaceColumnConstraint(0, 0, "UNIQUE"); e.AddToColumn(0, "NULL") }, "CREATE TABLE t (a UNIQUE NULL)"},
	})
}

func TestSetType(t *testing.T) {
	set := func(typ string) func(*ddl.Edit) { return func(e *ddl.Edit) { e.SetType(0, typ) } }
	runEdits(t, []editTest{
		{"another", "CREATE TABLE t (a INT NOT NULL, b)", set("TEXT"), "CREATE TABLE t (a TEXT NOT NULL, b)"},
		{"with parentheses", "CREATE TABLE t (a decimal ( 10, 2 )NOT NULL)", set("varchar(3)"), "CREATE TABLE t (a varchar(3)NOT NULL)"},
		{"many words", "CREATE TABLE t (a UNSIGNED /* x */ BIG INT /* y */ UNIQUE)", set("double precision"), "CREATE TABLE t (a double precision /* y */ UNIQUE)"},
		{"none", "CREATE TABLE t (a INT NOT NULL, b)", set(""), "CREATE TABLE t (a NOT NULL, b)"},
		{"none, behind a comment", "CREATE TABLE t (a -- a\n INT)", set(" "), "CREATE TABLE t (a -- a\n )"},
		{"none, of none", "CREATE TABLE t (a NOT NULL)", set(""), "CREATE TABLE t (a NOT NULL)"},
		{"without one", "CREATE TABLE t (a, b)", set("INT"), "CREATE TABLE t (a INT, b)"},
		{"without one, before a constraint", "CREATE TABLE t (\"a\"NOT NULL)", set("INT"), "CREATE TABLE t (\"a\" INT NOT NULL)"},
		{"without one, before a comment", "CREATE TABLE t (a/* a */)", set("INT"), "CREATE TABLE t (a INT /* a */)"},
		{"without blanks", "CREATE TABLE t (`a`\"INT\"[x]UNIQUE)", set("TEXT"), "CREATE TABLE t (`a` TEXT UNIQUE)"},
		{"none, without blanks", "CREATE TABLE t (`a`\"INT\"UNIQUE)", set(""), "CREATE TABLE t (`a` UNIQUE)"},
		{"of a generated column", "CREATE TABLE t (a INT GENERATED ALWAYS AS (b), b)", set("TEXT"), "CREATE TABLE t (a TEXT GENERATED ALWAYS AS (b), b)"},
		{"none, of a generated column", "CREATE TABLE t (a INT GENERATED ALWAYS AS (b), b)", set(""), "CREATE TABLE t (a GENERATED ALWAYS AS (b), b)"},
		{"GENERATED ALWAYS without AS", "CREATE TABLE t (a INT GENERATED ALWAYS)", set("TEXT"), "CREATE TABLE t (a TEXT)"},
		{"and constraints", "CREATE TABLE t (a UNIQUE)", func(e *ddl.Edit) {
			e.AddToColumn(0, "NOT NULL")
			e.SetType(0, "INT")
			e.SetType(0, "TEXT")
			e.DropColumnConstraint(0, 0)
		}, "CREATE TABLE t (a TEXT NOT NULL)"},
		{"with comments", "CREATE TABLE t (a INT GENERATED ALWAYS AS (1)) STRICT", set("-- x\nTEXT -- y"), "CREATE TABLE t (a TEXT GENERATED ALWAYS AS (1)) STRICT"},
		{"of comments only", "CREATE TABLE t (a INT)", set("/* TEXT */-- x"), "CREATE TABLE t (a)"},
		{"before a name alone", "CREATE TABLE t (a CONSTRAINT n)", func(e *ddl.Edit) { e.AddToColumn(0, "NULL"); e.SetType(0, "INT") }, "CREATE TABLE t (a INT NULL CONSTRAINT n)"},
	})
}

func TestRename(t *testing.T) {
	rename := func(name string) func(*ddl.Edit) { return func(e *ddl.Edit) { e.Rename(name) } }
	runEdits(t, []editTest{
		{"plain", "CREATE TABLE t (a)", rename("u"), "CREATE TABLE `u` (a)"},
		{"without a blank", "CREATE TABLE t(a)", rename("u"), "CREATE TABLE `u`(a)"},
		{"in quotes", "CREATE TABLE\"my-table\"/* t */(a)", rename("u"), "CREATE TABLE `u` /* t */(a)"},
		{"with a schema", "CREATE TABLE main.t (a)", rename("u"), "CREATE TABLE `u` (a)"},
		{"with a schema and blanks", "CREATE TEMP TABLE IF NOT EXISTS -- x\n\"temp\" /* . */ . /* t */ [t](a)", rename("u"), "CREATE TEMP TABLE IF NOT EXISTS -- x\n`u`(a)"},
		{"to an odd name", "CREATE TABLE t (a)", rename("a`b.\"c\" [d] 'e'"), "CREATE TABLE `a``b.\"c\" [d] 'e'` (a)"},
		{"to a keyword", "CREATE TABLE t (a)", rename("select"), "CREATE TABLE `select` (a)"},
		{"to none", "CREATE TABLE t (a)", rename(""), "CREATE TABLE `` (a)"},
		{"twice", "CREATE TABLE t (a)", func(e *ddl.Edit) { e.Rename("u"); e.Rename("v") }, "CREATE TABLE `v` (a)"},
		{"mentions stay", "CREATE TABLE t (t INT CHECK (t.t > 0) REFERENCES t)", rename("u"), "CREATE TABLE `u` (t INT CHECK (t.t > 0) REFERENCES t)"},
	})
}

func TestSetOptions(t *testing.T) {
	set := func(options string) func(*ddl.Edit) { return func(e *ddl.Edit) { e.SetOptions(options) } }
	runEdits(t, []editTest{
		{"the first", "CREATE TABLE t (a TEXT)", set("STRICT"), "CREATE TABLE t (a TEXT) STRICT"},
		{"before the end", "CREATE TABLE t (a TEXT) -- t\n;", set("STRICT -- s"), "CREATE TABLE t (a TEXT) STRICT -- s\n -- t\n;"},
		{"others", "CREATE TABLE t (a)without\nrowid;", set(" STRICT, WITHOUT ROWID "), "CREATE TABLE t (a)STRICT, WITHOUT ROWID;"},
		{"none", "CREATE TABLE t (a) WITHOUT ROWID, STRICT -- t", set(""), "CREATE TABLE t (a) -- t"},
		{"behind a comma", "CREATE TABLE t (a TEXT PRIMARY KEY) , STRICT", set("WITHOUT ROWID"), "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID"},
		{"none of none", "CREATE TABLE t (a) ;", set(""), "CREATE TABLE t (a) ;"},
		{"none, behind a comment", "CREATE TABLE t (a) -- t\n STRICT", set(""), "CREATE TABLE t (a) -- t\n "},
		{"the last one counts", "CREATE TABLE t (a)", func(e *ddl.Edit) { e.SetOptions("STRICT"); e.SetOptions("") }, "CREATE TABLE t (a)"},
	})
}

// TestManyEdits: everything at once, in a text with comments.
func TestManyEdits(t *testing.T) {
	runEdits(t, []editTest{{
		"many",
		"CREATE TABLE \"old\" ( -- the (old\n\tid INTEGER PRIMARY KEY, -- it's\n\tname varchar(20) NOT NULL UNIQUE, /* , */\n\tgone TEXT DEFAULT ','\n\t, kept BLOB, -- kept\n\tUNIQUE (gone), CONSTRAINT c CHECK (id > 0) /* c */\n) -- end",
		func(e *ddl.Edit) {
			e.SetOptions("STRICT")
			e.AddConstraint("UNIQUE (`new`)")
			e.ReplaceConstraint(1, "CONSTRAINT c CHECK (id > 1)")
			e.DropConstraint(0)
			e.AddColumn("`new` INT")
			e.DropColumn(2)
			e.AddToColumn(1, "DEFAULT 'x'")
			e.SetType(1, "TEXT")
			e.DropColumnConstraint(1, 1)
			e.ReplaceColumnConstraint(1, 0, "NOT NULL ON CONFLICT FAIL")
			e.Rename("new")
		},
		"CREATE TABLE `new` ( -- the (old\n\tid INTEGER PRIMARY KEY, -- it's\n\tname TEXT NOT NULL ON CONFLICT FAIL DEFAULT 'x', /* , */\n\t\n\t kept BLOB, `new` INT, -- kept\n\t CONSTRAINT c CHECK (id > 1), UNIQUE (`new`) /* c */\n) STRICT -- end",
	}})
}

// TestEditWithoutColumns: a table that loses all its columns is not one.
func TestEditWithoutColumns(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE TABLE t (a)":                 "CREATE TABLE t ()",
		"CREATE TABLE t (a, b, UNIQUE (a))":  "CREATE TABLE t (UNIQUE (a))",
		"CREATE TABLE t (a, b) -- a\nSTRICT": "CREATE TABLE t () -- a\nSTRICT",
	} {
		table := mustParse(t, sql)
		e := table.Edit()
		for i := range table.Columns {
			e.DropColumn(i)
		}
		require.Equal(t, want, e.SQL())
		_, err := ddl.ParseTable(want)
		require.Error(t, err)
	}
}

// TestEditPanics: an index that the table does not have is a mistake.
func TestEditPanics(t *testing.T) {
	e := mustParse(t, "CREATE TABLE t (a UNIQUE, CHECK (1))").Edit()
	for name, call := range map[string]func(){
		"DropColumn":              func() { e.DropColumn(1) },
		"DropConstraint":          func() { e.DropConstraint(1) },
		"DropColumnConstraint":    func() { e.DropColumnConstraint(0, 1) },
		"AddToColumn":             func() { e.AddToColumn(1, "UNIQUE") },
		"SetType":                 func() { e.SetType(-1, "INT") },
		"ReplaceColumn":           func() { e.ReplaceColumn(1, "b") },
		"ReplaceConstraint":       func() { e.ReplaceConstraint(1, "UNIQUE (a)") },
		"ReplaceColumnConstraint": func() { e.ReplaceColumnConstraint(1, 0, "UNIQUE") },
	} {
		require.Panics(t, call, name)
	}
	require.Equal(t, "CREATE TABLE t (a UNIQUE, CHECK (1))", e.SQL())
}
