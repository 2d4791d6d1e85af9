package remote

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

const series = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ?) SELECT x, 'row ' || x AS name FROM c"

// readAll reads rows of series and returns how many there were.
func readAll(t *testing.T, rows *sql.Rows, most int) (n int, err error) {
	t.Helper()
	for n < most && rows.Next() {
		var x int
		var name string
		require.NoError(t, rows.Scan(&x, &name))
		n++
		require.Equal(t, n, x)
	}
	err = rows.Err()
	if cerr := rows.Close(); err == nil {
		err = cerr
	}
	return n, err
}

// A result that a pipeline does not take comes by a cursor.
func TestCursor(t *testing.T) {
	const all = 30_000
	for name, opts := range map[string]hranaserver.Options{"libsql-server": {}, "Turso Cloud": {Cloud: true, NoProtobuf: true}, "without Protobuf": {NoProtobuf: true}} {
		t.Run(name, func(t *testing.T) {
			opts.MaxResponse = 100_000
			k := serve(t, opts)
			k.exec("CREATE TABLE t (name)")
			extra := 1 // closing the stream
			if opts.Cloud {
				extra = 0
			}
			once := 0 // asking for Protobuf
			if opts.NoProtobuf {
				once = 1
			}
			query := func(q interface {
				QueryContext(context.Context, string, ...any) (*sql.Rows, error)
			}, most int) (int, error) {
				rows, err := q.QueryContext(bg, series, all)
				require.NoError(t, err)
				return readAll(t, rows, most)
			}
			for i, trips := range []int{2 + extra + once, 1 + extra} {
				require.Equal(t, trips, k.trips(func() {
					n, err := query(k.db, all+1)
					require.NoError(t, err)
					require.Equal(t, all, n)
				}), i)
				k.noStreams()
			}
			at := k.wire.urls[len(k.wire.urls)-1-extra]
			require.Equal(t, !opts.NoProtobuf, strings.HasSuffix(at, "/v3-protobuf/cursor"), at)
			_, err := query(k.db, 10) // closed early
			require.NoError(t, err)
			k.exec(insert, "a")

			tx := k.begin()
			_, err = tx.Exec(insert, "b")
			require.NoError(t, err)
			n, err := query(tx, all+1)
			require.NoError(t, err)
			require.Equal(t, all, n)
			_, err = query(tx, 10)
			require.NoError(t, err)
			rows, err := tx.Query(series, all)
			require.NoError(t, err)
			require.True(t, rows.Next())
			_, err = tx.Exec(insert, "c") // while rows are open
			require.NoError(t, err)
			var x int
			var s string
			require.True(t, rows.Next())
			require.NoError(t, rows.Scan(&x, &s))
			require.Equal(t, 2, x)
			require.NoError(t, rows.Close())
			require.NoError(t, tx.Commit())
			require.EqualValues(t, 3, k.count())

			tx = k.begin()
			_, err = tx.Exec(insert, "gone")
			require.NoError(t, err)
			_, err = tx.Query(series, all)
			require.NoError(t, err)
			require.NoError(t, tx.Rollback(), "rows are open")
			require.EqualValues(t, 3, k.count())
			require.Eventually(t, func() bool { return k.srv.Counters().OpenStreams == 0 }, streamsGone, tick)
		})
	}
}

// Rows that are cut off are an error, never an end.
func TestCursorThatIsCut(t *testing.T) {
	const all = 20_000
	for _, json := range []bool{false, true} {
		k := serve(t, hranaserver.Options{MaxResponse: 100_000, TxLimit: tick, NoProtobuf: json})
		cursorsThatAreCut(t, k, all)
	}
}

func cursorsThatAreCut(t *testing.T, k *kit, all int) {
	k.exec("CREATE TABLE t (name)")
	n, err := k.db.Query(series, all)
	require.NoError(t, err)
	require.NoError(t, n.Close()) // whether there is Protobuf is known now
	onCursor := func(r *http.Request, _ []byte) bool { return strings.HasSuffix(r.URL.Path, "/cursor") }
	for _, f := range []hranaserver.Fault{{Cut: 1000}, {Cut: 200_000}, {Cut: 20}, {Cut: -1}, {ResetBefore: true, Times: 2}, {Before: 500}} {
		f.On = onCursor
		k.srv.Inject(f)
		rows, err := k.db.Query(series, all)
		if err == nil {
			_, err = readAll(t, rows, all+1)
		}
		require.Error(t, err, f)
		k.srv.ClearFaults()
		tx := k.begin()
		_, err = tx.Exec(insert, "a")
		require.NoError(t, err)
		k.srv.Inject(f)
		rows, err = tx.Query(series, all)
		if err == nil {
			_, err = readAll(t, rows, all+1)
		}
		require.Error(t, err, f)
		k.srv.ClearFaults()
		_, err = tx.Exec(insert, "b")
		require.ErrorIs(t, err, driver.ErrTxRolledBack)
		require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
	}
	k.srv.ClearFaults()
	require.EqualValues(t, 0, k.count())
}

