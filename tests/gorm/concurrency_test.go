package gormtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type entry struct {
	ID     uint
	Name   string `gorm:"uniqueIndex"`
	Worker int    `gorm:"index"`
	N      int
	Lines  []line
}

type line struct {
	ID      uint
	EntryID uint
	Text    string
}

// worker keeps count of what it has stored.
type worker struct {
	db             *gorm.DB
	id             int
	made           int // for names of its own
	entries, lines int64
}

func (w *worker) next() string {
	w.made++
	return fmt.Sprint(w.id, "-", w.made)
}

func (w *worker) create() error {
	e := entry{Name: w.next(), Worker: w.id, Lines: []line{{Text: "a"}, {Text: "b"}}}
	err := w.db.Create(&e).Error
	if err == nil {
		w.entries, w.lines = w.entries+1, w.lines+2
	}
	return err
}

func (w *worker) batch() error {
	es := make([]entry, 5)
	for i := range es {
		es[i] = entry{Name: w.next(), Worker: w.id}
	}
	tx := w.db.CreateInBatches(&es, 2)
	w.entries += tx.RowsAffected
	return tx.Error
}

func (w *worker) upsert() error {
	return w.db.Clauses(clause.OnConflict{Columns: columns("name"), DoUpdates: clause.Assignments(map[string]any{"n": gorm.Expr("entries.n + 1")})}).
		Create(&[]entry{{Name: "shared"}}).Error
}

// ignore leaves one of two rows out, which takes a savepoint to find out.
func (w *worker) ignore() error {
	rows := []entry{{Name: "shared"}, {Name: w.next(), Worker: w.id}}
	tx := w.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&rows)
	if tx.Error == nil {
		w.entries++
	}
	return tx.Error
}

func (w *worker) update() error {
	return w.db.Model(&entry{}).Where("worker = ?", w.id).Update("n", gorm.Expr("n + ?", 1)).Error
}

func (w *worker) remove() error {
	var e entry
	tx := w.db.Preload("Lines").Where("worker = ?", w.id).Limit(1).Find(&e)
	if tx.Error != nil || tx.RowsAffected == 0 {
		return tx.Error
	}
	if err := w.db.Select("Lines").Delete(&e).Error; err != nil {
		return err
	}
	w.entries, w.lines = w.entries-1, w.lines-int64(len(e.Lines))
	return nil
}

func (w *worker) query() error {
	var es []entry
	if err := w.db.Preload("Lines").Where("worker IN ?", []int{w.id, w.id + 1}).Order("id DESC").Limit(10).Find(&es).Error; err != nil {
		return err
	}
	var n int64
	if err := w.db.Model(&entry{}).Where(&entry{Worker: w.id}, "Worker").Count(&n).Error; err != nil {
		return err
	}
	if n != w.entries {
		return fmt.Errorf("%d entries, not %d", n, w.entries)
	}
	_, err := gorm.G[entry](w.db).Where("worker = ?", w.id).Order("n").Find(ctx)
	return err
}

func (w *worker) transaction() error {
	err := w.db.Transaction(func(tx *gorm.DB) error {
		e := entry{Name: w.next(), Worker: w.id}
		if err := tx.Create(&e).Error; err != nil {
			return err
		}
		err := tx.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&entry{Name: w.next(), Worker: w.id}).Error; err != nil {
				return err
			}
			return errStop
		})
		if !errors.Is(err, errStop) {
			return err
		}
		return of(tx, &e, "Lines").Append(&line{Text: "c"})
	})
	if err == nil {
		w.entries, w.lines = w.entries+1, w.lines+1
	}
	return err
}

func (w *worker) undone() error {
	err := w.db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Where("worker = ?", w.id).Where("NOT EXISTS (SELECT 1 FROM lines WHERE entry_id = entries.id)").Delete(&entry{}).Error; err != nil {
			return err
		}
		return errStop
	})
	if errors.Is(err, errStop) {
		return nil
	}
	return fmt.Errorf("not undone: %w", err)
}

func (w *worker) rows() error {
	rows, err := w.db.Model(&entry{}).Where("worker = ?", w.id).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e entry
		if err := w.db.ScanRows(rows, &e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Eight goroutines, one *gorm.DB, everything at once.
func TestConcurrency(t *testing.T) {
	each(t, models(&entry{}, &line{}), func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&entry{Name: "shared"}), 1)
		end := time.Now().Add(400 * time.Millisecond)
		workers := make([]*worker, 8)
		var wg sync.WaitGroup
		var upserts atomic.Int64
		for i := range workers {
			w := &worker{db: db, id: i + 1}
			workers[i] = w
			wg.Add(1)
			go func() {
				defer wg.Done()
				upsert := func() error { upserts.Add(1); return w.upsert() }
				all := []func() error{w.create, w.batch, upsert, w.ignore, w.update, w.remove, w.query, w.transaction, w.undone, w.rows}
				for time.Now().Before(end) {
					at := rand.IntN(len(all))
					if err := all[at](); err != nil {
						t.Errorf("worker %d, operation %d: %v", w.id, at, err)
						return
					}
				}
			}()
		}
		wg.Wait()
		var entries, lines int64
		for _, w := range workers {
			var n int64
			require.NoError(t, db.Model(&entry{}).Where("worker = ?", w.id).Count(&n).Error)
			require.Equal(t, w.entries, n, "worker %d", w.id)
			entries, lines = entries+w.entries, lines+w.lines
		}
		require.Equal(t, fmt.Sprint(upserts.Load()), show(t, db, "SELECT n FROM entries WHERE name = 'shared'"))
		require.Equal(t, fmt.Sprint(entries+1, lines), show(t, db, "SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM lines)"))
		require.Empty(t, show(t, db, "PRAGMA foreign_key_check"))
	})
}
