package driver_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// What columns declare makes no value another one, in rows, statements and
// batches alike.
func TestStoredValues(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	cfg, err := driver.ParseDSN(":memory:")
	require.NoError(t, err)
	cfg.StoredValues = true
	connector, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.Exec(`CREATE TABLE t(at DATETIME, ok BOOLEAN, n decimal(10, 2)); INSERT INTO t VALUES('2024-01-02', 1, 3)`)
	require.NoError(t, err)

	want := []any{"2024-01-02", int64(1), int64(3)}
	got := make([]any, 3)
	require.NoError(t, db.QueryRow("SELECT at, ok, n FROM t").Scan(&got[0], &got[1], &got[2]))
	require.Equal(t, want, got)

	ctx := context.Background()
	require.NoError(t, driver.With(ctx, db, func(c *driver.Conn) error {
		s, err := c.Statement(ctx, "SELECT at, ok, n FROM t")
		require.NoError(t, err)
		require.True(t, s.Next())
		require.Equal(t, want, []any{s.Value(0), s.Value(1), s.Value(2)})
		require.NoError(t, s.Close())
		res, err := c.Batch(ctx, "SELECT at, ok, n FROM t")
		require.NoError(t, err)
		require.Equal(t, want, res[0].Rows[0])

		rows, err := c.QueryContext(ctx, "SELECT n, n + 1 FROM t", nil)
		require.NoError(t, err)
		declared, ok := rows.(interface{ ColumnTypeDeclared(i int) string })
		require.True(t, ok)
		require.Equal(t, "decimal(10, 2)", declared.ColumnTypeDeclared(0))
		require.Empty(t, declared.ColumnTypeDeclared(1))
		return rows.Close()
	}))
}
