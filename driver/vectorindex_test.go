package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// vectorIndexWorks tells that the index answers, and takes a new row.
func vectorIndexWorks(t *testing.T, r runner) {
	t.Helper()
	require.Equal(t, [][]any{{int64(1)}}, all(t, r, "SELECT id FROM vector_top_k('i', '[1,2]', 1)"))
	exec(t, r, "INSERT INTO t VALUES (3, vector('[9,9]'))")
	require.Equal(t, [][]any{{int64(3)}}, all(t, r, "SELECT id FROM vector_top_k('i', '[9,9]', 1)"))
	exec(t, r, "DELETE FROM t WHERE id = 3")
	require.Equal(t, int64(4), value(t, r, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'i%' OR name = 't'"))
}

// What does not end in dropping the index i, or t, which it is of.

func prepareOnly(text string) func(db *sql.DB) error {
	return func(db *sql.DB) error {
		st, err := db.Prepare(text)
		if err != nil {
			return err
		}
		return st.Close()
	}
}

func run(text string, args ...any) func(db *sql.DB) error {
	return func(db *sql.DB) error { return execErr(db, text, args...) }
}

func runCancelled(text string) func(db *sql.DB) error {
	return func(db *sql.DB) error {
		_, err := db.ExecContext(cancelled(), text)
		return err
	}
}

// besideRows runs the text on a connection that has rows open, which live on.
func besideRows(text string) func(db *sql.DB) error {
	return func(db *sql.DB) error {
		c, err := db.Conn(context.Background())
		if err != nil {
			return err
		}
		defer c.Close()
		rows, err := c.QueryContext(context.Background(), "SELECT value FROM generate_series(1, 100)")
		if err != nil {
			return err
		}
		defer rows.Close()
		err = execErr(c, text)
		if got, rerr := rest(rows); rerr != nil || len(got) != 100 {
			return fmt.Errorf("%d rows are left, %w", len(got), rerr)
		}
		return err
	}
}

func inTx(readOnly bool, text string) func(db *sql.DB) error {
	return func(db *sql.DB) error {
		tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: readOnly})
		if err != nil {
			return err
		}
		err = execErr(tx, text)
		if cerr := tx.Commit(); cerr != nil {
			return cerr
		}
		return err
	}
}

// errArgs stands for the plain error about a wrong number of arguments.
var errArgs = errors.New("arguments for")

var harmless = map[string]struct {
	do   func(db *sql.DB) error
	want error // nil: success
}{
	"prepare DROP INDEX":      {prepareOnly("DROP INDEX i"), nil},
	"prepare DROP TABLE":      {prepareOnly("DROP TABLE t"), nil},
	"prepare EXPLAIN":         {prepareOnly("EXPLAIN DROP INDEX i"), nil},
	"prepare CREATE":          {prepareOnly("CREATE INDEX i2 ON t(libsql_vector_idx(v))"), nil},
	"explain drop":            {run("EXPLAIN DROP INDEX i"), driver.ErrUnsupported},
	"explain plan of drop":    {run("/* x */ explain query plan drop table t"), driver.ErrUnsupported},
	"explain create":          {run("EXPLAIN CREATE UNIQUE INDEX i2 ON t(libsql_vector_idx(v))"), driver.ErrUnsupported},
	"syntax error":            {run("DROP INDEX i nonsense"), driver.ErrError},
	"syntax error in create":  {run("CREATE INDEX i2 ON t(libsql_vector_idx(v)) nonsense"), driver.ErrError},
	"not a vector":            {run("CREATE INDEX i2 ON t(libsql_vector_idx(id))"), driver.ErrError},
	"exists":                  {run("CREATE INDEX i ON t(libsql_vector_idx(v))"), driver.ErrError},
	"exists, and is let be":   {run("CREATE INDEX IF NOT EXISTS i ON t(libsql_vector_idx(v))"), nil},
	"rows open, index":        {besideRows("DROP INDEX i"), driver.ErrLocked},
	"rows open, table":        {besideRows("DROP TABLE t"), driver.ErrLocked},
	"read-only, index":        {inTx(true, "DROP INDEX i"), driver.ErrReadOnly},
	"read-only, table":        {inTx(true, "DROP TABLE t"), driver.ErrReadOnly},
	"read-only, create":       {inTx(true, "CREATE INDEX i2 ON t(libsql_vector_idx(v))"), driver.ErrReadOnly},
	"failure in transaction":  {inTx(false, "DROP INDEX i nonsense"), driver.ErrError},
	"foreign keys":            {run("CREATE TABLE c(p REFERENCES t(id)); INSERT INTO c VALUES (1); DROP TABLE t"), driver.ErrError},
	"wrong number of args":    {run("DROP INDEX i; SELECT ?", 1, 2), errArgs},
	"args for a drop":         {run("DROP INDEX i", 1), errArgs},
	"cancelled":               {runCancelled("DROP INDEX i"), context.Canceled},
	"rolled back":             {run("BEGIN; DROP INDEX i; ROLLBACK"), nil},
	"rolled back to the mark": {run("SAVEPOINT s; DROP TABLE t; ROLLBACK TO s; RELEASE s"), nil},
}

