package migrator_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
)

// strings are the values of a question with one column.
func strings1(t *testing.T, db *gorm.DB, query string, args ...any) (out []string) {
	t.Helper()
	require.NoError(t, db.Raw(query, args...).Scan(&out).Error)
	return out
}

func number(t *testing.T, db *gorm.DB, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, db.Raw(query, args...).Scan(&n).Error)
	return n
}

// nothingChanged runs fn and looks that the schema and the settings are as
// before.
func nothingChanged(t *testing.T, db *gorm.DB, fn func()) {
	t.Helper()
	look := func() []string {
		out := []string{dump(t, db)}
		for _, p := range []string{"foreign_keys", "legacy_alter_table", "defer_foreign_keys", "schema_version"} {
			out = append(out, p+"="+strings1(t, db, "PRAGMA "+p)[0])
		}
		return out
	}
	before := look()
	fn()
	require.Equal(t, before, look())
}

func TestHasTableAndTableType(t *testing.T) {
	db := open(t)
	exec(t, db, `CREATE TABLE "Straße É" (a)`, "CREATE VIEW v AS SELECT 1 AS one", "CREATE VIRTUAL TABLE f USING fts5(x)",
		"CREATE TABLE k(a)", "CREATE TABLE vec(e F32_BLOB(3))", "CREATE INDEX vi ON vec(libsql_vector_idx(e))")
	m := db.Migrator()
	for name, want := range map[string]string{
		"Straße É": "table", "STRAßE É": "table", "Straße é": "", // only ASCII letters have no case
		"K": "table", "\u212a": "", // the sign for kelvin is no k
		"v": "view", "f": "virtual", "f_data": "shadow", "main.f": "virtual", "MAIN.K": "table",
		"": "", "nope": "", "k\x00": "", "k\x00x": "", "temp.k": "", "nope.k": "", "ka": "", "`k`": "table", "k'": "",
	} {
		require.Equal(t, want != "" && want != "view", m.HasTable(name), "%q", name)
		typ, err := m.TableType(name)
		if want == "" {
			require.ErrorContains(t, err, "there is none of that name", "%q", name)
			_, err = m.ColumnTypes(name)
			require.ErrorContains(t, err, "there is none of that name", "%q", name)
			_, err = m.GetIndexes(name)
			require.ErrorContains(t, err, "there is none of that name", "%q", name)
			require.False(t, m.HasColumn(name, "a"), "%q", name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, want, typ.Type(), name)
		require.Equal(t, "main", typ.Schema(), name)
		_, ok := typ.Comment()
		require.False(t, ok, "SQLite has no comments")
	}
}

func TestGetTablesAreTheUsersOwn(t *testing.T) {
	db := open(t)
	exec(t, db,
		"CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT)", "CREATE TABLE f_data2(x)", "CREATE TABLE own_shadow(a)",
		"CREATE VIRTUAL TABLE f USING fts5(x)", "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)", "CREATE VIRTUAL TABLE f4 USING fts4(x)",
		`CREATE TABLE "Vec" (e F32_BLOB(3))`, `CREATE INDEX "MyIdx" ON "Vec" (libsql_vector_idx(e))`,
		"CREATE VIEW v AS SELECT 1 AS one", "INSERT INTO a DEFAULT VALUES", "ANALYZE",
		"CREATE TABLE plain(x)", "CREATE INDEX plain_i ON plain(x)", "CREATE TABLE plain_i_shadow(x)")
	require.Contains(t, strings1(t, db, "SELECT name FROM sqlite_schema"), "MyIdx_shadow")
	tables, err := db.Migrator().GetTables()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"a", "f_data2", "own_shadow", "Vec", "plain", "plain_i_shadow"}, tables)
	empty, err := open(t).Migrator().GetTables()
	require.NoError(t, err)
	require.Empty(t, empty)
}

type ring struct {
	ID     uint
	NextID *uint
	Next   *link
	Name   string `gorm:"index:idx_ring"`
}

type link struct {
	ID     uint
	NextID *uint
	Next   *ring
	UpID   *uint
	Up     *link // of itself
}

func fillRings(t *testing.T, db *gorm.DB) {
	t.Helper()
	require.NoError(t, db.AutoMigrate(&ring{}, &link{}))
	exec(t, db, "INSERT INTO rings(id) VALUES (1), (2)", "INSERT INTO links(id, next_id, up_id) VALUES (1, 2, NULL), (2, 1, 1)",
		"UPDATE rings SET next_id = 3 - id")
}

