package migrating

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// at calls fn once, at the first step of that kind.
func at(kind migrator.Kind, fn func()) func(migrator.Event) {
	var once sync.Once
	return func(e migrator.Event) {
		if e.Step == kind {
			once.Do(fn)
		}
	}
}

// Other connections read the old schema while a rebuild runs, write when it is
// done, and see the new schema from then on.
func TestOthersWorkMeanwhile(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsPlan)
	for _, prepared := range []bool{false, true} {
		for name, kind := range map[string]migrator.Kind{"copy": migrator.CopyRows, "between": migrator.RenameTable, "end": migrator.CreateTrigger} {
			t.Run(map[bool]string{false: "plain ", true: "prepared "}[prepared]+name, func(t *testing.T) {
				db, _ := shop(t, "", &gorm.Config{PrepareStmt: prepared})
				find := func(id uint) map[string]any {
					row := map[string]any{}
					require.NoError(t, db.Table("customers").Where("id = ?", id).Take(&row).Error)
					return row
				}
				old := find(7)
				require.NotContains(t, old, "grade")
				add := func() error {
					return db.Exec("INSERT INTO customers(name) VALUES (?)", "meanwhile").Error
				}
				require.NoError(t, add())

				began, wrote := make(chan struct{}), make(chan error)
				m := watched(t, db, at(kind, func() {
					require.Equal(t, old, find(7))
					require.Equal(t, int64(101), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM customers"))
					go func() {
						close(began)
						wrote <- add()
					}()
					<-began
				}))
				require.NoError(t, m.AutoMigrate(&Customer{}))
				require.NoError(t, <-wrote)

				old["grade"] = "new"
				require.Equal(t, old, find(7))
				require.Equal(t, int64(102), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM customers"))
				require.Equal(t, int64(2), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM audit"), "the trigger of the new table")
				require.ErrorContains(t, db.Exec("INSERT INTO customers(name, age) VALUES ('x', -1)").Error, "sane_age")
				settled(t, db)
			})
		}
	}
}

// Statements that were prepared before a migration go on after it, on each
// connection.
func TestPreparedStatementsGoOn(t *testing.T) {
	db, _ := shop(t, "")
	ctx := context.Background()
	type prepared struct {
		all, insert *sql.Stmt
	}
	var conns []prepared
	for range 3 {
		c := dbtest.Conn(t, pool(t, db))
		all, err := c.PrepareContext(ctx, "SELECT * FROM customers WHERE id = 1")
		require.NoError(t, err)
		defer all.Close()
		insert, err := c.PrepareContext(ctx, "INSERT INTO customers(name) VALUES (?)")
		require.NoError(t, err)
		defer insert.Close()
		conns = append(conns, prepared{all, insert})
	}
	columns := func(s *sql.Stmt) int {
		rows, err := s.Query()
		require.NoError(t, err)
		defer rows.Close()
		names, err := rows.Columns()
		require.NoError(t, err)
		require.True(t, rows.Next())
		return len(names)
	}
	for _, c := range conns {
		require.Equal(t, 5, columns(c.all))
	}
	require.NoError(t, db.AutoMigrate(works["several"]...))
	for _, c := range conns {
		require.Equal(t, 6, columns(c.all))
		_, err := c.insert.Exec("after")
		require.NoError(t, err)
	}
	require.Equal(t, int64(3), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM customers WHERE grade = 'new' AND name = 'after'"))
}

// A pool of one connection has none for a second question while it migrates.
func TestPoolOfOne(t *testing.T) {
	for _, prepared := range []bool{false, true} {
		db, _ := shop(t, "", &gorm.Config{PrepareStmt: prepared})
		pool(t, db).SetMaxOpenConns(1)
		m := db.Migrator()
		for range 2 {
			require.NoError(t, db.AutoMigrate(works["several"]...))
		}
		require.NoError(t, m.DropConstraint(&Customer{}, "sane_age"))
		require.NoError(t, m.CreateConstraint(&Customer{}, "sane_age"))
		require.NoError(t, m.AlterColumn(&Order{}, "Paid"))
		require.NoError(t, m.RenameIndex(&Order{}, "notes", "notes2"))
		require.NoError(t, m.DropColumn(&Order{}, "Place"))
		require.NoError(t, m.RenameTable(&Bill{}, "invoices"))
		require.NoError(t, m.DropTable("invoices", &Visit{}))
		plan, err := migrator.NewPlan(db, works["several"]...)
		require.NoError(t, err)
		require.NoError(t, plan.Run(context.Background()))
		settled(t, db)
	}
}

// A connection of the user is the one that is migrated on.
func TestConnectionOfTheUser(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	for _, prepared := range []bool{false, true} {
		db, _ := shop(t, "", &gorm.Config{PrepareStmt: prepared})
		pool(t, db).SetMaxOpenConns(1)
		before := look(t, pool(t, db))
		require.NoError(t, db.Connection(func(tx *gorm.DB) error {
			require.NoError(t, tx.Exec("CREATE TEMP TABLE mine (n)").Error)
			require.NoError(t, tx.AutoMigrate(works["several"]...))
			require.NoError(t, tx.Exec("INSERT INTO mine VALUES (1)").Error, "it is the same connection")
			var now string
			require.NoError(t, tx.Raw(settings).Scan(&now).Error)
			require.Equal(t, defaults, now)
			require.NoError(t, tx.Migrator().DropColumn(&Customer{}, "Grade"))
			require.NoError(t, tx.Migrator().DropTable(&Bill{}))
			require.NoError(t, tx.Raw(settings).Scan(&now).Error)
			require.Equal(t, defaults, now)
			return tx.Exec("DROP TABLE mine").Error
		}))
		require.Equal(t, before.rows, look(t, pool(t, db)).rows)
		settled(t, db)
	}
}

// A transaction that the user has begun by hand on a connection is the
// user's: it is an error, and the transaction goes on.
func TestTransactionByHand(t *testing.T) {
	db, _ := shop(t, "")
	before := look(t, pool(t, db))
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("BEGIN").Error)
		require.NoError(t, tx.Exec("INSERT INTO orders VALUES (9999, 1, 1, 'mine')").Error)
		require.ErrorContains(t, tx.AutoMigrate(works["several"]...), "within a transaction")
		require.NoError(t, tx.Exec("COMMIT").Error)
		return nil
	}))
	require.Equal(t, int64(1), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM orders WHERE id = 9999"))
	require.Equal(t, before.schema, look(t, pool(t, db)).schema)
	settled(t, db)
}