// Entries in every order that the protocol allows, and some that it does not.
func TestCursorEntries(t *testing.T) {
	const tooLarge = `{"baton":null,"base_url":null,"results":[{"type":"error","error":{"message":"Response is too large","code":"RESPONSE_TOO_LARGE"}},{"type":"ok","response":{"type":"close"}}]}`
	const head, begin, row = `{"baton":null,"base_url":null}` + "\n", `{"type":"step_begin","step":0,"cols":[{"name":"x"},{"name":"name"}]}` + "\n",
		`{"type":"row","row":[{"type":"integer","value":"1"},{"type":"text","value":"a"}]}` + "\n"
	const end, last = `{"type":"step_end","affected_row_count":0,"last_insert_rowid":5}` + "\n", `{"type":"replication_index","replication_index":null}` + "\n"
	for body, want := range map[string]string{
		head + begin + row + end + last: "",
		head + begin + end + last:       "",
		head + begin + row + `{"type":"new"}` + "\n" + end + strings.TrimSpace(last): "",
		head + begin + row + end: "cut off",
		head + begin + row:       "cut off",
		head:                     "cut off",
		"":                       "the answer cannot be read",
		"hello":                  "malformed answer",
		head + `{"type":"step_error","step":0,"error":{"message":"SQLite error: no","code":"SQLITE_BUSY"}}` + "\n" + last:               "no",
		head + begin + row + `{"type":"step_error","step":0,"error":{"message":"SQLite error: no","code":"SQLITE_BUSY"}}` + "\n" + last: "no",
		head + `{"type":"error","error":{"message":"all of it","code":"X"}}` + "\n":                                                     "all of it",
		head + begin + row + `{"type":"row","row":[]}` + "\n":                                                                           "a row of 0 values and 2 columns",
		head + row:         "a row of 2 values and 0 columns",
		head + begin + "{": "malformed answer",
		head + begin + `{"type":"row","row":[{"type":"integer","value":"x"}]}` + "\n": "row[0] is no 64-bit integer",
		head + last:                             "the transaction was rolled back",
		head + begin + row + last:               "cut off",
		head + begin + end + row + last:         "a row of 2 values and 2 columns",
		head + begin + begin + row + end + last: "a statement that begins twice",
		head + begin + row + `{"type":"step_begin","step":0,"cols":[{},{},{},{}]}` + "\n" + `{"type":"row","row":[{"type":"null"},{"type":"null"},{"type":"null"},{"type":"null"}]}` + "\n" + end + last: "a statement that begins twice",
		head + begin + row + `{"type":"step_error"}` + "\n" + row + last:                                                                              "a row of 2 values and 2 columns",
		head + begin + strings.Repeat("[", 1000):                                                                                                      "malformed answer",
		head + `{"type":"step_begin","step":0,"cols":` + strings.Repeat("[", 1000):                                                                    "malformed answer",
		head + `{"type":"step_begin","step":7,"cols":[{}]}` + "\n" + `{"type":"row","row":[{"type":"null"}]}` + "\n" + end + begin + row + end + last: "",
	} {
		db := answering(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/pipeline") {
				io.WriteString(w, tooLarge)
				return
			}
			io.WriteString(w, body)
		})
		rows, err := db.Query("SELECT 1")
		if err == nil {
			_, err = readAll(t, rows, 10)
		}
		if want == "" {
			require.NoError(t, err, body)
		} else {
			require.ErrorContains(t, err, want, body)
		}
	}
}

// The time of a stream runs while its rows do: they all come, and then the
// transaction has gone.
func TestStreamThatExpiresBehindItsCursor(t *testing.T) {
	const all = 20_000
	k := serve(t, hranaserver.Options{MaxResponse: 100_000})
	k.exec("CREATE TABLE t (name)")
	tx := k.begin()
	_, err := tx.Exec(insert, "a")
	require.NoError(t, err)
	rows, err := tx.Query(series, all)
	require.NoError(t, err)
	k.srv.Expire()
	n, err := readAll(t, rows, all+1)
	require.NoError(t, err)
	require.Equal(t, all, n)
	_, err = tx.Exec(insert, "b")
	require.ErrorIs(t, err, driver.ErrTxRolledBack)
	require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack)
	require.Zero(t, k.count())
}

