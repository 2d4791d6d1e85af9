package vfs_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// register registers a VFS for the time of the test.
func register(t testing.TB, name string, v vfs.VFS) {
	t.Helper()
	require.NoError(t, vfs.Register(name, v))
	t.Cleanup(func() { require.NoError(t, vfs.Unregister(name)) })
}

func system(t testing.TB) vfs.VFS {
	t.Helper()
	v, err := vfs.Find("")
	require.NoError(t, err)
	return v
}

// The whole of the tests runs through such a VFS with LIBSQL_TEST_VFS=go; these
// are a few of its demands.
func TestPassThrough(t *testing.T) {
	register(t, "pass", dbtest.Pass{VFS: system(t)})
	for _, mode := range []string{"WAL", "DELETE", "TRUNCATE", "PERSIST"} {
		t.Run(mode, func(t *testing.T) {
			path := dbtest.File(t)
			db := dbtest.Open(t, path+"?vfs=pass&_journal_mode="+mode)
			useOf(t, db)
			dbtest.Close(t, db)
			plain := dbtest.Open(t, path)
			require.EqualValues(t, 400, dbtest.Int(t, plain, "SELECT count(*) FROM t"))
			dbtest.Intact(t, plain)
		})
	}
}

// useOf has eight goroutines write to the database, and read it meanwhile.
func useOf(t *testing.T, db *sql.DB) {
	t.Helper()
	dbtest.Exec(t, db, "CREATE TABLE t(w, n, text)")
	errs := make(chan error)
	for w := range 8 {
		go func() {
			errs <- func() error {
				for n := range 50 {
					if _, err := db.Exec("INSERT INTO t VALUES (?, ?, ?)", w, n, fmt.Sprint("text ", n)); err != nil {
						return err
					}
					var got int
					if err := db.QueryRow("SELECT count(*) FROM t WHERE w = ?", w).Scan(&got); err != nil || got != n+1 {
						return fmt.Errorf("%d rows of %d: %w", got, n+1, err)
					}
				}
				return nil
			}()
		}()
	}
	for range 8 {
		require.NoError(t, <-errs)
	}
	dbtest.Intact(t, db)
}

// Two processes write the same file, one through Go and one not: the locks and
// the shared memory are the same ones.
func TestPassThroughAcrossProcesses(t *testing.T) {
	path := dbtest.File(t)
	register(t, "pass", dbtest.Pass{VFS: system(t)})
	db := dbtest.Open(t, path+"?vfs=pass&_busy_timeout=60000")
	dbtest.Exec(t, db, "CREATE TABLE t(w, n)")
	for _, c := range append(dbtest.StartTogether(t, 2, "write", path, ""), dbtest.StartTogether(t, 2, "write", path, "pass")...) {
		c.Done(t)
	}
	require.EqualValues(t, 400, dbtest.Int(t, db, "SELECT count(*) FROM t"))
	require.Equal(t, "wal", dbtest.Text(t, db, "PRAGMA journal_mode"))
	dbtest.Intact(t, db)
}

// writeChild inserts 100 rows, through Go if it is told a VFS.
func writeChild(args []string) error {
	path, name := args[0], args[1]
	if name != "" {
		base, err := vfs.Find("")
		if err != nil {
			return err
		}
		if err := vfs.Register(name, dbtest.Pass{VFS: base}); err != nil {
			return err
		}
		path += "?vfs=" + name + "&_busy_timeout=60000"
	} else {
		path += "?_busy_timeout=60000"
	}
	db, err := sql.Open(driver.Name, path)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		return err
	}
	fmt.Println("ready")
	fmt.Scanln()
	for n := range 100 {
		if _, err := db.Exec("INSERT INTO t VALUES (?, ?)", os.Getpid(), n); err != nil {
			return err
		}
	}
	return nil
}

// The codec of encrypted files stands on a VFS in Go as on any other.
func TestEncryptedOnAVFSInGo(t *testing.T) {
	register(t, "pass", dbtest.Pass{VFS: system(t)})
	memory := newMemory()
	register(t, "memory", memory)
	path := dbtest.File(t)
	for _, where := range []string{path + "?vfs=multipleciphers-pass", "file:app.db?vfs=multipleciphers-memory"} {
		db := dbtest.Open(t, where+"&encryptionKey=secret")
		dbtest.Exec(t, db, "CREATE TABLE t(x); INSERT INTO t VALUES ('needle')")
		for range 2 {
			require.Equal(t, "needle", dbtest.Text(t, db, "SELECT x FROM t"))
		}
		require.Equal(t, "wal", dbtest.Text(t, db, "PRAGMA journal_mode"))
		dbtest.Intact(t, db)
		dbtest.Close(t, db)
		err := dbtest.Open(t, where+"&encryptionKey=wrong").Ping()
		require.ErrorIs(t, err, driver.ErrNotADB)
	}
	bytesOf, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, data := range [][]byte{bytesOf, memory.files["app.db"].bytes} {
		require.NotEmpty(t, data)
		require.NotContains(t, string(data[:16]), "SQLite")
		require.False(t, bytes.Contains(data, []byte("needle")))
	}
	// By the name of the VFS itself a key is refused, as by "unix".
	_, err = sql.Open(driver.Name, path+"?vfs=pass&encryptionKey=secret")
	require.ErrorContains(t, err, "multipleciphers-")
}
