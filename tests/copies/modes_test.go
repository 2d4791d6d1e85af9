package copies

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A database keeps its journal mode, whatever the one is in that it gets the
// content of: pools whose DSN asks for that mode, and VFSes that have no WAL,
// could not go on otherwise.
func TestModesAreKept(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, parameters := range map[string]string{"wal": "", "rollback": "?_journal_mode=DELETE"} {
		makeSource(t, path(name)+parameters, name)
	}
	for name, dsn := range map[string]string{
		"wal":       path("1.db"),
		"delete":    path("2.db") + "?_journal_mode=DELETE",
		"truncate":  path("3.db") + "?_journal_mode=TRUNCATE",
		"persist":   path("4.db") + "?_journal_mode=PERSIST&_synchronous=OFF",
		"encrypted": path("5.db") + "?_journal_mode=DELETE&encryptionKey=k",
		"dotfile":   path("6.db") + "?vfs=unix-dotfile",
		"unlocked":  path("7.db") + "?vfs=unix-none",
		"memdb":     "file:/modes?vfs=memdb",
		"memory":    ":memory:",
		"exclusive": path("8.db") + "?_journal_mode=DELETE&_pragma=locking_mode(EXCLUSIVE)",
	} {
		t.Run(name, func(t *testing.T) {
			db := dbtest.New(t, dsn)
			if name == "exclusive" {
				db.SetMaxOpenConns(1)
			}
			dbtest.Exec(t, db, "CREATE TABLE old(x); INSERT INTO old VALUES (1)")
			mode, locking := dbtest.Text(t, db, "PRAGMA journal_mode"), dbtest.Text(t, db, "PRAGMA locking_mode")
			for _, source := range []string{"wal", "rollback", "wal"} {
				ctx := t.Context()
				require.NoError(t, driver.With(ctx, db, func(c *driver.Conn) error {
					return c.Restore(ctx, path(source), driver.RestoreOptions{})
				}), source)
				require.Equal(t, mode, dbtest.Text(t, db, "PRAGMA journal_mode"), source)
				require.Equal(t, locking, dbtest.Text(t, db, "PRAGMA locking_mode"), source)
				require.Equal(t, source, dbtest.Text(t, db, "SELECT DISTINCT s FROM t"))
				dbtest.Exec(t, db, "INSERT INTO t(s) VALUES ('more')")
				dbtest.Intact(t, db)
				if name != "exclusive" {
					other := dbtest.New(t, dsn)
					if name != "memory" {
						require.Equal(t, int64(rows+1), dbtest.Int(t, other, "SELECT count(*) FROM t"), source)
					}
					dbtest.Close(t, other)
				}
			}
			dbtest.Close(t, db)
			left, err := filepath.Glob(path("*-journal"))
			require.NoError(t, err)
			for _, journal := range left { // which these modes leave
				require.Contains(t, []string{"truncate", "persist"}, name)
				require.NoError(t, os.Remove(journal))
			}
		})
	}
	for _, mode := range []string{"WAL", "DELETE", "TRUNCATE"} {
		t.Run("overwrite "+mode, func(t *testing.T) {
			target := path("target" + mode)
			db := dbtest.New(t, target+"?_journal_mode="+mode)
			dbtest.Exec(t, db, "CREATE TABLE old(x); INSERT INTO old VALUES (1)")
			for _, name := range []string{"wal", "rollback", "wal"} {
				source := dbtest.New(t, path(name))
				ctx := t.Context()
				require.NoError(t, driver.With(ctx, source, func(c *driver.Conn) error {
					return c.Backup(ctx, target, driver.BackupOptions{Overwrite: true})
				}))
				dbtest.Close(t, source)
				require.Equal(t, name, dbtest.Text(t, db, "SELECT DISTINCT s FROM t"))
				db.SetMaxIdleConns(0) // the next connection asks for the mode of the DSN
				dbtest.Exec(t, db, "INSERT INTO t(s) VALUES ('more')")
				db.SetMaxIdleConns(2)
				require.Equal(t, int64(rows+1), dbtest.Int(t, db, "SELECT count(*) FROM t"))
			}
			dbtest.Close(t, db)
			plain := dbtest.New(t, target) // asks for none
			got := dbtest.Text(t, plain, "PRAGMA journal_mode")
			require.Equal(t, mode == "WAL", got == "wal", got)
			dbtest.Close(t, plain)
		})
	}
}

// Writers whose DSN asks for a rollback mode go on while the database is
// replaced by one in WAL mode, again and again.
func TestReplacedBesideWriters(t *testing.T) {
	dir := t.TempDir()
	makeSource(t, filepath.Join(dir, "source"), "source")
	source := dbtest.Open(t, filepath.Join(dir, "source"))
	target := filepath.Join(dir, "target")
	for _, mode := range []string{"DELETE", "TRUNCATE", "WAL"} {
		t.Run(mode, func(t *testing.T) {
			db := dbtest.New(t, target+"?_synchronous=OFF&_journal_mode="+mode)
			db.SetMaxIdleConns(1) // so that connections come and go
			dbtest.Exec(t, db, "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, s TEXT, fill BLOB, e)")
			ctx, stop := context.WithCancel(t.Context())
			var writers sync.WaitGroup
			for range 3 {
				writers.Add(1)
				go func() {
					defer writers.Done()
					for ctx.Err() == nil {
						if _, err := db.Exec("INSERT INTO t(s) VALUES ('written')"); err != nil {
							t.Error(err)
							return
						}
					}
				}()
			}
			for range 5 {
				require.NoError(t, driver.With(ctx, source, func(c *driver.Conn) error {
					return c.Backup(ctx, target, driver.BackupOptions{Overwrite: true, Pages: 20})
				}))
			}
			stop()
			writers.Wait()
			require.Equal(t, int64(rows), dbtest.Int(t, db, "SELECT count(*) FROM t WHERE s = 'source'"))
			dbtest.Intact(t, db)
			dbtest.Close(t, db)
		})
	}
}
