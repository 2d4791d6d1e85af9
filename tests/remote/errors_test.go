package remote

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// Errors are those of a local database: code and text, with the server's own
// code beside it.
func TestErrors(t *testing.T) {
	const schema = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL, c CHECK (c > 0), f REFERENCES p);" +
		"CREATE TABLE s (i INTEGER) STRICT; INSERT INTO t VALUES (1, 1, 1, 1, NULL)"
	local, err := sql.Open(driver.Name, ":memory:")
	require.NoError(t, err)
	defer local.Close()
	_, err = local.Exec(schema)
	require.NoError(t, err)
	for name, opts := range map[string]hranaserver.Options{"libsql-server": {}, "Turso Cloud": {Cloud: true}} {
		k := serve(t, opts)
		k.exec(schema)
		for _, q := range []string{
			"INSERT INTO t VALUES (2, 1, 1, 1, NULL)",
			"INSERT INTO t VALUES (2, 2, NULL, 1, NULL)",
			"INSERT INTO t VALUES (2, 2, 2, 0, NULL)",
			"INSERT INTO t VALUES (2, 2, 2, 2, 7)",
			"INSERT INTO s VALUES ('x')",
			"SELECT nothing FROM t",
			"SELECT * FROM nowhere",
			"INSERT INTO t VALUES (1)",
			"COMMIT",
			"SELECT json('{')",
			"SELECT abs(-9223372036854775808)",
			"SELEC 1",
			"INSERT INTO t VALUES (3, 3, 3, 3, NULL); INSERT INTO t VALUES (3, 3, 3, 3, NULL)",
			"DELETE FROM t WHERE id = 3; SELECT wrong FROM t",
		} {
			var want, got *driver.Error
			_, err := local.Exec(q)
			require.ErrorAs(t, err, &want, q)
			_, err = k.db.Exec(q)
			require.ErrorAs(t, err, &got, "%s: %s: %v", name, q, err)
			require.Equal(t, want.Code, got.Code, q)
			require.Equal(t, want.Message, got.Message, q)
			require.NotEmpty(t, got.Server, q)
			if got.Offset >= 0 {
				require.Equal(t, want.Offset, got.Offset, q)
				require.Equal(t, want.SQL, got.SQL, q)
			}
			if want.Extended != driver.ErrConstraintPrimaryKey || opts.Cloud {
				require.Equal(t, want.Extended, got.Extended, q)
			}
		}
		// A primary key that is taken cannot be told from UNIQUE without extended codes.
		_, err := k.db.Exec("INSERT INTO t VALUES (1, 5, 5, 5, NULL)")
		if opts.Cloud {
			require.ErrorIs(t, err, driver.ErrConstraintPrimaryKey)
		} else {
			require.ErrorIs(t, err, driver.ErrConstraintUnique)
		}
		k.noStreams()
	}
}

// What the server refuses is not supported, and says so.
func TestRefusedStatements(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	for _, q := range []string{"VACUUM", "ANALYZE", "CREATE TEMP TABLE x (a)", "PRAGMA journal_mode = WAL", "ATTACH 'x' AS y"} {
		_, err := k.db.Exec(q)
		require.ErrorIs(t, err, driver.ErrUnsupported, q)
		require.ErrorIs(t, err, driver.ErrError, q)
	}
}

// A failure within a text leaves what ran before it, as a local database does.
func TestTextThatFails(t *testing.T) {
	for name, db := range pair(t) {
		_, err := db.Exec("CREATE TABLE t (a UNIQUE)")
		require.NoError(t, err)
		_, err = db.Exec("INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
		require.ErrorIs(t, err, driver.ErrConstraintUnique, name)
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&n))
		require.Equal(t, 1, n, name)
		rows, err := db.Query("SELECT a FROM t; INSERT INTO t VALUES (1); SELECT 2")
		require.NoError(t, err, name)
		require.True(t, rows.Next())
		require.False(t, rows.NextResultSet(), name)
		require.ErrorIs(t, rows.Err(), driver.ErrConstraintUnique, name)
		require.NoError(t, rows.Close())
		rows, err = db.Query("SELECT a FROM t; INSERT INTO t VALUES (1)")
		require.NoError(t, err)
		require.ErrorIs(t, rows.Close(), driver.ErrConstraintUnique, name)
	}
}

func TestErrorsHoldNoToken(t *testing.T) {
	k := serve(t, hranaserver.Options{Token: "sesame"})
	_, err := k.db.Exec("SELECT")
	require.NotContains(t, err.Error(), "sesame")
	bad := k.open(func(c *driver.Config) { c.AuthToken = "wrong-secret" })
	err = bad.Ping()
	require.ErrorIs(t, err, driver.ErrAuth)
	require.ErrorContains(t, err, "401 Unauthorized")
	require.NotContains(t, err.Error(), "wrong-secret")
	var e *driver.Error
	require.True(t, errors.As(err, &e))
	require.Equal(t, "HTTP 401", e.Server)
}
