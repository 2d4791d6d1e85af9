package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// with runs f on a connection of the pool.
func with(t testing.TB, db *sql.DB, f func(ctx context.Context, c *driver.Conn) error) error {
	t.Helper()
	ctx := withTimeout(t)
	return driver.With(ctx, db, func(c *driver.Conn) error { return f(ctx, c) })
}

func backup(t testing.TB, db *sql.DB, dst string, o driver.BackupOptions) error {
	t.Helper()
	return with(t, db, func(ctx context.Context, c *driver.Conn) error { return c.Backup(ctx, dst, o) })
}

func restore(t testing.TB, db *sql.DB, src string, o driver.RestoreOptions) error {
	t.Helper()
	return with(t, db, func(ctx context.Context, c *driver.Conn) error { return c.Restore(ctx, src, o) })
}

func serialize(t testing.TB, db *sql.DB, o driver.BackupOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, with(t, db, func(ctx context.Context, c *driver.Conn) error { return c.Serialize(ctx, &b, o) }))
	return b.Bytes()
}

func deserialize(t testing.TB, db *sql.DB, r io.Reader, o driver.RestoreOptions) error {
	t.Helper()
	return with(t, db, func(ctx context.Context, c *driver.Conn) error { return c.Deserialize(ctx, r, o) })
}

const needle = "plain as day"

// fillForCopies makes a table with an index, a vector index and n rows that have the needle in them.
func fillForCopies(t testing.TB, db *sql.DB, n int) {
	t.Helper()
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, e F32_BLOB(2)); CREATE INDEX ts ON t(s); CREATE INDEX tv ON t(libsql_vector_idx(e))")
	exec(t, db, "INSERT INTO t(s) SELECT ? || value FROM generate_series(1, ?)", needle, n)
	exec(t, db, "UPDATE t SET e = vector('[1,0]') WHERE id = 1; UPDATE t SET e = vector('[0,1]') WHERE id = 2")
}

// requireCopy checks that the database is what fillForCopies made.
func requireCopy(t testing.TB, db *sql.DB, n int) {
	t.Helper()
	require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
	require.Equal(t, int64(n), value(t, db, "SELECT count(*) FROM t WHERE s LIKE ?", needle+"%"))
	require.Equal(t, int64(2), value(t, db, "SELECT id FROM vector_top_k('tv', '[0,1]', 1)"))
	exec(t, db, "INSERT INTO t VALUES (1000000, 'new', vector('[9,9]'))")
	require.Equal(t, int64(1000000), value(t, db, "SELECT id FROM vector_top_k('tv', '[9,9]', 1)"))
	exec(t, db, "DELETE FROM t WHERE id = 1000000; REINDEX")
}

// names are those of the files in the directory.
func names(t testing.TB, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestBackupOfEachKind(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		fillForCopies(t, db, 3000)
		dir := t.TempDir()
		path := filepath.Join(dir, "copy of 100%?.db")
		var seen []driver.BackupProgress
		require.NoError(t, backup(t, db, path, driver.BackupOptions{Pages: 7, Progress: func(p driver.BackupProgress) { seen = append(seen, p) }}))
		require.Equal(t, []string{"copy of 100%?.db"}, names(t, dir))
		require.Greater(t, len(seen), 3)
		require.Equal(t, seen[0].Total-7, seen[0].Remaining)
		require.Zero(t, seen[len(seen)-1].Remaining)

		cfg := driver.Config{}
		require.NoError(t, with(t, db, func(_ context.Context, c *driver.Conn) error { cfg = *c.Config(); return nil }))
		copied := openConfig(t, func(c *driver.Config) { c.Memory, c.Path, c.EncryptionKey = false, path, cfg.EncryptionKey })
		requireCopy(t, copied, 3000)
		requireCopy(t, db, 3000)

		// The way back, while another connection reads.
		exec(t, db, "DELETE FROM t; CREATE TABLE other(x)")
		require.NoError(t, restore(t, db, path, driver.RestoreOptions{}))
		requireCopy(t, db, 3000)
		require.Zero(t, value(t, db, "SELECT count(*) FROM sqlite_schema WHERE name = 'other'"))
	})
}

