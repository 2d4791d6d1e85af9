package dialect

import (
	"database/sql/driver"
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
	var b strings.Builder
	next := 0
	for tok := range sqltext.Tokens(sql) {
		text := tok.Text(sql)
		if tok.Kind != sqltext.Param || text[0] != '?' {
			b.WriteString(text)
			continue
		}
		i := next
		if n, err := strconv.Atoi(text[1:]); err == nil {
			i = n - 1
		}
		next = i + 1
		if i < 0 || i >= len(vars) {
			b.WriteString(text) // the logger may have dropped the values
			continue
		}
		b.WriteString(literal(vars[i]))
	}
	return b.String()
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
	x, err := driver.DefaultParameterConverter.ConvertValue(v)
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
