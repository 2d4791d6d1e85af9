//go:build !race && !asan

package callbacks_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
)

// A query whose shape is known costs no allocation more than without the
// profiler.
func TestNoAllocationForKnownShapes(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	require.NoError(t, p.Remove())
	require.NoError(t, db.Create(&[]user{{Name: "a"}, {Name: "b"}}).Error)
	runs := map[string]func(){
		"find": func() {
			var u user
			if err := db.Take(&u, 1).Error; err != nil {
				t.Fatal(err)
			}
		},
		"update": func() {
			if err := db.Model(&user{ID: 1}).Update("age", 3).Error; err != nil {
				t.Fatal(err)
			}
		},
		"exec": func() {
			if err := db.Exec("UPDATE users SET age = ? WHERE id = ?", 1, 2).Error; err != nil {
				t.Fatal(err)
			}
		},
		"rows": func() {
			var n int
			if err := db.Raw("SELECT count(*) FROM users").Row().Scan(&n); err != nil {
				t.Fatal(err)
			}
		},
		"preload": func() {
			var u []user
			if err := db.Preload("Orders").Find(&u).Error; err != nil {
				t.Fatal(err)
			}
		},
		"transaction": func() {
			if err := db.Transaction(func(tx *gorm.DB) error { return tx.Exec("SELECT 1").Error }); err != nil {
				t.Fatal(err)
			}
		},
	}
	without := map[string]float64{}
	for name, run := range runs {
		without[name] = testing.AllocsPerRun(200, run)
	}
	require.NoError(t, db.Use(p))
	for name, run := range runs {
		for range 50 {
			run()
		}
		require.LessOrEqual(t, testing.AllocsPerRun(200, run), without[name], name)
	}
}

func BenchmarkProfiler(b *testing.B) {
	for name, run := range map[string]func(db *gorm.DB) error{
		"read": func(db *gorm.DB) error {
			var u user
			return db.Take(&u, 1).Error
		},
		"transaction": func(db *gorm.DB) error {
			return db.Transaction(func(tx *gorm.DB) error {
				if err := tx.Model(&user{ID: 1}).Update("age", 1).Error; err != nil {
					return err
				}
				return tx.Model(&user{ID: 2}).Update("age", 1).Error
			})
		},
	} {
		for _, on := range []bool{false, true} {
			b.Run(fmt.Sprint(name, "/on=", on), func(b *testing.B) {
				db, p := open(b, callbacks.ProfilerConfig{})
				require.NoError(b, db.Create(&[]user{{Name: "a"}, {Name: "b"}}).Error)
				if !on {
					require.NoError(b, p.Remove())
				}
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					if err := run(db); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
