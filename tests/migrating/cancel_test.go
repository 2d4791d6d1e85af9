package migrating

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// A context that has ended begins nothing.
func TestContextThatHasEnded(t *testing.T) {
	db, _ := shop(t, "")
	require.NoError(t, db.AutoMigrate(&Order{}))
	plan, err := migrator.NewPlan(db, &Customer{})
	require.NoError(t, err)
	before := look(t, pool(t, db))
	done := db.WithContext(canceled())
	m := done.Migrator()
	for name, fn := range map[string]func() error{
		"AutoMigrate":      func() error { return m.AutoMigrate(works["several"]...) },
		"unchanged":        func() error { return m.AutoMigrate(&Order{}) },
		"NewPlan":          func() error { _, err := migrator.NewPlan(done, &Customer{}); return err },
		"Run":              func() error { return plan.Run(canceled()) },
		"AlterColumn":      func() error { return m.AlterColumn(&Customer{}, "Age") },
		"DropColumn":       func() error { return m.DropColumn(&Order{}, "Place") },
		"CreateConstraint": func() error { return m.CreateConstraint(&Customer{}, "sane_age") },
		"CreateTable":      func() error { return m.CreateTable(&Bill{}) },
		"DropTable":        func() error { return m.DropTable(&Visit{}) },
		"RenameTable":      func() error { return m.RenameTable("visits", "calls") },
		"RenameColumn":     func() error { return m.RenameColumn(&Visit{}, "at", "time") },
		"DropIndex":        func() error { return m.DropIndex(&Order{}, "notes") },
		"RenameIndex":      func() error { return m.RenameIndex(&Order{}, "notes", "notes2") },
	} {
		err := fn()
		require.ErrorIs(t, err, context.Canceled, name)
		failed(t, db, before, err)
	}
}

// ways are where a migration can run.
var ways = map[string]func(*gorm.DB, func(*gorm.DB) error) error{
	"alone":       func(db *gorm.DB, fn func(*gorm.DB) error) error { return fn(db) },
	"connection":  func(db *gorm.DB, fn func(*gorm.DB) error) error { return db.Connection(fn) },
	"transaction": func(db *gorm.DB, fn func(*gorm.DB) error) error { return db.Transaction(fn) },
	"prepared": func(db *gorm.DB, fn func(*gorm.DB) error) error {
		return fn(db.Session(&gorm.Session{PrepareStmt: true}))
	},
	"prepared in a transaction": func(db *gorm.DB, fn func(*gorm.DB) error) error {
		return db.Session(&gorm.Session{PrepareStmt: true}).Transaction(fn)
	},
}

// slow is a table whose rows take a while to copy, because of a CHECK that it
// has; another one, which the model adds, makes it be copied.
type slow struct {
	ID   uint
	Code string `gorm:"unique"`
	Body string `gorm:"check:body <> ''"`
}

// someWays are those that differ most, and all in the long run.
func someWays() map[string]func(*gorm.DB, func(*gorm.DB) error) error {
	if dbtest.Long() {
		return ways
	}
	return map[string]func(*gorm.DB, func(*gorm.DB) error) error{
		"alone": ways["alone"], "prepared in a transaction": ways["prepared in a transaction"],
	}
}

const slowRows = 20_000

// openSlow opens a database with the table. What a row costs is the size of
// what its CHECK looks at.
func openSlow(t *testing.T, size int) *gorm.DB {
	t.Helper()
	db, err := openWith(dbtest.DSN(t), nil)
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool(t, db)) })
	c := dbtest.Conn(t, pool(t, db))
	dbtest.Exec(t, c, fmt.Sprintf(`PRAGMA ignore_check_constraints = ON;
CREATE TABLE slows (id integer PRIMARY KEY, code text, body text CHECK (length(hex(zeroblob(%d + length(body)))) > 0), CONSTRAINT uni_slows_code UNIQUE (code));
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
INSERT INTO slows SELECT i, 'code' || i, 'x' FROM n;
PRAGMA ignore_check_constraints = OFF`, size, slowRows))
	require.NoError(t, c.Close())
	return db
}

// A context that ends while rows are copied stops the copy, and so does a
// panic of the callback.
func TestCopyIsStopped(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	boom := errors.New("boom")
	for name, in := range ways {
		for _, panics := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, panic %v", name, panics), func(t *testing.T) {
				db := openSlow(t, 4_000_000) // takes minutes
				before := schemaOf(t, pool(t, db))
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				want := context.Canceled
				stop := cancel
				if panics {
					want, stop = boom, func() { panic(boom) }
				}
				start := time.Now()
				err := caught(func() error {
					return in(db.WithContext(ctx), func(tx *gorm.DB) error {
						return watched(t, tx, func(e migrator.Event) {
							if e.Step == migrator.CopyRows {
								stop()
							}
						}).AutoMigrate(&slow{})
					})
				})
				require.ErrorIs(t, err, want)
				require.Less(t, time.Since(start), 30*time.Second)
				require.Equal(t, before, schemaOf(t, pool(t, db)))
				require.Equal(t, int64(slowRows), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM slows"))
				settled(t, db)
			})
		}
	}
}

// caught returns the error that fn panics with.
func caught(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	return fn()
}
