package dialect

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/pragma"
)

// A text that looks like a number becomes one in a column of a numeric type,
// and a number there has at most 64 bits: https://www.sqlite.org/datatype3.html#type_affinity.
// decimal(20,8) given "12345678901234567.12345678" keeps 12345678901234568.0.
// What loses digits in that way is an error here; what only changes its
// spelling (1.50 to 1.5) is not.

// buildSet writes the assignments of an UPDATE.
func (r *rules) buildSet(c clause.Clause, b clause.Builder) {
	if set, ok := c.Expression.(clause.Set); ok {
		if stmt, ok := b.(*gorm.Statement); ok {
			set = r.convertSet(stmt, set)
			r.checkNumbers(stmt, set)
		}
		c.Expression = r.shortenSet(set)
	}
	c.Build(b)
}

// checkNumbers looks at the texts that are assigned to number columns.
func (r *rules) checkNumbers(stmt *gorm.Statement, set clause.Set) {
	fields := r.columns(stmt).numbers
	if len(fields) == 0 {
		return
	}
	for _, a := range set {
		if f, ok := fields[a.Column.Name]; ok && mayBeText(a.Value) && !r.checkNumber(stmt, f, a.Value) {
			return
		}
	}
}

// checkRows does the same for the rows of an INSERT.
func (r *rules) checkRows(stmt *gorm.Statement, values clause.Values) {
	fields := r.columns(stmt).numbers
	if len(fields) == 0 {
		return
	}
	for at, column := range values.Columns {
		f, ok := fields[column.Name]
		if !ok {
			continue
		}
		for _, row := range values.Values {
			if at < len(row) && mayBeText(row[at]) && !r.checkNumber(stmt, f, row[at]) {
				return
			}
		}
	}
}

// numberField is a field that is declared as a number.
type numberField struct {
	column string
	real   bool // of REAL affinity, which has no integers
}

// numberFields are the fields of the model that are declared as numbers, by
// their column. What is written into them may be a text, whatever type the
// field has: a map may hold it.
func (r *rules) numberFields(stmt *gorm.Statement) map[string]numberField {
	if r.dialector.AllowLossyNumeric {
		return nil
	}
	fields := map[string]numberField{}
	for _, f := range stmt.Schema.FieldsByDBName {
		if f.DBName == "" || f.GORMDataType == schema.Time {
			continue
		}
		if number, real := isNumber(r.declaredType(stmt, f)); number {
			fields[f.DBName] = numberField{f.DBName, real}
		}
	}
	return fields
}

// mayBeText tells the values that have to be looked at from those that GORM
// writes most.
func mayBeText(v any) bool {
	switch v.(type) {
	case nil, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64, bool, time.Time, []byte, clause.Expr:
		return false
	}
	return true
}

func (r *rules) declaredType(stmt *gorm.Statement, f *schema.Field) string {
	type typer interface {
		GormDBDataType(*gorm.DB, *schema.Field) string
	}
	if t, ok := reflect.New(f.IndirectFieldType).Interface().(typer); ok {
		if declared := t.GormDBDataType(stmt.DB, f); declared != "" {
			return declared
		}
	}
	return r.dialector.DataTypeOf(f)
}

// isNumber tells a declared type of INTEGER, REAL or NUMERIC affinity, by
// SQLite's rules: https://www.sqlite.org/datatype3.html#determination_of_column_affinity.
func isNumber(declared string) (number, real bool) {
	name, _ := splitType(declared) // a tag may have constraints behind it
	upper := strings.ToUpper(name)
	switch {
	case strings.Contains(upper, "INT"):
		return true, false
	case strings.Contains(upper, "CHAR"), strings.Contains(upper, "CLOB"), strings.Contains(upper, "TEXT"),
		strings.Contains(upper, "BLOB"), strings.TrimSpace(upper) == "", strings.TrimSpace(upper) == "ANY":
		return false, false
	}
	return true, strings.Contains(upper, "REAL") || strings.Contains(upper, "FLOA") || strings.Contains(upper, "DOUB")
}

// checkNumber is false when the value would lose digits: the statement then
// has the error.
func (r *rules) checkNumber(stmt *gorm.Statement, f numberField, v any) bool {
	if _, ok := v.(clause.Expression); ok {
		return true
	}
	x, err := plainValue(v)
	if err != nil {
		return true // the driver tells
	}
	text, ok := x.(string)
	if !ok || keepsDigits(text, f.real) {
		return true
	}
	// The model may be wrong about the table: it may be STRICT, or older.
	schemaName, table := splitTable(stmt)
	columns, err := pragma.TableInfo(stmt.Context, stmt.ConnPool, schemaName, table)
	if err != nil {
		stmt.AddError(err)
		return false
	}
	for _, c := range columns {
		if !strings.EqualFold(c.Name, f.column) {
			continue
		}
		if number, real := isNumber(c.Type); !number || keepsDigits(text, real) {
			return true
		}
	}
	stmt.AddError(fmt.Errorf("libsql: column %s.%s: %q has more digits than a number in SQLite can hold: "+
		"declare the column as text, or set Config.AllowLossyNumeric", table, f.column, text))
	return false
}

// keepsDigits tells whether a text keeps its numeric value in a number column.
// A text that is no number stays as it is. A REAL column has no integers.
func keepsDigits(text string, real bool) bool {
	text = strings.Trim(text, " \t\n\v\f\r")
	if len(text) <= 15 && !strings.ContainsAny(text, "eE") {
		return true
	}
	digits, exponent, ok := decimal(text)
	if !ok {
		return true
	}
	if exponent >= 0 && !real {
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			return true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return false // beyond the largest float
	}
	kept, keptExponent, _ := decimal(strconv.FormatFloat(f, 'e', -1, 64))
	return kept == digits && keptExponent == exponent
}

// decimal takes a number apart: its digits without zeros at both ends, and
// the power of ten of the last of them. It is false for what SQLite does not
// take for a number.
func decimal(s string) (digits string, exponent int, ok bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	mantissa, exp := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exp = s[:i], s[i+1:]
		n, err := strconv.Atoi(exp)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return "", 0, false
		}
		exponent = max(-1<<30, min(n, 1<<30)) // more is as good as none
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return "", 0, false
	}
	exponent -= len(fraction)
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	if digits = strings.TrimLeft(trimmed, "0"); digits == "" {
		return "0", 0, true
	}
	return digits, exponent, true
}
