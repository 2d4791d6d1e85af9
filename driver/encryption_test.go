package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// secretKey has everything that a DSN, a URI and SQL give a meaning to.
const secretKey = `hu'sh "\;%41&?=#ü`

// openSecret opens the file with the key, which is nil for none.
func openSecret(t testing.TB, path string, key []byte) *sql.DB {
	t.Helper()
	return openConfig(t, func(c *driver.Config) { c.Memory, c.Path, c.EncryptionKey = false, path, key })
}

// readable tells that some file below the directories has the text in it.
func readable(t testing.TB, text string, dirs ...string) (found []string) {
	t.Helper()
	for _, dir := range dirs {
		require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if err == nil && bytes.Contains(content, []byte(text)) {
				found = append(found, filepath.Base(path))
			}
			return err
		}))
	}
	return found
}

// readableOpen tells that some file that has no name any more, but is open, has the text in it.
func readableOpen(t testing.TB, text string) bool {
	t.Helper()
	fds, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	if len(fds) == 0 {
		t.Skip("this system does not list the open files of a process")
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "/") && strings.HasSuffix(to, " (deleted)") {
			content, err := os.ReadFile(fd)
			if err == nil && bytes.Contains(content, []byte(text)) {
				return true
			}
		}
	}
	return false
}

func TestEncryptionLeavesNoPlaintext(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for name, mode := range map[string]string{"wal": "", "rollback": "DELETE", "persist": "PERSIST", "truncate": "TRUNCATE"} {
		for _, encrypt := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " ", encrypt), func(t *testing.T) {
				dir, tmp := t.TempDir(), t.TempDir()
				t.Setenv("TMPDIR", tmp)
				t.Setenv("SQLITE_TMPDIR", tmp)
				var key []byte
				if encrypt {
					key = []byte(secretKey)
				}
				db := openConfig(t, func(c *driver.Config) {
					c.Memory, c.Path, c.EncryptionKey, c.JournalMode = false, filepath.Join(dir, "a.db"), key, mode
					c.Pragmas = []driver.Pragma{{Name: "cache_size", Value: "10"}}
				})
				// The files are read while they are in use, by which this process loses its
				// locks: one connection, and nobody else, does it all.
				db.SetMaxOpenConns(1)
				if refused := execErr(db, "PRAGMA temp_store = file"); encrypt {
					require.ErrorIs(t, refused, driver.ErrAuth)
					require.ErrorContains(t, refused, "not encrypted")
				}
				fillForCopies(t, db, 2000)
				found := readable(t, needle, dir, tmp)
				tx, err := db.Begin()
				require.NoError(t, err)
				exec(t, tx, "UPDATE t SET s = s || ' and more'") // more than the cache takes
				exec(t, tx, "PRAGMA temp.cache_size = 5")
				exec(t, tx, "CREATE TEMP TABLE big AS SELECT s FROM t, generate_series(1, 10)")
				require.Equal(t, !encrypt, readableOpen(t, needle), "in the file of a temporary table")
				exec(t, tx, "DROP TABLE temp.big")
				rows, err := tx.Query("SELECT s FROM t, generate_series(1, 40) ORDER BY s || random()")
				require.NoError(t, err)
				require.True(t, rows.Next())
				require.Equal(t, !encrypt, readableOpen(t, needle), "in that of a sorter")
				require.NoError(t, rows.Close())
				inUse := names(t, dir)
				found = append(found, readable(t, needle, dir, tmp)...)
				require.NoError(t, tx.Commit())
				found = append(found, readable(t, needle, dir, tmp)...)

				require.Greater(t, len(inUse), 1, "%v has the journal or the WAL", inUse)
				if encrypt {
					require.Empty(t, found)
				} else {
					require.Contains(t, found, map[bool]string{true: "a.db-wal", false: "a.db-journal"}[mode == ""], "the search works")
				}
			})
		}
	}
}