// libSQL destroys a vector index while it compiles the DROP. Whatever does not end in dropping it must leave it alone.
func TestVectorIndexSurvives(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for name, c := range harmless {
		t.Run(name, func(t *testing.T) {
			db := open(t, t.TempDir()+"/a.db")
			exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2)); CREATE INDEX i ON t(libsql_vector_idx(v)); "+
				"INSERT INTO t VALUES (1, vector('[1,2]')), (2, vector('[3,4]'))")
			err := c.do(db)
			switch {
			case c.want == nil:
				require.NoError(t, err)
			case c.want == errArgs:
				require.ErrorContains(t, err, errArgs.Error())
			default:
				require.ErrorIs(t, err, c.want)
			}
			vectorIndexWorks(t, db)
			require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
			require.NoError(t, execErr(db, "DROP TABLE IF EXISTS c; BEGIN; DROP INDEX i; COMMIT"))
			require.Equal(t, [][]any{{"libsql_vector_meta_shadow"}, {"t"}}, all(t, db, "SELECT name FROM sqlite_schema ORDER BY name"))
			require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM libsql_vector_meta_shadow"))
		})
	}
}

// A read-only transaction refuses at once what it could not do anyway, and does not wait for its turn first.
func TestReadOnlyDropDoesNotWait(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a); CREATE INDEX i ON t(a)")
	writer, err := db.Begin()
	require.NoError(t, err)
	defer writer.Rollback()
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err)
	defer tx.Rollback()
	for _, text := range []string{"DROP TABLE t", "DROP INDEX i", "CREATE INDEX j ON t(a)", "CREATE TABLE u(a)", "DELETE FROM t"} {
		require.ErrorIs(t, execErr(tx, text), driver.ErrReadOnly, text)
	}
}

// The savepoint around a change of the schema leaves nothing behind: no transaction, no lock, and what was open before stays open.
func TestSchemaChangeLeavesTransactionsAlone(t *testing.T) {
	db := memory(t, "CREATE TABLE t(a)")
	db.SetMaxOpenConns(1)
	free := func() {
		t.Helper()
		require.NoError(t, execErr(db, "BEGIN IMMEDIATE; COMMIT"), "no transaction is open")
	}
	for _, text := range []string{"DROP TABLE t", "DROP TABLE nowhere", "DROP TABLE IF EXISTS nowhere", "CREATE INDEX i ON nowhere(a)",
		"CREATE TABLE t(a); CREATE INDEX i ON t(a)", "DROP INDEX i", "DROP VIEW nope", "DROP"} {
		_ = execErr(db, text)
		free()
	}
	tx, err := db.Begin()
	require.NoError(t, err)
	exec(t, tx, "INSERT INTO t VALUES (1)")
	require.ErrorIs(t, execErr(tx, "DROP TABLE nowhere"), driver.ErrError)
	exec(t, tx, "SAVEPOINT libsql_guard; INSERT INTO t VALUES (2)") // even of that name
	require.ErrorIs(t, execErr(tx, "CREATE INDEX i ON t(nocolumn)"), driver.ErrError)
	exec(t, tx, "CREATE INDEX i ON t(a); DROP INDEX i")
	exec(t, tx, "RELEASE libsql_guard")
	require.NoError(t, tx.Commit())
	require.Equal(t, int64(2), value(t, db, "SELECT count(*) FROM t"))
	free()
}
