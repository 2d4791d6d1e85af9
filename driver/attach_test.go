package driver_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// conns takes n connections of the pool at once, each of which reads the table.
func conns(t *testing.T, db *sql.DB, n int) []*sql.Conn {
	t.Helper()
	var all []*sql.Conn
	for range n {
		all = append(all, dbtest.Conn(t, db))
	}
	return all
}

func schemas(t *testing.T, q dbtest.Querier) string {
	t.Helper()
	return dbtest.Text(t, q, "SELECT coalesce(group_concat(name, ','), '') FROM (SELECT name FROM pragma_database_list WHERE seq > 1 ORDER BY seq)")
}

func TestAttachToThePool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	for _, c := range []struct {
		name, main, schema, file string
		key                      []byte
	}{
		{"file", "main.db", "aux", "b.db", nil},
		{"encrypted", "main.db", "aux", "b.db", []byte("it's a \x00 key")},
		{"memory", ":memory:", "aux", "b.db", nil},
		{"quotes", "main.db", "a`b\"c'd]e f.g", "it's a \"b\"`?mode=memory#%41;.db", nil},
		{"Unicode", "main.db", "grüße 日本", "grüße 日本.db", []byte("ключ")},
		{"keyword", "main.db", "table", "b.db", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			main := c.main
			if main != ":memory:" {
				main = filepath.Join(dir, main)
			}
			db := open(t, main)
			early := conns(t, db, 2)
			early[0].Close() // it is idle, the other is in use

			path := filepath.Join(dir, c.file)
			a := driver.Attachment{Schema: c.schema, Path: path, Key: c.key}
			err := driver.Attach(ctx, db, a)
			require.ErrorIs(t, err, driver.ErrCantOpen)
			require.ErrorContains(t, err, "the file does not exist")
			require.NoFileExists(t, path, "a missing file is not created")
			a.Create = true
			require.NoError(t, driver.Attach(ctx, db, a))
			require.FileExists(t, path)

			table := "`" + strings.ReplaceAll(c.schema, "`", "``") + "`.t"
			dbtest.Exec(t, db, "CREATE TABLE "+table+"(x); INSERT INTO "+table+" VALUES ('needle in the file')")
			for _, conn := range conns(t, db, 4) {
				require.Equal(t, int64(1), dbtest.Int(t, conn, "SELECT count(*) FROM "+table))
				require.NoError(t, conn.Close())
			}
			require.NoError(t, early[1].Close())
			for range 3 {
				require.Equal(t, int64(1), dbtest.Int(t, db, "SELECT count(*) FROM "+table))
			}
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, c.key == nil, strings.Contains(string(content), "needle in the file"))

			require.Error(t, driver.Attach(ctx, db, a), "the name is taken")
			require.NoError(t, driver.Detach(ctx, db, c.schema))
			for _, conn := range conns(t, db, 5) {
				require.Empty(t, schemas(t, conn))
				require.NoError(t, conn.Close())
			}
			require.ErrorContains(t, driver.Detach(ctx, db, c.schema), "no such database: "+c.schema)
		})
	}
}

func TestAttachIsRefused(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "main.db"))
	text := filepath.Join(dir, "text")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("this is no database. ", 100)), 0o600))
	for _, c := range []struct {
		name string
		a    driver.Attachment
		is   error
		says string
	}{
		{"no schema", driver.Attachment{Path: text}, nil, "the name of a schema"},
		{"no path", driver.Attachment{Schema: "x"}, nil, "its path"},
		{"memory", driver.Attachment{Schema: "x", Path: ":memory:"}, nil, "one of its own"},
		{"empty key", driver.Attachment{Schema: "x", Path: text, Key: []byte{}}, nil, "no bytes"},
		{"contradiction", driver.Attachment{Schema: "x", Path: text, Create: true, ReadOnly: true}, nil, "exclude each other"},
		{"main", driver.Attachment{Schema: "main", Path: "b.db", Create: true}, driver.ErrError, "already in use"},
		{"no database", driver.Attachment{Schema: "x", Path: text}, driver.ErrNotADB, "no SQLite database"},
		{"wrong key", driver.Attachment{Schema: "x", Path: filepath.Join(dir, "main.db"), Key: []byte("k")}, driver.ErrNotADB, "the key is not its key"},
		{"no directory", driver.Attachment{Schema: "x", Path: filepath.Join(dir, "no", "b.db"), Create: true}, driver.ErrCantOpen, "does not exist: create it first"},
		{"directory", driver.Attachment{Schema: "x", Path: dir}, driver.ErrCantOpen, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := driver.Attach(ctx, db, c.a)
			require.Error(t, err)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			require.ErrorContains(t, err, c.says)
			require.Empty(t, schemas(t, db))
		})
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.True(t, strings.HasPrefix(e.Name(), "main.db") || e.Name() == "text", e.Name())
	}
}