// While a copy is made, and after, nothing of it is to be read either.
func TestEncryptedCopies(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	dir, tmp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	db := openSecret(t, filepath.Join(dir, "a.db"), []byte(secretKey))
	fillForCopies(t, db, 2000)
	to := t.TempDir()
	path := func(name string) string { return filepath.Join(to, name) }
	watch := driver.BackupOptions{Pages: 10, Progress: func(driver.BackupProgress) {
		require.Empty(t, readable(t, needle, to, tmp))
	}}
	require.NoError(t, backup(t, db, path("same"), watch))
	watch.Key = []byte("other")
	require.NoError(t, backup(t, db, path("other"), watch))
	exec(t, db, "VACUUM INTO ?", path("vacuumed"))
	bytesOf := serialize(t, db, driver.BackupOptions{})
	require.NotContains(t, string(bytesOf), needle)
	require.Empty(t, readable(t, needle, to, tmp))

	requireCopy(t, openSecret(t, path("same"), []byte(secretKey)), 2000)
	requireCopy(t, openSecret(t, path("other"), []byte("other")), 2000)
	requireCopy(t, openSecret(t, path("vacuumed"), []byte(secretKey)), 2000)

	require.NoError(t, backup(t, db, path("plain"), driver.BackupOptions{Plaintext: true}))
	require.Equal(t, []string{"plain"}, readable(t, needle, to))
	requireCopy(t, openSecret(t, path("plain"), nil), 2000)
	require.ErrorIs(t, backup(t, db, path("plain"), driver.BackupOptions{Overwrite: true}), driver.ErrNotADB, "the old one has no key")

	// The way back encrypts whatever comes.
	for name, key := range map[string]string{"same": "", "other": "other", "plain": ""} {
		exec(t, db, "DELETE FROM t")
		o := driver.RestoreOptions{}
		if key != "" {
			o.Key = []byte(key)
		}
		require.NoError(t, restore(t, db, path(name), o))
		requireCopy(t, db, 2000)
	}
	exec(t, db, "DELETE FROM t")
	require.NoError(t, deserialize(t, db, bytes.NewReader(bytesOf), driver.RestoreOptions{}))
	requireCopy(t, db, 2000)
	require.NoError(t, db.Close())
	require.Empty(t, readable(t, needle, dir, tmp))
	require.Empty(t, names(t, tmp))
}

func TestWrongKeys(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	db := openSecret(t, path, []byte(secretKey))
	fillForCopies(t, db, 10)
	require.NoError(t, db.Close())
	for name, c := range map[string]struct {
		key  []byte
		hint string
	}{
		"none":     {nil, "then set encryptionKey"},
		"other":    {[]byte("pass-phrase"), "encryptionKey is not its key"},
		"a prefix": {[]byte(secretKey[:3]), "encryptionKey is not its key"},
	} {
		err := openSecret(t, path, c.key).Ping()
		require.ErrorIs(t, err, driver.ErrNotADB, name)
		require.ErrorContains(t, err, c.hint, name)
		require.NotContains(t, err.Error(), "pass-phrase")
	}
	requireCopy(t, openSecret(t, path, []byte(secretKey)), 10)

	plain := filepath.Join(t.TempDir(), "b.db")
	exec(t, openSecret(t, plain, nil), "CREATE TABLE t(x)")
	require.ErrorIs(t, openSecret(t, plain, []byte("k")).Ping(), driver.ErrNotADB, "a key for a file that has none")
}

func TestKeysOfAFunction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	var mu sync.Mutex
	calls := 0
	key, failure := []byte(secretKey), error(nil)
	change := func(c *driver.Config) {
		c.Memory, c.Path = false, path
		c.EncryptionKeyFunc = func(ctx context.Context) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			calls++
			return key, failure
		}
	}
	db := openConfig(t, change)
	fillForCopies(t, db, 10)
	require.Equal(t, 1, calls)
	c1, err := db.Conn(context.Background())
	require.NoError(t, err)
	requireCopy(t, db, 10)
	require.NoError(t, c1.Close())
	require.Equal(t, 2, calls, "for each connection")
	requireCopy(t, openSecret(t, path, []byte(secretKey)), 10)

	failure = errors.New("the vault is closed")
	require.ErrorIs(t, openConfig(t, change).Ping(), failure)
	key, failure = nil, nil
	require.ErrorContains(t, openConfig(t, change).Ping(), "no bytes")
	key = []byte("wrong")
	require.ErrorIs(t, openConfig(t, change).Ping(), driver.ErrNotADB)

	cfg, err := driver.ParseDSN("a.db?encryptionKey=k")
	require.NoError(t, err)
	change(cfg)
	_, err = driver.NewConnector(cfg)
	require.ErrorContains(t, err, "exclude each other")
	cfg, err = driver.ParseDSN(":memory:")
	require.NoError(t, err)
	cfg.EncryptionKeyFunc = func(context.Context) ([]byte, error) { return nil, nil }
	_, err = driver.NewConnector(cfg)
	require.ErrorContains(t, err, "needs a database file")
}

