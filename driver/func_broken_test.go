package driver_test

import (
	"database/sql"
	"errors"
	"iter"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/internal/local"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// exits is a window function that ends its goroutine in one of its methods.
type exits struct {
	in     string
	finals *int
}

func (e exits) at(method string) {
	if e.in == method {
		runtime.Goexit()
	}
}

func (e exits) Step(int64)    { e.at("Step") }
func (e exits) Inverse(int64) { e.at("Inverse") }
func (e exits) Value() int64  { e.at("Value"); return 1 }
func (e exits) Final() int64 {
	*e.finals++
	e.at("Final")
	return 1
}

type scanExits struct{}

func (*scanExits) Scan(any) error { runtime.Goexit(); return nil }

// Wherever a goroutine ends, its transaction and its connection end with it,
// every state has its Final, once, and nothing is locked or left.
func TestFuncGoexitAnywhere(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	needsLibrary(t)
	const window = "SELECT w(n) OVER (ORDER BY n ROWS 1 PRECEDING)"
	for in, text := range map[string]string{
		"New": window, "Step": window, "Inverse": window, "Value": window, "Final": window,
		"argument": "SELECT scans(n)", "table": "SELECT value",
	} {
		from := " FROM t"
		if in == "table" {
			from = " FROM scanned(1)"
		}
		long := text + " FROM (SELECT value AS n FROM generate_series(1, 1000))"
		if in == "table" {
			long = text + from
		}
		for way, run := range map[string]func(db *sql.DB){
			"Exec":  func(db *sql.DB) { db.Exec("INSERT INTO t " + text + from + " RETURNING n") },
			"Query": func(db *sql.DB) { queryAll(db, "INSERT INTO t "+text+from+" RETURNING n") },
			"Tx": func(db *sql.DB) {
				tx, _ := db.Begin()
				defer tx.Rollback()
				tx.Exec("INSERT INTO t " + text + from)
			},
			"Close": func(db *sql.DB) { // before the last row
				rows, err := db.Query(long)
				if err == nil && rows.Next() {
					rows.Close()
				}
			},
		} {
			t.Run(in+" "+way, func(t *testing.T) {
				before := local.Held()
				made, finals := 0, 0
				db := open(t, t.TempDir()+"/a.db?_busy_timeout=100")
				eachConn(t, db, func(c *driver.Conn) error {
					return errors.Join(c.Func("scans", func(scanExits) int64 { return 1 }),
						c.TableFunc("scanned", func(scanExits) iter.Seq[int64] { return nil }),
						c.Window("w", func() exits {
							if in == "New" {
								runtime.Goexit()
							}
							made++
							return exits{in, &finals}
						}))
				})
				exec(t, db, "CREATE TABLE t(n); INSERT INTO t VALUES (1), (2), (3)")
				ended := make(chan bool)
				go func() {
					defer close(ended)
					run(db)
					ended <- true
				}()
				require.False(t, <-ended, "it has gone on")
				require.Equal(t, int64(3), value(t, db, "SELECT count(*) FROM t"))
				exec(t, db, "INSERT INTO t VALUES (4)")
				require.Equal(t, made, finals)
				require.NoError(t, db.Close())
				require.Equal(t, before, local.Held())
			})
		}
	}
}

// A window without rows has a state for its value alone, which is let go of
// when that panics.
func TestEmptyWindowThatPanics(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := memory(t)
	finals := 0
	eachConn(t, db, func(c *driver.Conn) error {
		return c.Window("w", func() windowPanics { return windowPanics{&finals} })
	})
	err := queryErr(db, "SELECT w(column1) OVER (ROWS BETWEEN 3 FOLLOWING AND 3 FOLLOWING) FROM (VALUES (1))")
	require.ErrorIs(t, err, errOutOfStock)
	require.Equal(t, 1, finals)
}

type windowPanics struct{ finals *int }

func (windowPanics) Step(int64)     {}
func (windowPanics) Inverse(int64)  {}
func (windowPanics) Value() int64   { panic(errOutOfStock) }
func (p windowPanics) Final() int64 { *p.finals++; return 1 }
