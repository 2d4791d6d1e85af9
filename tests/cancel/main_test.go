package cancel

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) {
	dbtest.Main(m, map[string]func([]string) error{"lock": lock})
}

// lock runs a text that takes a lock on a database and keeps it until a line
// comes in.
func lock(args []string) error {
	db, err := sql.Open(driver.Name, args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(context.Background(), args[1]); err != nil {
		return err
	}
	fmt.Println("locked")
	bufio.NewScanner(os.Stdin).Scan()
	return nil
}

// ending is a way for a context to end.
type ending struct {
	name string
	err  error
	make func(d time.Duration) (context.Context, context.CancelFunc)
}

var endings = []ending{
	{"cancel", context.Canceled, func(d time.Duration) (context.Context, context.CancelFunc) {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(d, cancel)
		return ctx, cancel
	}},
	{"deadline", context.DeadlineExceeded, func(d time.Duration) (context.Context, context.CancelFunc) {
		return context.WithTimeout(context.Background(), d)
	}},
}

// wantCancelled checks that an error is that of a cancelled call.
func wantCancelled(t *testing.T, err, ctxErr error) {
	t.Helper()
	if !errors.Is(err, ctxErr) || !errors.Is(err, driver.ErrInterrupt) {
		t.Errorf("the error is %v (%T), not %v and SQLITE_INTERRUPT", err, err, ctxErr)
	}
}