func TestRekey(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for name, parameters := range map[string]string{"wal": "", "rollback": "DELETE"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.db")
			db := openConfig(t, func(c *driver.Config) { c.Memory, c.Path, c.JournalMode = false, path, parameters })
			fillForCopies(t, db, 200)
			rekey := func(key []byte) error {
				return with(t, db, func(ctx context.Context, c *driver.Conn) error { return c.Rekey(ctx, key) })
			}
			mode := value(t, db, "PRAGMA journal_mode")
			db.SetMaxIdleConns(0)
			for _, key := range [][]byte{[]byte("one"), []byte(secretKey), nil, []byte("three")} {
				require.NoError(t, rekey(key))
				require.NoError(t, with(t, db, func(_ context.Context, c *driver.Conn) error {
					require.Equal(t, key, c.Config().EncryptionKey)
					require.Equal(t, key != nil, strings.Contains(c.String(), "encryptionKey"))
					return nil
				}))
				require.Equal(t, mode, value(t, db, "PRAGMA journal_mode"))
				requireCopy(t, db, 200) // by new connections, which have the new key
				require.NoError(t, backup(t, db, path+".copy", driver.BackupOptions{}), "by the new key")
				require.Equal(t, key == nil, len(readable(t, needle, dir)) > 0)
				for _, file := range []string{path, path + ".copy"} {
					other := openSecret(t, file, key)
					requireCopy(t, other, 200)
					require.NoError(t, other.Close())
				}
				require.NoError(t, os.Remove(path+".copy"))
			}
			require.ErrorIs(t, openSecret(t, path, []byte("one")).Ping(), driver.ErrNotADB)
			require.ErrorContains(t, rekey([]byte{}), "no bytes")
			tx, err := db.Begin()
			require.NoError(t, err)
			require.ErrorContains(t, driver.With(withTimeout(t), tx, func(c *driver.Conn) error {
				return c.Rekey(context.Background(), nil)
			}), "transaction")
			require.NoError(t, tx.Rollback())
			requireCopy(t, db, 200)
		})
	}
	db := memory(t, "CREATE TABLE t(x)")
	require.ErrorIs(t, with(t, db, func(ctx context.Context, c *driver.Conn) error { return c.Rekey(ctx, []byte("k")) }), driver.ErrUnsupported)
}

// The configuration of a connection opens its database, whatever has set the key.
func TestConfigAfterRekey(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	asked := 0
	db := openConfig(t, func(c *driver.Config) {
		c.Memory, c.Path = false, path
		c.EncryptionKeyFunc = func(context.Context) ([]byte, error) { asked++; return []byte("one"), nil }
	})
	fillForCopies(t, db, 10)
	var cfg *driver.Config
	require.NoError(t, with(t, db, func(ctx context.Context, c *driver.Conn) error {
		require.NotNil(t, c.Config().EncryptionKeyFunc)
		require.NoError(t, c.Rekey(ctx, []byte("two")))
		cfg = c.Config()
		cfg.EncryptionKey[0] = 'x' // a copy
		cfg = c.Config()
		return nil
	}))
	connector, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	again := sql.OpenDB(connector)
	requireCopy(t, again, 10)
	require.NoError(t, again.Close())
	require.Equal(t, 1, asked)
}