// Whatever ends a migration, at whatever step: the database is as before, and
// all connections have their settings.
func TestSettingsComeBack(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsPlan)
	events := 0
	db, _ := shop(t, "")
	require.NoError(t, watched(t, db, func(migrator.Event) { events++ }).AutoMigrate(works["several"]...))
	require.Greater(t, events, 15)
	boom := errors.New("boom")

	for name, end := range map[string]struct {
		stop func(cancel func())
		want any
	}{
		"panic":   {func(func()) { panic(boom) }, boom},
		"context": {func(cancel func()) { cancel() }, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			db, _ := shop(t, "")
			before := look(t, pool(t, db))
			for i := range events {
				ctx, cancel := context.WithCancel(context.Background())
				n := 0
				m := watched(t, db.WithContext(ctx), func(migrator.Event) {
					if n == i {
						end.stop(cancel)
					}
					n++
				})
				err := caught(func() error { return m.AutoMigrate(works["several"]...) })
				cancel()
				require.ErrorIs(t, err, end.want.(error), "at event %d", i)
				failed(t, db, before, err)
			}
			require.NoError(t, db.AutoMigrate(works["several"]...))
		})
	}
}

// ending is a logger that cancels the context of a transaction when it sees
// the statement, and waits until database/sql has ended the transaction.
type ending struct {
	logger.Interface
	statement string
	cancel    func()
	ended     func() bool
}

func (e *ending) LogMode(logger.LogLevel) logger.Interface { return e }

func (e *ending) Trace(_ context.Context, _ time.Time, fc func() (string, int64), _ error) {
	if sql, _ := fc(); e.cancel != nil && strings.Contains(sql, e.statement) {
		e.cancel()
		for !e.ended() {
			runtime.Gosched()
		}
	}
}

// A transaction can end by itself between two statements of a migration: its
// connection is the pool's from then on, with all settings.
func TestTransactionThatEndsByItself(t *testing.T) {
	for _, statement := range []string{"CREATE TABLE", "INSERT OR ABORT", "DROP TABLE", "RENAME TO"} {
		t.Run(statement, func(t *testing.T) {
			db, _ := shop(t, "")
			p := pool(t, db)
			p.SetMaxOpenConns(1)
			before := look(t, p)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			log := &ending{Interface: logger.Discard, statement: statement, cancel: cancel}
			tx := db.Session(&gorm.Session{Context: ctx, Logger: log}).Begin()
			require.NoError(t, tx.Error)
			// Within a statement the transaction waits for its end.
			asked := 0
			log.ended = func() bool {
				asked++
				return p.Stats().InUse == 0 || asked > 100_000
			}
			err := tx.AutoMigrate(&Visit{})
			require.ErrorIs(t, err, context.Canceled)
			for p.Stats().InUse != 0 {
				runtime.Gosched()
			}
			failed(t, db, before, err)
		})
	}
}

// What the user has set otherwise stays so, too.
func TestSettingsOfTheUserStay(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	const mine = "foreign_keys 0, legacy_alter_table 1, defer_foreign_keys 0"
	db, _ := shop(t, "_foreign_keys=0&_pragma=legacy_alter_table(1)")
	check := func() {
		t.Helper()
		require.Equal(t, mine, dbtest.Text(t, pool(t, db), settings))
	}
	pool(t, db).SetMaxOpenConns(1)
	check()
	before := look(t, pool(t, db))
	require.NoError(t, db.AutoMigrate(works["several"]...))
	check()
	require.Error(t, db.AutoMigrate(&struct {
		Customer
		More string `gorm:"not null"`
	}{}))
	check()
	require.NoError(t, db.Migrator().DropTable(&Bill{}))
	check()
	require.Equal(t, before.rows, look(t, pool(t, db)).rows)
}