// Writers go on meanwhile, and the copy is of one moment.
func TestBackupBesideWriters(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	for name, parameters := range map[string]string{"wal": "", "rollback": "?_journal_mode=DELETE&_synchronous=OFF", "memory": ":memory:"} {
		t.Run(name, func(t *testing.T) {
			dsn := parameters
			if name != "memory" {
				dsn = filepath.Join(t.TempDir(), "a.db") + parameters
			}
			db := open(t, dsn)
			exec(t, db, "CREATE TABLE a(x); CREATE TABLE b(x); CREATE TABLE big(x)")
			exec(t, db, "INSERT INTO big SELECT zeroblob(3000) FROM generate_series(1, 500)")
			stop, done := make(chan struct{}), make(chan error)
			var written atomic.Int64
			go func() {
				for {
					select {
					case <-stop:
						done <- nil
						return
					default:
					}
					if _, err := db.Exec("BEGIN; INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); COMMIT"); err != nil {
						done <- err
						return
					}
					written.Add(1)
				}
			}()
			path := filepath.Join(t.TempDir(), "b.db")
			wrote := int64(0)
			require.NoError(t, backup(t, db, path, driver.BackupOptions{Pages: 20, Progress: func(driver.BackupProgress) {
				if wrote == 0 && name != "rollback" { // wait for a writer that gets through
					for before := written.Load(); written.Load() == before; {
					}
					wrote = written.Load()
				}
			}}))
			close(stop)
			require.NoError(t, <-done)
			copied := open(t, path)
			require.Equal(t, "ok", value(t, copied, "PRAGMA integrity_check"))
			require.Equal(t, value(t, copied, "SELECT count(*) FROM a"), value(t, copied, "SELECT count(*) FROM b"))
			require.Equal(t, int64(500), value(t, copied, "SELECT count(*) FROM big"))
			if name != "rollback" {
				require.Less(t, value(t, copied, "SELECT count(*) FROM a"), wrote+1, "a snapshot from before the first step")
			}
		})
	}
}

func TestBackupCancelled(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	fillForCopies(t, db, 3000)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	err := driver.With(ctx, db, func(c *driver.Conn) error {
		return c.Backup(ctx, filepath.Join(dir, "b.db"), driver.BackupOptions{Pages: 5, Progress: func(driver.BackupProgress) { cancel() }})
	})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, driver.ErrInterrupt)
	require.Empty(t, names(t, dir))
	requireCopy(t, db, 3000)
}

func TestBackupRefuses(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	db := open(t, path)
	fillForCopies(t, db, 10)
	other := filepath.Join(dir, "other.db")
	require.NoError(t, os.WriteFile(other, []byte("precious"), 0o600))
	stale := filepath.Join(dir, "stale.db")
	require.NoError(t, os.WriteFile(stale+"-wal", []byte("precious"), 0o600))
	link := filepath.Join(dir, "link.db")
	require.NoError(t, os.Symlink(path, link))

	before := names(t, dir)
	require.ErrorIs(t, backup(t, db, other, driver.BackupOptions{}), fs.ErrExist)
	require.ErrorIs(t, backup(t, db, other, driver.BackupOptions{Overwrite: true}), driver.ErrNotADB)
	require.ErrorIs(t, backup(t, db, stale, driver.BackupOptions{}), fs.ErrExist)
	require.ErrorContains(t, backup(t, db, path, driver.BackupOptions{Overwrite: true}), "the database itself")
	require.ErrorContains(t, backup(t, db, link, driver.BackupOptions{Overwrite: true}), "the database itself")
	require.ErrorContains(t, backup(t, db, dir, driver.BackupOptions{}), "no regular file")
	require.ErrorIs(t, backup(t, db, filepath.Join(dir, "none", "b.db"), driver.BackupOptions{}), driver.ErrCantOpen)
	require.ErrorContains(t, backup(t, db, other, driver.BackupOptions{Key: []byte{}}), "no bytes")
	require.ErrorContains(t, backup(t, db, other, driver.BackupOptions{Key: []byte("k"), Plaintext: true}), "exclude")
	for _, none := range []string{"", "a\x00b"} {
		require.ErrorContains(t, backup(t, db, none, driver.BackupOptions{}), "needs the path")
		require.ErrorContains(t, restore(t, db, none, driver.RestoreOptions{}), "needs the path")
	}
	require.ErrorContains(t, backup(t, db, filepath.Join(dir, strings.Repeat("n", 248)), driver.BackupOptions{}), "too long")
	require.ErrorContains(t, backup(t, db, path+"-journal", driver.BackupOptions{}), "part of the database")
	require.ErrorContains(t, backup(t, db, path+"-wal", driver.BackupOptions{Overwrite: true}), "part of the database")
	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "DELETE FROM t")
	inTx := driver.With(withTimeout(t), tx, func(c *driver.Conn) error {
		return c.Backup(context.Background(), filepath.Join(dir, "tx.db"), driver.BackupOptions{})
	})
	require.ErrorContains(t, inTx, "inside a transaction")
	require.NoError(t, tx.Rollback())
	require.Equal(t, before, names(t, dir))
	content, err := os.ReadFile(other)
	require.NoError(t, err)
	require.Equal(t, "precious", string(content))
	requireCopy(t, db, 10)
}