// The server stops in the middle of the rows: whoever wants their stream waits no
// longer than its own context.
func TestCursorThatStops(t *testing.T) {
	const all = 20_000
	k := serve(t, hranaserver.Options{MaxResponse: 100_000})
	k.exec("CREATE TABLE t (name)")
	served := k.http.Config.Handler
	k.http.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/cursor") {
			served.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		served.ServeHTTP(rec, r)
		w.Write(rec.Body.Bytes()[:100_000])
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	for name, next := range map[string]func(ctx context.Context, tx *sql.Tx) error{
		"Exec": func(ctx context.Context, tx *sql.Tx) error { _, err := tx.ExecContext(ctx, insert, "b"); return err },
		"Describe": func(ctx context.Context, tx *sql.Tx) error {
			return driver.With(ctx, tx, func(c *driver.Conn) error { _, err := c.Describe(ctx, "SELECT 1"); return err })
		},
	} {
		tx := k.begin()
		_, err := tx.Exec(insert, "a")
		require.NoError(t, err)
		rows, err := tx.Query(series, all)
		require.NoError(t, err)
		require.True(t, rows.Next())
		ctx, cancel := context.WithCancel(bg)
		time.AfterFunc(20*time.Millisecond, cancel)
		err = next(ctx, tx)
		require.ErrorIs(t, err, context.Canceled, name)
		require.NotErrorIs(t, err, driver.ErrCommitUnknown)
		_, err = tx.Exec(insert, "c")
		require.ErrorIs(t, err, driver.ErrTxRolledBack, name)
		for rows.Next() {
		}
		require.Error(t, rows.Err(), "%s: not all of them have come", name)
		rows.Close()
		require.ErrorIs(t, tx.Commit(), driver.ErrTxRolledBack, name)
		k.srv.Expire()
	}
	require.Zero(t, k.count())
}

// A server that has no cursors: the result is too large, and that is all.
func TestNoCursors(t *testing.T) {
	k := serve(t, hranaserver.Options{MaxResponse: 100_000})
	k.exec("CREATE TABLE t (name)")
	gone := hranaserver.Fault{Before: 404, Times: -1, On: func(r *http.Request, _ []byte) bool { return strings.HasSuffix(r.URL.Path, "/cursor") }}
	k.srv.Inject(gone)
	for range 2 {
		_, err := k.db.Query(series, 20_000)
		require.ErrorIs(t, err, driver.ErrTooBig)
		tx := k.begin()
		_, err = tx.Exec(insert, "a")
		require.NoError(t, err)
		_, err = tx.Query(series, 20_000)
		require.ErrorIs(t, err, driver.ErrTooBig)
		_, err = tx.Exec(insert, "b")
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
	}
	require.EqualValues(t, 4, k.count())
}

// A cursor is asked for again as everything else is: with a new token, when the
// server is busy, when the connection breaks.
func TestCursorIsAskedForAgain(t *testing.T) {
	const all = 20_000
	asked := 0
	k := serve(t, hranaserver.Options{MaxResponse: 100_000}, func(c *driver.Config) {
		c.AuthTokenFunc = func(context.Context) (string, error) { asked++; return "token-" + strings.Repeat("x", asked), nil }
	})
	k.exec("CREATE TABLE t (name)")
	onCursor := func(r *http.Request, _ []byte) bool { return strings.HasSuffix(r.URL.Path, "/cursor") }
	for _, f := range []hranaserver.Fault{{Before: 401}, {Before: 429, Times: 2}, {ResetBefore: true}, {Before: 503}} {
		f.On = onCursor
		k.srv.Inject(f)
		rows, err := k.db.Query(series, all)
		require.NoError(t, err, f)
		n, err := readAll(t, rows, all+1)
		require.NoError(t, err, f)
		require.Equal(t, all, n)
		if f.ResetBefore || f.Before == 503 {
			continue // nobody knows what became of the stream of a transaction
		}
		tx := k.begin()
		_, err = tx.Exec(insert, "a")
		require.NoError(t, err)
		k.srv.Inject(f)
		rows, err = tx.Query(series, all)
		require.NoError(t, err, f)
		n, err = readAll(t, rows, all+1)
		require.NoError(t, err, f)
		require.Equal(t, all, n)
		require.NoError(t, tx.Commit())
	}
	require.Equal(t, 3, asked)
	require.EqualValues(t, 2, k.count())
}