// A key in SQL would be unknown to the driver, whose copies would be plaintext.
func TestKeysInSQLAreRefused(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	dir := t.TempDir()
	for name, key := range map[string][]byte{"plain": nil, "encrypted": []byte("right")} {
		path := filepath.Join(dir, name)
		db := openSecret(t, path, key)
		fillForCopies(t, db, 10)
		for _, text := range []string{
			"PRAGMA key = 'pass-phrase'", "PRAGMA key('pass-phrase')", "pragma main.KEY = \"pass-phrase\"", "PRAGMA hexkey = '706173732d706872617365'",
			"PRAGMA textkey = 'pass-phrase'", "PRAGMA rekey = 'pass-phrase'", "PRAGMA rekey = ''", "PRAGMA 'rekey'('pass-phrase')", "PRAGMA hexrekey = '706173732d706872617365'",
			"PRAGMA textrekey = 'pass-phrase'", "SELECT 1; PRAGMA rekey = 'pass-phrase'", "EXPLAIN PRAGMA rekey = 'pass-phrase'",
		} {
			err := execErr(db, text)
			require.ErrorIs(t, err, driver.ErrAuth, text)
			require.ErrorContains(t, err, "Rekey", text)
			var e *driver.Error
			require.ErrorAs(t, err, &e)
			for _, shown := range []string{fmt.Sprintf("%v", err), fmt.Sprintf("%+v", *e), fmt.Sprintf("%#v", *e)} {
				require.NotContains(t, shown, "pass-phrase", text)
				require.NotContains(t, shown, "70617373", text)
			}
		}
		exec(t, db, "PRAGMA cipher_version") // others are SQLite's affair
		requireCopy(t, db, 10)
		require.NoError(t, db.Close())
		requireCopy(t, openSecret(t, path, key), 10)
	}
}

// With others on the file a rekey changes nothing and says what to do.
func TestRekeyBesideOthers(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	db := openSecret(t, path, []byte("one"))
	fillForCopies(t, db, 100)
	other := openSecret(t, path, []byte("one"))
	require.Equal(t, int64(100), value(t, other, "SELECT count(*) FROM t"))
	err := with(t, db, func(ctx context.Context, c *driver.Conn) error {
		c.SetBusyTimeout(0)
		return c.Rekey(ctx, []byte("two"))
	})
	require.ErrorIs(t, err, driver.ErrBusy)
	require.ErrorContains(t, err, "SetMaxIdleConns(0)")
	requireCopy(t, db, 100)
	requireCopy(t, other, 100)
	require.Equal(t, "wal", value(t, db, "PRAGMA journal_mode"))
}

func TestAttachEncrypted(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	dir := t.TempDir()
	for _, main := range []string{"", "mainkey"} {
		t.Run(main, func(t *testing.T) {
			var mainKey []byte
			if main != "" {
				mainKey = []byte(main)
			}
			db := openSecret(t, filepath.Join(dir, "main"+main), mainKey)
			db.SetMaxOpenConns(1)
			attach := func(name, schema string, key []byte) error {
				return with(t, db, func(ctx context.Context, c *driver.Conn) error {
					return c.Attach(ctx, driver.Attachment{Schema: schema, Path: filepath.Join(dir, main+name), Key: key, Create: true})
				})
			}
			require.NoError(t, attach("se cret?%41#.db", "se`cret", []byte(secretKey)))
			require.NoError(t, attach("plain.db", "plain", nil))
			exec(t, db, "CREATE TABLE `se``cret`.t(x); INSERT INTO `se``cret`.t VALUES ('"+needle+"')")
			exec(t, db, "CREATE TABLE plain.t(x); INSERT INTO plain.t SELECT * FROM `se``cret`.t")
			exec(t, db, "DETACH `se``cret`; DETACH plain")
			require.ErrorIs(t, attach("se cret?%41#.db", "again", []byte("pass-phrase")), driver.ErrNotADB)
			require.ErrorIs(t, attach("se cret?%41#.db", "again", nil), driver.ErrNotADB)
			require.NoError(t, attach("se cret?%41#.db", "again", []byte(secretKey)))
			require.Equal(t, needle, value(t, db, "SELECT x FROM again.t"))
			require.NoError(t, db.Close())
			require.Equal(t, []string{main + "plain.db"}, readable(t, needle, dir))
			require.NoError(t, os.Remove(filepath.Join(dir, main+"plain.db")))
		})
	}
}

// keyTracer writes down all that a tracer is told.
type keyTracer struct {
	mu  sync.Mutex
	all strings.Builder
}

func (k *keyTracer) TraceStart(ctx context.Context, op driver.Op, text string) context.Context {
	k.mu.Lock()
	defer k.mu.Unlock()
	fmt.Fprintln(&k.all, op, text)
	return ctx
}

func (k *keyTracer) TraceEnd(_ context.Context, e driver.TraceEvent) {
	k.mu.Lock()
	defer k.mu.Unlock()
	fmt.Fprintf(&k.all, "%+v %v\n", e, e.Err)
}

