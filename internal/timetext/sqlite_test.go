package timetext_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

// runSQLite answers each of the expressions as a line, by the sqlite3 command.
func runSQLite(t *testing.T, expressions []string) []string {
	t.Helper()
	path, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("no sqlite3 command")
	}
	// The version tells whether the 'auto' modifier is there, which came with 3.38.
	asks := append([]string{"sqlite_version() >= '3.38' AND sqlite_version() LIKE '3.__.%'"}, expressions...)
	cmd := exec.CommandContext(t.Context(), path, "-batch", ":memory:")
	cmd.Stdin = strings.NewReader("SELECT " + strings.Join(asks, ";\nSELECT ") + ";\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(asks) {
		t.Fatalf("%d answers to %d questions: %s", len(lines), len(asks), out)
	}
	if lines[0] != "1" {
		t.Skip("the sqlite3 command is older than 3.38")
	}
	return lines[1:]
}

const sqliteMillis = "2006-01-02 15:04:05.000"

// SQLite's own functions see the time that Append wrote, to the millisecond.
func TestSQLiteReadsAppend(t *testing.T) {
	times := []time.Time{
		{},
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_000_000, time.UTC),
		time.Date(2024, 2, 29, 13, 4, 5, 0, time.FixedZone("", 7200)),
		time.Date(2024, 2, 29, 13, 4, 5, 100_000_000, time.UTC),
		time.Date(2024, 2, 29, 13, 4, 5, 123_456_789, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC),
	}
	var asks []string
	for _, at := range times {
		asks = append(asks, fmt.Sprintf("strftime('%%Y-%%m-%%d %%H:%%M:%%f', '%s')", mustAppend(t, at)))
	}
	for i, got := range runSQLite(t, asks) {
		if want := times[i].UTC().Round(time.Millisecond).Format(sqliteMillis); got != want {
			t.Errorf("%s: got %q, want %q", asks[i], got, want)
		}
	}
}

// The limit that the package comment names: SQLite rounds to milliseconds. Newer
// versions cut them off here.
func TestSQLiteRoundsOutOfTheLastYear(t *testing.T) {
	last := time.Date(9999, 12, 31, 23, 59, 59, 999_499_999, time.UTC)
	got := runSQLite(t, []string{
		fmt.Sprintf("coalesce(datetime('%s'), 'NULL')", mustAppend(t, last)),
		fmt.Sprintf("coalesce(datetime('%s'), 'NULL')", mustAppend(t, last.Add(time.Nanosecond))),
	})
	const end = "9999-12-31 23:59:59"
	if got[0] != end || got[1] != "NULL" && got[1] != end {
		t.Errorf("got %q", got)
	}
}

// SQLite's text of a time is read as that time.
func TestParseReadsSQLite(t *testing.T) {
	at := time.Date(2024, 2, 29, 13, 4, 5, 678_000_000, time.UTC)
	tests := []struct {
		ask  string
		want time.Time
	}{
		{"datetime(%s)", at.Truncate(time.Second)},
		{"datetime(%s, 'subsec')", at}, // since 3.42; older answer NULL
		{"date(%s)", at.Truncate(24 * time.Hour)},
		{"strftime('%%Y-%%m-%%d %%H:%%M', %s)", at.Truncate(time.Minute)},
		{"strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', %s)", at},
	}
	var asks []string
	for _, tt := range tests {
		asks = append(asks, fmt.Sprintf(tt.ask, "'"+string(mustAppend(t, at))+"'"))
	}
	for i, text := range runSQLite(t, asks) {
		if got, ok := timetext.Parse(text); text != "" && (!ok || !got.Equal(tests[i].want)) {
			t.Errorf("%s: Parse(%q) = %v, %t; want %v", asks[i], text, got, ok, tests[i].want)
		}
	}
}

// FromFloat is SQLite's 'auto' modifier, to the millisecond that this keeps.
func TestFromFloatIsSQLiteAuto(t *testing.T) {
	values := []float64{1721059.5, 2440587.5, 2460311.627843495, 2451544.999999999, 5373484.49999999, 5373484.499999999,
		5373484.5, -1, -0.25, 1704164645.678, 1704164645.123456, -1704164645.9876, 10413792000.123,
		-62167219199.75, 253402300799, 253402300799.5, 253402300798.9996, -210866760001, 1e15}
	for day := 1721060.0; day < 5373484; day += 7777.7777 {
		values = append(values, day)
	}
	var asks []string
	for _, v := range values {
		asks = append(asks, fmt.Sprintf("coalesce(strftime('%%Y-%%m-%%d %%H:%%M:%%f', %.17g, 'auto'), 'NULL')", v))
	}
	for i, want := range runSQLite(t, asks) {
		at, ok := timetext.FromFloat(values[i])
		got := "NULL"
		if ok {
			got = at.Round(time.Millisecond).Format(sqliteMillis)
		}
		if got != want {
			t.Errorf("FromFloat(%v) is %s, in SQLite %s", values[i], got, want)
		}
	}
}
