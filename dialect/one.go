package dialect

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
)

// One runs the query of db, which must return exactly one row, and returns the
// row as a T.
//
// T is a struct (a model, or one that takes some of the columns) or a
// map[string]any, with a column for each field or key; or, of a query with one
// column, any other type that a column scans into: a number, string, bool,
// []byte, time.Time, any, or a sql.Scanner. A pointer to one of these is nil
// for NULL, and new for a row. A struct that is a sql.Scanner is a value of one
// column, unless it is the model of the query. The values of a map are what
// GORM makes them: of a Model, those of its fields.
//
// Without a row the error is both [gorm.ErrRecordNotFound] and [sql.ErrNoRows]
// to errors.Is; with several it is [driver.ErrMultipleRows], known after the
// second. With any error the T is its zero value.
//
// Everything that shapes a query works: Model, Table, Raw, Select, Where,
// Joins, Preload, Scopes, transactions, PrepareStmt; AfterFind is called for
// the one row. A query that GORM builds gets LIMIT 2, unless it has a limit of
// its own, which is kept: with Limit(1) there are never several rows. Raw SQL
// runs as it stands. An INSERT, UPDATE or DELETE with RETURNING has had its
// effect when several rows come back: undo it in a transaction. db keeps no
// trace of it. DryRun is [gorm.ErrDryRunModeUnsupported].
func One[T any](db *gorm.DB) (T, error) {
	var row, none T
	switch {
	case db.Error != nil:
		return none, db.Error
	case db.DryRun:
		return none, gorm.ErrDryRunModeUnsupported
	}
	o, err := newOne(reflect.ValueOf(&row), db.Statement)
	if err != nil {
		return none, err
	}
	tx := db.WithContext(context.WithValue(db.Statement.Context, oneKey{}, o)).Clauses() // an instance of its own
	tx.Statement.BuildClauses = db.Statement.BuildClauses                                // the one thing that a session does not keep
	switch tx = tx.Find(o.dest); {
	case tx.Error != nil:
		return none, tx.Error
	case !o.done:
		return none, fmt.Errorf("libsql: One: %w: another callback has taken the place of this dialect's gorm:query", driver.ErrUnsupported)
	}
	o.finish()
	return row, nil
}

// oneKey is what the query callback knows a query of One by in its context. A
// look into a statement's settings would allocate.
type oneKey struct{}

// one is a query that must return one row.
type one struct {
	dest   any // of the query. GORM hands the context on to the queries of Preload and of hooks, which have others
	value  any // what its only column is scanned into; nil: GORM scans the row
	finish func()
	done   bool
}

// newOne decides how the row gets to where p points.
func newOne(p reflect.Value, stmt *gorm.Statement) (*one, error) {
	base := p.Type().Elem()
	for base.Kind() == reflect.Pointer {
		base = base.Elem()
	}
	o := &one{finish: func() {}}
	switch kindOfOne(base, stmt) {
	case oneStruct:
		o.dest = p.Interface()
	case oneMap:
		var m map[string]any
		o.dest = &m
		o.finish = func() {
			v := p.Elem()
			for v.Kind() == reflect.Pointer {
				v.Set(reflect.New(v.Type().Elem()))
				v = v.Elem()
			}
			v.Set(reflect.ValueOf(m).Convert(base))
		}
	case oneValue:
		o.dest, o.value = new(column), p.Interface()
	default:
		return nil, fmt.Errorf("libsql: One: %w: no row or column fits into a %s", driver.ErrUnsupported, p.Type().Elem())
	}
	return o, nil
}

// column is the destination that GORM sees of a query with one column: none of
// a table, and nothing that it would scan into by itself.
type column int

type oneKind uint8

const (
	oneNothing oneKind = iota
	oneStruct
	oneMap
	oneValue
)

var (
	rawBytesType = reflect.TypeFor[sql.RawBytes]()
	mapType      = reflect.TypeFor[map[string]any]()
)

func kindOfOne(t reflect.Type, stmt *gorm.Statement) oneKind {
	switch k := t.Kind(); {
	case t == rawBytesType: // is not valid any more when the rows are closed
		return oneNothing
	case k == reflect.Struct && isModel(t, stmt):
		return oneStruct
	case reflect.PointerTo(t).Implements(scannerType), t.ConvertibleTo(timeType):
		return oneValue
	case k == reflect.Struct:
		return oneStruct
	case k == reflect.Map && t.ConvertibleTo(mapType):
		return oneMap
	case k == reflect.Slice && t.Elem().Kind() == reflect.Uint8,
		k >= reflect.Bool && k <= reflect.Float64, k == reflect.String,
		k == reflect.Interface && t.NumMethod() == 0:
		return oneValue
	}
	return oneNothing
}

// isModel tells that the query is one of the model t: it was given, or nothing
// else says which table is asked.
func isModel(t reflect.Type, stmt *gorm.Statement) bool {
	if stmt.Model == nil {
		return stmt.Table == "" && stmt.TableExpr == nil && stmt.SQL.Len() == 0 && !t.ConvertibleTo(timeType)
	}
	m := reflect.TypeOf(stmt.Model)
	for m.Kind() == reflect.Pointer || m.Kind() == reflect.Slice || m.Kind() == reflect.Array {
		m = m.Elem()
	}
	return m == t
}

// oneOf returns what One wants of the query, nil for other queries.
func oneOf(stmt *gorm.Statement) *one {
	if o, ok := stmt.Context.Value(oneKey{}).(*one); ok && o.dest == stmt.Dest {
		return o
	}
	return nil
}

// queryClauses are those that GORM builds a query of, where it is known that a
// limit can stand.
var queryClauses = []string{"SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "FOR"}

// limit has a query that is still to be built end after its second row.
func (o *one) limit(stmt *gorm.Statement) {
	if !slices.Equal(stmt.BuildClauses, queryClauses) {
		return
	}
	c := stmt.Clauses["LIMIT"]
	own, isLimit := c.Expression.(clause.Limit)
	if c.Expression != nil && !isLimit || own.Limit != nil && *own.Limit >= 0 {
		return
	}
	two := 2
	stmt.AddClause(clause.Limit{Limit: &two})
}

// read reads the row and looks whether there is another.
func (o *one) read(rows *timeRows, db *gorm.DB) {
	o.done = true
	if o.value == nil {
		gorm.Scan(rows, db, 0)
	} else {
		db.RowsAffected = 0
		if rows.Next() {
			db.RowsAffected = 1
			db.AddError(rows.Scan(o.value))
		}
		db.AddError(rows.Err())
	}
	switch {
	case db.Error != nil:
	case db.RowsAffected == 0:
		db.AddError(noRow{})
	case rows.Next():
		db.AddError(driver.ErrMultipleRows)
	default:
		db.AddError(rows.Err())
	}
}

// noRow is GORM's error and that of database/sql.
type noRow struct{}

func (noRow) Error() string { return gorm.ErrRecordNotFound.Error() }

func (noRow) Is(target error) bool {
	return target == gorm.ErrRecordNotFound || target == sql.ErrNoRows
}