// A panic in Progress, or the end of its goroutine, undoes the copy, and keeps
// nobody waiting.
func TestCopiesThatPanic(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "a.db"))
	fillForCopies(t, db, 3000)
	good := filepath.Join(dir, "good.db")
	require.NoError(t, backup(t, db, good, driver.BackupOptions{}))
	for _, mode := range []string{"WAL", "DELETE"} {
		path := filepath.Join(dir, mode)
		target := open(t, path+"?_busy_timeout=0&_journal_mode="+mode)
		exec(t, target, "CREATE TABLE mine(x)")
		for name, end := range map[string]func(driver.BackupProgress){
			"panic": func(driver.BackupProgress) { panic("mine") }, "exit": func(driver.BackupProgress) { runtime.Goexit() },
		} {
			for what, run := range map[string]func(context.Context, *driver.Conn) error{
				"new": func(ctx context.Context, c *driver.Conn) error {
					return c.Backup(ctx, path+"-new", driver.BackupOptions{Pages: 5, Progress: end})
				},
				"overwrite": func(ctx context.Context, c *driver.Conn) error {
					return c.Backup(ctx, path, driver.BackupOptions{Pages: 5, Progress: end, Overwrite: true})
				},
				"serialize": func(ctx context.Context, c *driver.Conn) error {
					return c.Serialize(ctx, writerFunc(func([]byte) (int, error) { end(driver.BackupProgress{}); return 0, nil }), driver.BackupOptions{})
				},
			} {
				panics(t, db, run)
				exec(t, target, "INSERT INTO mine VALUES (1)")
				require.Equal(t, "ok", value(t, target, "PRAGMA integrity_check"), name, what)
			}
			panics(t, target, func(ctx context.Context, c *driver.Conn) error {
				return c.Restore(ctx, good, driver.RestoreOptions{Pages: 5, Progress: end})
			})
			panics(t, target, func(ctx context.Context, c *driver.Conn) error {
				return c.Deserialize(ctx, bytes.NewReader(serialize(t, db, driver.BackupOptions{})), driver.RestoreOptions{Pages: 5, Progress: end})
			})
			exec(t, target, "INSERT INTO mine VALUES (1)")
			require.Equal(t, strings.ToLower(mode), value(t, target, "PRAGMA journal_mode"))
		}
		require.Equal(t, int64(8), value(t, target, "SELECT count(*) FROM mine"))
	}
	for _, name := range names(t, dir) {
		require.NotContains(t, name, "tmp")
		require.NotContains(t, name, "new")
	}
	requireCopy(t, db, 3000)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// panics runs what does not return, on a goroutine of its own.
func panics(t *testing.T, db *sql.DB, run func(context.Context, *driver.Conn) error) {
	t.Helper()
	done, returned := make(chan struct{}), false
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		err := driver.With(context.Background(), db, func(c *driver.Conn) error { return run(context.Background(), c) })
		returned = true
		t.Error(err)
	}()
	<-done
	require.False(t, returned)
}

