package writers

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"testing"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Row is what GORM creates here, as applications declare it.
type Row struct {
	gorm.Model
	Writer, N int
	Name      string `gorm:"index"`
}

const gormWriters, gormRows = 8, 500

// gormChild creates rows through GORM with goroutines of its own. It opens the
// file, which nobody may have made yet, and migrates it.
func gormChild(args []string) error {
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	return createRows(args[0])
}

func createRows(dsn string) error {
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := db.AutoMigrate(&Row{}); err != nil {
		return err
	}
	errs := make(chan error, gormWriters)
	for w := range gormWriters {
		go func() {
			for n := range gormRows {
				if err := db.Create(&Row{Writer: w, N: n, Name: fmt.Sprint(w, n)}).Error; err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	var all error
	for range gormWriters {
		all = errors.Join(all, <-errs)
	}
	return all
}

// Default settings, no limit of the pool: every row is there and no error, from
// one process and from two that find no file.
func TestGORMCreates(t *testing.T) {
	for processes := 1; processes <= 2; processes++ {
		path := dbtest.DSN(t)
		for _, c := range dbtest.StartTogether(t, processes, "gorm", path) {
			c.Done(t)
		}
		db := dbtest.Open(t, path)
		want := int64(processes * gormWriters * gormRows)
		if n := dbtest.Int(t, db, "SELECT count(*) FROM rows"); n != want {
			t.Errorf("%d rows, not %d", n, want)
		}
		if n := dbtest.Int(t, db, "SELECT count(DISTINCT writer || ' ' || n) FROM rows"); n != gormWriters*gormRows {
			t.Errorf("%d different rows", n)
		}
		dbtest.Intact(t, db)
	}
}
