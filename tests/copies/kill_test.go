package copies

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) {
	dbtest.MainLocal(m, dbtest.NeedsFile, map[string]func([]string) error{"copy": copyChild})
}

const rows = 300

// make one of the databases that are copied: all rows have its name.
func makeSource(t *testing.T, path, name string) {
	db := dbtest.New(t, path)
	dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, fill BLOB, e F32_BLOB(2)); CREATE INDEX ts ON t(s); CREATE INDEX tv ON t(libsql_vector_idx(e))")
	dbtest.Exec(t, db, "INSERT INTO t(s, fill) SELECT ?, randomblob(3000) FROM generate_series(1, ?)", name, rows)
	dbtest.Exec(t, db, "UPDATE t SET e = vector('[1,0]') WHERE id = 1")
	dbtest.Close(t, db)
}

// copyChild does all that it can do to whole databases, until it is killed.
func copyChild(args []string) error {
	dir, parameters := args[0], args[1]
	path := func(name string) string { return filepath.Join(dir, name) }
	ctx := context.Background()
	db, err := sql.Open(driver.Name, path("restored")+"?"+parameters)
	if err != nil {
		return err
	}
	secret, err := sql.Open(driver.Name, path("rekeyed")+"?"+parameters)
	if err != nil {
		return err
	}
	secret.SetMaxOpenConns(1)
	fmt.Println("ready")
	for i := 0; ; i++ {
		name := []string{"a", "b"}[i%2]
		err := driver.With(ctx, db, func(c *driver.Conn) error {
			err := c.Restore(ctx, path(name), driver.RestoreOptions{Pages: 10, Unchecked: i%4 > 1})
			if err == nil {
				err = c.Backup(ctx, path("replaced"), driver.BackupOptions{Overwrite: true, Pages: 10})
			}
			if err == nil {
				err = os.Remove(path("new"))
				if errors.Is(err, fs.ErrNotExist) {
					err = nil
				}
			}
			if err == nil {
				err = c.Backup(ctx, path("new"), driver.BackupOptions{Pages: 10})
			}
			return err
		})
		if err == nil {
			err = driver.With(ctx, secret, func(c *driver.Conn) error { return c.Rekey(ctx, []byte(name)) })
		}
		if err != nil {
			return err
		}
	}
}

// requireWhole checks that the database is all of one of the two.
func requireWhole(t *testing.T, dsn string) {
	t.Helper()
	db := dbtest.New(t, dsn)
	dbtest.Intact(t, db)
	require.Equal(t, int64(rows), dbtest.Int(t, db, "SELECT count(*) FROM t"))
	require.Equal(t, int64(1), dbtest.Int(t, db, "SELECT count(DISTINCT s) FROM t"))
	require.Equal(t, int64(1), dbtest.Int(t, db, "SELECT id FROM vector_top_k('tv', '[1,0]', 1)"))
	dbtest.Close(t, db)
}

// opens tells that a copy of the file, and of what lies beside it, is whole by
// the parameters. To try a key on the file itself would destroy it: where the
// journal of an interrupted transaction is to be played back, SQLite takes one
// that it cannot decrypt for one that ends there, and deletes it.
func opens(t *testing.T, path, parameters string) bool {
	t.Helper()
	trial := filepath.Join(t.TempDir(), "trial")
	for _, rest := range []string{"", "-wal", "-journal"} {
		content, err := os.ReadFile(path + rest)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(trial+rest, content, 0o600))
	}
	db := dbtest.New(t, trial+"?mode=rw&"+parameters)
	defer dbtest.Close(t, db)
	var found string
	err := db.QueryRow("PRAGMA integrity_check").Scan(&found)
	return err == nil && found == "ok"
}

func TestKills(t *testing.T) {
	kills := 8
	if dbtest.Long() {
		kills = 300
	}
	for mode, parameters := range map[string]string{"wal": "_synchronous=OFF", "rollback": "_journal_mode=DELETE&_synchronous=OFF"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			path := func(name string) string { return filepath.Join(dir, name) }
			for _, name := range []string{"a", "b", "restored", "replaced", "rekeyed"} {
				makeSource(t, path(name)+"?"+parameters, name)
			}
			// The first child begins with a file that has no key.
			key := ""
			keys := map[string]int{}
			for range kills {
				child := dbtest.Start(t, "copy", dir, parameters+key)
				child.Expect(t, "ready")
				// Any moment will do: it is what the test is about.
				time.Sleep(time.Duration(rand.Intn(150)) * time.Millisecond)
				child.Kill()
				requireWhole(t, path("restored")+"?"+parameters)
				requireWhole(t, path("replaced")+"?"+parameters)
				if _, err := os.Stat(path("new")); err == nil {
					requireWhole(t, path("new"))
				}
				found := ""
				for _, k := range []string{key, "", "&encryptionKey=a", "&encryptionKey=b"} {
					if opens(t, path("rekeyed"), parameters+k) {
						found = k
						break
					}
				}
				key = found
				keys[key]++
				requireWhole(t, path("rekeyed")+"?"+parameters+key)
			}
			t.Log(kills, "kills, keys afterwards:", keys)
		})
	}
}

// A restore is seen by another process that has the database open, and waits
// for its turn.
func TestRestoreBesideAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "restored", "replaced", "rekeyed"} {
		makeSource(t, filepath.Join(dir, name), name)
	}
	db := dbtest.Open(t, filepath.Join(dir, "restored"))
	require.Equal(t, "restored", dbtest.Text(t, db, "SELECT DISTINCT s FROM t"))
	child := dbtest.Start(t, "copy", dir, "")
	child.Expect(t, "ready")
	seen := map[string]bool{}
	for deadline := time.Now().Add(time.Minute); len(seen) < 2 && time.Now().Before(deadline); {
		tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
		require.NoError(t, err)
		require.Equal(t, int64(rows), dbtest.Int(t, tx, "SELECT count(*) FROM t"))
		require.Equal(t, int64(1), dbtest.Int(t, tx, "SELECT count(DISTINCT s) FROM t"))
		name := dbtest.Text(t, tx, "SELECT DISTINCT s FROM t")
		require.NoError(t, tx.Commit())
		if name != "restored" {
			seen[name] = true
		}
	}
	require.Len(t, seen, 2)
	child.Kill()
	dbtest.Intact(t, db)
}
