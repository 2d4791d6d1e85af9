package compat

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/plugin/opentelemetry/tracing"
	"gorm.io/plugin/optimisticlock"
	"gorm.io/plugin/soft_delete"

	"github.com/gorm-libsql/libsql/callbacks"
)

type lockedRow struct {
	ID      uint
	Name    string
	Version optimisticlock.Version
	Deleted soft_delete.DeletedAt
}

// The profiler beside other plugins, before and after it, which put contexts of
// their own into statements and write statements in another way.
func TestProfilerBesidePlugins(t *testing.T) {
	for name, first := range map[string]bool{"first": true, "last": false} {
		t.Run(name, func(t *testing.T) {
			eachPrepare(t, func(t *testing.T, prepare bool) {
				db := openFile(t, filepath.Join(t.TempDir(), "a.db"), prepare)
				require.NoError(t, db.AutoMigrate(&lockedRow{}))
				p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
				if first {
					require.NoError(t, db.Use(p))
				}
				require.NoError(t, db.Use(tracing.NewPlugin(tracing.WithoutMetrics())))
				if !first {
					require.NoError(t, db.Use(p))
				}
				row := lockedRow{Name: "a"}
				require.NoError(t, db.Create(&row).Error)
				require.NoError(t, db.Model(&row).Update("name", "b").Error)
				require.NoError(t, db.First(&lockedRow{}).Error)
				require.NoError(t, db.Delete(&row).Error)
				r := p.Report()
				got := map[string]int64{}
				for _, s := range r.Shapes {
					got[s.Verb] += s.Count
					require.Zero(t, s.Errors, s.SQL)
					require.LessOrEqual(t, s.Times.Engine+s.Times.Scan+s.Times.Hooks+s.Times.PoolWait+s.Times.LockWait+s.Times.Children, s.Times.Whole)
					require.Contains(t, s.Callers[0].File, "plugins_profiler_test.go", s.SQL)
				}
				require.Equal(t, map[string]int64{"INSERT": 1, "UPDATE": 2, "SELECT": 1, "BEGIN": 3, "COMMIT": 3}, got, "with callbacks of others each write is a transaction")
				require.NoError(t, p.Remove())
				require.NoError(t, db.Find(&[]lockedRow{}).Error)
				require.Equal(t, r.Total.Count, p.Report().Total.Count)
			})
		})
	}
}
