package migrator

import (
	"context"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// tick is how often a copy is looked at while it runs.
const tick = 100 * time.Millisecond

// follow runs a copy, and reports how far it has come meanwhile. A panic of
// the callback stops the copy and is the caller's, who has to clean up.
func (s *session) follow(e Event, r *rebuild, run func(*session) error) error {
	if s.m.OnMigrate == nil {
		return run(s)
	}
	conn := s.ours()
	if conn == nil {
		return run(s)
	}
	var cancel context.CancelFunc
	one := *s
	one.ctx, cancel = context.WithCancel(s.ctx)
	defer cancel()
	writes := r.writesARow()
	ending, ended := make(chan struct{}), make(chan struct{})
	var failure any
	go func() {
		defer close(ended)
		done := false
		defer func() {
			if !done {
				failure = recover()
				cancel()
			}
		}()
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for {
			select {
			case <-ending:
				done = true
				return
			case <-ticker.C:
				// What has been written can be ahead of what is counted.
				e.Rows = min(conn.RowsWritten()/writes, e.Total)
				s.tell(e)
			}
		}
	}()
	err := run(&one)
	close(ending)
	<-ended
	if failure != nil {
		panic(failure)
	}
	return err
}

// ours is the driver connection under the pool, nil when it is another
// driver's.
func (s *session) ours() (c *driver.Conn) {
	_ = driver.With(s.ctx, s.pool, func(dc *driver.Conn) error {
		c = dc
		return nil
	})
	return c
}

// writesARow is how often a row of the new table is written: once, and once
// for each index that a constraint brings.
func (r *rebuild) writesARow() int64 {
	n := len(constraints(r.ddl, ddl.Unique)) + 1
	if _, ok := primaryKey(r.ddl); ok && !r.ddl.WithoutRowID && rowidColumn(r.ddl) < 0 {
		n++
	}
	return int64(n)
}