// Models that refer to each other and to themselves are made and dropped,
// with foreign keys on, outside and inside a transaction.
func TestDropTableOfACircle(t *testing.T) {
	for name, run := range map[string]func(db *gorm.DB, fn func(*gorm.DB) error) error{
		"outside": func(db *gorm.DB, fn func(*gorm.DB) error) error { return fn(db) },
		"inside":  func(db *gorm.DB, fn func(*gorm.DB) error) error { return db.Transaction(fn) },
	} {
		for order, values := range map[string][]any{
			"models": {&ring{}, &link{}}, "models the other way": {&link{}, &ring{}}, "names": {"rings", "links"},
			"both": {&ring{}, "links"}, "twice": {"rings", &ring{}, "RINGS", &link{}}, "and one that is not there": {"nope", "rings", "links"},
		} {
			t.Run(name+" "+order, func(t *testing.T) {
				db := open(t)
				fillRings(t, db)
				exec(t, db, "CREATE TABLE stays(a)", "INSERT INTO stays VALUES (1)")
				require.NoError(t, run(db, func(tx *gorm.DB) error { return tx.Migrator().DropTable(values...) }))
				tables, err := db.Migrator().GetTables()
				require.NoError(t, err)
				require.Equal(t, []string{"stays"}, tables)
				require.Equal(t, 1, number(t, db, "PRAGMA foreign_keys"))
				require.Equal(t, 0, number(t, db, "PRAGMA defer_foreign_keys"))
			})
		}
	}
}

// Inside a transaction, dropping a table of which rows that stay could refer
// to is refused, and the transaction goes on.
func TestDropTableInsideATransactionNeverCascades(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE p(id INTEGER PRIMARY KEY)", "CREATE TABLE c(p_id REFERENCES P ON DELETE CASCADE)", "CREATE TABLE e(p_id REFERENCES p)",
		"INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1)", "INSERT INTO e VALUES (NULL)")
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		exec(t, tx, "INSERT INTO p VALUES (2)")
		err := tx.Migrator().DropTable("p")
		require.ErrorIs(t, err, libsql.ErrUnsupported)
		require.ErrorContains(t, err, `table "p": dropping it inside a transaction`)
		require.ErrorContains(t, err, `"c" refers to it`)
		exec(t, tx, "INSERT INTO p VALUES (3)")
		return nil
	}))
	require.Equal(t, 3, number(t, db, "SELECT count(*) FROM p"))
	require.Equal(t, 1, number(t, db, "SELECT count(*) FROM c"))
	exec(t, db, "DELETE FROM c")
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error { return tx.Migrator().DropTable("p") }), "no row refers to it")
	require.False(t, db.Migrator().HasTable("p"))
}

// What DropTable may not drop is an error, and nothing is dropped.
func TestDropTableRefuses(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE a(x)", "CREATE VIEW v AS SELECT * FROM a", "CREATE VIRTUAL TABLE f USING fts5(x)",
		"CREATE TABLE vec(e F32_BLOB(3))", "CREATE INDEX vi ON vec(libsql_vector_idx(e))", "CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT)")
	m := db.Migrator()
	for name, why := range map[string]string{
		"v": `table "v": it is a view`, "f_data": "a virtual table keeps its rows in it", "vi_shadow": "a vector index keeps its rows in it",
		"libsql_vector_meta_shadow": "a vector index keeps its rows in it", "sqlite_sequence": "may not be dropped",
	} {
		nothingChanged(t, db, func() {
			require.ErrorContains(t, m.DropTable("a", name), why)
		})
	}
	require.Error(t, m.DropTable(7), "no model")
	require.NoError(t, m.DropTable("f", "vec", "A", ""))
	require.Equal(t, []string{"v"}, strings1(t, db, "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE 'libsql%' AND name <> 'n'"))
	require.NoError(t, m.DropTable())
}

// A table that is there is not made again, and what a failing call had made is
// gone.
func TestCreateTableIsAllOrNothing(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE LINKS(a)")
	nothingChanged(t, db, func() {
		require.ErrorContains(t, db.Migrator().CreateTable(&ring{}, &link{}), `table "links": there is a table of that name`)
	})
	exec(t, db, "DROP TABLE links", "CREATE VIEW links AS SELECT 1 AS one")
	nothingChanged(t, db, func() {
		require.ErrorContains(t, db.Migrator().CreateTable(&ring{}, &link{}), `table "links": there is a view of that name`)
	})
	exec(t, db, "DROP VIEW links", "CREATE TABLE other(name)", "CREATE INDEX IDX_RING ON other(name)")
	nothingChanged(t, db, func() {
		err := db.Migrator().CreateTable(&ring{}, &link{})
		require.ErrorContains(t, err, `the index "idx_ring" is of the table "other" already, and the table "rings" wants one of that name`)
		require.Error(t, db.AutoMigrate(&ring{}, &link{}))
	})
}