// The memory does not grow with the rows.
func TestCursorMemory(t *testing.T) {
	all := 200_000
	if dbtest.Long() {
		all = 1_000_000
	}
	for _, json := range []bool{false, true} {
		k := serve(t, hranaserver.Options{MaxResponse: 100_000, NoProtobuf: json})
		rows, err := k.db.Query(series, all)
		require.NoError(t, err)
		heap := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.GC() // what is in a sync.Pool
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		var before int64
		n := 0
		for ; rows.Next(); n++ {
			switch n {
			case all / 10:
				before = heap()
			case all * 9 / 10:
				grown := heap() - before
				t.Logf("%d rows, Protobuf %t: the heap has grown by %d bytes between the first tenth and the last", all, !json, grown)
				// All of them would be more than 13 MB.
				require.Less(t, grown, int64(5<<20))
			}
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.Equal(t, all, n)
	}
}

// Rows are read while the rest is on the way: of a result without an end, too.
func TestCursorWithoutEnd(t *testing.T) {
	const endless = 1 << 50
	for _, json := range []bool{false, true} {
		k := serve(t, hranaserver.Options{MaxResponse: 100_000, NoProtobuf: json})
		k.db.SetMaxOpenConns(1)
		rows, err := k.db.Query(series, endless)
		require.NoError(t, err)
		n, err := readAll(t, rows, 2000) // closed early
		require.NoError(t, err)
		require.Equal(t, 2000, n)
		require.EqualValues(t, 1, k.int("SELECT 1"))

		ctx, cancel := context.WithCancel(bg)
		rows, err = k.db.QueryContext(ctx, series, endless)
		require.NoError(t, err)
		for n = 0; rows.Next(); n++ {
			if n == 2000 {
				cancel()
			}
		}
		require.GreaterOrEqual(t, n, 2000)
		require.ErrorIs(t, rows.Err(), context.Canceled)
		require.NoError(t, rows.Close())
		require.EqualValues(t, 1, k.int("SELECT 1"))
		// The server has given up the statements, and their streams.
		require.Eventually(t, func() bool { return k.srv.Counters().OpenStreams == 0 }, streamsGone, tick)
		cancel()
	}
}

// Every kind of value comes and goes by a cursor as by a pipeline, but for the
// infinities, which JSON has not.
func TestValuesByCursor(t *testing.T) {
	for _, json := range []bool{false, true} {
		k := serve(t, hranaserver.Options{MaxResponse: 1, NoProtobuf: json})
		for _, v := range []any{nil, int64(0), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), 0.1, math.Copysign(0, -1), 5e-324, math.MaxFloat64,
			"", "a\x00b<>&\u2028😀\"\\", strings.Repeat("long ", 40_000), []byte{}, []byte{0, 255}, bytes.Repeat([]byte{1, 2, 3}, 40_000)} {
			var positional, named any
			require.NoError(t, k.db.QueryRow("SELECT ?", v).Scan(&positional))
			require.NoError(t, k.db.QueryRow("SELECT :a", sql.Named("a", v)).Scan(&named))
			require.Equal(t, v, positional)
			require.Equal(t, v, named)
		}
		var a, b, c any
		require.NoError(t, k.db.QueryRow("SELECT :a, @a, $b", sql.Named("a", 1), sql.Named("b", 2)).Scan(&a, &b, &c))
		require.Equal(t, []any{int64(1), int64(1), int64(2)}, []any{a, b, c})
		require.NoError(t, k.db.QueryRow("SELECT ?2, ?1, :b", 1, 2, sql.Named("b", 3)).Scan(&a, &b, &c))
		require.Equal(t, []any{int64(2), int64(1), int64(3)}, []any{a, b, c})
		var f, g float64
		require.NoError(t, k.db.QueryRow("SELECT 9e999, -9e999").Scan(&f, &g))
		if json {
			require.True(t, math.IsNaN(f) && math.IsNaN(g))
		} else {
			require.True(t, math.IsInf(f, 1) && math.IsInf(g, -1))
		}
		rows, err := k.db.Query("SELECT 1 AS x, 2 AS x, NULL WHERE ?", 0)
		require.NoError(t, err)
		cols, err := rows.Columns()
		require.NoError(t, err)
		require.Equal(t, []string{"x", "x", "NULL"}, cols)
		require.False(t, rows.Next())
		require.NoError(t, rows.Close())
		_, err = k.db.Query("SELECT json_extract(x, '$') FROM (SELECT 'no' AS x WHERE ?)", 1)
		require.ErrorContains(t, err, "malformed JSON")
	}
}

// A setting is in the cursor's stream, too.
func TestCursorAfterSetting(t *testing.T) {
	for _, json := range []bool{false, true} {
		k := serve(t, hranaserver.Options{MaxResponse: 500, NoProtobuf: json})
		k.db.SetMaxOpenConns(1)
		k.exec("PRAGMA foreign_keys = OFF")
		var on, n int
		require.NoError(t, k.db.QueryRow("SELECT foreign_keys, (SELECT length(group_concat(x)) FROM ("+series+")) FROM pragma_foreign_keys", 10).Scan(&on, &n))
		require.Zero(t, on)
		rows, err := k.db.Query("SELECT foreign_keys, x FROM pragma_foreign_keys, ("+series+")", 200)
		require.NoError(t, err)
		for rows.Next() {
			require.NoError(t, rows.Scan(&on, &n))
			require.Zero(t, on)
		}
		require.NoError(t, rows.Err())
		require.Equal(t, 200, n)
	}
}
