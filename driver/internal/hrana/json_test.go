package hrana

import (
	"database/sql/driver"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

const goodRows = `{"cols":[{"name":"a","decltype":"INT"},{"name":null}],"rows":[[{"type":"integer","value":"1"},{"type":"null"}],[{"type":"text","value":"x"},{"type":"blob","base64":"AQ=="}]],` +
	`"affected_row_count":1,"last_insert_rowid":"5","replication_index":null,"rows_read":0,"rows_written":1,"query_duration_ms":0.5,"more":{"x":[1,true,null,"y"]}}`

func inBatch(results ...string) string {
	return `{"baton":"b","base_url":null,"more":[],"results":[{"type":"ok","response":{"type":"batch","result":{"step_results":[` +
		strings.Join(results, ",") + `],"step_errors":[null],"replication_index":"7"}}}]}`
}

func TestAnswer(t *testing.T) {
	a, err := readAnswer([]byte(inBatch(goodRows)), 1)
	require.NoError(t, err)
	require.Equal(t, "b", a.baton)
	b := a.results[0].batch
	require.EqualValues(t, 7, b.index)
	require.Equal(t, &stepResult{
		cols: []column{{"a", "INT"}, {"", ""}}, width: 2, rows: 2, changes: 1, rowid: 5, written: 1, millis: 0.5,
		values: []driver.Value{int64(1), nil, "x", []byte{1}},
	}, b.results[0])

	// The order of the fields is free.
	a, err = readAnswer([]byte(`{"results":[{"response":{"result":{"step_errors":[{"code":"C","extended_code":"E","message":"m"}],"step_results":[null]},"type":"batch"},"type":"ok"},`+
		`{"error":{"message":"m","code":null},"type":"error"},{"type":"ok","response":{"is_autocommit":true,"type":"get_autocommit"}}],"baton":null}`), 3)
	require.NoError(t, err)
	require.Equal(t, &serverError{"m", "C", "E"}, a.results[0].batch.errors[0])
	require.Equal(t, &serverError{message: "m"}, a.results[1].err)
	require.True(t, a.results[2].autocommit)
}

// The rowid comes as a string, a number, null, or not at all.
func TestRowIDs(t *testing.T) {
	for text, want := range map[string]int64{`,"last_insert_rowid":"-9223372036854775808"`: math.MinInt64, `,"last_insert_rowid":9223372036854775807`: math.MaxInt64, `,"last_insert_rowid":null`: 0, ``: 0} {
		a, err := readAnswer([]byte(inBatch(`{"cols":[],"rows":[],"affected_row_count":0`+text+`}`)), 1)
		require.NoError(t, err)
		require.Equal(t, want, a.results[0].batch.results[0].rowid)
	}
}

// What is wrong is named by its place.
func TestMalformedAnswers(t *testing.T) {
	row := func(value string) string {
		return inBatch(`{"cols":[{"name":"a"}],"rows":[[` + value + `]],"affected_row_count":0}`)
	}
	const place = "results[0].response.result.step_results[0].rows[0][0]"
	for body, want := range map[string]string{
		``:                                "it is no object",
		`hello`:                           "it is no object",
		`{}`:                              "it has 0 results for 1 requests",
		`{"results":[]}`:                  "it has 0 results for 1 requests",
		`{"results":[1]}`:                 "results[0] is no object",
		`{"results":[{}]}`:                "results[0] is neither ok nor an error",
		`{"results":[{"type":"error"}]}`:  "results[0] is neither ok nor an error",
		`{"results":[{"type":"ok"}]}`:     "results[0] is neither ok nor an error",
		`{"baton":7,"results":[]}`:        "baton is no string",
		`{"baton":"x`:                     "baton has no end",
		`{"baton":"x","results":[{"type"`: "results[0].type has no value",
		inBatch(goodRows) + "x":           "it goes on behind its end",
		inBatch(goodRows)[:200]:           "has no end",
		inBatch(`{"cols":[]}`):            "step_results[0] has no rows",
		row(`{"type":"integer","value":"9223372036854775808"}`):      place + " is no 64-bit integer",
		row(`{"type":"integer","value":"1.5"}`):                      place + " is no 64-bit integer",
		row(`{"type":"integer","value":""}`):                         place + " is no 64-bit integer",
		row(`{"type":"float","value":1e999}`):                        place + " is a number that is too large",
		row(`{"type":"float","value":"1"}`):                          place + " is no value",
		row(`{"type":"float","value":01}`):                           "rows",
		row(`{"type":"text"}`):                                       place + " is no value",
		row(`{"type":"text","value":5}`):                             place + " is no value",
		row(`{"type":"blob","base64":"*"}`):                          place + " is no base64",
		row(`{"type":"blob"}`):                                       place + " is no value",
		row(`{"type":"new","value":"1"}`):                            place + " is no value",
		row(`{"type":"text","value":"\ud800"}`):                      place + ".value holds half a character",
		row(`{"type":"text","value":"\ud800\u0041"}`):                place + ".value holds half a character",
		row(`{"type":"text","value":"\x"}`):                          place + ".value holds an escape that is none",
		row("{\"type\":\"text\",\"value\":\"\xff\"}"):                place + ".value is not UTF-8",
		row("{\"type\":\"text\",\"value\":\"\\n\xff\"}"):             place + ".value is not UTF-8",
		row("{\"type\":\"text\",\"value\":\"a\nb\"}"):                place + ".value holds a control character",
		row(`{"type":"null"},{"type":"null"}`):                       "step_results[0] has rows of 2 values and 1 columns",
		inBatch(`{"cols":[{}],"rows":[[{"type":"null"}],[]]}`):       "rows[1] has 0 values, and the row before it 1",
		`{"x":` + strings.Repeat("[", 100):                           "is nested too deep",
		`{"results":[{"type":"ok","response":{"type":"close"}},{}]}`: "results[1] is one more than was asked for",
	} {
		_, err := readAnswer([]byte(body), 1)
		require.ErrorIs(t, err, errMalformed, body)
		require.ErrorContains(t, err, want, body)
	}
}

// Every text survives the way there and back, whoever reads it.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "a", "\x00\x1f\"\\/", "ä€😀\u2028\u2029\ufffd", "\ufeff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		wire := appendString(nil, s)
		var theirs string
		require.NoError(t, json.Unmarshal(wire, &theirs))
		require.Equal(t, s, theirs)
		r := &reader{buf: wire}
		require.Equal(t, s, r.text())
		r.end()
		require.NoError(t, r.err)
		std, err := json.Marshal(s) // with other escapes
		require.NoError(t, err)
		r = &reader{buf: std}
		require.Equal(t, s, r.text())
	})
}

