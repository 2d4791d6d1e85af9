package dialect

import (
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/pragma"
)

// buildValues writes the rows of an INSERT. A number in a composite key is
// filled in.
func (r *rules) buildValues(c clause.Clause, b clause.Builder) {
	values, ok := c.Expression.(clause.Values)
	stmt, isStmt := b.(*gorm.Statement)
	if !ok || !isStmt {
		c.Build(b)
		return
	}
	r.convertRows(stmt, values)
	r.checkRows(stmt, values)
	if f := r.numberedField(stmt); f != nil {
		values = numberRows(stmt, values, f)
	} else if len(values.Columns) == 0 {
		// DEFAULT VALUES takes no ON CONFLICT.
		if _, ok := stmt.Clauses["ON CONFLICT"]; ok {
			values, _ = keyOnly(stmt, values, 1)
		}
	}
	values.Build(b)
}

// keyOnly gives n rows without any value a NULL for their integer key, which
// SQLite then numbers. It is false when the model has no such key.
func keyOnly(stmt *gorm.Statement, values clause.Values, n int) (clause.Values, bool) {
	if stmt.Schema == nil || stmt.Schema.PrioritizedPrimaryField == nil {
		return values, false
	}
	f := stmt.Schema.PrioritizedPrimaryField
	if !f.AutoIncrement || inCompositeKey(f) {
		return values, false
	}
	values.Columns = []clause.Column{{Name: f.DBName}}
	values.Values = make([][]any, n)
	for i := range values.Values {
		values.Values[i] = []any{clause.Expr{SQL: "NULL"}}
	}
	return values, true
}

// numberedField is the auto-increment field of a composite key, nil without
// one: SQLite numbers only a key of one column. A table that was made with
// that key alone is numbered by SQLite, whatever the model says.
func (r *rules) numberedField(stmt *gorm.Statement) *schema.Field {
	s := stmt.Schema
	if s == nil || len(s.PrimaryFields) < 2 || s.PrioritizedPrimaryField == nil || !s.PrioritizedPrimaryField.AutoIncrement {
		return nil
	}
	schemaName, table := splitTable(stmt)
	key := [2]string{schemaName, table}
	if _, known := r.compositeKeys.Load(key); known {
		return s.PrioritizedPrimaryField
	}
	columns, err := pragma.TableInfo(stmt.Context, stmt.ConnPool, schemaName, table)
	if err != nil || len(columns) == 0 {
		return s.PrioritizedPrimaryField // the INSERT is about to say what is wrong
	}
	if strings.EqualFold(primaryKey(columns), quoteName(s.PrioritizedPrimaryField.DBName)) {
		// Asked anew each time: were the table made anew, nothing would
		// number its rows.
		return nil
	}
	r.compositeKeys.Store(key, true)
	return s.PrioritizedPrimaryField
}

// highestKey is where the number of all rows of a batch stands in the settings
// of a statement that has only some of them.
const highestKey = "libsql:highest"

// highestNumber is the highest number that the rows give themselves.
func highestNumber(values clause.Values, f *schema.Field) (highest int64) {
	for at, col := range values.Columns {
		if col.Name != f.DBName {
			continue
		}
		for _, row := range values.Values {
			if at < len(row) {
				if n, ok := integer(row[at]); ok {
					highest = max(highest, n)
				}
			}
		}
	}
	return highest
}

// numberRows fills the field in where the rows leave it out. SQLite evaluates
// the rows of an INSERT that reads its own table before it stores the first
// of them, so each sees the same maximum and is told its place after it.
func numberRows(stmt *gorm.Statement, values clause.Values, f *schema.Field) clause.Values {
	if len(values.Values) == 0 { // DEFAULT VALUES
		values.Values = [][]any{nil}
	}
	at := len(values.Columns)
	for i, col := range values.Columns {
		if col.Name == f.DBName {
			at = i
		}
	}
	columns := append([]clause.Column(nil), values.Columns...)
	if at == len(columns) {
		columns = append(columns, clause.Column{Name: f.DBName})
	}
	highest := highestNumber(values, f)
	if n, ok := stmt.Settings.Load(highestKey); ok {
		highest = max(highest, n.(int64))
	}
	// The values of the statement stay as they are: it may be built again.
	rows := make([][]any, len(values.Values))
	place := 0
	for i, row := range values.Values {
		rows[i] = make([]any, len(columns))
		copy(rows[i], row)
		if isNull(rows[i][at]) {
			place++
			rows[i][at] = clause.Expr{
				SQL:  "(SELECT MAX(COALESCE(MAX(?),0),?)+? FROM ?)",
				Vars: []any{clause.Column{Name: f.DBName}, highest, place, clause.Table{Name: clause.CurrentTable}},
			}
		}
	}
	return clause.Values{Columns: columns, Values: rows}
}

// integer is the value of an explicit key beside rows that are numbered.
func integer(v any) (int64, bool) {
	x, err := plainValue(v)
	if err != nil {
		return 0, false
	}
	n, ok := x.(int64)
	return n, ok
}

func isNull(v any) bool {
	e, ok := v.(clause.Expr)
	return v == nil || ok && e.SQL == "NULL"
}
