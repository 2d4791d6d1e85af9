package driver_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// same tells that two values are of one type and the same to the last bit.
func same(a, b any) bool {
	switch a := a.(type) {
	case float64:
		b, ok := b.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	case []byte:
		b, ok := b.([]byte)
		return ok && b != nil && bytes.Equal(a, b)
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b) && b.Location() == time.UTC
	}
	return a == b
}

func requireSame(t *testing.T, want, got [][]any) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.Len(t, got[i], len(want[i]))
		for j := range want[i] {
			if !same(want[i][j], got[i][j]) {
				t.Fatalf("row %d, column %d: %T %.100v, want %T %.100v", i, j, got[i][j], got[i][j], want[i][j], want[i][j])
			}
		}
	}
}

// random makes a value of one of the types that SQLite stores. Lengths lie around what makes a difference: the room of small blocks,
// the length of long cells, the size of a block.
func random(rnd *rand.Rand) any {
	lengths := []int{0, 1, 2, 7, 48, 255, 256, 4000, 8191, 8192, 8193, 16384, 70_000}
	n := lengths[min(rnd.IntN(len(lengths)), rnd.IntN(len(lengths)), rnd.IntN(len(lengths)))]
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	switch rnd.IntN(9) {
	case 0:
		return nil
	case 1:
		return rnd.Int64() >> rnd.IntN(64)
	case 2:
		return -rnd.Int64() >> rnd.IntN(64)
	case 3:
		return []any{int64(math.MinInt64), int64(math.MaxInt64), math.Inf(1), math.Inf(-1), math.MaxFloat64, 5e-324, 1e15, 0.0}[rnd.IntN(8)]
	case 4:
		if f := math.Float64frombits(rnd.Uint64()); !math.IsNaN(f) {
			return f
		}
		return 1.0
	case 5:
		return string(b)
	case 6:
		return strings.Repeat("é", n/2)
	case 7:
		return time.Unix(rnd.Int64N(253402300800+62135596800)-62135596800, rnd.Int64N(1e9)).UTC().Format("2006-01-02 15:04:05.999999999")
	}
	return b
}