// Temporary files would have the rows in the clear.
func TestEncryptedTakesNoTemporaryFiles(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	db := openSecret(t, path, []byte("k"))
	for _, text := range []string{
		"PRAGMA temp_store = FILE", "PRAGMA temp_store = 1", "pragma temp_store('file')", "SELECT 1; PRAGMA Temp_Store=\"fIlE\"", "PRAGMA temp_store = '1x'",
	} {
		require.ErrorIs(t, execErr(db, text), driver.ErrAuth, text)
	}
	exec(t, db, "PRAGMA temp_store = MEMORY; PRAGMA temp_store = 0; PRAGMA temp_store")
	require.ErrorIs(t, openConfig(t, func(c *driver.Config) {
		c.Memory, c.Path, c.EncryptionKey, c.Pragmas = false, path, []byte("k"), []driver.Pragma{{Name: "temp_store", Value: "1"}}
	}).Ping(), driver.ErrAuth)

	plain := open(t, filepath.Join(t.TempDir(), "b.db"))
	plain.SetMaxOpenConns(1)
	attach := func(ctx context.Context, c *driver.Conn) error {
		return c.Attach(ctx, driver.Attachment{Schema: "two", Path: path, Key: []byte("k")})
	}
	rekey := func(ctx context.Context, c *driver.Conn) error { return c.Rekey(ctx, []byte("k")) }
	exec(t, plain, "PRAGMA temp_store = FILE")
	require.ErrorIs(t, with(t, plain, attach), driver.ErrAuth)
	require.ErrorIs(t, with(t, plain, rekey), driver.ErrAuth)
	exec(t, plain, "PRAGMA temp_store = MEMORY")
	require.NoError(t, with(t, plain, attach))
	require.ErrorIs(t, execErr(plain, "PRAGMA temp_store = FILE"), driver.ErrAuth)
}

func TestTheKeyIsNeverShown(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	const key, other = "pass-phrase-1", "pass-phrase-2"
	tracer := &keyTracer{}
	path := filepath.Join(t.TempDir(), "a.db")
	var cfg *driver.Config
	db := openConfig(t, func(c *driver.Config) {
		c.Memory, c.Path, c.EncryptionKey, c.Tracer = false, path, []byte(key), tracer
		cfg = c
	})
	said := func(v ...any) string {
		var b strings.Builder
		for _, v := range v {
			fmt.Fprintf(&b, "%v %+v %#v %s %q %d %x\n", v, v, v, v, v, v, v)
		}
		return b.String()
	}
	var text string
	exec(t, db, "CREATE TABLE t(x)")
	db.SetMaxIdleConns(0)
	require.NoError(t, with(t, db, func(ctx context.Context, c *driver.Conn) error {
		exec := func(sql string) { _, err := c.ExecContext(ctx, sql, nil); require.NoError(t, err) }
		require.NoError(t, c.Attach(ctx, driver.Attachment{Schema: "two", Path: path + "2", Key: []byte(other), Create: true}))
		exec("CREATE TABLE two.t(x)")
		errs := []any{
			c.Attach(ctx, driver.Attachment{Schema: "three", Path: path + "2", Key: []byte(key)}), c.Attach(ctx, driver.Attachment{Schema: "two", Path: path + "2", Key: []byte(key)}),
			c.Attach(ctx, driver.Attachment{Schema: "four", Path: filepath.Join(path, "x"), Key: []byte(key), Create: true}),
			c.Backup(ctx, path+"3", driver.BackupOptions{Key: []byte(key)}), c.Backup(ctx, path+"3", driver.BackupOptions{Key: []byte(other), Overwrite: true}), c.Restore(ctx, path+"3", driver.RestoreOptions{Key: []byte(other)}),
		}
		for _, i := range []int{0, 1, 2, 4, 5} {
			require.Error(t, errs[i].(error), i)
		}
		exec("DETACH two")
		errs = append(errs, c.Rekey(ctx, []byte(other)))
		text = said(errs...) + said(c, c.Config(), *c.Config()) + c.String()
		return nil
	}))
	jsoned, err := json.Marshal(cfg)
	require.NoError(t, err)
	text += string(jsoned) + said(cfg, *cfg) + tracer.all.String()
	attachment := driver.Attachment{Path: path, Schema: "two", Key: []byte(key)}
	to, from := driver.BackupOptions{Key: []byte(key)}, driver.RestoreOptions{Key: []byte(key)}
	text += said(attachment, &attachment, to, &to, from, &from)
	var log bytes.Buffer
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(&log, nil)), slog.New(slog.NewJSONHandler(&log, nil))} {
		l.Info("all", "config", cfg, "value", *cfg, "attachment", attachment, "pointer", &attachment, "to", to, "from", &from,
			"list", []any{cfg, attachment, to}, "in", struct{ C *driver.Config }{cfg}, "of", struct{ A []driver.Attachment }{[]driver.Attachment{attachment}})
	}
	require.NotContains(t, log.String(), base64.StdEncoding.EncodeToString([]byte(key))[:12])
	text += log.String()
	wrong := openSecret(t, path, []byte("pass-phrase-3")).Ping()
	require.Error(t, wrong)
	text += said(wrong)
	for _, secret := range []string{"pass-phrase", "112 97 115 115", "706173732d706872617365", "0x70, 0x61"} {
		require.NotContains(t, strings.ToLower(text), secret)
	}
	require.Contains(t, text, "DETACH", "the tracer was told")
}

