package migrator_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// linked is a schema in which everything mentions the table p and its column a.
func linked(t *testing.T, db *gorm.DB) {
	t.Helper()
	exec(t, db, `CREATE TABLE p(id INTEGER PRIMARY KEY AUTOINCREMENT, a INT UNIQUE CHECK (a > 0), b TEXT DEFAULT 'a p',
			g AS (a * 2), CONSTRAINT both CHECK (a <> id + 100))`,
		"CREATE INDEX i ON p(a DESC, lower(b)) WHERE a > 1",
		"CREATE TABLE c(x REFERENCES p(a) ON DELETE CASCADE, y REFERENCES p)",
		"CREATE TABLE log(n)",
		"CREATE VIEW v AS SELECT p.a AS n, b FROM p WHERE a > 0",
		"CREATE TRIGGER tp AFTER INSERT ON p WHEN new.a > 0 BEGIN INSERT INTO log VALUES (new.a); END",
		"CREATE TRIGGER tc AFTER INSERT ON c BEGIN UPDATE p SET b = 'c' WHERE a = new.x; END",
		"INSERT INTO p(a) VALUES (1), (2)", "INSERT INTO c VALUES (1, 1)", "ANALYZE")
}

// works looks that all that mentioned the table and the column still do.
func works(t *testing.T, db *gorm.DB, p, a string) {
	t.Helper()
	exec(t, db, "INSERT INTO "+p+"("+a+") VALUES (7)", "INSERT INTO c VALUES (7, 2)")
	require.Equal(t, []string{"1", "2", "7"}, strings1(t, db, "SELECT n FROM log ORDER BY n"))
	require.Equal(t, []string{"a p", "c", "c"}, strings1(t, db, "SELECT b FROM v ORDER BY b"))
	require.Equal(t, 14, number(t, db, "SELECT g FROM "+p+" WHERE "+a+" = 7"))
	require.Equal(t, 3, number(t, db, "SELECT seq FROM sqlite_sequence WHERE name = ?", p))
	require.Error(t, db.Exec("INSERT INTO c VALUES (99, NULL)").Error, "the foreign key holds")
	require.Error(t, db.Exec("INSERT INTO "+p+"("+a+") VALUES (-1)").Error, "the CHECK holds")
	require.Error(t, db.Exec("INSERT INTO "+p+"("+a+") VALUES (7)").Error, "the UNIQUE holds")
	exec(t, db, "DELETE FROM "+p+" WHERE "+a+" = 7")
	require.Equal(t, 1, number(t, db, "SELECT count(*) FROM c"), "the cascade works")
	require.Equal(t, 1, number(t, db, "PRAGMA foreign_keys"))
	require.NotZero(t, number(t, db, "SELECT count(*) FROM sqlite_stat1 WHERE tbl = ?", p))
	indexes, err := db.Migrator().GetIndexes(p)
	require.NoError(t, err)
	require.Len(t, indexes, 1)
	require.Equal(t, []string{a, "lower(b)"}, indexes[0].Columns())
}