// A read-only transaction copies what it sees.
func TestBackupOfASnapshot(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	fillForCopies(t, db, 10)
	tx, err := db.BeginTx(withTimeout(t), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	require.Equal(t, int64(10), value(t, tx, "SELECT count(*) FROM t"))
	exec(t, db, "INSERT INTO t(s) VALUES ('later')")
	path := filepath.Join(t.TempDir(), "b.db")
	require.NoError(t, driver.With(withTimeout(t), tx, func(c *driver.Conn) error {
		return c.Backup(context.Background(), path, driver.BackupOptions{})
	}))
	require.Equal(t, int64(10), value(t, tx, "SELECT count(*) FROM t"), "the transaction goes on")
	require.NoError(t, tx.Commit())
	requireCopy(t, open(t, path), 10)
}

// A database that is replaced: whoever has it open goes on with the new one.
func TestBackupOverwrites(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, ":memory:")
	fillForCopies(t, db, 500)
	for name, parameters := range map[string]string{"wal": "", "rollback": "?_journal_mode=DELETE"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "b.db")
			old := open(t, path+parameters)
			exec(t, old, "CREATE TABLE old(x); INSERT INTO old SELECT zeroblob(1000) FROM generate_series(1, 2000)")
			kept, err := old.Prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'old'")
			require.NoError(t, err)
			defer kept.Close()
			require.ErrorIs(t, backup(t, db, path, driver.BackupOptions{}), fs.ErrExist)
			require.NoError(t, backup(t, db, path, driver.BackupOptions{Overwrite: true}))
			n := -1
			require.NoError(t, kept.QueryRow().Scan(&n))
			require.Zero(t, n)
			requireCopy(t, old, 500)
		})
	}
	empty := filepath.Join(t.TempDir(), "empty.db")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	require.NoError(t, backup(t, db, empty, driver.BackupOptions{}))
	requireCopy(t, open(t, empty), 500)
}

func TestBackupKeepsPermissions(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "a.db"))
	exec(t, db, "CREATE TABLE t(x)")
	require.NoError(t, os.Chmod(filepath.Join(dir, "a.db"), 0o600))
	require.NoError(t, backup(t, db, filepath.Join(dir, "b.db"), driver.BackupOptions{}))
	fi, err := os.Stat(filepath.Join(dir, "b.db"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), fi.Mode().Perm())
}

// What VACUUM of another program leaves of vector indexes is put right in copies.
func TestBackupMendsVectorIndexes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	needsLibrary(t)
	raw, err := sql.Open("libsql", "file:"+filepath.Join(t.TempDir(), "raw.db")) // go-libsql's own driver
	require.NoError(t, err)
	raw.SetMaxOpenConns(1)
	for _, text := range []string{
		"CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, e F32_BLOB(2))", "CREATE INDEX tv ON t(libsql_vector_idx(e))",
		"INSERT INTO t VALUES (1, 'plain as day', vector('[1,0]')), (2, 'plain as day', vector('[0,1]'))", "VACUUM",
	} {
		_, err := raw.Exec(text)
		require.NoError(t, err)
	}
	var path string
	require.NoError(t, raw.QueryRow("SELECT file FROM pragma_database_list").Scan(&path))
	require.NoError(t, raw.Close())
	db := open(t, path)
	require.NotEqual(t, "ok", value(t, db, "PRAGMA integrity_check"))

	copied := filepath.Join(t.TempDir(), "b.db")
	require.NoError(t, backup(t, db, copied, driver.BackupOptions{}))
	requireCopy(t, open(t, copied), 2)
	restored := open(t, ":memory:")
	require.NoError(t, restore(t, restored, path, driver.RestoreOptions{}))
	requireCopy(t, restored, 2)
}

