package callbacks

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// kind is what was called.
type kind uint8

const (
	kindCreate kind = iota
	kindQuery
	kindUpdate
	kindDelete
	kindRow // from here on, no callback of GORM's stands for all of the work
	kindRaw
	kindSQLExec // from here on, without GORM
	kindSQLQuery
	kindBatch
	kindPrepare
	kindBegin
	kindCommit
	kindRollback
	kindBackup
	kindRestore
)

var kindNames = [...]string{"create", "query", "update", "delete", "row", "raw", "exec", "query", "batch", "prepare", "begin", "commit", "rollback", "backup", "restore"}

func (k kind) String() string { return kindNames[k] }

// record is what was measured of a query.
type record struct {
	id, parent uint64
	parentSQL  string
	kind       kind
	migration  bool
	dryRun     bool
	inTx       bool

	sql   string // its text
	site  *site
	model reflect.Type
	table string // "" for the one that the text names
	scope uintptr
	own   bool    // the scope is a context of its own
	pool  *sql.DB // that it ran in
	batch bool    // one of those that GORM makes of a call

	start      time.Duration // since the profiler's base
	times      Times
	statements int64
	rows       int64
	affected   int64
	counters   Counters
	err        error
}

func (r *record) modelName() string {
	if r.model == nil {
		return ""
	}
	return r.model.String()
}

// batched tells that a query is a part of work that was put together already,
// and none of a loop that asks for each row by itself. A batch that is a
// transaction of its own may be one of too many.
func (r *record) batched(of *shapeInfo) bool {
	switch of.verb {
	case "SELECT":
		return r.batch
	case "INSERT":
		return r.inTx && (r.batch || r.affected > 1)
	}
	return r.inTx && r.batch
}

// classOf is what kind of a failure an error is, without any value.
func classOf(err error) (class string, failed bool) {
	if err == nil {
		return "", false
	}
	var e *driver.Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return "not found", false
	case errors.Is(err, context.Canceled):
		return "canceled", true
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline", true
	case errors.As(err, &e):
		return e.Extended.Error(), true
	}
	return "other", true
}

// query shows the record to people.
func (p *Profiler) query(r *record, g *group, args []Arg) Query {
	class, _ := classOf(r.err)
	q := Query{
		ID: r.id, Parent: r.parent, Kind: r.kind.String(), Migration: r.migration, DryRun: r.dryRun, InTx: r.inTx,
		Args: args, Model: r.modelName(), Table: r.table, Caller: r.site.Frame,
		Start: p.at(r.start), Times: r.times, Statements: r.statements, Rows: r.rows, RowsAffected: r.affected,
		Counters: r.counters, Err: r.err, Error: class,
	}
	if g != nil {
		q.ShapeID, q.SQL = g.shape.id, g.shape.sql
		if q.Table == "" {
			q.Table = g.shape.table
		}
	}
	return q
}
