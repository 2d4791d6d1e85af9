package kit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Item has what most models have: numbers, texts, a time, something that may
// be missing.
type Item struct {
	ID        uint
	CreatedAt time.Time
	UpdatedAt time.Time
	Name      string `gorm:"size:100;index"`
	Email     string `gorm:"size:100"`
	Age       int
	Score     float64
	Active    bool
	Note      *string
	Data      []byte
}

// Account is what money is transferred between.
type Account struct {
	ID      uint
	Balance int64
}

// Entry is what upserts count.
type Entry struct {
	Key   string `gorm:"primaryKey;size:20"`
	Count int
}

var made = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

func item(i int) Item {
	note := "a note of some length, as notes are"
	it := Item{
		CreatedAt: made, UpdatedAt: made, Name: fmt.Sprintf("name %d", i%1000), Email: fmt.Sprintf("user%d@example.com", i),
		Age: i % 90, Score: float64(i) / 3, Active: i%2 == 0, Data: []byte("0123456789abcdef"),
	}
	if i%3 == 0 {
		it.Note = &note
	}
	return it
}

func fill(db *gorm.DB, rows int) error {
	if err := db.AutoMigrate(&Item{}, &Account{}, &Entry{}); err != nil {
		return err
	}
	for done := 0; done < rows; done += 500 {
		items := make([]Item, min(500, rows-done))
		for i := range items {
			items[i] = item(done + i)
		}
		if err := db.Create(&items).Error; err != nil {
			return err
		}
	}
	accounts := make([]Account, 100)
	for i := range accounts {
		accounts[i].Balance = 1000
	}
	return db.Create(&accounts).Error
}

const (
	some = 5_000  // rows
	many = 30_000 // rows
)

// All are the workloads in the order in which they are shown.
func All() []Workload { return slices.Concat(rows, migrations) }

var rows = []Workload{
	{Name: "create one, default transaction", Run: func(b *testing.B, db *gorm.DB) {
		for i := range b.N {
			it := item(i)
			must(b, db.Create(&it).Error)
		}
	}},
	{Name: "create in a transaction", Run: func(b *testing.B, db *gorm.DB) {
		must(b, db.Transaction(func(tx *gorm.DB) error {
			for i := range b.N {
				it := item(i)
				if err := tx.Create(&it).Error; err != nil {
					return err
				}
			}
			return nil
		}))
	}},
	{Name: "a row of a batch of 500", Per: 500, Run: func(b *testing.B, db *gorm.DB) {
		for range b.N {
			items := make([]Item, 500)
			for i := range items {
				items[i] = item(i)
			}
			must(b, db.Create(&items).Error)
		}
	}},
	{Name: "first by primary key", Rows: some, Read: true, Run: func(b *testing.B, db *gorm.DB) {
		for i := range b.N {
			var it Item
			must(b, db.First(&it, i%some+1).Error)
		}
	}},
	{Name: "a row of Find into structs of 10", Rows: many, Per: many, Read: true, Run: func(b *testing.B, db *gorm.DB) {
		for range b.N {
			var items []Item
			must(b, db.Find(&items).Error)
			if len(items) != many {
				b.Fatalf("%d rows", len(items))
			}
		}
	}},
	{Name: "a row of Rows and Scan, 4 columns", Rows: many, Per: many, Read: true, Run: func(b *testing.B, db *gorm.DB) {
		for range b.N {
			must(b, scanFour(db, many))
		}
	}},
	{Name: "update one", Rows: some, Run: func(b *testing.B, db *gorm.DB) {
		for i := range b.N {
			must(b, db.Model(&Item{ID: uint(i%some + 1)}).Updates(map[string]any{"age": i % 90, "score": i}).Error)
		}
	}},
	{Name: "upsert", Run: func(b *testing.B, db *gorm.DB) {
		for i := range b.N {
			must(b, db.Clauses(clause.OnConflict{
				Columns: []clause.Column{{Name: "key"}}, DoUpdates: clause.Assignments(map[string]any{"count": gorm.Expr("count + 1")}),
			}).Create(&Entry{Key: keys[i%len(keys)], Count: 1}).Error)
		}
	}},
	{Name: "transfer: 2 updates in a transaction", Run: func(b *testing.B, db *gorm.DB) {
		for i := range b.N {
			must(b, db.Transaction(func(tx *gorm.DB) error {
				if err := tx.Model(&Account{ID: uint(i%100 + 1)}).Update("balance", gorm.Expr("balance - ?", 1)).Error; err != nil {
					return err
				}
				return tx.Model(&Account{ID: uint((i+7)%100 + 1)}).Update("balance", gorm.Expr("balance + ?", 1)).Error
			}))
		}
	}},
	{Name: "8 readers, point reads", Rows: some, Read: true, Run: func(b *testing.B, db *gorm.DB) {
		eight(b, func(i int) error {
			var it Item
			return db.First(&it, rand.IntN(some)+1).Error
		})
	}},
	{Name: "8 writers, creates", Run: func(b *testing.B, db *gorm.DB) {
		eight(b, func(i int) error {
			it := item(i)
			return db.Create(&it).Error
		})
	}},
	{Name: "GROUP BY over 5,000 rows", Rows: some, Read: true, Run: func(b *testing.B, db *gorm.DB) {
		for range b.N {
			var sums []struct {
				Age   int
				N     int
				Total float64
			}
			must(b, db.Model(&Item{}).Select("age, count(*) AS n, sum(score) AS total").Group("age").Find(&sums).Error)
		}
	}},
}

var keys = func() (keys []string) {
	for i := range 1000 {
		keys = append(keys, fmt.Sprintf("key %d", i))
	}
	return keys
}()

// eight shares the iterations out to eight goroutines.
func eight(b *testing.B, do func(i int) error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
}

func must(b *testing.B, err error) {
	if err != nil {
		b.Fatal(err)
	}
}
