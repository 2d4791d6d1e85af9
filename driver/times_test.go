package driver_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/stretchr/testify/require"
)

// A column is a time because it is declared as one, and only then.
func TestTimesByDeclaredType(t *testing.T) {
	const text = "2024-01-02 03:04:05+00:00"
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	decls := map[string]any{}
	for _, d := range []string{"DATE", "DATETIME", "TIMESTAMP", "TIMESTAMPTZ", "DATETIMETZ", "datetime", "Timestamp", "DATETIME(3)", "timestamp (6)",
		"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITHOUT TIME ZONE (6)", "datetime NOT NULL DEFAULT 0"} {
		decls[d] = at
	}
	for _, d := range []string{"TEXT", "VARCHAR(30)", "", "TIME", "BLOB", "NUMERIC", "TIMESTAMPS", "DATES", "JSON"} {
		decls[d] = text
	}
	for decl, want := range decls {
		t.Run(decl, func(t *testing.T) {
			db := memory(t, "CREATE TABLE t(v "+decl+")", "CREATE VIEW w AS SELECT v AS x FROM t")
			exec(t, db, "INSERT INTO t VALUES (?)", text)
			eachWay(t, db, func(t *testing.T, r runner) {
				require.Equal(t, want, value(t, r, "SELECT v FROM t"))
				require.Equal(t, want, value(t, r, "SELECT v AS other FROM t AS u"))
				require.Equal(t, want, value(t, r, "SELECT x FROM w"))
				require.Equal(t, want, value(t, r, "WITH c AS (SELECT v FROM t) SELECT v FROM c"))
				require.Equal(t, want, value(t, r, "UPDATE t SET v = v RETURNING v"))
				require.Equal(t, text, value(t, r, "SELECT max(v) FROM t"), "an expression has no declared type")
				require.Equal(t, text, value(t, r, "SELECT v || '' FROM t"))
			})
		})
	}
}

// timeForms are what others leave in a time column, and the moment it stands for; nil: no time, and so as stored.
var timeForms = []struct {
	stored string // an SQL literal
	want   any
}{
	{"'2024-01-02'", time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)},
	{"'2024-01-02Z'", time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)},
	{"'2024-01-02 03:04'", time.Date(2024, 1, 2, 3, 4, 0, 0, time.UTC)},
	{"'2024-01-02 03:04:05'", time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)},
	{"'2024-01-02T03:04:05Z'", time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)},
	{"'2024-01-02T03:04:05.123456789+02:30'", time.Date(2024, 1, 2, 0, 34, 5, 123456789, time.UTC)},
	{"'2024-01-02 03:04:05.5-08:00'", time.Date(2024, 1, 2, 11, 4, 5, 500_000_000, time.UTC)},
	{"'2024-01-02 03:04:05.000000006 +0000 UTC'", time.Date(2024, 1, 2, 3, 4, 5, 6, time.UTC)},
	{"'2024-01-02 03:04:05 +0100 CET m=+0.012345678'", time.Date(2024, 1, 2, 2, 4, 5, 0, time.UTC)},
	{"'2024-01-02 03:04:05 +00:00'", time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)},
	{"'0001-01-01 00:00:00+00:00'", time.Time{}},
	{"'0000-01-01'", time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)},
	{"0", time.Unix(0, 0)}, {"1704164645", time.Unix(1704164645, 0)}, {"-86400", time.Unix(-86400, 0)},
	{"1704164645123", time.UnixMilli(1704164645123)}, {"-1704164645123", time.UnixMilli(-1704164645123)},
	{"1704164645.5", time.Unix(1704164645, 500_000_000)},
	{"2460311.75", time.Date(2024, 1, 2, 6, 0, 0, 0, time.UTC)},
	{"julianday('2024-01-02 03:04:05.678')", time.Date(2024, 1, 2, 3, 4, 5, 678_000_000, time.UTC)},
	{"''", nil}, {"' '", nil}, {"'now'", nil}, {"'0000-00-00 00:00:00'", nil}, {"'2024-02-30'", nil}, {"'03:04:05'", nil}, {"'2024-01-02 '", nil},
	{"'2024-01-02 24:00:00'", nil}, {"'2024-01-02' || char(0)", nil}, {"CAST(x'ff' AS TEXT)", nil}, {"'12345'", nil},
	{"NULL", nil}, {"9223372036854775807", nil}, {"-9223372036854775808", nil}, {"5.5", nil}, {"-5.5e300", nil}, {"9e999", nil},
	{"x'323032342d30312d3032'", nil}, {"printf('%.*c', 10000, '2')", nil},
}

