package driver_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A connection without a pool is a database of its own, which goes with it.
func TestDriverOpen(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	needsLibrary(t)
	for _, dsn := range []string{":memory:", filepath.Join(t.TempDir(), "a.db")} {
		conn, err := driver.Driver{}.Open(dsn)
		require.NoError(t, err)
		res, err := conn.(sqldriver.ExecerContext).ExecContext(t.Context(), "CREATE TABLE t(a); INSERT INTO t VALUES (1)", nil)
		require.NoError(t, err)
		n, err := res.RowsAffected()
		require.NoError(t, err)
		require.Equal(t, int64(1), n)
		require.NoError(t, conn.Close())
		require.NoError(t, conn.Close())
		require.ErrorIs(t, conn.(sqldriver.Pinger).Ping(t.Context()), sqldriver.ErrBadConn)
	}
	_, err := driver.Driver{}.Open("app.db?nonsense=1")
	require.ErrorContains(t, err, "nonsense")
	_, err = driver.Driver{}.Open(filepath.Join(t.TempDir(), "missing", "a.db"))
	require.ErrorIs(t, err, driver.ErrCantOpen)
}

func TestConnector(t *testing.T) {
	needsLibrary(t)
	cfg, err := driver.ParseDSN(":memory:?_stmt_cache_size=7")
	require.NoError(t, err)
	cfg.EncryptionKey = nil
	c, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	require.IsType(t, driver.Driver{}, c.Driver())
	cfg.StmtCacheSize = 1
	copied := c.Config()
	require.Equal(t, 7, copied.StmtCacheSize, "the connector has a copy of its own")
	copied.StmtCacheSize = 2
	require.Equal(t, 7, c.Config().StmtCacheSize)
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())

	_, err = sql.Open(driver.Name, "app.db?nonsense=1")
	require.ErrorContains(t, err, "nonsense", "a DSN is checked before anything is opened")
	cfg.StmtCacheSize = -1
	_, err = driver.NewConnector(cfg)
	require.Error(t, err)
	_, err = driver.NewConnector(&driver.Config{})
	require.Error(t, err, "the zero Config names no database")
	for _, dsn := range []string{"libsql://host?_txlock=concurrent", "file:a.db?syncUrl=libsql://host"} {
		_, err := sql.Open(driver.Name, dsn)
		require.ErrorIs(t, err, driver.ErrUnsupported, dsn)
	}
}

// A secret is not printed with what holds it.
func TestSecretsAreNotPrinted(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	needsLibrary(t)
	const secret = "s3cret-k3y"
	cfg, err := driver.ParseDSN(filepath.Join(t.TempDir(), "a.db") + "?encryptionKey=" + secret)
	require.NoError(t, err)
	connector, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	defer connector.Close()
	conn, err := connector.Connect(context.Background())
	require.NoError(t, err)
	defer conn.Close()
	for _, v := range []any{cfg, *cfg, connector, conn} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			require.NotContains(t, fmt.Sprintf(verb, v), secret, "%s of %T", verb, v)
		}
	}
}

// SQLite knows no isolation but serializable: whatever asks for no more is granted.
func TestIsolationLevels(t *testing.T) {
	db := memory(t)
	for level := sql.LevelDefault; level <= sql.LevelLinearizable; level++ {
		tx, err := db.BeginTx(t.Context(), &sql.TxOptions{Isolation: level})
		if level > sql.LevelSerializable {
			require.ErrorIs(t, err, driver.ErrUnsupported)
			require.ErrorContains(t, err, level.String())
			continue
		}
		require.NoError(t, err, level)
		require.NoError(t, tx.Rollback())
	}
}
