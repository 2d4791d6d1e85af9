package opening

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// SQLite's own databases in memory, by name: https://www.sqlite.org/inmemorydb.html.
// Each is one for the process as long as a pool has it open, also one without
// connections.
func TestMemdb(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const dsn = "file:/shared.db?vfs=memdb"
	a, b := dbtest.Open(t, dsn), dbtest.Open(t, dsn)
	a.SetMaxIdleConns(-1)
	b.SetMaxIdleConns(-1)
	dbtest.Exec(t, a, table+"; "+insert)
	if n := dbtest.Int(t, b, count); n != 1 {
		t.Errorf("%d rows in the other pool", n)
	}
	if err := write8(a, b, 5); err != nil {
		t.Error(err)
	}
	if n := dbtest.Int(t, a, count); n != 41 {
		t.Errorf("%d rows", n)
	}
	other := dbtest.Open(t, "file:/other.db?vfs=memdb")
	dbtest.Exec(t, other, table)
	if file := dbtest.Text(t, other, "SELECT file FROM pragma_database_list"); file != "" {
		t.Errorf("its file is %q", file)
	}
	dbtest.Close(t, a)
	if n := dbtest.Int(t, b, count); n != 41 {
		t.Errorf("%d rows after the first pool is closed", n)
	}
	dbtest.Close(t, b)
	again := dbtest.Open(t, dsn)
	if n := dbtest.Int(t, again, "SELECT count(*) FROM sqlite_schema"); n != 0 {
		t.Errorf("%d tables after both are closed", n)
	}
	hasNames(t, dir)
}

// A name without a slash would be another database for each connection.
func TestMemdbOfAConnection(t *testing.T) {
	_, err := sql.Open(driver.Name, "file:a.db?vfs=memdb")
	if !errors.Is(err, driver.ErrCantOpen) {
		t.Fatal(err)
	}
	failed(t, answer{Error: err.Error(), Code: driver.ErrCantOpen}, driver.ErrCantOpen, "file:/a.db?vfs=memdb")
}
