package leaks

import (
	"fmt"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Closing a memory database gives back all that was in it.
func TestMemoryDatabasesGiveTheirMemoryBack(t *testing.T) {
	size := int64(200 * mib)
	if testing.Short() {
		size /= 10
	}
	for _, dsn := range []string{":memory:", "file:shared?mode=memory&cache=shared"} {
		t.Run(dsn, func(t *testing.T) {
			fillAndClose(t, dsn, mib) // what the first use takes for good
			before := now()
			for i := range 5 {
				full := fillAndClose(t, dsn, size)
				t.Logf("round %d: %.1f MiB when full", i+1, mibs(full.rss))
				if full.rss-before.rss < size && before.rss > 0 {
					t.Errorf("%.1f MiB take only %.1f", mibs(size), mibs(full.rss-before.rss))
				}
				before.back(t, 8*mib)
			}
		})
	}
}

// fillAndClose puts so many bytes into a fresh database, half of them within
// one transaction, and tells the usage before it was closed.
func fillAndClose(t *testing.T, dsn string, size int64) usage {
	db := dbtest.New(t, dsn)
	defer dbtest.Close(t, db)
	dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)")
	const rowSize = 1000
	insert := func(n int64) {
		dbtest.Exec(t, db, fmt.Sprintf("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT %d) "+
			"INSERT INTO t(b) SELECT randomblob(%d) FROM c", n, rowSize))
	}
	rows := size / rowSize
	for range 10 {
		insert(rows / 20)
	}
	insert(rows/2 + 1)
	return now()
}
