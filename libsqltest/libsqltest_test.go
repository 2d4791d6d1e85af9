package libsqltest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/libsqltest"
)

type parent struct {
	ID       uint
	Children []child
}

type child struct {
	ID       uint
	ParentID uint
}

func TestEachTestHasItsOwn(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			db := libsqltest.New(t, &parent{}, &child{})
			require.NoError(t, db.Create(&parent{Children: []child{{}, {}}}).Error)
			var n int64
			require.NoError(t, db.Model(&child{}).Count(&n).Error)
			require.Equal(t, int64(2), n)
		})
	}
}

// recorder is a testing.TB that notes failures and runs the cleanups.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, a ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, a...))
}
func (r *recorder) finish() {
	for _, f := range r.cleanups {
		f()
	}
}

func TestWhatIsLeftBehindFailsTheTest(t *testing.T) {
	tests := map[string]struct {
		do   func(*testing.T, *gorm.DB) (undo func())
		want string
	}{
		"nothing": {func(*testing.T, *gorm.DB) func() { return func() {} }, ""},
		"open rows": {func(t *testing.T, db *gorm.DB) func() {
			rows, err := db.Raw("SELECT 1 UNION SELECT 2").Rows()
			require.NoError(t, err)
			return func() { rows.Close() }
		}, "left open"},
		"open transaction": {func(t *testing.T, db *gorm.DB) func() {
			tx := db.Begin()
			require.NoError(t, tx.Error)
			return func() { tx.Rollback() }
		}, "left open"},
		"orphan": {func(t *testing.T, db *gorm.DB) func() {
			require.NoError(t, db.Connection(func(tx *gorm.DB) error {
				for _, s := range []string{"PRAGMA foreign_keys = OFF", "INSERT INTO children(parent_id) VALUES (7)", "PRAGMA foreign_keys = ON"} {
					require.NoError(t, tx.Exec(s).Error)
				}
				return nil
			}))
			return func() {}
		}, "a row of children refers to a missing row of parents"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &recorder{TB: t}
			db := libsqltest.New(r, &parent{}, &child{})
			undo := test.do(t, db)
			r.finish()
			undo()
			if pool, err := db.DB(); err == nil {
				pool.Close()
			}
			if test.want == "" {
				require.Empty(t, r.errors)
				return
			}
			require.Len(t, r.errors, 1)
			require.Contains(t, r.errors[0], test.want)
		})
	}
}

// A test may close the database itself.
func TestClosedByTheTest(t *testing.T) {
	pool, err := libsqltest.New(t).DB()
	if err == nil {
		err = pool.Close()
	}
	if err != nil {
		t.Error(err)
	}
}
