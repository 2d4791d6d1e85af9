package changes

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestMain(m *testing.M) {
	dbtest.MainLocal(m, dbtest.NeedsCode, map[string]func([]string) error{"run": runChild, "rekey": rekeyChild},
		leaktest.IgnoreGoroutine("gorm.io/gorm/internal/lru."))
}

// rekeyChild gives the database another key.
func rekeyChild(args []string) error {
	db, err := sql.Open(driver.Name, args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	return driver.With(ctx, db, func(c *driver.Conn) error { return c.Rekey(ctx, []byte(args[1])) })
}

// runChild runs each line of its input on the database.
func runChild(args []string) error {
	db, err := sql.Open(driver.Name, args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if _, err := db.Exec(in.Text()); err != nil {
			return err
		}
		fmt.Println("done")
	}
	return nil
}

func lines(all []driver.Change) string {
	var out []string
	for _, c := range all {
		out = append(out, c.String())
	}
	return strings.Join(out, ", ")
}

func exec(t testing.TB, h driver.Handle, text string, args ...any) {
	t.Helper()
	_, err := h.ExecContext(context.Background(), text, args...)
	require.NoError(t, err, text)
}

// spawn runs f in a goroutine that wg waits for.
func spawn(wg *sync.WaitGroup, f func()) {
	wg.Add(1)
	go func() {
		defer wg.Done()
		f()
	}()
}
