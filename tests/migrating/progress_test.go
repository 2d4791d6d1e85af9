package migrating

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// The steps are told in the order of the plan, each as it begins, and a copy
// with its rows.
func TestEventsAreTheSteps(t *testing.T) {
	for _, prepared := range []bool{false, true} {
		db, _ := shop(t, "", &gorm.Config{PrepareStmt: prepared})
		plan, err := migrator.NewPlan(db, works["several"]...)
		require.NoError(t, err)
		var want, got []migrator.Event
		for _, s := range plan.Steps() {
			e := migrator.Event{Table: s.Table, Step: s.Kind}
			if s.Kind == migrator.CopyRows {
				e.Rows = dbtest.Int(t, pool(t, db), "SELECT count(*) FROM "+s.Table)
				e.Total = e.Rows
			}
			want = append(want, e)
		}
		m := watched(t, db, func(e migrator.Event) {
			if e.Step == migrator.CopyRows && e.Rows < e.Total {
				return // a slow machine
			}
			got = append(got, e)
		})
		require.NoError(t, m.AutoMigrate(works["several"]...))
		require.Equal(t, steps(want), steps(got))
		require.Equal(t, want, got)

		got = nil
		require.NoError(t, m.AutoMigrate(works["several"]...))
		require.Empty(t, got, "of a migration that has nothing to do")
	}
}

// OnMigrate of the configuration hears of what any call does, and of nothing
// in a dry run.
func TestOnMigrateOfTheConfiguration(t *testing.T) {
	dsn := dbtest.DSN(t)
	raw := dbtest.Open(t, dsn)
	makeShop(t, dbtest.Conn(t, raw), 100)
	var got []migrator.Event
	db, err := openWith(dsn, func(e migrator.Event) { got = append(got, e) })
	require.NoError(t, err)
	defer dbtest.Close(t, pool(t, db))
	require.NoError(t, db.AutoMigrate(&Order{}))
	require.NotEmpty(t, got)
	got = nil
	require.NoError(t, db.Migrator().DropColumn(&Order{}, "Place"))
	require.Equal(t, "orders: drop column\n", steps(got))
	got = nil
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error { return tx.AutoMigrate(&Visit{}, &Bill{}) }))
	require.Contains(t, steps(got), "visits: copy rows")
	require.Contains(t, steps(got), "bills: create table")
	got = nil
	require.NoError(t, db.Session(&gorm.Session{DryRun: true}).Migrator().DropConstraint(&Visit{}, "chk_visits_at"))
	require.Empty(t, got)
}

// A long copy tells how far it is, with counts that grow and end exactly.
func TestProgressOfALongCopy(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	for name, in := range someWays() {
		t.Run(name, func(t *testing.T) {
			db := openSlow(t, 20_000)
			var got []migrator.Event
			require.NoError(t, in(db, func(tx *gorm.DB) error {
				return watched(t, tx, func(e migrator.Event) {
					if e.Step == migrator.CopyRows {
						got = append(got, e)
					}
				}).AutoMigrate(&slow{})
			}))
			last := int64(-1)
			inside := 0
			for _, e := range got {
				require.Equal(t, "slows", e.Table)
				require.Equal(t, int64(slowRows), e.Total)
				require.GreaterOrEqual(t, e.Rows, last)
				require.LessOrEqual(t, e.Rows, e.Total)
				if e.Rows > 0 && e.Rows < e.Total {
					inside++
				}
				last = e.Rows
			}
			require.Equal(t, int64(slowRows), last)
			require.NotZero(t, inside, "events between the beginning and the end: %v", got)
		})
	}
}
