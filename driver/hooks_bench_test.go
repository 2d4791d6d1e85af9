package driver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// What hooks and a listener cost: an insert of one row, in a memory database.
func BenchmarkHooks(b *testing.B) {
	for _, bb := range []struct {
		name string
		set  func(c *driver.Conn) (func(), error)
	}{
		{"none", nil},
		{"update", func(c *driver.Conn) (func(), error) { return c.OnUpdate(func(driver.Change) {}) }},
		{"commit", func(c *driver.Conn) (func(), error) { return c.OnCommit(func() error { return nil }) }},
		{"authorize", func(c *driver.Conn) (func(), error) {
			return c.Authorize(func(driver.AuthAction) driver.AuthResult { return driver.AuthOK })
		}},
		{"progress", func(c *driver.Conn) (func(), error) { return c.OnProgress(1000, func() error { return nil }) }},
		{"listener", nil},
	} {
		for _, in := range []string{"autocommit", "transaction"} {
			b.Run(bb.name+"/"+in, func(b *testing.B) {
				db := open(b, ":memory:")
				exec(b, db, "CREATE TABLE t(a)")
				if bb.name == "listener" {
					stop, err := driver.OnChange(db, func(driver.Change) {})
					require.NoError(b, err)
					defer stop()
				}
				must(b, db, func(c *driver.Conn) error {
					if bb.set != nil {
						stop, err := bb.set(c)
						require.NoError(b, err)
						defer stop()
					}
					st, err := c.Statement(b.Context(), "INSERT INTO t VALUES (1)")
					require.NoError(b, err)
					defer st.Close()
					if in == "transaction" {
						_, err = c.ExecContext(b.Context(), "BEGIN", nil)
						require.NoError(b, err)
						defer c.ExecContext(b.Context(), "ROLLBACK", nil)
					}
					for b.Loop() {
						if err := st.Exec(); err != nil {
							return err
						}
					}
					return nil
				})
			})
		}
	}
}
