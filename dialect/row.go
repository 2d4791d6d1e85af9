package dialect

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"

	"github.com/gorm-libsql/libsql/internal/gormdb"
)

// row is the gorm:row callback: GORM's, with errors that Row().Scan returns
// where GORM leaves a row that panics.
func (r *rules) row(db *gorm.DB) {
	stmt := db.Statement
	isRaw := stmt.SQL.Len() > 0
	if db.Error == nil {
		r.convertJoins(stmt)
		callbacks.BuildQuerySQL(db)
	}
	if isRaw && db.Error == nil && !db.DryRun {
		// Before it runs: its rows keep a connection that the pool may have
		// only one of.
		r.setEverywhere(db)
	}
	isRows, _ := db.Get("rows")
	switch {
	case db.DryRun:
		return
	case db.Error != nil:
		if isRows == false {
			stmt.Dest = gormdb.Pool(stmt.ConnPool).QueryRowContext(failed{stmt.Context, db.Error}, "SELECT 1")
		}
		return
	}
	shortenText(stmt, r)
	text := stmt.SQL.String()
	if isRows == true {
		stmt.Settings.Delete("rows")
		rows, err := stmt.ConnPool.QueryContext(r.timeContext(stmt), text, stmt.Vars...)
		stmt.Dest = rows
		db.AddError(err) // translated, as everywhere else
	} else {
		row := stmt.ConnPool.QueryRowContext(stmt.Context, text, stmt.Vars...)
		if row != nil && *row == (sql.Row{}) {
			// GORM's statement cache could not prepare it, and dropped the
			// error. The pool behind it reports the error.
			row = gormdb.Pool(stmt.ConnPool).QueryRowContext(stmt.Context, text, stmt.Vars...)
		}
		stmt.Dest = row
	}
	db.RowsAffected = -1
}

// raw is the gorm:raw callback, for Exec.
func (r *rules) raw(base func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		if db.Error == nil && !db.DryRun {
			shortenText(db.Statement, r)
		}
		base(db)
		if db.Error == nil && !db.DryRun {
			r.setEverywhere(db)
			r.attachEverywhere(db)
		}
	}
}

// failed is a context that has ended with an error. A query under it is that
// error, which is the only way to a sql.Row that carries one.
type failed struct {
	context.Context
	err error
}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements context.Context.
func (failed) Done() <-chan struct{} { return closed }

// Err implements context.Context.
func (f failed) Err() error { return f.err }
