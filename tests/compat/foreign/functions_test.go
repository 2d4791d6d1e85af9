//go:build cgo

package foreign

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// What the driver adds to its connections comes out as newer SQLite has it.
func TestFunctionsOfNewerSQLite(t *testing.T) {
	ours, err := sql.Open(driver.Name, ":memory:")
	require.NoError(t, err)
	defer ours.Close()
	theirs, err := sql.Open(driverName, ":memory:")
	require.NoError(t, err)
	defer theirs.Close()
	var version string
	require.NoError(t, theirs.QueryRow("SELECT sqlite_version()").Scan(&version))

	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	value := func() string {
		return pick("0", "1", "-7", "2.5", "0.0", "1e300", "-0.5", "NULL", "''", "'0'", "'1'", "' 2x'", "'0.1'", "'abc'", "x''", "x'31'", "x'00'", "9223372036854775807", "'é'")
	}
	var json func(depth int) string
	json = func(depth int) string {
		switch n := r.IntN(9); {
		case n < 2 && depth > 0:
			items := make([]string, r.IntN(4))
			for i := range items {
				items[i] = json(depth - 1)
			}
			return "[" + pick("", " ") + strings.Join(items, ", ") + "]"
		case n < 4 && depth > 0:
			items := make([]string, r.IntN(4))
			for i := range items {
				items[i] = pick(`"a"`, `""`, `"b\"c"`, `"é"`, "k") + ":" + json(depth-1)
			}
			return "{" + strings.Join(items, ",") + pick("}", "\n}")
		}
		return pick("1", "-1.5e3", "true", "null", `"x"`, `"[,]{}:\\"`, `"\u0041"`, `""`, "[]", "{}", "0x1F", "'it'", "1.", "oops")
	}
	text := func() string {
		var b strings.Builder
		for range r.IntN(6) {
			b.WriteString(pick("a", "é", `\`, `\\`, `\u0041`, `\00e9`, `\+01F600`, `\U0001F600`, `\u00`, "'", "\n", "\x01", "\x7f", "日"))
		}
		return "'" + strings.ReplaceAll(b.String(), "'", "''") + "'"
	}
	for range 20_000 {
		var expr string
		switch r.IntN(8) {
		case 0:
			args := make([]string, r.IntN(6))
			for i := range args {
				args[i] = value()
			}
			expr = "if(" + strings.Join(args, ", ") + ")"
		case 1:
			expr = "iif(" + value() + ", " + value() + ")"
		case 2:
			expr = "json_pretty('" + strings.ReplaceAll(json(3), "'", "''") + "')"
		case 3:
			expr = "json_pretty('" + strings.ReplaceAll(json(3), "'", "''") + "', " + value() + ")"
		case 4:
			expr = "unistr(" + text() + ")"
		case 5:
			expr = "unistr_quote(" + pick(text(), value()) + ")"
		case 6:
			expr = pick("mod", "pow", "log") + "(" + value() + ", " + value() + ")"
		case 7:
			expr = pick("trunc", "log2") + "(" + value() + ")"
		}
		// Versions print floats with more or fewer digits.
		query := "SELECT typeof(x), iif(typeof(x) = 'real', printf('%.12g', x), hex(x)) FROM (SELECT " + expr + " AS x)"
		one, two := ask(ours, query), ask(theirs, query)
		require.Equal(t, two, one, "%s (SQLite %s)", expr, version)
	}
}

func ask(db *sql.DB, query string) string {
	var kind, hex string
	if err := db.QueryRow(query).Scan(&kind, &hex); err != nil {
		return "an error"
	}
	return fmt.Sprint(kind, " ", hex)
}