// The library would drop the key without a word.
func TestAttachRefusesAKeyThatWouldNotEncrypt(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	path := filepath.Join(t.TempDir(), "b.db")
	err := driver.Attach(context.Background(), open(t, ":memory:"),
		driver.Attachment{Schema: "aux", Path: path, Key: []byte("k"), Create: true})
	require.ErrorIs(t, err, driver.ErrUnsupported)
	require.ErrorContains(t, err, "the main database is in memory")
	require.NoFileExists(t, path)
}

func TestAttachHasALimit(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "main.db"))
	attach := func(i int) error {
		return driver.Attach(ctx, db, driver.Attachment{Schema: fmt.Sprint("s", i), Path: filepath.Join(dir, fmt.Sprint(i)), Create: true})
	}
	for i := range 10 {
		require.NoError(t, attach(i))
	}
	require.ErrorContains(t, attach(10), "too many attached databases - max 10")
	for _, conn := range conns(t, db, 3) {
		require.Equal(t, "s0,s1,s2,s3,s4,s5,s6,s7,s8,s9", schemas(t, conn))
		require.NoError(t, conn.Close())
	}
	require.NoError(t, driver.Detach(ctx, db, "s3"))
	require.NoError(t, attach(10))
}

// The relative path is that of the call, also for connections that come when
// the working directory is another.
func TestAttachARelativePath(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("c.db", nil, 0o600))
	require.NoError(t, os.WriteFile("d.db", nil, 0o600))
	db := openConfig(t, func(cfg *driver.Config) {
		cfg.Attach = []driver.Attachment{{Schema: "c", Path: "c.db"}, {Schema: "d", Path: "d.db", ReadOnly: true}}
	})
	require.NoError(t, driver.Attach(ctx, db, driver.Attachment{Schema: "aux", Path: "./b.db", Create: true}))
	dbtest.Exec(t, db, "CREATE TABLE aux.t(x)")
	t.Chdir(t.TempDir())
	for _, conn := range conns(t, db, 3) {
		require.Equal(t, "c,d,aux", schemas(t, conn))
		require.Zero(t, dbtest.Int(t, conn, "SELECT count(*) FROM aux.t"))
		_, err := conn.ExecContext(ctx, "CREATE TABLE d.t(x)")
		require.ErrorIs(t, err, driver.ErrReadOnly)
		require.NoError(t, conn.Close())
	}
	require.NoError(t, driver.Detach(ctx, db, "C"), "also what the Config has attached")
	for _, conn := range conns(t, db, 4) {
		require.Equal(t, "d,aux", schemas(t, conn))
		require.NoError(t, conn.Close())
	}
}

// A connection in use keeps the file until it is handed out again; then it has
// the one that has the name by now.
func TestAttachWhileConnectionsAreInUse(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "main.db"))
	db.SetMaxIdleConns(2)
	attach := func(file string) {
		t.Helper()
		require.NoError(t, driver.Attach(ctx, db, driver.Attachment{Schema: "aux", Path: filepath.Join(dir, file), Create: true}))
	}
	attach("a.db")
	dbtest.Exec(t, db, "CREATE TABLE aux.a(x)")
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = tx.Exec("INSERT INTO aux.a VALUES (1)")
	require.NoError(t, err)
	err = driver.With(ctx, tx, func(c *driver.Conn) error { return c.Detach(ctx, "aux") })
	require.ErrorContains(t, err, "database aux is locked")

	require.NoError(t, driver.Detach(ctx, db, "aux"))
	attach("b.db")
	_, err = tx.Exec("INSERT INTO aux.a VALUES (2)")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	dbtest.Exec(t, db, "CREATE TABLE aux.b(x)")
	for _, conn := range conns(t, db, 3) {
		require.Zero(t, dbtest.Int(t, conn, "SELECT count(*) FROM aux.b"))
		require.NoError(t, conn.Close())
	}
	require.NoError(t, driver.Detach(ctx, db, "aux"))
	attach("a.db")
	require.Equal(t, int64(2), dbtest.Int(t, db, "SELECT count(*) FROM aux.a"))
}

// A file that goes away is an error for who asks for a new connection, never a
// new empty file.
func TestAttachedFileGoesAway(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "b.db")
	db := open(t, filepath.Join(dir, "main.db"))
	require.NoError(t, driver.Attach(ctx, db, driver.Attachment{Schema: "aux", Path: path, Create: true}))
	dbtest.Exec(t, db, "CREATE TABLE aux.t(x)")
	held := dbtest.Conn(t, db)
	require.NoError(t, os.Rename(path, path+".gone"))
	_, err := db.Conn(ctx)
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.NoFileExists(t, path)
	require.Zero(t, dbtest.Int(t, held, "SELECT count(*) FROM aux.t"))
	require.NoError(t, driver.With(ctx, held, func(c *driver.Conn) error { return c.Detach(ctx, "aux") }))
	require.NoError(t, os.Rename(path+".gone", path))
	require.Zero(t, dbtest.Int(t, db, "SELECT count(*) FROM aux.t"))
	require.NoError(t, held.Close())
}

func TestAttachInATransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "main.db"))
	for _, readOnly := range []bool{false, true} {
		tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: readOnly})
		require.NoError(t, err)
		err = driver.With(ctx, tx, func(c *driver.Conn) error {
			return c.Attach(ctx, driver.Attachment{Schema: "aux", Path: filepath.Join(dir, "b.db"), Create: true})
		})
		if readOnly {
			require.ErrorIs(t, err, driver.ErrReadOnly)
			require.NoError(t, tx.Rollback())
			continue
		}
		require.NoError(t, err)
		_, err = tx.Exec("CREATE TABLE aux.t(x)")
		require.NoError(t, err)
		require.NoError(t, tx.Rollback())
		require.Equal(t, "aux", schemas(t, db), "it is no part of the transaction")
		require.NoError(t, driver.With(ctx, db, func(c *driver.Conn) error { return c.Detach(ctx, "aux") }))
	}
}

func TestAttachFromConcurrentUsers(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "main.db"))
	done := make(chan error, 8)
	for i := range cap(done) {
		go func() {
			schema := fmt.Sprint("s", i)
			err := driver.Attach(ctx, db, driver.Attachment{Schema: schema, Path: filepath.Join(dir, schema), Create: true})
			for j := 0; j < 5 && err == nil; j++ {
				_, err = db.ExecContext(ctx, fmt.Sprintf("CREATE TABLE %s.t%d(x); INSERT INTO %s.t%d VALUES (1)", schema, j, schema, j))
			}
			if err == nil && i%2 == 1 {
				err = driver.Detach(ctx, db, schema)
			}
			done <- err
		}()
	}
	for range cap(done) {
		require.NoError(t, <-done)
	}
	for _, conn := range conns(t, db, 10) {
		require.Equal(t, int64(4), dbtest.Int(t, conn, "SELECT count(*) FROM pragma_database_list WHERE seq > 1"))
		require.NoError(t, conn.Close())
	}
}

func TestAttachNeverShowsTheKey(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	a := driver.Attachment{Schema: "aux", Path: "/x/b.db", Key: []byte("pass-phrase")}
	cfg, err := driver.ParseDSN("a.db")
	require.NoError(t, err)
	cfg.Attach = []driver.Attachment{a}
	text, err := json.Marshal([]any{a, &a, cfg})
	require.NoError(t, err)
	all := string(text) + fmt.Sprintf("%v %+v %#v %s %q %d %x %v", a, a, a, a, a, a, a, &a) + fmt.Sprintf("%v %#v", cfg, cfg)
	for _, secret := range []string{"pass-phrase", "112 97 115 115", "706173732d706872617365", "0x70, 0x61", "cGFzcy1waHJhc2U"} {
		require.NotContains(t, all, secret)
	}
	require.Contains(t, cfg.String(), "REDACTED")

	clone := cfg.Clone()
	clone.Attach[0].Key[0], clone.Attach[0].Schema = 'X', "other"
	require.Equal(t, "pass-phrase", string(a.Key))
	require.Equal(t, "aux", cfg.Attach[0].Schema)

	for says, change := range map[string]func(*driver.Config){
		"twice":    func(c *driver.Config) { c.Attach = append(c.Attach, driver.Attachment{Schema: "AUX", Path: "c"}) },
		"its path": func(c *driver.Config) { c.Attach = []driver.Attachment{{Schema: "aux"}} },
	} {
		c := cfg.Clone()
		change(c)
		_, err := driver.NewConnector(c)
		require.ErrorContains(t, err, says)
	}
}

// Another process writes the file meanwhile.
func TestAttachedFileOfAnotherPool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "b.db")
	other := open(t, path)
	dbtest.Exec(t, other, "CREATE TABLE t(x)")
	db := open(t, filepath.Join(dir, "main.db"))
	require.NoError(t, driver.Attach(ctx, db, driver.Attachment{Schema: "aux", Path: path}))
	for i := range 20 {
		dbtest.Exec(t, other, "INSERT INTO t VALUES (?)", i)
		dbtest.Exec(t, db, "INSERT INTO aux.t VALUES (?)", i)
	}
	require.Equal(t, int64(40), dbtest.Int(t, db, "SELECT count(*) FROM aux.t"))
	require.Equal(t, int64(40), dbtest.Int(t, other, "SELECT count(*) FROM t"))
	require.NoError(t, driver.Detach(ctx, db, "aux"))
	ended, cancel := context.WithCancel(ctx)
	cancel()
	require.True(t, errors.Is(driver.Attach(ended, db, driver.Attachment{Schema: "aux", Path: path}), context.Canceled))
	require.Empty(t, schemas(t, db))
}
