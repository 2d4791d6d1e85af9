package driver_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// extensionSource adds a function that answers a number. An extension gets the
// functions of SQLite as a table (sqlite3ext.h), whose entries never move: 45 is
// sqlite3_create_function, 69 sqlite3_mprintf, 82 sqlite3_result_int.
const extensionSource = `
typedef void (*any)(void);
static any *api;
static void answer(void *ctx, int n, void **args) {
  (void)n, (void)args;
  ((void (*)(void *, int))api[82])(ctx, ANSWER);
}
static int set_up(void *db, any *table) {
  api = table;
  return ((int (*)(void *, const char *, int, int, void *, void (*)(void *, int, void **), any, any))api[45])(
      db, NAME, 0, 1, 0, answer, 0, 0);
}
int sqlite3_answer_init(void *db, char **err, any *table) { (void)err; return set_up(db, table); }
int other_entry(void *db, char **err, any *table) { (void)err; return set_up(db, table); }
int failing_entry(void *db, char **err, any *table) {
  (void)db;
  *err = ((char *(*)(const char *, ...))table[69])("it does not want to");
  return 1;
}
`

// buildExtension compiles a real extension.
func buildExtension(t *testing.T, name, function, answer string) string {
	t.Helper()
	needsLibrary(t)
	cc, err := osexec.LookPath("cc")
	if err != nil {
		t.Skip("there is no C compiler: ", err)
	}
	dir := t.TempDir()
	source, library := filepath.Join(dir, "answer.c"), filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(source, []byte(extensionSource), 0o600))
	out, err := osexec.Command(cc, "-shared", "-fPIC", "-DANSWER="+answer, `-DNAME="`+function+`"`, "-o", library, source).CombinedOutput()
	require.NoError(t, err, string(out))
	return library
}

func suffix() string {
	if runtime.GOOS == "darwin" {
		return ".dylib"
	}
	return ".so"
}

func answer(q dbtest.Querier) (n int, err error) {
	err = q.QueryRowContext(context.Background(), "SELECT extension_answer()").Scan(&n)
	return n, err
}

func TestExtensionsOfTheConfig(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	library := buildExtension(t, "libanswer"+suffix(), "extension_answer", "42")
	other := buildExtension(t, "x.2"+suffix(), "extension_answer", "43")
	text := filepath.Join(t.TempDir(), "text.so")
	require.NoError(t, os.WriteFile(text, []byte("no library"), 0o600))
	for _, c := range []struct {
		name string
		ext  driver.Extension
		want int
		says string
	}{
		{"by its name", driver.Extension{Path: library}, 42, ""},
		{"without the suffix", driver.Extension{Path: library[:len(library)-len(suffix())]}, 42, ""},
		{"by the entry point", driver.Extension{Path: other, EntryPoint: "other_entry"}, 43, ""},
		{"no such entry point", driver.Extension{Path: library, EntryPoint: "none"}, 0, "none"},
		{"no entry point by its name", driver.Extension{Path: other}, 0, "sqlite3_x_init"},
		{"its own error", driver.Extension{Path: library, EntryPoint: "failing_entry"}, 0, "error during initialization: it does not want to"},
		{"no such file", driver.Extension{Path: library + ".no"}, 0, "the file does not exist"},
		{"no library", driver.Extension{Path: text}, 0, text},
		{"no path", driver.Extension{}, 0, "needs the path of its file (Config.Extensions)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := driver.ParseDSN(dbtest.File(t))
			require.NoError(t, err)
			cfg.Extensions = []driver.Extension{c.ext}
			connector, err := driver.NewConnector(cfg)
			if c.ext.Path == "" {
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			db := sql.OpenDB(connector)
			defer dbtest.Close(t, db)
			if c.want == 0 {
				err := db.Ping()
				require.ErrorIs(t, err, driver.ErrError)
				require.ErrorContains(t, err, c.says)
				require.ErrorContains(t, err, c.ext.Path)
				return
			}
			for _, conn := range conns(t, db, 3) {
				n, err := answer(conn)
				require.NoError(t, err)
				require.Equal(t, c.want, n)
				_, err = conn.ExecContext(context.Background(), "SELECT load_extension(?)", library)
				require.ErrorContains(t, err, "not authorized", "SQL cannot load more")
				err = driver.With(context.Background(), conn, func(dc *driver.Conn) error {
					return dc.LoadExtension(context.Background(), c.ext)
				})
				require.ErrorIs(t, err, driver.ErrAuth)
				require.NoError(t, conn.Close())
			}
		})
	}
}

func TestLoadExtensionIntoAConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	ctx := context.Background()
	library := buildExtension(t, "answer"+suffix(), "extension_answer", "7")
	t.Chdir(filepath.Dir(library))
	for _, dsn := range []string{dbtest.File(t), ":memory:", "file:" + dbtest.File(t) + "?_single_process=1"} {
		off := open(t, dsn)
		err := driver.With(ctx, off, func(c *driver.Conn) error { return c.LoadExtension(ctx, driver.Extension{Path: library}) })
		require.ErrorIs(t, err, driver.ErrAuth)
		require.ErrorContains(t, err, "Config.Extensions")
		_, err = answer(off)
		require.ErrorContains(t, err, "no such function")
		require.NoError(t, off.Close())

		cfg, err := driver.ParseDSN(dsn)
		require.NoError(t, err)
		cfg.AllowExtensions = true
		connector, err := driver.NewConnector(cfg)
		require.NoError(t, err)
		db := sql.OpenDB(connector)
		one, two := dbtest.Conn(t, db), dbtest.Conn(t, db)
		require.NoError(t, driver.With(ctx, one, func(c *driver.Conn) error {
			return c.LoadExtension(ctx, driver.Extension{Path: "./" + filepath.Base(library)})
		}))
		n, err := answer(one)
		require.NoError(t, err)
		require.Equal(t, 7, n)
		_, err = answer(two)
		require.ErrorContains(t, err, "no such function", "it is of one connection")
		dbtest.Exec(t, two, "SELECT load_extension(?)", library)
		n, err = answer(two)
		require.NoError(t, err)
		require.Equal(t, 7, n)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		require.ErrorIs(t, driver.With(ctx, two, func(c *driver.Conn) error {
			return c.LoadExtension(ended, driver.Extension{Path: library})
		}), context.Canceled)
		require.NoError(t, one.Close())
		require.NoError(t, two.Close())
		dbtest.Close(t, db)
	}
}

// A library that cannot be loaded leaves the connection as it was, in its
// transaction, too.
func TestExtensionThatFails(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	library := buildExtension(t, "answer"+suffix(), "extension_answer", "7")
	text := filepath.Join(t.TempDir(), "text.so")
	require.NoError(t, os.WriteFile(text, []byte("no library"), 0o600))
	cfg, err := driver.ParseDSN(dbtest.File(t))
	require.NoError(t, err)
	cfg.AllowExtensions, cfg.EncryptionKey = true, []byte("pass-phrase")
	connector, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	defer dbtest.Close(t, db)
	dbtest.Exec(t, db, "CREATE TABLE t(x)")
	tx, err := db.Begin()
	require.NoError(t, err)
	dbtest.Exec(t, tx, "INSERT INTO t VALUES (1)")
	require.NoError(t, driver.With(t.Context(), tx, func(c *driver.Conn) error {
		for range 20 {
			for _, e := range []driver.Extension{{Path: text}, {Path: text + ".no"}, {Path: library, EntryPoint: "none"}, {Path: library, EntryPoint: "failing_entry"}} {
				err := c.LoadExtension(t.Context(), e)
				require.ErrorIs(t, err, driver.ErrError)
				require.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "pass-phrase")
			}
		}
		return nil
	}))
	_, err = answer(tx)
	require.ErrorContains(t, err, "no such function")
	require.EqualValues(t, 1, dbtest.Int(t, tx, "SELECT count(*) FROM t"))
	require.NoError(t, driver.With(t.Context(), tx, func(c *driver.Conn) error {
		return c.LoadExtension(t.Context(), driver.Extension{Path: library})
	}))
	n, err := answer(tx)
	require.NoError(t, err)
	require.Equal(t, 7, n)
	require.NoError(t, tx.Commit())
	require.EqualValues(t, 1, dbtest.Int(t, db, "SELECT count(*) FROM t"))
}

// What the program adds takes the place of what the driver adds.
func TestExtensionsShadowTheDriversFunctions(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	library := buildExtension(t, "answer"+suffix(), "uuid7", "9")
	db := openConfig(t, func(cfg *driver.Config) { cfg.Extensions = []driver.Extension{{Path: library}} })
	require.Equal(t, int64(9), dbtest.Int(t, db, "SELECT uuid7()"))
	require.Len(t, dbtest.Text(t, db, "SELECT uuid4()"), 36)
}
