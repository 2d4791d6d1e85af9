package web

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/callbacks"
)

func TestNumbers(t *testing.T) {
	plain := func(s scaled) string { return strings.ReplaceAll(s.String(), thin, " ") }
	for d, want := range map[time.Duration]string{
		0: "0", -1: "–", 1: "1 ns", 999: "999 ns", 1000: "1.00 µs", 1234: "1.23 µs", 99_949: "99.9 µs", 99_960: "100 µs", 999_400: "999 µs", 999_600: "1.00 ms",
		999_600_000: "1.00 s", 90 * time.Second: "90.0 s", 100 * time.Second: "1.67 min", 3 * time.Hour: "3.00 h", 1000 * time.Hour: "41.7 d", math.MaxInt64: "106752 d",
	} {
		require.Equal(t, want, plain(duration(d)))
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "0.98 KiB", 4096: "4.00 KiB", 64 << 20: "64.0 MiB", math.MaxInt64: "8388608 TiB"} {
		require.Equal(t, want, plain(size(n)))
	}
	for n, want := range map[int64]string{0: "0", 12: "12", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1: "-1", -999: "-999", -1000: "-1,000"} {
		require.Equal(t, want, count(n))
	}
	for x, want := range map[float64]string{0: "0", 0.001: "0", 0.5: "0.50", 3: "3", 9999: "9,999", 123.4: "123", 12345: "12.3 k", 999_600: "1.00 M", 5e9: "5.00 G"} {
		require.Equal(t, want, plain(about(x)))
	}
	for part, want := range map[float64]string{0: "0 %", 0.0001: "<0.1 %", 50: "50 %", 33.333: "33.3 %", 99.99: "99.9 %", 100: "100 %"} {
		require.Equal(t, want, plain(percent(part, 100)))
	}
	require.Equal(t, "–", plain(percent(1, 0)))
	require.Equal(t, "1.5"+thin+"s", round(scaled{"1.50", "s"}))
	require.Equal(t, "100"+thin+"s", round(scaled{"100", "s"}))
}

func TestLine(t *testing.T) {
	for text, want := range map[string]string{"": "", "abc": "abc", "abcd": "ab…", "äöüß": "äö…", "äöü": "äöü", "a\n\x00b": "a …", "\xff": "�"} {
		require.Equal(t, want, line(text, 3))
	}
}

func TestColored(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT * FROM t WHERE a = ? AND b BETWEEN 1 AND 2": "<b>SELECT</b> *\n<b>FROM</b> t\n<b>WHERE</b> a = ?\n  <b>AND</b> b <b>BETWEEN</b> 1 <b>AND</b> 2",
		"SELECT (SELECT 1 FROM u) FROM t LEFT JOIN u":       "<b>SELECT</b> (<b>SELECT</b> 1 <b>FROM</b> u)\n<b>FROM</b> t\n<b>LEFT</b> <b>JOIN</b> u",
		"DELETE FROM t":         "<b>DELETE</b> <b>FROM</b> t",
		"UPDATE t SET `from`=1": "<b>UPDATE</b> t\n<b>SET</b> `from`=1",
		"SELECT '<b>', \"&\"":   "<b>SELECT</b> &#39;&lt;b&gt;&#39;, &#34;&amp;&#34;",
		"\xff\x00\u202E\u2066":  "� ��", "": "", "SELECT `a\nb`": "<b>SELECT</b> `a b`",
	} {
		got := strings.ReplaceAll(strings.ReplaceAll(string(colored(sql, true)), " \n", "\n"), "\x00", "�")
		require.Equal(t, want, got)
	}
	require.Less(t, len(colored(strings.Repeat("SELECT ", 100_000), true)), 3*widest)
}

// Moments in which nothing ran are moments too.
func TestHistory(t *testing.T) {
	const length = 5 * time.Second
	start := time.Unix(1_000_000, 0)
	at := func(n int) callbacks.Moment {
		shaken := time.Duration(n%3) * time.Millisecond
		return callbacks.Moment{Start: start.Add(time.Duration(n)*length + shaken), Length: length, Count: 10, Latency: callbacks.Latency{P50: 1000, P99: 1_000_000}}
	}
	r := &callbacks.Report{From: start.Add(time.Second), Until: start.Add(9*length + 4*time.Second), History: []callbacks.Moment{at(0), at(1), at(5)}}
	p := history(r)
	require.Len(t, p.moments, 10)
	require.Equal(t, 4.0, p.moments[0].seconds, "the profiler began within it")
	require.Equal(t, 5.0, p.moments[1].seconds)
	require.Zero(t, p.moments[2].Count)
	require.InDelta(t, 4.0, p.moments[9].seconds, 0.1, "it has not ended")
	require.Equal(t, time.Minute, p.until.Sub(p.from).Round(time.Second), "a minute at least")
	sum, seconds := p.recent()
	require.Equal(t, int64(30), sum)
	require.InDelta(t, 48.0, seconds, 0.1)

	r.Until = start.Add(9*length + time.Second)
	begun := history(r)
	require.Len(t, begun.moments, 9, "what has only begun tells nothing")
	for n := 6; n < 500; n++ {
		r.History = append(r.History, at(n))
	}
	r.Until = start.Add(500 * length)
	long := history(r)
	require.Len(t, long.moments, 120)
	require.Empty(t, history(&callbacks.Report{}).moments)

	for _, c := range charts(r, &p) {
		require.NotEmpty(t, c.Series, c.Title)
		require.NotEmpty(t, c.Grid, c.Title)
		for _, s := range c.Series {
			require.NotContains(t, s.Path, "NaN")
			require.NotContains(t, s.Path, "Inf")
		}
	}
}

