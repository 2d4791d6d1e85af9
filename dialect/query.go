package dialect

import (
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

// query is the gorm:query callback: GORM's, with rows whose texts go into
// times.
func (r *rules) query(db *gorm.DB) {
	if db.Error != nil {
		return
	}
	stmt := db.Statement
	isRaw := stmt.SQL.Len() > 0 // what GORM builds is no PRAGMA
	one := oneOf(stmt)
	if one != nil && !isRaw {
		one.limit(stmt)
	}
	r.convertJoins(stmt)
	callbacks.BuildQuerySQL(db)
	if db.DryRun || db.Error != nil {
		return
	}
	if isRaw {
		if r.setEverywhere(db); db.Error != nil {
			return
		}
	}
	shortenText(stmt, r)
	ctx := stmt.Context
	var structs *structRows
	if one == nil {
		if structs = r.newStructRows(db); structs != nil {
			ctx = &structs.ctx
		}
	}
	rows, err := stmt.ConnPool.QueryContext(ctx, stmt.SQL.String(), stmt.Vars...)
	if err != nil {
		db.AddError(err)
		return
	}
	defer func() { db.AddError(rows.Close()) }()
	switch {
	case one != nil:
		one.read(&timeRows{Rows: rows, loc: r.loc}, db)
	case structs != nil:
		structs.finish(rows)
	default:
		gorm.Scan(&timeRows{Rows: rows, loc: r.loc}, db, 0)
	}
	if stmt.Result != nil {
		stmt.Result.RowsAffected = db.RowsAffected
	}
}

// timeRows are rows that scan a text into a time.Time where a column has no
// declared type to make it a time: MAX(created_at), a column of a CTE or a
// subquery, TEXT in a STRICT table. What scans as it is costs nothing more.
type timeRows struct {
	*sql.Rows
	loc   *time.Location
	texts bool // a row had such a text
}

// Scan does as sql.Rows.Scan, and reads texts that are to be times.
func (r *timeRows) Scan(dest ...any) error {
	if !r.texts {
		err := r.Rows.Scan(dest...)
		if err == nil || !hasTime(dest) {
			return err
		}
		r.texts = true
	}
	wrapped := make([]any, len(dest))
	for i, d := range dest {
		if set := timetext.Setter(d); set != nil {
			d = &timeText{set, d, r.loc}
		}
		wrapped[i] = d
	}
	return r.Rows.Scan(wrapped...)
}

func hasTime(dest []any) bool {
	for _, d := range dest {
		if timetext.Setter(d) != nil {
			return true
		}
	}
	return false
}

// timeText scans a time in every form that a time column may hold.
type timeText struct {
	set  func(*time.Time) error
	dest any // what set stores into
	loc  *time.Location
}

// Scan implements sql.Scanner.
func (t *timeText) Scan(src any) error {
	at, ok := timetext.Of(src)
	if !ok {
		return fmt.Errorf("%T %.40q is no time", src, fmt.Sprint(src))
	}
	if at != nil && t.loc != nil {
		in := at.In(t.loc)
		at = &in
	}
	return t.set(at)
}
