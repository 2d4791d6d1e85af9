package driver_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// BenchmarkTracer is a point query without a tracer, and with one that does
// nothing but ask for the counters.
func BenchmarkTracer(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(fmt.Sprint("on=", on), func(b *testing.B) {
			db := openConfig(b, func(c *driver.Config) {})
			exec(b, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, age INTEGER)")
			exec(b, db, "INSERT INTO t VALUES (1, 30), (2, 20), (3, 10)")
			if on {
				remove, err := driver.AddTracer(db, &countingTracer{})
				require.NoError(b, err)
				defer remove()
			}
			b.ResetTimer()
			var n int
			for range b.N {
				if err := db.QueryRow("SELECT age FROM t WHERE id = ?", 2).Scan(&n); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
