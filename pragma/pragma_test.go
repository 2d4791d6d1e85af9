package pragma_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/pragma"
)

func open(t *testing.T, ddl string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver.Name, ":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.Exec(ddl)
	require.NoError(t, err)
	return db
}

func TestTableList(t *testing.T) {
	db := open(t, `CREATE TABLE "a;b"(x INT PRIMARY KEY) STRICT, WITHOUT ROWID; CREATE VIEW v AS SELECT 1 AS one; CREATE VIRTUAL TABLE f USING fts5(x)`)
	ctx := context.Background()
	got, err := pragma.TableList(ctx, db, "A;B")
	require.NoError(t, err)
	require.Equal(t, []pragma.Table{{Schema: "main", Name: "a;b", Type: "table", Columns: 1, WithoutRowID: true, Strict: true}}, got)
	all, err := pragma.TableList(ctx, db, "")
	require.NoError(t, err)
	kinds := map[string]string{}
	for _, x := range all {
		kinds[x.Name] = x.Type
	}
	require.Equal(t, "view", kinds["v"])
	require.Equal(t, "virtual", kinds["f"])
	require.Equal(t, "shadow", kinds["f_data"])
}

func TestTableInfo(t *testing.T) {
	db := open(t, `CREATE TABLE t(id INTEGER PRIMARY KEY, "n m" varchar(20) NOT NULL DEFAULT 'it''s', g AS (id * 2), s AS (id) STORED)`)
	got, err := pragma.TableInfo(context.Background(), db, "main", "t")
	require.NoError(t, err)
	require.Equal(t, []pragma.Column{
		{ID: 0, Name: "id", Type: "INTEGER", PrimaryKey: 1},
		{ID: 1, Name: "n m", Type: "varchar(20)", NotNull: true, Default: sql.NullString{String: "'it''s'", Valid: true}},
		{ID: 2, Name: "g", Hidden: pragma.GeneratedVirtual},
		{ID: 3, Name: "s", Hidden: pragma.GeneratedStored},
	}, got)
	none, err := pragma.TableInfo(context.Background(), db, "", `nope'); DROP TABLE t; --`)
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestIndexesAndForeignKeys(t *testing.T) {
	db := open(t, `CREATE TABLE p(a, b, UNIQUE(a, b)); CREATE TABLE c(x, y, z REFERENCES p ON DELETE CASCADE,
		FOREIGN KEY(x, y) REFERENCES p(a, b) ON UPDATE SET NULL); CREATE UNIQUE INDEX i ON c(x DESC, lower(y), z COLLATE NOCASE) WHERE x > 1`)
	ctx := context.Background()
	list, err := pragma.IndexList(ctx, db, "", "c")
	require.NoError(t, err)
	require.Equal(t, []pragma.Index{{Name: "i", Unique: true, Origin: "c", Partial: true}}, list)
	cols, err := pragma.IndexInfo(ctx, db, "main", "i")
	require.NoError(t, err)
	require.Equal(t, []pragma.IndexColumn{
		{Column: 0, Name: sql.NullString{String: "x", Valid: true}, Desc: true, Collation: "BINARY", Key: true},
		{Column: -2, Collation: "BINARY", Key: true},
		{Column: 2, Name: sql.NullString{String: "z", Valid: true}, Collation: "NOCASE", Key: true},
		{Column: -1, Collation: "BINARY"},
	}, cols)
	keys, err := pragma.ForeignKeyList(ctx, db, "", "c")
	require.NoError(t, err)
	require.Equal(t, []pragma.ForeignKey{
		{ID: 0, Seq: 0, Table: "p", From: "x", To: sql.NullString{String: "a", Valid: true}, OnUpdate: "SET NULL", OnDelete: "NO ACTION"},
		{ID: 0, Seq: 1, Table: "p", From: "y", To: sql.NullString{String: "b", Valid: true}, OnUpdate: "SET NULL", OnDelete: "NO ACTION"},
		{ID: 1, Seq: 0, Table: "p", From: "z", OnUpdate: "NO ACTION", OnDelete: "CASCADE"},
	}, keys)
}

func TestErrorsNameThePragma(t *testing.T) {
	db := open(t, "CREATE TABLE t(a)")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := pragma.TableInfo(ctx, db, "", "t")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "PRAGMA table_xinfo")
}

func ExampleTableInfo() {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		panic(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL)"); err != nil {
		panic(err)
	}
	columns, err := pragma.TableInfo(context.Background(), db, "main", "users")
	if err != nil {
		panic(err)
	}
	for _, c := range columns {
		fmt.Println(c.Name, c.Type, c.NotNull)
	}
	// Output:
	// id INTEGER false
	// name TEXT true
}