func TestRestoreRefuses(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "a.db"))
	fillForCopies(t, db, 2000)
	good := filepath.Join(dir, "good.db")
	require.NoError(t, backup(t, db, good, driver.BackupOptions{}))
	secret := filepath.Join(dir, "secret.db")
	require.NoError(t, backup(t, db, secret, driver.BackupOptions{Key: []byte("k")}))
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	content, err := os.ReadFile(good)
	require.NoError(t, err)
	flipped := bytes.Clone(content)
	copy(flipped[3*4096:], bytes.Repeat([]byte{0xa5}, 4096))
	newer := bytes.Clone(content)
	newer[18], newer[19] = 255, 255

	for name, c := range map[string]struct {
		path string
		want error
	}{
		"missing":    {filepath.Join(dir, "none.db"), fs.ErrNotExist},
		"empty":      {write("empty", nil), driver.ErrNotADB},
		"directory":  {dir, driver.ErrNotADB},
		"text":       {write("text", []byte(strings.Repeat("no database ", 1000))), driver.ErrNotADB},
		"encrypted":  {secret, driver.ErrNotADB},
		"truncated":  {write("short", content[:len(content)/2]), driver.ErrCorrupt},
		"damaged":    {write("damaged", flipped), driver.ErrCorrupt},
		"other form": {write("newer", newer), driver.ErrNotADB},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, restore(t, db, c.path, driver.RestoreOptions{}), c.want)
			requireCopy(t, db, 2000)
			if name != "missing" && name != "directory" && name != "encrypted" {
				content, err := os.ReadFile(c.path)
				require.NoError(t, err)
				require.Error(t, deserialize(t, db, bytes.NewReader(content), driver.RestoreOptions{}))
			}
		})
	}
	require.ErrorIs(t, restore(t, db, secret, driver.RestoreOptions{Key: []byte("wrong")}), driver.ErrNotADB)
	require.ErrorContains(t, restore(t, db, filepath.Join(dir, "a.db"), driver.RestoreOptions{}), "own file")
	tx, err := db.Begin()
	require.NoError(t, err)
	require.ErrorContains(t, driver.With(withTimeout(t), tx, func(c *driver.Conn) error {
		return c.Restore(context.Background(), good, driver.RestoreOptions{})
	}), "transaction")
	require.NoError(t, tx.Rollback())
	requireCopy(t, db, 2000)

	require.NoError(t, restore(t, db, secret, driver.RestoreOptions{Key: []byte("k")}))
	requireCopy(t, db, 2000)
}

// A restore that is cancelled half-way has changed nothing; readers keep what they see until they end.
func TestRestoreIsOneTransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE old(x); INSERT INTO old SELECT zeroblob(500) FROM generate_series(1, 100)")
		src := filepath.Join(t.TempDir(), "b.db")
		other := open(t, ":memory:")
		fillForCopies(t, other, 3000)
		require.NoError(t, backup(t, other, src, driver.BackupOptions{}))

		ctx, cancel := context.WithCancel(withTimeout(t))
		err := driver.With(ctx, db, func(c *driver.Conn) error {
			return c.Restore(ctx, src, driver.RestoreOptions{Pages: 10, Progress: func(p driver.BackupProgress) {
				if p.Remaining < p.Total/2 {
					cancel()
				}
			}})
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, int64(100), value(t, db, "SELECT count(*) FROM old"))
		require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))

		if value(t, db, "PRAGMA journal_mode") == "wal" {
			tx, err := db.BeginTx(withTimeout(t), &sql.TxOptions{ReadOnly: true})
			require.NoError(t, err)
			require.Equal(t, int64(100), value(t, tx, "SELECT count(*) FROM old"))
			require.NoError(t, restore(t, db, src, driver.RestoreOptions{}))
			require.Equal(t, int64(100), value(t, tx, "SELECT count(*) FROM old"))
			require.NoError(t, tx.Commit())
		} else {
			require.NoError(t, restore(t, db, src, driver.RestoreOptions{}))
		}
		requireCopy(t, db, 3000)
	})
}

func TestRestoreOfOtherPageSize(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	src := filepath.Join(t.TempDir(), "b.db")
	small := open(t, src+"?_pragma=page_size(1024)")
	fillForCopies(t, small, 100)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	err := restore(t, db, src, driver.RestoreOptions{})
	require.ErrorIs(t, err, driver.ErrReadOnly)
	require.ErrorContains(t, err, "1024")
	rollback := open(t, filepath.Join(t.TempDir(), "c.db")+"?_journal_mode=DELETE")
	require.NoError(t, restore(t, rollback, src, driver.RestoreOptions{}))
	requireCopy(t, rollback, 100)
}

