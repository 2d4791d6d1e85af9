package memory

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestOneDatabaseForThePool(t *testing.T) {
	each(t, func(t *testing.T, db *sql.DB) {
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		var conns []*sql.Conn
		for range 10 {
			conns = append(conns, dbtest.Conn(t, db))
		}
		for i, c := range conns {
			dbtest.Exec(t, c, insert)
			for _, other := range conns {
				if n := dbtest.Int(t, other, count); n != int64(i+1) {
					t.Fatalf("%d rows, not %d", n, i+1)
				}
			}
		}
	})
}

// The database is the pool's and not that of its connections.
func TestOutlivesConnections(t *testing.T) {
	each(t, func(t *testing.T, db *sql.DB) {
		db.SetMaxIdleConns(-1)
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		for i := range 50 {
			dbtest.Exec(t, db, insert)
			if n := dbtest.Int(t, db, count); n != int64(i+1) {
				t.Fatalf("%d rows after %d inserts", n, i+1)
			}
		}
		if open := db.Stats().OpenConnections; open != 0 {
			t.Errorf("%d connections are open", open)
		}
		dbtest.Intact(t, db)
	})
}

// The last connection writes the log back and removes it, while the next one
// opens it.
func TestConnectionsComeAndGo(t *testing.T) {
	each(t, func(t *testing.T, db *sql.DB) {
		db.SetMaxIdleConns(-1)
		db.SetConnMaxLifetime(time.Millisecond)
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		const goroutines, inserts = 8, 100
		var wg sync.WaitGroup
		for range goroutines {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for range inserts {
					if _, err := db.Exec(insert); err != nil {
						t.Error(err)
						return
					}
					if err := db.QueryRow(count).Scan(new(int)); err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		wg.Wait()
		if n := dbtest.Int(t, db, count); n != goroutines*inserts {
			t.Errorf("%d rows", n)
		}
		dbtest.Intact(t, db)
	})
}

func TestPrivateDatabasesAreNotShared(t *testing.T) {
	for _, dsn := range kinds[:4] {
		a, b := dbtest.Open(t, dsn), dbtest.Open(t, dsn)
		dbtest.Exec(t, a, "CREATE TABLE t(a)")
		isEmpty(t, b)
		dbtest.Exec(t, b, "CREATE TABLE t(a); "+insert)
		if n := dbtest.Int(t, a, count); n != 0 {
			t.Errorf("%q: %d rows of the other database", dsn, n)
		}
	}
}

func TestNamedDatabasesAreShared(t *testing.T) {
	names := []string{
		"file::memory:?cache=shared", "file:a?mode=memory&cache=shared", "file:b?mode=memory&cache=shared",
		"file:A?mode=memory&cache=shared", "file:/etc/passwd?mode=memory&cache=shared", "file:a%3Fb%20c%25?mode=memory&cache=shared",
		"file:größe?mode=memory&cache=shared", "file:" + strings.Repeat("long", 500) + "?mode=memory&cache=shared",
	}
	var pools [][2]*sql.DB
	for i, dsn := range names {
		first, second := dbtest.Open(t, dsn), dbtest.Open(t, dsn)
		isEmpty(t, first) // nobody else has this name
		dbtest.Exec(t, first, "CREATE TABLE t(a); INSERT INTO t VALUES (?)", i)
		pools = append(pools, [2]*sql.DB{first, second})
	}
	for i, p := range pools {
		if n := dbtest.Int(t, p[1], "SELECT a FROM t"); n != int64(i) {
			t.Errorf("%s has the row of %s", names[i], names[n])
		}
	}
}

// One database for each name, until the last user closes.
func TestLifeOfANamedDatabase(t *testing.T) {
	const dsn = "file:life?mode=memory&cache=shared"
	for range 3 {
		a, b := dbtest.New(t, dsn), dbtest.New(t, dsn)
		isEmpty(t, a)
		dbtest.Exec(t, a, "CREATE TABLE t(a); "+insert)
		dbtest.Close(t, a)
		dbtest.Close(t, a) // twice is once
		c := dbtest.New(t, dsn)
		if n := dbtest.Int(t, b, count) + dbtest.Int(t, c, count); n != 2 {
			t.Errorf("%d rows", n)
		}
		dbtest.Close(t, b)
		dbtest.Exec(t, c, insert)
		dbtest.Close(t, c)
	}
}

// A connection may outlive its pool, when its rows are still open. It must not
// reach the database that has got the name meanwhile: when it was the last of
// its own, it used to remove the other's log.
func TestConnectionOutlivesItsPool(t *testing.T) {
	for _, dsn := range []string{":memory:", "file:outlived?mode=memory&cache=shared"} {
		old := dbtest.New(t, dsn)
		dbtest.Exec(t, old, "CREATE TABLE t(a); "+numbers+"INSERT INTO t SELECT n FROM c", 5000)
		rows, err := old.Query("SELECT a FROM t")
		if err != nil {
			t.Fatal(err)
		}
		rows.Next()
		dbtest.Close(t, old)

		db := dbtest.Open(t, dsn)
		isEmpty(t, db)
		dbtest.Exec(t, db, "CREATE TABLE t(a); "+insert)
		n := 1
		for rows.Next() {
			n++
		}
		if err := rows.Close(); err != nil || rows.Err() != nil || n != 5000 {
			t.Errorf("the old rows: %d, %v, %v", n, rows.Err(), err)
		}
		dbtest.Exec(t, db, insert)
		db.SetMaxIdleConns(-1) // a connection that opens everything anew
		if n := dbtest.Int(t, db, count); n != 2 {
			t.Errorf("%d rows in the new database", n)
		}
		dbtest.Intact(t, db)
	}
}

// Nothing reaches the disk, whatever the name.
func TestNoFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, dsn := range append([]string{"file:" + filepath.Join(dir, "x") + "?mode=memory&cache=shared"}, kinds...) {
		db := dbtest.Open(t, dsn)
		dbtest.Exec(t, db, "CREATE TABLE t(a, b); CREATE TEMP TABLE u(a); "+numbers+"INSERT INTO t SELECT n, randomblob(500) FROM c; VACUUM", 10000)
		dbtest.Int(t, db, "SELECT count(*) FROM (SELECT * FROM t ORDER BY b)")
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("files: %v, %v", files, err)
	}
}

// Files that a statement names are files.
func TestFilesBesideMemory(t *testing.T) {
	dir := t.TempDir()
	each(t, func(t *testing.T, db *sql.DB) {
		path := filepath.Join(dir, "disk.db")
		os.Remove(path)
		dbtest.Exec(t, db, "CREATE TABLE t(a); "+insert)
		dbtest.Exec(t, db, "VACUUM INTO ?", path)
		file := dbtest.New(t, path)
		if n := dbtest.Int(t, file, count); n != 1 {
			t.Errorf("%d rows in the copy", n)
		}
		dbtest.Exec(t, file, insert)
		dbtest.Close(t, file)
		conn := dbtest.Conn(t, db)
		dbtest.Exec(t, conn, "ATTACH ? AS disk", path)
		dbtest.Exec(t, conn, "INSERT INTO disk.t SELECT * FROM t; ATTACH ':memory:' AS more; CREATE TABLE more.t(a); ATTACH '' AS temporary; CREATE TABLE temporary.t(a)")
		if n := dbtest.Int(t, conn, "SELECT count(*) FROM disk.t"); n != 3 {
			t.Errorf("%d rows in the file", n)
		}
		dbtest.Exec(t, conn, "DETACH disk; DETACH more; DETACH temporary")
	})
}
