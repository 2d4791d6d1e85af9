package callbacks

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// What was counted belongs to the moment before the one that asks.
func TestCacheHitsOfMoments(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db := dbtest.Open(t, filepath.Join(t.TempDir(), "a.db"))
	_, err := db.Exec("CREATE TABLE t(x)")
	require.NoError(t, err)
	read := func() {
		var n int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM t").Scan(&n))
	}
	var c cacheHits
	wanted := func(number int64) bool {
		ring, _ := c.all()
		m := ring[number%moments]
		return m.number == number && m.hits+m.misses > 0
	}
	c.begins(db, 5)
	c.moment(7)
	require.False(t, wanted(5))
	read()
	c.moment(7)
	c.moment(6)
	require.True(t, wanted(7))
	read()
	c.moment(200)
	_, before := c.all()
	read()
	require.True(t, wanted(200))
	require.False(t, wanted(6))
	_, after := c.all()
	require.Greater(t, after.hits+after.misses, before.hits+before.misses)
	c.begins(nil, 201)
	require.False(t, wanted(200), "it was reset")
	_, none := c.all()
	require.Equal(t, cachePages{}, none)
	read()
	c.ends()
	require.True(t, wanted(201))
	require.Equal(t, (*sql.DB)(nil), c.pool)
}
