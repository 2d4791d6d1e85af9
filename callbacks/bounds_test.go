package callbacks_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Shapes without end take a bounded amount of memory, and nothing is lost of
// their sums: the costliest are kept, the others are the rest.
func TestShapesWithoutEnd(t *testing.T) {
	n := 30_000
	if dbtest.Long() {
		n = 1_000_000
	}
	db, p := open(t, callbacks.ProfilerConfig{MaxGroups: 100})
	pool, err := db.DB()
	require.NoError(t, err)
	run := func(from, to int) {
		require.NoError(t, driver.With(context.Background(), pool, func(c *driver.Conn) error {
			for i := from; i < to; i++ {
				if _, err := c.ExecContext(context.Background(), fmt.Sprintf("SELECT 1 AS a%d", i), nil); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	run(0, n/2)
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	run(n/2, n)
	require.Less(t, heap()-before, int64(4<<20))
	r := p.Report()
	require.Equal(t, int64(n), r.Total.Count)
	require.Len(t, r.Shapes, 100)
	sum := r.Rest.Shapes.Count
	for _, s := range r.Shapes {
		sum += s.Count
	}
	require.Equal(t, int64(n), sum)
	require.Len(t, r.Callers, 1)
}

// A hundred goroutines, while others read the report and reset it.
func TestHundredGoroutines(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{OnQuery: func(context.Context, *callbacks.Query) {},
		OnStart: func(ctx context.Context, _ *callbacks.QueryStart) context.Context { return ctx }})
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(8)
	require.NoError(t, db.Create(&[]user{{Name: "a", Orders: []order{{}}}, {Name: "b"}}).Error)
	p.Reset()
	var group sync.WaitGroup
	const goroutines, times = 100, 10
	for i := range goroutines {
		group.Add(1)
		go func() {
			defer group.Done()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for range times {
				var u []user
				err := db.WithContext(ctx).Preload("Orders").Where("id > ?", 0).Limit(2).Find(&u).Error
				if i%10 == 0 && err == nil {
					err = db.Transaction(func(tx *gorm.DB) error { return tx.Model(&user{ID: 1}).Update("age", i).Error })
				}
				if i%25 == 0 {
					_ = fmt.Sprint(p.Report().Total.Count)
				}
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	group.Wait()
	r := p.Report()
	require.Equal(t, int64(goroutines*times), shapeOf(t, r, "SELECT * FROM `users` WHERE id > ? LIMIT ?").Count)
	require.Equal(t, int64(goroutines*times/10), shapeOf(t, r, "UPDATE `users` SET `age` = ? WHERE `id` = ?").Count)
	require.Equal(t, int64(goroutines*times/10), begins(r))
}
