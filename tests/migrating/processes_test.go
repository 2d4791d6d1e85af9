package migrating

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// alone is what one process makes of a shop: the state, and how far the
// version of the schema gets.
func alone(t *testing.T, work string) (state, int64) {
	t.Helper()
	db, _ := shop(t, "")
	before := dbtest.Int(t, pool(t, db), "PRAGMA schema_version")
	require.NoError(t, db.AutoMigrate(works[work]...))
	return look(t, pool(t, db)), dbtest.Int(t, pool(t, db), "PRAGMA schema_version") - before
}

// Processes that migrate a file at once all succeed, and one does the work.
func TestProcessesAtOnce(t *testing.T) {
	for _, n := range []int{2, 4} {
		for work := range works {
			t.Run(fmt.Sprintf("%d %s", n, work), func(t *testing.T) {
				want, versions := alone(t, work)
				db, dsn := shop(t, "")
				before := dbtest.Int(t, pool(t, db), "PRAGMA schema_version")
				workers := 0
				for _, c := range dbtest.StartTogether(t, n, "migrate", dsn, work) {
					lines := 0
					for line, ok := c.Line(); ok && line != "done"; line, ok = c.Line() {
						lines++
					}
					if lines > 0 {
						workers++
					}
					c.Done(t)
				}
				require.Equal(t, 1, workers, "processes that did something")
				require.Equal(t, want, look(t, pool(t, db)))
				require.Equal(t, versions, dbtest.Int(t, pool(t, db), "PRAGMA schema_version")-before)
			})
		}
	}
}

// Goroutines of one process do likewise, on one pool and on two.
func TestGoroutinesAtOnce(t *testing.T) {
	for _, pools := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d pools", pools), func(t *testing.T) {
			want, versions := alone(t, "several")
			first, dsn := shop(t, "")
			all := []*gorm.DB{first}
			for range pools - 1 {
				all = append(all, open(t, dsn))
			}
			before := dbtest.Int(t, pool(t, first), "PRAGMA schema_version")
			var rebuilt atomic.Int64
			errs := make(chan error)
			const goroutines = 8
			for i := range goroutines {
				m := watched(t, all[i%pools], func(e migrator.Event) {
					if e.Step == migrator.DropTable && e.Table == "customers" {
						rebuilt.Add(1)
					}
				})
				go func() { errs <- m.AutoMigrate(works["several"]...) }()
			}
			for range goroutines {
				require.NoError(t, <-errs)
			}
			require.Equal(t, int64(1), rebuilt.Load(), "how often the table was rebuilt")
			for _, db := range all {
				require.Equal(t, want, look(t, pool(t, db)))
				settled(t, db)
			}
			require.Equal(t, versions, dbtest.Int(t, pool(t, first), "PRAGMA schema_version")-before)
		})
	}
}

// Processes that make a database at once do, too: nobody has made the file.
func TestProcessesMakeTheDatabase(t *testing.T) {
	dsn := dbtest.DSN(t)
	for _, c := range dbtest.StartTogether(t, 3, "migrate", dsn, "several") {
		c.Done(t)
	}
	db := open(t, dsn)
	plan, err := migrator.NewPlan(db, works["several"]...)
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan.String())
	require.ElementsMatch(t, []string{"customers", "orders", "visits", "bills"}, tables(t, db))
}
