package migrator

import (
	"time"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// tick is how often a copy is looked at while it runs.
const tick = 100 * time.Millisecond

// follow reports how far the copy of a rebuild has come, until stop is called.
func (s *session) follow(e Event, r *rebuild) (stop func()) {
	if s.m.OnMigrate == nil || s.conn == nil {
		return func() {}
	}
	writes := r.writesARow()
	ending, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for {
			select {
			case <-ending:
				return
			case <-ticker.C:
				// What has been written can be ahead of what is counted.
				e.Rows = min(s.conn.RowsWritten()/writes, e.Total)
				s.tell(e)
			}
		}
	}()
	return func() {
		close(ending)
		<-ended
	}
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
