package driver_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// BenchmarkStatement is a Statement beside what database/sql prepares, on
// statements that cost the library little; tests/bench/statement has plain C
// beside them.
func BenchmarkStatement(b *testing.B) {
	ctx := context.Background()
	db := memory(b, "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO t SELECT value, value FROM generate_series(1, 1000)")
	c := pin(b, db)
	b.Run("Statement", func(b *testing.B) {
		require.NoError(b, driver.With(ctx, c, func(c *driver.Conn) error {
			s, err := c.Statement(ctx, "SELECT ? + 1")
			require.NoError(b, err)
			b.ReportAllocs()
			var sum int64
			for i := int64(0); b.Loop(); i++ {
				s.BindInt64(1, i)
				for s.Next() {
					sum += s.Int64(0)
				}
			}
			return s.Close()
		}))
	})
	b.Run("sql.Stmt", func(b *testing.B) {
		s, err := c.PrepareContext(ctx, "SELECT ? + 1")
		require.NoError(b, err)
		defer s.Close()
		b.ReportAllocs()
		var sum, n int64
		for i := int64(0); b.Loop(); i++ {
			require.NoError(b, s.QueryRow(i).Scan(&n))
			sum += n
		}
	})
}