func TestRenameTableTakesAllAlong(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	for _, legacy := range []string{"OFF", "ON"} {
		for _, to := range []string{"q", "P", `it's "q" 表`} {
			t.Run(to+" "+legacy, func(t *testing.T) {
				db := open(t)
				pool, err := db.DB()
				require.NoError(t, err)
				pool.SetMaxOpenConns(1) // the setting is one of the connection
				linked(t, db)
				exec(t, db, "PRAGMA legacy_alter_table = "+legacy)
				require.NoError(t, db.Migrator().RenameTable("p", to))
				require.Equal(t, legacy == "ON", number(t, db, "PRAGMA legacy_alter_table") == 1)
				require.Equal(t, []string{to}, strings1(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?", to))
				if to[0] == 'i' {
					require.NoError(t, db.Migrator().RenameTable(to, "q"))
					to = "q"
				}
				works(t, db, to, "a")
			})
		}
	}
}

func TestRenameColumnTakesAllAlong(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	for _, to := range []string{"A", "z"} {
		t.Run(to, func(t *testing.T) {
			db := open(t)
			linked(t, db)
			require.NoError(t, db.Migrator().RenameColumn("P", "a", to))
			types, err := db.Migrator().ColumnTypes("p")
			require.NoError(t, err)
			require.Equal(t, to, types[1].Name())
			works(t, db, "p", to)
		})
	}
}

type linkedModel struct {
	ID uint
	Z  int `gorm:"column:z"`
}

func (linkedModel) TableName() string { return "p" }

type renamedModel struct{ ID uint }

func (renamedModel) TableName() string { return "q" }

func TestRenamesByModels(t *testing.T) {
	db := open(t)
	linked(t, db)
	m := db.Migrator()
	require.NoError(t, m.RenameColumn(&linkedModel{}, "a", "Z"))
	require.True(t, m.HasColumn(&linkedModel{}, "Z"))
	require.NoError(t, m.RenameTable(&linkedModel{}, &renamedModel{}))
	require.True(t, m.HasTable(&renamedModel{}))
	require.NoError(t, m.RenameTable("q", "q"), "it has the name")
	require.NoError(t, m.RenameColumn("q", "z", "z"))
}

// A rename that cannot be is an error that names what it is about, and
// nothing has changed.
func TestRenamesThatCannotBe(t *testing.T) {
	db := open(t)
	linked(t, db)
	exec(t, db, "CREATE VIRTUAL TABLE f USING fts5(x)")
	m := db.Migrator()
	for name, c := range map[string]struct {
		do          func() error
		why         string
		unsupported bool
	}{
		"to a table":            {func() error { return m.RenameTable("p", "C") }, `table "p": renaming it to "C": there is a table of that name`, false},
		"to a view":             {func() error { return m.RenameTable("p", "v") }, `table "p": renaming it to "v": there is a view of that name`, false},
		"to an index":           {func() error { return m.RenameTable("p", "i") }, `table "p": renaming it to "i": there is an index of that name`, false},
		"to its own index":      {func() error { return m.RenameTable("c", "i") }, `table "c": renaming it to "i"`, false},
		"to no name":            {func() error { return m.RenameTable("p", "") }, `table "p": renaming it to "": a name cannot be empty`, false},
		"to NUL":                {func() error { return m.RenameTable("p", "q\x00q") }, `a name cannot hold a NUL byte`, false},
		"to SQLite's":           {func() error { return m.RenameTable("p", "sqlite_p") }, `table "p": rename table: `, false},
		"of nothing":            {func() error { return m.RenameTable("nope", "q") }, `table "nope": there is none of that name`, false},
		"of a view":             {func() error { return m.RenameTable("v", "w") }, `table "v": renaming it is not supported`, true},
		"of a shadow":           {func() error { return m.RenameTable("f_data", "w") }, `table "f_data": renaming it is not supported`, true},
		"to another schema":     {func() error { return m.RenameTable("p", "temp.p") }, `table "p": renaming it to "temp.p" is not supported`, true},
		"column to a column":    {func() error { return m.RenameColumn("p", "a", "B") }, `table "p": column "a": renaming it to "B": there is a column of that name`, false},
		"column to a generated": {func() error { return m.RenameColumn("p", "a", "g") }, `there is a column of that name`, false},
		"column to no name":     {func() error { return m.RenameColumn("p", "a", "") }, `table "p": column "a": renaming it to "": a name cannot be empty`, false},
		"column to NUL":         {func() error { return m.RenameColumn("p", "a", "\x00") }, `a name cannot hold a NUL byte`, false},
		"no column":             {func() error { return m.RenameColumn("p", "nope", "z") }, `table "p": it has no column "nope"`, false},
		"column of nothing":     {func() error { return m.RenameColumn("nope", "a", "z") }, `table "nope": there is none of that name`, false},
		"column of a view":      {func() error { return m.RenameColumn("v", "n", "z") }, `table "v": it is a view`, false},
		"column of a virtual":   {func() error { return m.RenameColumn("f", "x", "z") }, `table "f": changing it is not supported`, true},
	} {
		t.Run(name, func(t *testing.T) {
			nothingChanged(t, db, func() {
				err := c.do()
				require.ErrorContains(t, err, c.why)
				require.Equal(t, c.unsupported, isUnsupported(err), err)
			})
		})
	}
	require.NoError(t, m.RenameTable("f", "f2"), "a virtual table takes its shadows along")
	exec(t, db, "INSERT INTO f2 VALUES ('word')")
	require.Equal(t, 1, number(t, db, "SELECT count(*) FROM f2('word')"))
}

// A view that does not compile stands in the way of SQLite's renames: the
// error names it.
func TestRenameNamesTheBrokenView(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE p(a)", "CREATE VIEW broken AS SELECT * FROM gone")
	nothingChanged(t, db, func() {
		require.ErrorContains(t, db.Migrator().RenameTable("p", "q"), "broken")
		require.ErrorContains(t, db.Migrator().RenameColumn("p", "a", "b"), "broken")
	})
}

// A vector index goes on finding what it found.
func TestRenamesKeepVectorIndexes(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE vec(id INTEGER PRIMARY KEY, e F32_BLOB(2), n)", "CREATE INDEX vi ON vec(libsql_vector_idx(e))",
		"INSERT INTO vec VALUES (1, vector('[1,0]'), 0), (2, vector('[0,1]'), 0)")
	m := db.Migrator()
	require.NoError(t, m.RenameTable("vec", "points"))
	require.NoError(t, m.RenameColumn("points", "n", "m"))
	exec(t, db, "INSERT INTO points VALUES (3, vector('[0.1,0.9]'), 0)")
	require.Equal(t, []string{"2", "3"}, strings1(t, db, "SELECT id FROM vector_top_k('vi', vector('[0,1]'), 2) ORDER BY id"))
}

func TestRenamesInATransaction(t *testing.T) {
	db := open(t)
	linked(t, db)
	before := dump(t, db)
	require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Migrator().RenameTable("p", "q"))
		require.NoError(t, tx.Migrator().RenameColumn("q", "a", "z"))
		require.Error(t, tx.Migrator().RenameTable("q", "c"))
		require.True(t, tx.Migrator().HasColumn("q", "z"))
		return gorm.ErrInvalidTransaction
	}), gorm.ErrInvalidTransaction)
	require.Equal(t, before, dump(t, db))
}

func isUnsupported(err error) bool { return errors.Is(err, libsql.ErrUnsupported) }
