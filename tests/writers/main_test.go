package writers

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) {
	dbtest.Main(m, map[string]func([]string) error{"write": writeChild, "open": openChild, "lock": lockChild, "gorm": gormChild})
}

const table = "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, writer INTEGER, n INTEGER)"

// writeChild writes as many rows as its arguments say: DSN, writers, rows of
// each, way.
func writeChild(args []string) error {
	db, err := sql.Open(driver.Name, args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	writers, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	each, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	worst, err := write(db, writers, each, args[3])
	if err != nil {
		return err
	}
	fmt.Println("worst wait", worst)
	return nil
}

// openChild opens a fresh database with many goroutines at once.
func openChild(args []string) error {
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	return openAtOnce(args[0], 20)
}

// lockChild holds the write lock until a line comes in, or for ever.
func lockChild(args []string) error {
	db, err := sql.Open(driver.Name, args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	fmt.Println("locked")
	bufio.NewScanner(os.Stdin).Scan()
	return nil
}
