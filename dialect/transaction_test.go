package dialect_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// begins counts the transactions of a database.
type begins struct{ n atomic.Int64 }

func (b *begins) TraceStart(ctx context.Context, op driver.Op, _ string) context.Context {
	if op == driver.OpBegin {
		b.n.Add(1)
	}
	return ctx
}

func (*begins) TraceEnd(context.Context, driver.TraceEvent) {}

func openCounting(t *testing.T, config *gorm.Config, models ...any) (*gorm.DB, *begins) {
	t.Helper()
	cfg, err := driver.ParseDSN(dbtest.DSN(t))
	require.NoError(t, err)
	counted := &begins{}
	cfg.Tracer = counted
	return openWith(t, libsql.New(libsql.Config{Driver: cfg}), config, models...), counted
}

type (
	lone struct {
		ID   uint
		Name string `gorm:"unique"`
		Gone gorm.DeletedAt
	}
	coded struct {
		Code string `gorm:"primaryKey;default:(hex(randomblob(4)))"`
		N    int
	}
	hooked struct {
		ID   uint
		Name string
	}
	keeper struct {
		ID    uint
		Name  string
		Pets  []beast
		House house
	}
	beast struct {
		ID       uint
		KeeperID uint
	}
	house struct {
		ID       uint
		KeeperID uint
	}
)

func (*hooked) AfterSave(tx *gorm.DB) error {
	if name := tx.Statement.Dest.(*hooked).Name; name == "bad" {
		return errors.New("a bad name")
	}
	return nil
}

func TestTransactionOnlyWhereItIsNeeded(t *testing.T) {
	models := []any{&lone{}, &coded{}, &hooked{}, &keeper{}, &beast{}, &house{}}
	one := func(db *gorm.DB) *gorm.DB { return db.Model(&lone{ID: 1}) }
	tests := []struct {
		name string
		want int64
		do   func(db *gorm.DB) *gorm.DB
	}{
		{"create", 0, func(db *gorm.DB) *gorm.DB { return db.Create(&lone{Name: "x"}) }},
		{"create with a key", 0, func(db *gorm.DB) *gorm.DB { return db.Create(&lone{ID: 9, Name: "y"}) }},
		{"create several", 0, func(db *gorm.DB) *gorm.DB { return db.Create(&[]lone{{Name: "p"}, {Name: "q"}}) }},
		{"upsert", 0, func(db *gorm.DB) *gorm.DB {
			return db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&lone{ID: 1, Name: "z"})
		}},
		{"update", 0, func(db *gorm.DB) *gorm.DB { return one(db).Update("name", "u") }},
		{"updates", 0, func(db *gorm.DB) *gorm.DB { return one(db).Updates(lone{Name: "v"}) }},
		{"save", 0, func(db *gorm.DB) *gorm.DB { return db.Save(&lone{ID: 1, Name: "w"}) }},
		{"delete", 0, func(db *gorm.DB) *gorm.DB { return db.Delete(&lone{}, 1) }},
		{"no association", 0, func(db *gorm.DB) *gorm.DB { return db.Create(&keeper{Name: "x"}) }},
		{"update without associations", 0, func(db *gorm.DB) *gorm.DB { return db.Model(&keeper{ID: 1}).Update("name", "y") }},

		{"values of SQLite's that may not fit", 1, func(db *gorm.DB) *gorm.DB { return db.Create(&coded{N: 1}) }},
		{"returning", 1, func(db *gorm.DB) *gorm.DB { return db.Clauses(clause.Returning{}).Create(&lone{Name: "r"}) }},
		{"returning of an update", 1, func(db *gorm.DB) *gorm.DB { return one(db).Clauses(clause.Returning{}).Update("name", "s") }},
		{"returning of a delete", 1, func(db *gorm.DB) *gorm.DB { return db.Clauses(clause.Returning{}).Delete(&lone{ID: 5}) }},
		{"hook", 1, func(db *gorm.DB) *gorm.DB { return db.Create(&hooked{Name: "x"}) }},
		{"hook that is skipped", 0, func(db *gorm.DB) *gorm.DB {
			return db.Session(&gorm.Session{SkipHooks: true}).Create(&hooked{Name: "x"})
		}},
		{"association", 1, func(db *gorm.DB) *gorm.DB { return db.Create(&keeper{Pets: []beast{{}}}) }},
		{"update with an association", 1, func(db *gorm.DB) *gorm.DB {
			return db.Model(&keeper{ID: 1, House: house{ID: 3}}).Update("name", "z")
		}},
		{"update by a struct with an association", 1, func(db *gorm.DB) *gorm.DB {
			return db.Model(&keeper{ID: 1}).Updates(keeper{Name: "z", House: house{ID: 4}})
		}},
		{"several with a relation", 1, func(db *gorm.DB) *gorm.DB { return db.Create(&[]keeper{{Name: "x"}}) }},
		{"delete with associations", 1, func(db *gorm.DB) *gorm.DB { return db.Select(clause.Associations).Delete(&keeper{ID: 1}) }},
		{"map", 1, func(db *gorm.DB) *gorm.DB { return db.Model(&lone{}).Create(map[string]any{"name": "m"}) }},
	}
	db, counted := openCounting(t, nil, models...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tx := db.Begin()
			defer tx.Rollback()
			counted.n.Store(0)
			require.NoError(t, tt.do(tx).Error, "within a transaction")
			require.Zero(t, counted.n.Load(), "none within another")
			require.NoError(t, tx.Rollback().Error)
			require.NoError(t, tt.do(db).Error)
			require.Equal(t, tt.want, counted.n.Load())
		})
	}
}

