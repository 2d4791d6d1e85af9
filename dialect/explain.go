package dialect

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/timetext"
)

// Explain writes the values into the SQL, for logs, ToSQL, defaults and
// views. The outcome runs as it stands: blobs, times and texts of any bytes
// are exact, and a question mark inside a literal, a name or a comment is no
// place for a value.
func (Dialector) Explain(sql string, vars ...any) string {
	if len(vars) == 0 {
		return sql
	}
	e := explainer{sql: sql, vars: vars}
	for tok := range sqltext.Tokens(sql) {
		text := tok.Text(sql)
		if tok.Kind != sqltext.Param {
			e.write(text, false)
			if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
				e.truth = tok.Is(sql, "IS") || e.truth && tok.Is(sql, "NOT")
			}
			continue
		}
		if v, ok := e.value(text); ok {
			e.write(e.literal(v), true)
		} else {
			e.write(text, false) // the logger may have dropped the values
		}
		e.truth = false
	}
	return e.out.String()
}

// explainer writes a statement with its values.
type explainer struct {
	sql    string
	vars   []any
	out    strings.Builder
	last   byte // the last byte written
	valued bool // it was of a value
	used   int  // the highest number of a variable so far
	truth  bool // the last word was IS or IS NOT
}

// value is the value of a parameter: ?, ?12, :name, @name or $name.
func (e *explainer) value(param string) (any, bool) {
	if param[0] != '?' {
		for _, v := range e.vars {
			if named, ok := v.(sql.NamedArg); ok && named.Name == param[1:] {
				return named.Value, true
			}
		}
		return nil, false
	}
	n := e.used + 1
	if len(param) > 1 {
		var err error
		if n, err = strconv.Atoi(param[1:]); err != nil {
			return nil, false
		}
	}
	e.used = max(e.used, n)
	if n < 1 || n > len(e.vars) {
		return nil, false
	}
	return e.vars[n-1], true
}

// literal is a value as a literal. After IS, TRUE is not the number 1.
func (e *explainer) literal(v any) string {
	if b, ok := v.(bool); ok && e.truth {
		return strconv.Itoa(btoi(b))
	}
	return literal(v)
}

// write appends a token or a literal, and keeps two of them apart that would
// be read as one: x-? with -5 is no comment, and ?AND is no word.
func (e *explainer) write(s string, value bool) {
	if (value || e.valued) && joins(e.last, s[0]) {
		e.out.WriteByte(' ')
	}
	e.out.WriteString(s)
	e.last, e.valued = s[len(s)-1], value
}

func joins(a, b byte) bool {
	word := func(c byte) bool {
		return c == '_' || c == '$' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	return word(a) && (word(b) || b == '.' || b == '\'') || a == '-' && b == '-' || a == '.' && b >= '0' && b <= '9' || a == '\'' && b == '\''
}

// literal is a value as SQLite reads it: https://www.sqlite.org/lang_expr.html#literal_values_constants_.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return floatLiteral(v)
	case string:
		return stringLiteral(v)
	case []byte:
		if v == nil {
			return "NULL"
		}
		return "x'" + hex.EncodeToString(v) + "'"
	case time.Time:
		text, err := timetext.Append(nil, v)
		if err != nil {
			return "NULL /* " + strings.ReplaceAll(err.Error(), "*/", "") + " */"
		}
		return "'" + string(text) + "'"
	}
	x, err := plainValue(v)
	if err != nil {
		return stringLiteral(fmt.Sprint(v))
	}
	return literal(x)
}

func floatLiteral(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NULL"
	case math.IsInf(v, 1):
		return "9e999"
	case math.IsInf(v, -1):
		return "-9e999"
	}
	s := strconv.FormatFloat(v, 'g', -1, 64)
	if len(s) > 16 { // SQLite reads 17 digits exactly, but not always the shortest ones
		s = strconv.FormatFloat(v, 'g', 17, 64)
	}
	if !strings.ContainsAny(s, ".e") {
		s += ".0" // an integer literal would be stored as an integer
	}
	return s
}

// stringLiteral writes a text. One with a NUL, at which SQL ends, goes by its
// bytes.
func stringLiteral(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		return "CAST(x'" + hex.EncodeToString([]byte(s)) + "' AS TEXT)"
	}
	return sqltext.QuoteString(s)
}
