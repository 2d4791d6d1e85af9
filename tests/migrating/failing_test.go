package migrating

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/gorm-libsql/libsql/driver"
)

// lockChild holds the write lock until a line comes in.
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
