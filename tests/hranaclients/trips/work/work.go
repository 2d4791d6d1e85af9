// Package work is what GORM does through each of the clients, one piece after
// the other.
package work

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// Piece is what a piece of work came to.
type Piece struct {
	Name     string        `json:"name"`
	Requests int           `json:"requests"`
	Took     time.Duration `json:"took"`
	Error    string        `json:"error,omitempty"`
	// Alone says that the other clients do not do it, whatever they say.
	Alone bool `json:"alone,omitempty"`
}

// Plain is a model for which the dialect leaves GORM's default transaction out.
type Plain struct {
	ID   uint
	Name string
}

// Hooked has a hook, so that each write of it has GORM's default transaction.
type Hooked struct {
	ID   uint
	Name string
}

// AfterCreate is the hook.
func (*Hooked) AfterCreate(*gorm.DB) error { return nil }

// Owner has pets.
type Owner struct {
	ID     uint
	Name   string `gorm:"uniqueIndex"`
	Born   *time.Time
	Photo  []byte
	Rate   float64
	Active bool
	Pets   []Pet `gorm:"constraint:OnDelete:CASCADE"`
}

// Pet is one of an owner's.
type Pet struct {
	ID      uint
	OwnerID uint
	Name    string
}

var pieces = []struct {
	name string
	do   func(db *gorm.DB) error
}{
	{"AutoMigrate of four new models", migrate},
	{"AutoMigrate again, without a change", migrate},
	// The first write to a table also looks what its key is.
	{"Create, the first of its model", func(db *gorm.DB) error { return db.Create(&Plain{Name: "a"}).Error }},
	{"Create", func(db *gorm.DB) error { return db.Create(&Plain{Name: "b"}).Error }},
	{"Create with SkipDefaultTransaction", func(db *gorm.DB) error {
		return db.Session(&gorm.Session{SkipDefaultTransaction: true}).Create(&Plain{Name: "c"}).Error
	}},
	{"Create with a hook, the first of its model", func(db *gorm.DB) error { return db.Create(&Hooked{Name: "a"}).Error }},
	{"Create with a hook, so in a default transaction", func(db *gorm.DB) error { return db.Create(&Hooked{Name: "b"}).Error }},
	{"Create with two associated rows, the first of its models", func(db *gorm.DB) error { return owner(db, "a") }},
	{"Create with two associated rows", func(db *gorm.DB) error { return owner(db, "b") }},
	{"First", func(db *gorm.DB) error { return db.First(&Plain{}, 1).Error }},
	{"Find", func(db *gorm.DB) error { return db.Find(&[]Plain{}).Error }},
	{"Find with arguments", func(db *gorm.DB) error { return db.Where("name IN ?", []string{"a", "b"}).Find(&[]Plain{}).Error }},
	{"Count", func(db *gorm.DB) error { var n int64; return db.Model(&Plain{}).Count(&n).Error }},
	{"Preload", func(db *gorm.DB) error { return db.Preload("Pets").Find(&[]Owner{}).Error }},
	{"Update", func(db *gorm.DB) error { return db.Model(&Plain{ID: 1}).Update("name", "c").Error }},
	{"Save", func(db *gorm.DB) error { return db.Save(&Plain{ID: 1, Name: "d"}).Error }},
	{"FirstOrCreate", func(db *gorm.DB) error { return db.Where(Plain{Name: "e"}).FirstOrCreate(&Plain{}).Error }},
	{"Delete", func(db *gorm.DB) error { return db.Delete(&Plain{ID: 1}).Error }},
	{"a transaction of five creates", func(db *gorm.DB) error { return creates(db, 5, nil) }},
	{"the same, rolled back", func(db *gorm.DB) error { return creates(db, 5, errStop) }},
	{"a transaction within a transaction", func(db *gorm.DB) error {
		return db.Transaction(func(tx *gorm.DB) error { return creates(tx, 1, nil) })
	}},
	{"Create of 100 rows at once", func(db *gorm.DB) error { return db.Create(rows(100)).Error }},
	{"CreateInBatches, 100 rows by 10", func(db *gorm.DB) error { return db.CreateInBatches(rows(100), 10).Error }},
	{"PrepareStmt: First, twice", func(db *gorm.DB) error {
		db = db.Session(&gorm.Session{PrepareStmt: true})
		return errors.Join(db.First(&Plain{}).Error, db.First(&Plain{}).Error)
	}},
	{"Raw of 1,000 rows", func(db *gorm.DB) error {
		var n []int
		return db.Raw("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?) SELECT x FROM c", 1000).Scan(&n).Error
	}},
}

func migrate(db *gorm.DB) error { return db.AutoMigrate(&Plain{}, &Hooked{}, &Owner{}, &Pet{}) }

func owner(db *gorm.DB, name string) error {
	return db.Create(&Owner{Name: name, Pets: []Pet{{Name: "x"}, {Name: "y"}}}).Error
}

var errStop = errors.New("stop")

// creates makes rows in a transaction, which ends with err.
func creates(db *gorm.DB, n int, err error) error {
	got := db.Transaction(func(tx *gorm.DB) error {
		for i := range n {
			if err := tx.Create(&Plain{Name: strconv.Itoa(i)}).Error; err != nil {
				return err
			}
		}
		return err
	})
	if err != nil && got == err {
		return nil
	}
	return got
}

func rows(n int) []Plain {
	out := make([]Plain, n)
	for i := range out {
		out[i].Name = strconv.Itoa(i)
	}
	return out
}

// Main does the work at the server of the first argument and prints what each
// piece came to.
func Main(open func(url string) (gorm.Dialector, error)) {
	if err := run(os.Args[1], open); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(url string, open func(url string) (gorm.Dialector, error)) error {
	out := json.NewEncoder(os.Stdout)
	var db *gorm.DB
	before := 0
	do := func(p Piece, fn func() error) error {
		start := time.Now()
		if err := attempt(fn); err != nil {
			p.Error, _, _ = strings.Cut(err.Error(), "\n")
		}
		p.Took = time.Since(start)
		after, err := requests(url)
		if err != nil {
			return err
		}
		p.Requests, before = after-before, after
		return out.Encode(p)
	}
	err := do(Piece{Name: "Open without a ping"}, func() error {
		d, err := open(url)
		if err != nil {
			return err
		}
		db, err = gorm.Open(d, &gorm.Config{Logger: logger.Discard, DisableAutomaticPing: true})
		return err
	})
	if err == nil {
		// The others ask nobody.
		err = do(Piece{Name: "Ping", Alone: true}, func() error {
			pool, err := db.DB()
			if err != nil {
				return err
			}
			return pool.Ping()
		})
	}
	for i := range pieces {
		if err != nil {
			return err
		}
		err = do(Piece{Name: pieces[i].name}, func() error { return pieces[i].do(db) })
	}
	return err
}

func attempt(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}

// requests asks the server how many it has had; it answers when none are under
// way.
func requests(url string) (int, error) {
	resp, err := http.Get(url + "/requests")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}
