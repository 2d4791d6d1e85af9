package dbtest

import (
	"context"
	"database/sql"
	"sync"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
)

type stopKey struct{}

// stopping is a context that a statement under it ends.
type stopping struct {
	context.Context
	once sync.Once
	done chan struct{}
	err  error
}

// Stopping returns a context that ends with err, which is context.Canceled or
// context.DeadlineExceeded, as soon as a statement under it calls stop(); see
// [Stoppable]. So it ends in the middle of that statement, however slow or
// busy the machine is, which no time that is chosen beforehand can promise.
func Stopping(err error) context.Context {
	return &stopping{Context: context.Background(), done: make(chan struct{}), err: err}
}

func (s *stopping) Done() <-chan struct{} { return s.done }

func (s *stopping) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

func (s *stopping) Value(key any) any {
	if key == (stopKey{}) {
		return s
	}
	return nil
}

// Stoppable gives the connections of the pool the SQL function stop(), which
// ends the context of [Stopping] that its statement runs under, and is 0. In a
// WHERE of rows without end the statement has to be stopped after that.
func Stoppable(t testing.TB, db *sql.DB) {
	t.Helper()
	err := driver.EachConn(context.Background(), db, "stop", func(_ context.Context, c *driver.Conn) error {
		return c.Func("stop", func(ctx context.Context) int64 {
			if s, ok := ctx.Value(stopKey{}).(*stopping); ok {
				s.once.Do(func() { close(s.done) })
			}
			return 0
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
