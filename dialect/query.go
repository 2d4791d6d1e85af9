package dialect

import (
	"database/sql"
	"errors"
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
	callbacks.BuildQuerySQL(db)
	if db.DryRun || db.Error != nil {
		return
	}
	if r.setEverywhere(db); db.Error != nil {
		return
	}
	shortenText(db.Statement, r)
	stmt := db.Statement
	rows, err := stmt.ConnPool.QueryContext(stmt.Context, stmt.SQL.String(), stmt.Vars...)
	if err != nil {
		db.AddError(err)
		return
	}
	defer func() { db.AddError(rows.Close()) }()
	gorm.Scan(&timeRows{Rows: rows}, db, 0)
	if stmt.Result != nil {
		stmt.Result.RowsAffected = db.RowsAffected
	}
}

// timeRows are rows that scan a text into a time.Time where a column has no
// declared type to make it a time: MAX(created_at), a column of a CTE or a
// subquery, TEXT in a STRICT table. What scans as it is costs nothing more.
type timeRows struct {
	*sql.Rows
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
		if set := timeSetter(d); set != nil {
			d = &timeText{set}
		}
		wrapped[i] = d
	}
	return r.Rows.Scan(wrapped...)
}

func hasTime(dest []any) bool {
	for _, d := range dest {
		if timeSetter(d) != nil {
			return true
		}
	}
	return false
}

// timeText scans a time in every form that a time column may hold.
type timeText struct{ set func(*time.Time) error }

// Scan implements sql.Scanner.
func (t *timeText) Scan(src any) error {
	at, ok := timeOf(src)
	if !ok {
		return fmt.Errorf("%T %.40q is no time", src, fmt.Sprint(src))
	}
	return t.set(at)
}

// timeSetter stores a time where a field or a variable of a time type is to
// be scanned; NULL is nil. It is nil for all other types.
func timeSetter(dest any) func(*time.Time) error {
	switch d := dest.(type) {
	case *time.Time:
		return func(at *time.Time) error {
			if at == nil {
				return errors.New("NULL does not fit into a time.Time: use *time.Time or sql.NullTime")
			}
			*d = *at
			return nil
		}
	case **time.Time:
		return func(at *time.Time) error { *d = at; return nil }
	case ***time.Time:
		return func(at *time.Time) error { *d = &at; return nil }
	case *sql.NullTime:
		return func(at *time.Time) error { *d = nullTime(at); return nil }
	case **sql.NullTime:
		return func(at *time.Time) error { n := nullTime(at); *d = &n; return nil }
	case *gorm.DeletedAt:
		return func(at *time.Time) error { *d = gorm.DeletedAt(nullTime(at)); return nil }
	case **gorm.DeletedAt:
		return func(at *time.Time) error { n := gorm.DeletedAt(nullTime(at)); *d = &n; return nil }
	}
	return nil
}

func nullTime(at *time.Time) sql.NullTime {
	if at == nil {
		return sql.NullTime{}
	}
	return sql.NullTime{Time: *at, Valid: true}
}

// timeOf is the time that a value of a column is; nil for NULL.
func timeOf(src any) (*time.Time, bool) {
	var at time.Time
	ok := false
	switch v := src.(type) {
	case nil:
		return nil, true
	case time.Time:
		at, ok = v, true
	case string:
		at, ok = timetext.Parse(v)
	case []byte:
		at, ok = timetext.Parse(string(v))
	case int64:
		at, ok = timetext.FromInt(v)
	case float64:
		at, ok = timetext.FromFloat(v)
	}
	return &at, ok
}
