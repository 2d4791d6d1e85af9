package dialect

import (
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

// jsonList is a list of values as one JSON text, from which SQLite reads them
// back: https://www.sqlite.org/json1.html#jeach. They have no affinity there,
// as variables have none, so that they compare with a column in the same way.
// One case differs: in a REAL column an integer beyond 2^53 is equal to the
// float nearest to it, where a list of variables finds it equal to none.
type jsonList struct {
	columns int    // values of an element: more than one for a row value
	blobs   []bool // the columns that have blobs
	text    []byte
	own     bool // whether the driver writes times as timetext does
}

// jsonList is the list of a slice; false when a value has no JSON that comes
// back as the very same value.
func (r *rules) jsonList(values reflect.Value) (*jsonList, bool) {
	l := &jsonList{own: r.own, columns: 1, text: make([]byte, 0, 12*values.Len())}
	l.text = append(l.text, '[')
	for i := range values.Len() {
		if i > 0 {
			l.text = append(l.text, ',')
		}
		if !l.add(values.Index(i).Interface(), i == 0) {
			return nil, false
		}
	}
	l.text = append(l.text, ']')
	return l, true
}

func (l *jsonList) add(v any, first bool) bool {
	row, isRow := rowValue(v)
	if first {
		if isRow {
			l.columns = len(row)
		}
		l.blobs = make([]bool, l.columns)
	}
	if !isRow {
		return l.columns == 1 && l.addValue(v, 0)
	}
	if len(row) != l.columns || l.columns < 2 {
		return false
	}
	l.text = append(l.text, '[')
	for i, x := range row {
		if i > 0 {
			l.text = append(l.text, ',')
		}
		if !l.addValue(x, i) {
			return false
		}
	}
	l.text = append(l.text, ']')
	return true
}

// rowValue is a row value, such as one of [][]any or [][2]int.
func rowValue(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case nil, []byte, driver.Valuer, gorm.Valuer, clause.Expression:
		return nil, false
	}
	rv := reflect.ValueOf(v)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array || rv.Type().Elem() == reflect.TypeFor[byte]() {
		return nil, false
	}
	row := make([]any, rv.Len())
	for i := range row {
		row[i] = rv.Index(i).Interface()
	}
	return row, true
}

func (l *jsonList) addValue(v any, column int) bool {
	switch v.(type) {
	case gorm.Valuer, clause.Expression, clause.Column, clause.Table, *gorm.DB, sql.NamedArg:
		return false
	}
	x, err := plainValue(v)
	if err != nil {
		return false // the driver tells what is wrong with it
	}
	switch x := x.(type) {
	case nil:
		l.text = append(l.text, "null"...)
	case int64:
		l.text = strconv.AppendInt(l.text, x, 10)
	case bool:
		l.text = strconv.AppendInt(l.text, int64(btoi(x)), 10)
	case float64:
		if math.IsNaN(x) {
			return false // the driver refuses it
		}
		l.text = appendFloat(l.text, x)
	case string:
		l.text = appendJSONText(l.text, x)
	case []byte:
		l.addBlob(x, column)
	case time.Time:
		if !l.own {
			return false // other drivers write times in other forms
		}
		text, err := timetext.Append(nil, x)
		if err != nil {
			return false
		}
		l.text = appendJSONText(l.text, string(text))
	default:
		return false
	}
	return true
}

// addBlob writes a blob, which JSON has not, as an object.
func (l *jsonList) addBlob(b []byte, column int) {
	if b == nil {
		l.text = append(l.text, "null"...)
		return
	}
	l.blobs[column] = true
	l.text = append(l.text, `{"x":"`...)
	l.text = hex.AppendEncode(l.text, b)
	l.text = append(l.text, `"}`...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// appendFloat writes the 17 digits with which SQLite reads every float back
// exactly; from the shortest ones that Go writes, it does not always.
func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(b, "9e999"...)
	case math.IsInf(f, -1):
		return append(b, "-9e999"...)
	}
	return strconv.AppendFloat(b, f, 'e', 16, 64)
}

const hexDigits = "0123456789abcdef"

// appendJSONText writes a text with its bytes as they are, also those that
// are no UTF-8, which encoding/json would replace.
func appendJSONText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// Build writes the subquery. In raw SQL the parentheses may stand there
// already, as in "id IN (?)".
func (l *jsonList) Build(b clause.Builder) {
	stmt, ok := b.(*gorm.Statement)
	open := ok && strings.HasSuffix(strings.TrimRight(stmt.SQL.String(), " \t\r\n"), "(")
	if !open {
		b.WriteByte('(')
	}
	b.WriteString("SELECT ")
	for i := range l.columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(l.column(i))
	}
	b.WriteString(" FROM json_each(")
	b.AddVar(b, string(l.text))
	b.WriteByte(')')
	if !open {
		b.WriteByte(')')
	}
}

func (l *jsonList) column(i int) string {
	n := strconv.Itoa(i)
	switch {
	case l.columns == 1 && !l.blobs[0]:
		return "+value" // a bare column would have an affinity of its own
	case l.columns == 1:
		return "CASE type WHEN 'object' THEN unhex(value->>'x') ELSE value END"
	case !l.blobs[i]:
		return "value->>" + n
	}
	return "CASE json_type(value,'$[" + n + "]') WHEN 'object' THEN unhex(value->>'$[" + n + "].x') ELSE value->>" + n + " END"
}