func randomRows(rnd *rand.Rand, rows, cols int) [][]any {
	out := make([][]any, rows)
	for i := range out {
		out[i] = []any{int64(i)}
		for range cols - 1 {
			v := random(rnd)
			for dbtest.CannotTravel(v) {
				v = random(rnd)
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}

func marks(n int) string { return "(" + strings.Repeat("?, ", n-1) + "?)" }

// What goes in comes out, on every kind of database, in every way to write and to read, in results of one row and of many blocks.
func TestRoundTrip(t *testing.T) {
	seed := uint64(1)
	if dbtest.Long() {
		seed = uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
	}
	rnd := rand.New(rand.NewPCG(seed, 0))
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE v(id INTEGER PRIMARY KEY, a, b, c, d, e)")
		eachWay(t, db, func(t *testing.T, r runner) {
			exec(t, r, "DELETE FROM v")
			want := randomRows(rnd, []int{1, 15, 16, 17, 143, 144, 145, 300}[rnd.IntN(8)], 6)
			for i, row := range want {
				if i%3 == 0 {
					requireSame(t, [][]any{row}, all(t, r, "INSERT INTO v VALUES "+marks(6)+" RETURNING *", row...))
				} else {
					exec(t, r, "INSERT INTO v VALUES "+marks(6), row...)
				}
			}
			requireSame(t, want, all(t, r, "SELECT * FROM v ORDER BY id"))
			requireSame(t, want[:1], all(t, r, "SELECT * FROM v WHERE id = ?", 0))
			row := want[rnd.IntN(len(want))]
			requireSame(t, [][]any{row}, all(t, r, "SELECT ?, ?, ?, ?, ?, ?", row...))
		})
	})
}

// Times come back to the nanosecond.
func TestRoundTripTimes(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	db := memory(t, "CREATE TABLE v(id INTEGER PRIMARY KEY, at DATETIME, n INTEGER, s TEXT)")
	eachWay(t, db, func(t *testing.T, r runner) {
		exec(t, r, "DELETE FROM v")
		var want [][]any
		for i := range 200 {
			at := time.Unix(rnd.Int64N(253402300800+62167219200)-62167219200, rnd.Int64N(1e9)).UTC()
			if i%4 == 0 {
				at = at.Truncate(time.Second)
			}
			row := []any{int64(i), at, rnd.Int64(), "é"}
			want = append(want, row)
			exec(t, r, "INSERT INTO v VALUES "+marks(4), row[0], at.In(time.FixedZone("", rnd.IntN(80000)-40000)), row[2], row[3])
		}
		requireSame(t, want, all(t, r, "SELECT * FROM v ORDER BY id"))
	})
}

// A result may have any number of columns that SQLite allows, and of rows.
func TestWideAndLong(t *testing.T) {
	db := memory(t)
	for _, cols := range []int{1, 15, 16, 17, 47, 48, 49, 2000} {
		row := make([]any, cols)
		for i := range row {
			row[i] = []any{int64(i), float64(i) + 0.5, fmt.Sprint("x", i), []byte{byte(i)}, nil}[i%5]
		}
		wide := "VALUES " + marks(cols)
		requireSame(t, [][]any{row}, all(t, db, wide, row...))
		requireSame(t, [][]any{row, row, row, row, row, row, row}, all(t, db, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i < 7), w AS ("+wide+
			") SELECT w.* FROM n, w", row...))
	}
	require.ErrorContains(t, queryErr(db, "VALUES "+marks(2001), make([]any, 2001)...), "too many columns in result set")
	for _, rows := range []int64{0, 1, 15, 16, 17, 143, 144, 145, 272, 273, 5000} {
		var n, sum int64
		r := query(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 WHERE ?1 > 0 UNION ALL SELECT i+1 FROM n WHERE i < ?1) SELECT i FROM n", rows)
		for r.Next() {
			var v int64
			require.NoError(t, r.Scan(&v))
			n++
			sum += v
		}
		require.NoError(t, r.Err())
		require.Equal(t, rows, n)
		require.Equal(t, rows*(rows+1)/2, sum)
	}
}

// A statement without columns gives rows without columns: none.
func TestNoColumns(t *testing.T) {
	onEach(t, func(t *testing.T, db *sql.DB) {
		exec(t, db, "CREATE TABLE v(a)")
		for _, text := range []string{"INSERT INTO v VALUES (1), (2)", "UPDATE v SET a = 3", "CREATE TABLE w(b)", "PRAGMA user_version = 3",
			"DELETE FROM v", "", "-- nothing", ";;", "SELECT 1 WHERE 0", "PRAGMA incremental_vacuum"} {
			if dbtest.Remote() && text == "PRAGMA incremental_vacuum" {
				continue // servers refuse it
			}
			rows := query(t, db, text)
			cols, err := rows.Columns()
			require.NoError(t, err)
			require.Equal(t, strings.HasPrefix(text, "SELECT"), len(cols) == 1, text)
			require.False(t, rows.Next(), text)
			require.NoError(t, rows.Err(), text)
			require.NoError(t, rows.Close(), text)
			require.ErrorContains(t, rows.Scan(new(any)), "closed")
		}
		require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM v"))
		require.Equal(t, int64(0), value(t, db, "SELECT count(*) FROM w"))
		require.Equal(t, int64(3), value(t, db, "PRAGMA user_version"))
	})
}

// Every page that incremental_vacuum frees is a step of a statement without columns.
func TestIncrementalVacuumRunsToItsEnd(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := open(t, t.TempDir()+"/a.db?_auto_vacuum=incremental")
	fill := func() {
		exec(t, db, "CREATE TABLE v(a); INSERT INTO v SELECT zeroblob(4000) FROM generate_series(1, 200); DROP TABLE v")
		require.Greater(t, value(t, db, "PRAGMA freelist_count"), int64(100))
	}
	fill()
	exec(t, db, "PRAGMA incremental_vacuum")
	require.Equal(t, int64(0), value(t, db, "PRAGMA freelist_count"))
	fill()
	require.NoError(t, query(t, db, "PRAGMA incremental_vacuum").Close())
	require.Equal(t, int64(0), value(t, db, "PRAGMA freelist_count"))
}

// What was scanned stays as it was while later rows are read: nothing points at memory that is used again.
func TestValuesStayAfterNext(t *testing.T) {
	db := memory(t)
	rows := query(t, db, "SELECT value, 'text ' || value, CAST('blob ' || value AS BLOB), value + 0.5, zeroblob(10000) || value FROM generate_series(1, 1000)")
	var got [][]any
	for rows.Next() {
		row := make([]any, 5)
		var b, long sql.RawBytes
		require.NoError(t, rows.Scan(&row[0], &row[1], &b, &row[3], &long))
		b[0] = 'B' // what is ours to write to must not change what others hold
		row[2] = string(b)
		row[4] = string(long[len(long)-1:])
		got = append(got, row)
	}
	require.NoError(t, rows.Err())
	require.Len(t, got, 1000)
	for i, row := range got {
		n := fmt.Sprint(i + 1)
		require.Equal(t, []any{int64(i + 1), "text " + n, "Blob " + n, float64(i) + 1.5, n[len(n)-1:]}, row)
	}
}