// Every finite number comes back as it was.
func FuzzFloat(f *testing.F) {
	for _, v := range []float64{0, 1, -1.5, 0.1, 5e-324, math.MaxFloat64, 1e21, 1e20, 1e-7, 123456789.123} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v float64) {
		wire, err := appendValue(nil, v)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		require.True(t, json.Valid(wire))
		r := &reader{buf: wire}
		got := r.value()
		require.NoError(t, r.err)
		require.Equal(t, math.Float64bits(v), math.Float64bits(got.(float64)), "%s", wire)
	})
}

// No answer crashes the reader, and what it takes is JSON.
func FuzzAnswer(f *testing.F) {
	f.Add(inBatch(goodRows))
	f.Add(`{"results":[{"type":"error","error":{"message":"m","code":"c"}}]}`)
	f.Add(`{"baton":null,"results":[{"type":"ok","response":{"type":"describe","result":{"params":[{"name":":a"}],"cols":[],"is_explain":false,"is_readonly":true}}}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		a, err := readAnswer([]byte(body), 1)
		if err != nil {
			require.ErrorIs(t, err, errMalformed)
			return
		}
		require.True(t, json.Valid([]byte(body)), body)
		require.Len(t, a.results, 1)
		if b := a.results[0].batch; b != nil {
			for _, s := range b.results {
				if s != nil && s.rows > 0 {
					require.Len(t, s.values, s.rows*len(s.cols))
				}
			}
		}
		_, _ = errorBody("", []byte(body))
	})
}

func TestNumbered(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT :a, ?, ?1, @b -- ?\n, '?', :a": "SELECT ?1, ?2, ?1, ?3 -- ?\n, '?', ?1",
		"SELECT ?5, ?, :x":                     "SELECT ?5, ?6, ?7",
	} {
		names, err := sqltext.Params(sql)
		require.NoError(t, err)
		require.Equal(t, want, numbered(sql, names))
	}
}

func BenchmarkReadAnswer(b *testing.B) {
	rows := make([]string, 1000)
	for i := range rows {
		rows[i] = `[{"type":"integer","value":"12345"},{"type":"text","value":"some text of a row"},{"type":"float","value":1.5}]`
	}
	body := []byte(inBatch(`{"cols":[{"name":"a"},{"name":"b"},{"name":"c"}],"rows":[` + strings.Join(rows, ",") + `],"affected_row_count":0}`))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readAnswer(body, 1); err != nil {
			b.Fatal(err)
		}
	}
}