// Every form is read, from a table as from RETURNING, as the first row as behind the first block, and with a location in that location.
func TestTimesOfOthers(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsText)
	tokyo := time.FixedZone("", 9*3600)
	if loc, err := time.LoadLocation("Asia/Tokyo"); err == nil {
		tokyo = loc
	}
	for _, zone := range []string{"", "Asia/Tokyo", "UTC"} {
		t.Run(zone, func(t *testing.T) {
			dsn := ":memory:"
			if zone != "" {
				dsn += "?_loc=" + url.QueryEscape(zone)
			}
			db := open(t, dsn)
			exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v DATETIME, raw BLOB)")
			for round := range 5 {
				for i, f := range timeForms {
					// no affinity may change what is stored: so by way of a blob column
					text := fmt.Sprintf("INSERT INTO t SELECT %d, x, x FROM (SELECT %s AS x)", round*len(timeForms)+i, f.stored)
					exec(t, db, text)
				}
			}
			rows := all(t, db, "SELECT id, v, raw, typeof(v), typeof(raw) FROM t ORDER BY id")
			for i, row := range rows {
				f := timeForms[i%len(timeForms)]
				at, isTime := f.want.(time.Time)
				if !isTime {
					if row[3] == row[4] { // the affinity NUMERIC of the column may have made another type of it
						require.Equal(t, row[2], row[1], f.stored)
					}
					continue
				}
				got, ok := row[1].(time.Time)
				require.True(t, ok, "%s: %T %v", f.stored, row[1], row[1])
				require.True(t, at.Equal(got), "%s: %v, want %v", f.stored, got, at)
				switch zone {
				case "Asia/Tokyo":
					require.Equal(t, tokyo.String(), got.Location().String(), f.stored)
				case "UTC":
					require.Equal(t, time.UTC, got.Location(), f.stored)
				}
			}
		})
	}
}

// The offset that is stored is kept, and none is UTC; nothing is ever in the local zone of the machine by itself.
func TestTimesKeepOffset(t *testing.T) {
	db := memory(t, "CREATE TABLE t(v DATETIME)")
	for stored, offset := range map[string]int{
		"2024-07-02 03:04:05": 0, "2024-07-02 03:04:05Z": 0, "2024-07-02 03:04:05+00:00": 0,
		"2024-07-02 03:04:05+05:45": 20700, "2024-07-02T03:04:05-0330": -12600,
	} {
		exec(t, db, "DELETE FROM t; INSERT INTO t VALUES (?)", stored)
		got := value(t, db, "SELECT v FROM t").(time.Time)
		_, have := got.Zone()
		require.Equal(t, offset, have, stored)
		require.NotEqual(t, time.Local, got.Location(), stored)
		if offset == 0 {
			require.Equal(t, time.UTC, got.Location(), stored)
		}
	}
	exec(t, db, "DELETE FROM t; INSERT INTO t VALUES (unixepoch('2024-07-02')), (julianday('2024-07-02'))")
	for _, row := range all(t, db, "SELECT v FROM t") {
		require.Equal(t, time.Date(2024, 7, 2, 0, 0, 0, 0, time.UTC), row[0])
	}
}

// database/sql scans a time column into times, and into texts where it can.
func TestTimesScan(t *testing.T) {
	at := time.Date(2024, 1, 2, 3, 4, 5, 6000, time.UTC)
	db := memory(t, "CREATE TABLE t(v DATETIME, n DATETIME)")
	exec(t, db, "INSERT INTO t VALUES (?, NULL)", at)
	var v time.Time
	var n sql.NullTime
	var p *time.Time
	require.NoError(t, db.QueryRow("SELECT v, n, n FROM t").Scan(&v, &n, &p))
	require.Equal(t, at, v)
	require.False(t, n.Valid)
	require.Nil(t, p)
	var s string
	require.NoError(t, db.QueryRow("SELECT v FROM t").Scan(&s))
	require.Equal(t, "2024-01-02T03:04:05.000006Z", s)
	require.NoError(t, db.QueryRow("SELECT CAST(v AS TEXT) FROM t").Scan(&s))
	require.Equal(t, "2024-01-02 03:04:05.000006+00:00", s)
	require.ErrorContains(t, db.QueryRow("SELECT 'noon' FROM t").Scan(&v), "unsupported Scan")
}

// A text in a time column that is no time may have any length.
func TestLongTextInTimeColumn(t *testing.T) {
	db := memory(t, "CREATE TABLE t(id INTEGER PRIMARY KEY, v DATETIME, w TEXT)")
	for i, n := range []int{0, 1, 100, 8192, 8193, 100_000} {
		exec(t, db, "INSERT INTO t VALUES (?, ?, ?)", i, strings.Repeat("x", n), strings.Repeat("y", n))
	}
	for i, row := range all(t, db, "SELECT id, v, w, length(v) FROM t ORDER BY id") {
		require.Equal(t, int64(i), row[0])
		require.Equal(t, strings.Repeat("x", int(row[3].(int64))), row[1])
		require.Equal(t, strings.Repeat("y", int(row[3].(int64))), row[2])
	}
}
