package driver_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// patience is how long a test waits for what should come at once.
const patience = 30 * time.Second

// open opens a database that is closed with the test.
func open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	needsLibrary(t)
	if dsn == ":memory:" {
		dsn = dbtest.Memory(t)
	}
	if dbtest.Remote() && !strings.Contains(dsn, "://") {
		t.Fatalf("%s is a local database: ask for dbtest.DSN, or say dbtest.LocalOnly", dsn)
	}
	db, err := sql.Open(driver.Name, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// memory opens a memory database with what the statements make.
func memory(t testing.TB, schema ...string) *sql.DB {
	t.Helper()
	db := open(t, ":memory:")
	for _, text := range schema {
		exec(t, db, text)
	}
	return db
}

// openConfig opens a memory database, or the one that change names.
func openConfig(t testing.TB, change func(*driver.Config)) *sql.DB {
	t.Helper()
	needsLibrary(t)
	cfg, err := driver.ParseDSN(dbtest.Memory(t))
	require.NoError(t, err)
	change(cfg)
	connector, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// onEach runs a test on every kind of local database.
func onEach(t *testing.T, test func(t *testing.T, db *sql.DB)) {
	t.Helper()
	if dbtest.Remote() {
		t.Run("remote", func(t *testing.T) { test(t, open(t, dbtest.DSN(t))) })
		return
	}
	dir := t.TempDir()
	for name, dsn := range map[string]string{
		"memory":    ":memory:",
		"named":     "file:" + t.Name() + "?mode=memory&cache=shared",
		"temporary": "",
		"file":      filepath.Join(dir, "plain.db"),
		"rollback":  filepath.Join(dir, "rollback.db") + "?_journal_mode=DELETE",
		"encrypted": filepath.Join(dir, "secret.db") + "?encryptionKey=k",
		"uncached":  ":memory:?_stmt_cache_size=0",
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t, dsn)) })
	}
}

// runner is *sql.DB, *sql.Conn or *sql.Tx.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// prepared is a runner that prepares every statement before it runs it.
type prepared struct{ runner }

func (p prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := p.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	return st.ExecContext(ctx, args...)
}

func (p prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := p.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer st.Close() // the rows keep it as long as they need it
	return st.QueryContext(ctx, args...)
}

// eachWay runs a test with every way of database/sql to run a statement.
func eachWay(t *testing.T, db *sql.DB, test func(t *testing.T, r runner)) {
	t.Helper()
	for name, wrap := range map[string]func(runner) runner{
		"direct":   func(r runner) runner { return r },
		"prepared": func(r runner) runner { return prepared{r} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("DB", func(t *testing.T) { test(t, wrap(db)) })
			t.Run("Conn", func(t *testing.T) { test(t, wrap(pin(t, db))) })
			t.Run("Tx", func(t *testing.T) {
				tx, err := db.Begin()
				require.NoError(t, err)
				defer tx.Rollback()
				test(t, wrap(tx))
			})
		})
	}
}

// pin takes a connection out of the pool for the test.
func pin(t testing.TB, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(context.Background())
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func exec(t testing.TB, r runner, text string, args ...any) sql.Result {
	t.Helper()
	res, err := r.ExecContext(context.Background(), text, args...)
	require.NoError(t, err, text)
	return res
}

func execErr(r runner, text string, args ...any) error {
	_, err := r.ExecContext(context.Background(), text, args...)
	return err
}

func affected(t testing.TB, res sql.Result) int64 {
	t.Helper()
	n, err := res.RowsAffected()
	require.NoError(t, err)
	return n
}

func lastID(t testing.TB, res sql.Result) int64 {
	t.Helper()
	n, err := res.LastInsertId()
	require.NoError(t, err)
	return n
}

func query(t testing.TB, r runner, text string, args ...any) *sql.Rows {
	t.Helper()
	rows, err := r.QueryContext(context.Background(), text, args...)
	require.NoError(t, err, text)
	t.Cleanup(func() { rows.Close() })
	return rows
}

// rest reads what is left of the result set.
func rest(rows *sql.Rows) ([][]any, error) {
	cols, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out [][]any
	for rows.Next() {
		row := make([]any, len(cols))
		into := make([]any, len(cols))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return out, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// queryAll is every result set of a text.
func queryAll(r runner, text string, args ...any) (sets [][][]any, err error) {
	rows, err := r.QueryContext(context.Background(), text, args...)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := rows.Close(); err == nil {
			err = cerr
		}
	}()
	for {
		cols, err := rows.Columns()
		if err != nil {
			return sets, err
		}
		set, err := rest(rows)
		if len(cols) > 0 {
			sets = append(sets, set)
		}
		if err != nil {
			return sets, err
		}
		if !rows.NextResultSet() {
			return sets, rows.Err()
		}
	}
}

func queryErr(r runner, text string, args ...any) error {
	_, err := queryAll(r, text, args...)
	return err
}

// all is the rows of a statement.
func all(t testing.TB, r runner, text string, args ...any) [][]any {
	t.Helper()
	sets, err := queryAll(r, text, args...)
	require.NoError(t, err, text)
	require.LessOrEqual(t, len(sets), 1, text)
	if len(sets) == 0 {
		return nil
	}
	return sets[0]
}

// value is the only value of a statement.
func value(t testing.TB, r runner, text string, args ...any) any {
	t.Helper()
	set := all(t, r, text, args...)
	require.Len(t, set, 1, text)
	require.Len(t, set[0], 1, text)
	return set[0][0]
}

// driverError is the driver's error in err's chain.
func driverError(t testing.TB, err error) *driver.Error {
	t.Helper()
	var e *driver.Error
	require.ErrorAs(t, err, &e)
	return e
}
