package faults

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
)

// Every numbered commit adds an entry, notes its number in the counter, and
// moves money between two accounts, all of whose balances make a constant sum.
const (
	accounts = 8
	money    = 1000 * accounts
	lastWork = 18
	keep     = 6 // entries that are not deleted
)

type Account struct {
	ID      int
	Balance int
}

type Entry struct {
	ID    int
	Title string
	Body  string
}

// Entry2 is Entry after its migration: the table is rebuilt, gets an index, and
// another table refers to it.
type Entry2 struct {
	ID    int
	Title string `gorm:"not null;size:100;index"`
	Body  string `gorm:"check:length(body) > 10"`
	Size  int    `gorm:"not null;default:7"`
	Notes []Note `gorm:"foreignKey:EntryID;constraint:OnDelete:CASCADE"`
}

func (Entry2) TableName() string { return "entries" }

type Note struct {
	ID      int
	EntryID int
	Text    string
}

type Counter struct {
	ID int
	N  int
}

func title(n int) string { return fmt.Sprintf("entry %d", n) }
func body(n int) string {
	return strings.Repeat(fmt.Sprintf("body of %d; ", n), 30+40*(n%5))
}

// step is a part of the work. It may be done again after it has failed, and
// also when it was done in truth.
type step struct {
	name   string
	commit int // its number, 0: none
	do     func(db *gorm.DB) error
}

func work() (steps []step) {
	add := func(name string, do func(db *gorm.DB) error) { steps = append(steps, step{name: name, do: do}) }
	n := 0
	commits := func(to int) {
		for n < to {
			n++
			steps = append(steps, step{fmt.Sprint("commit ", n), n, commit(n)})
		}
	}
	exec := func(text string) { add(text, func(db *gorm.DB) error { return db.Exec(text).Error }) }
	add("migrate", func(db *gorm.DB) error { return db.AutoMigrate(&Account{}, &Entry{}, &Counter{}) })
	add("begin", begin)
	commits(5)
	exec("PRAGMA wal_checkpoint(TRUNCATE)")
	commits(7)
	add("migrate on", func(db *gorm.DB) error { return db.AutoMigrate(&Entry2{}, &Note{}) })
	commits(11)
	exec("VACUUM")
	commits(13)
	add("update many", func(db *gorm.DB) error {
		return db.Model(&Entry2{}).Where("1").Update("size", gorm.Expr("length(body)")).Error
	})
	exec("PRAGMA wal_checkpoint")
	commits(16)
	add("read", func(db *gorm.DB) error {
		var all []Entry2
		return db.Preload("Notes").Order("body").Find(&all).Error
	})
	commits(lastWork)
	return steps
}

func begin(db *gorm.DB) error {
	return db.Transaction(func(tx *gorm.DB) error {
		var n int64
		if err := tx.Model(&Account{}).Count(&n).Error; err != nil || n > 0 {
			return err
		}
		var all []Account
		for range accounts {
			all = append(all, Account{Balance: money / accounts})
		}
		return errors.Join(tx.Create(&all).Error, tx.Create(&Counter{ID: 1}).Error)
	})
}

func commit(n int) func(*gorm.DB) error {
	return func(db *gorm.DB) error {
		return db.Transaction(func(tx *gorm.DB) error {
			var c Counter
			if err := tx.First(&c, 1).Error; err != nil || c.N >= n {
				return err
			}
			if c.N != n-1 {
				return fmt.Errorf("commit %d follows %d", n, c.N)
			}
			for _, err := range []error{
				tx.Create(&Entry{ID: n, Title: title(n), Body: body(n)}).Error,
				tx.Model(&Account{}).Where("id = ?", 1+n%accounts).Update("balance", gorm.Expr("balance - ?", n)).Error,
				tx.Model(&Account{}).Where("id = ?", 1+(n+3)%accounts).Update("balance", gorm.Expr("balance + ?", n)).Error,
				tx.Delete(&Entry{}, n-keep).Error,
				tx.Model(&c).Update("n", n).Error,
			} {
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// openGORM opens the file for the work. One connection, so that the calls of a
// run come in the order of the run before.
func openGORM(dsn string) (*gorm.DB, *sql.DB, error) {
	pool, err := sql.Open(libsql.DriverName, dsn)
	if err != nil {
		return nil, nil, err
	}
	pool.SetMaxOpenConns(1)
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
	return db, pool, err
}