// A check that the backup's own schema stops can be left out.
func TestRestoreOfWhatCannotBeChecked(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	path := filepath.Join(t.TempDir(), "a.db")
	source := open(t, path)
	exec(t, source, "CREATE TABLE t(x CHECK (length(x) < 9)); INSERT INTO t VALUES ('ä')")
	exec(t, source, "PRAGMA writable_schema = on; UPDATE sqlite_schema SET sql = replace(sql, 'length', 'my_length'); PRAGMA schema_version = 99; PRAGMA writable_schema = off")
	require.NoError(t, source.Close())
	db := memory(t, "CREATE TABLE mine(x)")
	err := restore(t, db, path, driver.RestoreOptions{})
	require.ErrorContains(t, err, "my_length")
	require.ErrorContains(t, err, "Unchecked")
	require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM mine"))
	require.NoError(t, restore(t, db, path, driver.RestoreOptions{Unchecked: true}))
	require.Equal(t, "ä", value(t, db, "SELECT x FROM t"))
}

// Connections whose texts are of another encoding could not go on.
func TestRestoreOfOtherEncoding(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	dir := t.TempDir()
	source := open(t, filepath.Join(dir, "a.db")+"?_pragma=encoding(UTF-16le)")
	fillForCopies(t, source, 100)
	path := filepath.Join(dir, "copy.db")
	require.NoError(t, backup(t, source, path, driver.BackupOptions{}))
	for _, parameters := range []string{"", "?_journal_mode=DELETE"} {
		target := filepath.Join(t.TempDir(), "b.db")
		db := open(t, target+parameters)
		exec(t, db, "CREATE TABLE mine(x)")
		require.ErrorContains(t, restore(t, db, path, driver.RestoreOptions{}), "UTF-16le")
		require.ErrorContains(t, backup(t, source, target, driver.BackupOptions{Overwrite: true}), "UTF-16le")
		require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM mine"))
		db = open(t, filepath.Join(t.TempDir(), "new.db")+parameters)
		require.NoError(t, restore(t, db, path, driver.RestoreOptions{}))
		require.Equal(t, "UTF-16le", value(t, db, "PRAGMA encoding"))
		requireCopy(t, db, 100)
	}
}

func TestSerializeOfEachKind(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		fillForCopies(t, db, 1000)
		content := serialize(t, db, driver.BackupOptions{})
		encrypted := strings.Contains(t.Name(), "encrypted")
		require.Equal(t, !encrypted, bytes.Contains(content, []byte(needle)))
		plain := serialize(t, db, driver.BackupOptions{Plaintext: true})
		require.True(t, bytes.Contains(plain, []byte(needle)))
		require.Equal(t, []byte{1, 1}, plain[18:20])

		file := filepath.Join(t.TempDir(), "b.db")
		require.NoError(t, os.WriteFile(file, plain, 0o600))
		requireCopy(t, open(t, file), 1000)

		for _, bytesOf := range [][]byte{content, plain} {
			exec(t, db, "DROP TABLE t")
			require.NoError(t, deserialize(t, db, slowly{bytes.NewReader(bytesOf)}, driver.RestoreOptions{}))
			requireCopy(t, db, 1000)
		}
		elsewhere := open(t, ":memory:")
		o := driver.RestoreOptions{}
		if encrypted {
			require.ErrorIs(t, deserialize(t, elsewhere, bytes.NewReader(content), o), driver.ErrNotADB)
			o.Key = []byte("k")
		}
		require.NoError(t, deserialize(t, elsewhere, bytes.NewReader(content), o))
		requireCopy(t, elsewhere, 1000)
	})
}

// slowly gives few bytes at a time.
type slowly struct{ r io.Reader }

func (r slowly) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), 1000)]) }

func TestSerializeInsideATransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	exec(t, db, "CREATE TABLE t(x)")
	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO t VALUES ('not yet')")
	var b bytes.Buffer
	require.NoError(t, driver.With(withTimeout(t), tx, func(c *driver.Conn) error {
		return c.Serialize(context.Background(), &b, driver.BackupOptions{})
	}))
	require.NoError(t, tx.Rollback())
	other := open(t, ":memory:")
	require.NoError(t, deserialize(t, other, &b, driver.RestoreOptions{}))
	require.Equal(t, "not yet", value(t, other, "SELECT x FROM t"))
}

type failingAfter struct{ after int }

func (f *failingAfter) Write(p []byte) (int, error) { return len(p), f.step() }
func (f *failingAfter) Read(p []byte) (int, error)  { return copy(p, "SQLite format 3\x00"), f.step() }
func (f *failingAfter) step() error {
	if f.after--; f.after < 0 {
		return errors.New("the line is dead")
	}
	return nil
}

func TestSerializeToWhatFails(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, ":memory:")
	fillForCopies(t, db, 1000)
	err := with(t, db, func(ctx context.Context, c *driver.Conn) error {
		return c.Serialize(ctx, &failingAfter{3}, driver.BackupOptions{})
	})
	require.EqualError(t, err, "the line is dead")
	require.EqualError(t, deserialize(t, db, &failingAfter{3}, driver.RestoreOptions{}), "the line is dead")
	require.ErrorIs(t, deserialize(t, db, strings.NewReader(""), driver.RestoreOptions{}), driver.ErrNotADB)
	requireCopy(t, db, 1000)
}

func TestCopyOptionsHideTheirKeys(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	for _, v := range []any{
		driver.BackupOptions{Key: []byte("hush")}, &driver.BackupOptions{Key: []byte("hush")},
		driver.RestoreOptions{Key: []byte("hush")}, &driver.RestoreOptions{Key: []byte("hush")},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			require.NotContains(t, text, "hush")
			require.NotContains(t, text, "104")
			require.NotContains(t, text, "68757368")
			require.Contains(t, text, "REDACTED")
		}
	}
}

// Databases that are opened in other ways can be copied, too.
func TestCopiesOfOtherModes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	path := filepath.Join(t.TempDir(), "a.db")
	made := open(t, path)
	fillForCopies(t, made, 500)
	require.NoError(t, made.Close())
	for _, parameters := range []string{"mode=ro", "immutable=1", "_defensive=1&_trusted_schema=0", "_single_process=1", "_query_only=1", "_locking_mode=EXCLUSIVE"} {
		t.Run(parameters, func(t *testing.T) {
			db := open(t, path+"?"+parameters)
			copied := filepath.Join(t.TempDir(), "b.db")
			require.NoError(t, backup(t, db, copied, driver.BackupOptions{}))
			requireCopy(t, open(t, copied), 500)
			other := open(t, ":memory:")
			require.NoError(t, deserialize(t, other, bytes.NewReader(serialize(t, db, driver.BackupOptions{})), driver.RestoreOptions{}))
			requireCopy(t, other, 500)
			err := restore(t, db, copied, driver.RestoreOptions{})
			if strings.Contains(parameters, "mode=ro") || strings.Contains(parameters, "immutable") || strings.Contains(parameters, "query_only") {
				require.ErrorIs(t, err, driver.ErrReadOnly)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
			require.NoError(t, db.Close())
		})
	}
}

// Rows that are open on the connection are read to their end.
func TestBackupBesideOpenRows(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		fillForCopies(t, db, 2000)
		c, err := db.Conn(withTimeout(t))
		require.NoError(t, err)
		defer c.Close()
		rows, err := c.QueryContext(withTimeout(t), "SELECT s FROM t")
		require.NoError(t, err)
		n := 0
		for ; n < 100 && rows.Next(); n++ {
		}
		path := filepath.Join(t.TempDir(), "b.db")
		require.NoError(t, driver.With(withTimeout(t), c, func(c *driver.Conn) error {
			err := c.Restore(context.Background(), path, driver.RestoreOptions{})
			require.ErrorContains(t, err, "open rows")
			return c.Backup(context.Background(), path, driver.BackupOptions{})
		}))
		for ; rows.Next(); n++ {
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.Equal(t, 2000, n)
		exec(t, c, "INSERT INTO t(s) VALUES ('goes on')")
	})
}