// A transaction that a crash has left half written is undone by its journal,
// which a wrong key must not touch.
func TestWrongKeysLeaveTheJournal(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for _, pageSize := range []string{"4096", "1024", "65536"} {
		dir := t.TempDir()
		db := openConfig(t, func(c *driver.Config) {
			c.Memory, c.Path, c.EncryptionKey, c.JournalMode = false, filepath.Join(dir, "a.db"), []byte("right"), "DELETE"
			c.Pragmas = []driver.Pragma{{Name: "page_size", Value: pageSize}, {Name: "cache_size", Value: "10"}}
		})
		db.SetMaxOpenConns(1)
		exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, s)")
		exec(t, db, "INSERT INTO t(s) SELECT hex(randomblob(200)) FROM generate_series(1, 4000)")
		tx, err := db.Begin()
		require.NoError(t, err)
		exec(t, tx, "UPDATE t SET s = hex(randomblob(220))")
		crashed := filepath.Join(t.TempDir(), "b.db")
		for _, rest := range []string{"", "-journal"} {
			content, err := os.ReadFile(filepath.Join(dir, "a.db") + rest)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(crashed+rest, content, 0o600))
		}
		require.NoError(t, tx.Rollback())
		for _, key := range [][]byte{nil, []byte("wrong")} {
			require.ErrorIs(t, openSecret(t, crashed, key).Ping(), driver.ErrNotADB, pageSize)
			require.ErrorIs(t, restore(t, memory(t), crashed, driver.RestoreOptions{Key: key}), driver.ErrNotADB)
			require.FileExists(t, crashed+"-journal")
		}
		right := openSecret(t, crashed, []byte("right"))
		require.Equal(t, int64(4000*400), value(t, right, "SELECT sum(length(s)) FROM t"), pageSize)
		require.Equal(t, "ok", value(t, right, "PRAGMA integrity_check"))
	}
}

// In a rollback mode others may have the file open: the pool's connections with
// the old key go, and what was at work meanwhile fails or is done.
func TestRekeyBesideWriters(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	db := openConfig(t, func(c *driver.Config) {
		c.Memory, c.Path, c.EncryptionKey, c.JournalMode, c.Synchronous = false, path, []byte("0"), "DELETE", "OFF"
	})
	fillForCopies(t, db, 100)
	ctx, stop := context.WithCancel(context.Background())
	var written atomic.Int64
	var writers sync.WaitGroup
	for range 3 {
		writers.Add(1)
		go func() {
			defer writers.Done()
			for ctx.Err() == nil {
				switch _, err := db.Exec("INSERT INTO t(s) VALUES ('" + needle + "')"); {
				case err == nil:
					written.Add(1)
				case !errors.Is(err, driver.ErrNotADB): // with the old key, while it is changed
					t.Error(err)
					return
				}
			}
		}()
	}
	for i := range 10 {
		require.NoError(t, with(t, db, func(ctx context.Context, c *driver.Conn) error { return c.Rekey(ctx, []byte{'a' + byte(i)}) }))
		for range 10 { // by connections that were idle, too
			require.NoError(t, db.Ping())
			_, err := db.Exec("UPDATE t SET s = s WHERE id = 1")
			require.NoError(t, err)
		}
	}
	stop()
	writers.Wait()
	requireCopy(t, db, 100+int(written.Load()))
	require.NoError(t, db.Close())
	requireCopy(t, openSecret(t, path, []byte("j")), 100+int(written.Load()))
}