// The tiles are of the time of the charts, and of all there is when nothing ran
// meanwhile. The cache has a line of its own, with gaps where no page was
// wanted.
func TestOverviewOfAWindow(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	r := &callbacks.Report{From: now.Add(-time.Hour), Until: now, Total: callbacks.Measures{Count: 1000, Errors: 3, Latency: callbacks.Latency{P95: time.Second},
		Times: callbacks.Times{Whole: time.Minute, LockWait: 30 * time.Second}}, Shapes: []callbacks.Shape{{ID: "0123456789abcdef", SQL: "SELECT 1"}}}
	tile := func(name string) string {
		p := page{Report: r}
		require.NoError(t, overview(nil, nil, &p))
		data := p.Data.(overviewData)
		require.NotEmpty(t, data.Top)
		for _, x := range data.Tiles {
			if x.Name == name {
				return data.Window + ": " + strings.ReplaceAll(x.Value.String(), thin, " ")
			}
		}
		return ""
	}
	require.Equal(t, "Since it began: 1.00 s", tile("Latency p95"))
	require.Equal(t, "Since it began: 50 %", tile("Waiting"))
	require.Equal(t, "Since it began: –", tile("Cache hits"))

	for i := range 4 {
		m := callbacks.Moment{Start: now.Add(time.Duration(i-4) * 5 * time.Second), Length: 5 * time.Second, Count: 1}
		if i != 1 {
			m.CacheHits, m.CacheMisses = 3, 1
		}
		r.History = append(r.History, m)
	}
	r.Recent = callbacks.Moment{Start: r.History[0].Start, Length: 20 * time.Second, Count: 4, Self: time.Second, CacheHits: 9, CacheMisses: 3,
		Latency: callbacks.Latency{P95: time.Millisecond}}
	const window = "In the last 20.0\u202fs: "
	require.Equal(t, window+"1.00 ms", tile("Latency p95"))
	require.Equal(t, window+"0 %", tile("Waiting"))
	require.Equal(t, window+"0 %", tile("Errors"))
	require.Equal(t, window+"75 %", tile("Cache hits"))
	past := history(r)
	all := charts(r, &past)
	cache := all[len(all)-1]
	require.Equal(t, "Cache hits", cache.Title)
	require.Equal(t, "75"+thin+"%", cache.Series[0].Last)
	require.Equal(t, 2, strings.Count(cache.Series[0].Path, "M"), "a gap")
	require.Contains(t, cache.Hover[0].Text, "1 came from the file")
}

// The bars have all that the buckets have.
func TestHistogram(t *testing.T) {
	for _, buckets := range [][]callbacks.Bucket{
		{{From: 0, To: 128, Count: 3}}, {{From: 1000, To: 1062, Count: 1}}, {{From: 1000, To: 1062, Count: 5}, {From: time.Hour, To: 66 * time.Minute, Count: 7}},
	} {
		c := histogram(&callbacks.Latency{Buckets: buckets, P50: buckets[0].From, P95: buckets[0].From, P99: buckets[len(buckets)-1].To})
		require.Len(t, c.Hover, len(buckets))
		require.Len(t, c.Marks, 3)
		require.GreaterOrEqual(t, len(c.Axis), 2)
		require.NotContains(t, c.Series[0].Path, "NaN")
	}
	require.NotEmpty(t, histogram(&callbacks.Latency{}).Empty)
}

func TestNice(t *testing.T) {
	for x, want := range map[float64]float64{0: 1, 0.03: 0.04, 1: 1, 1.1: 2, 3: 4, 7: 8, 9: 10, 10: 10, 11: 20, 999: 1000} {
		require.InDelta(t, want, nice(x), 1e-9, x)
	}
}

// The picture has the window's part of what there is, and no more lanes than
// fit.
func TestTimeline(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	r := &callbacks.Report{}
	for i := range 100 {
		r.Transactions = append(r.Transactions, callbacks.Transaction{Conn: uint64(100 - i), Start: start.Add(time.Duration(i) * time.Second), Duration: time.Second / 2,
			Locked: time.Second / 4, LockWait: time.Second / 8, Rollback: i%2 == 0})
		r.LockWaits = append(r.LockWaits, callbacks.LockWait{Start: start, Duration: time.Duration(i) * time.Second, Failed: i == 99})
	}
	all, span := draw(r, 0)
	require.Equal(t, 99*time.Second+time.Second/2, span)
	require.LessOrEqual(t, len(all.Lanes), mostLanes+1)
	require.Equal(t, "conn 1", all.Lanes[0].Name)
	last, span := draw(r, time.Second)
	require.Equal(t, time.Second, span)
	require.Less(t, len(last.Bars), 10)
	for _, b := range append(all.Bars, last.Bars...) {
		require.NotContains(t, b.X+b.W, "NaN")
	}
	none, _ := draw(&callbacks.Report{}, 0)
	require.Nil(t, none)
}
