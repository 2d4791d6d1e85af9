//go:build !asan

package driver_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// What the address sanitizer allocates is its own.
func TestStatementAllocatesNothing(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	room, at := make([]byte, 16), time.Now()
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, f REAL)", "INSERT INTO t SELECT value, value / 2.0 FROM generate_series(1, 200)")
	withConn(t, db, func(c *driver.Conn) {
		for text, run := range map[string]func(s *driver.Statement){
			"SELECT id, f FROM t WHERE id > ?": func(s *driver.Statement) {
				s.BindInt64(1, 50)
				for s.Next() {
					if s.Int64(0) != int64(s.Float64(1)*2) || s.IsNull(1) {
						panic("not the row")
					}
				}
			},
			"UPDATE t SET f = ? WHERE id = ?": func(s *driver.Statement) {
				s.BindFloat64(1, 0.5)
				s.BindInt64(2, 1)
				if s.Exec() != nil || s.RowsAffected() != 1 {
					panic("not updated")
				}
			},
			"SELECT ?, ?, ?": func(s *driver.Statement) {
				s.BindText(1, "a text")
				s.BindBytes(2, room)
				s.BindTime(3, at)
				if !s.Next() || string(s.AppendBytes(room[:0], 0)) != "a text" || s.Reset() != nil {
					panic("not the text")
				}
			},
		} {
			s, err := c.Statement(ctx, text)
			require.NoError(t, err)
			run(s)
			require.Zero(t, testing.AllocsPerRun(100, func() { run(s) }), text)
			require.NoError(t, s.Err())
			require.NoError(t, s.Close())
		}
	})
}
