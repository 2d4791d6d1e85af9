//go:build !race && !asan

package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

func TestTracingAllocatesNothing(t *testing.T) {
	db := openConfig(t, func(c *driver.Config) {})
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, age INTEGER)")
	exec(t, db, "INSERT INTO t VALUES (1, 30), (2, 20), (3, 10)")
	run := func() {
		var n int
		if err := db.QueryRow("SELECT age FROM t WHERE id = ?", 2).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("UPDATE t SET age = ? WHERE id = ?", n, 3); err != nil {
			t.Fatal(err)
		}
	}
	without := testing.AllocsPerRun(200, run)
	c := &countingTracer{}
	remove, err := driver.AddTracer(db, c)
	require.NoError(t, err)
	defer remove()
	require.LessOrEqual(t, testing.AllocsPerRun(200, run), without)
	require.Positive(t, c.read)
}