func TestCallbacksOfOthersKeepTheTransaction(t *testing.T) {
	db, counted := openCounting(t, nil, &lone{})
	require.NoError(t, db.Create(&lone{Name: "x"}).Error)
	counted.n.Store(0)

	fail := errors.New("not this one")
	require.NoError(t, db.Callback().Create().Before("gorm:after_create").Register("mine", func(db *gorm.DB) {
		if l, ok := db.Statement.Dest.(*lone); ok && l.Name == "bad" {
			db.AddError(fail)
		}
	}))
	require.ErrorIs(t, db.Create(&lone{Name: "bad"}).Error, fail)
	require.Equal(t, int64(1), counted.n.Load())
	var n int64
	require.NoError(t, db.Model(&lone{}).Where("name = ?", "bad").Count(&n).Error)
	require.Zero(t, n, "the row was rolled back")

	require.NoError(t, db.Model(&lone{ID: 1}).Update("name", "y").Error)
	require.Equal(t, int64(1), counted.n.Load(), "nobody has changed the updates")
	require.NoError(t, db.Callback().Update().Before("gorm:update").Register("mine", func(*gorm.DB) {}))
	require.NoError(t, db.Model(&lone{ID: 1}).Update("name", "z").Error)
	require.Equal(t, int64(2), counted.n.Load())
	require.NoError(t, db.Delete(&lone{ID: 1}).Error)
	require.Equal(t, int64(2), counted.n.Load())
	require.NoError(t, db.Callback().Delete().Remove("gorm:after_delete"))
	require.NoError(t, db.Delete(&lone{ID: 1}).Error)
	require.Equal(t, int64(3), counted.n.Load())
}

func TestFailureWithoutATransaction(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &lone{}, &hooked{})
		require.NoError(t, db.Create(&lone{Name: "x"}).Error)
		var twice *driver.Error
		require.ErrorAs(t, db.Create(&[]lone{{Name: "y"}, {Name: "x"}}).Error, &twice)
		require.Error(t, db.Create(&lone{Name: "x"}).Error)
		var n int64
		require.NoError(t, db.Model(&lone{}).Count(&n).Error)
		require.Equal(t, int64(1), n, "none of a batch that fails")

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, db.WithContext(ctx).Create(&lone{Name: "z"}).Error, context.Canceled)
		require.NoError(t, db.Model(&lone{}).Count(&n).Error)
		require.Equal(t, int64(1), n)
	})
	t.Run("hook", func(t *testing.T) {
		db := open(t, nil, &hooked{})
		require.Error(t, db.Create(&hooked{Name: "bad"}).Error)
		var n int64
		require.NoError(t, db.Model(&hooked{}).Count(&n).Error)
		require.Zero(t, n)
	})
}

// A key that is no rowid may come back as anything, and then nothing stays.
func TestKeyThatDoesNotFitIsRolledBack(t *testing.T) {
	db := open(t, nil)
	require.NoError(t, db.Exec("CREATE TABLE lones (id TEXT PRIMARY KEY DEFAULT 'a word', name TEXT, gone datetime)").Error)
	require.ErrorContains(t, db.Create(&lone{Name: "x"}).Error, "id")
	require.ErrorContains(t, db.Create(&[]lone{{Name: "x"}}).Error, "id")
	var n int64
	require.NoError(t, db.Table("lones").Count(&n).Error)
	require.Zero(t, n)
}

// A hook's own sessions must not end the transaction of the statement.
func TestTransactionOfAHookThatCreates(t *testing.T) {
	db, counted := openCounting(t, nil, &lone{}, &busyHook{})
	require.NoError(t, db.Create(&busyHook{Name: "x"}).Error)
	require.Equal(t, int64(1), counted.n.Load())
	require.Error(t, db.Create(&busyHook{Name: "bad"}).Error)
	var n int64
	require.NoError(t, db.Model(&lone{}).Count(&n).Error)
	require.Equal(t, int64(1), n, "what the hook created goes with the statement")
}

type busyHook struct {
	ID   uint
	Name string
}

func (b *busyHook) AfterCreate(tx *gorm.DB) error {
	if err := tx.Create(&lone{Name: "of " + b.Name}).Error; err != nil {
		return err
	}
	if err := tx.Session(&gorm.Session{NewDB: true}).Model(&lone{}).Where("name = ?", "of x").Update("name", "of x").Error; err != nil {
		return err
	}
	if b.Name == "bad" {
		return errors.New("a bad name")
	}
	return nil
}
