package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gorm-libsql/libsql/callbacks"
)

// timeline is a picture of transactions, a lane for each connection, and of
// the waits for locks below. Its lengths are in units of the view box.
type timeline struct {
	Width, Height int
	Lanes         []lane
	Bars          []bar
	Axis          []tick
	Bottom        int
	Labels        int // where they end
}

type lane struct {
	Name string
	Y, H int
	Text int // the baseline of its name
}

// bar is a transaction, the part of it that held the lock, or a wait.
type bar struct {
	X, W, Class, Text string
	Y, H              int
}

type transactionsData struct {
	Window  string
	Windows []column
	Picture *timeline
	Span    time.Duration
	Longest []callbacks.Transaction // by how long they held the write lock
	Waits   []callbacks.LockWait    // the longest
	Count   int
	Failed  int
	Blocked time.Duration
}

const (
	laneHeight               = 18
	timelineWidth            = 1120
	timelineLeft             = 84
	timelineSpan     float64 = timelineWidth - timelineLeft - 8
	mostLanes                = 16
	mostTransactions         = 25
)

// windows are how much of the past the picture shows.
var windows = []struct {
	key, name string
	length    time.Duration
}{{"", "all", 0}, {"100ms", "0.1 s", 100 * time.Millisecond}, {"1s", "1 s", time.Second}, {"10s", "10 s", 10 * time.Second}, {"1m", "1 min", time.Minute}, {"10m", "10 min", 10 * time.Minute}}

func transactions(_ *handler, r *http.Request, p *page) error {
	keys := make([]string, len(windows))
	for i := range windows {
		keys[i] = windows[i].key
	}
	data := transactionsData{Window: choice(r, "last", keys...), Count: len(p.Report.Transactions)}
	var length time.Duration
	for _, w := range windows {
		href := "?last=" + w.key
		if r.URL.Query().Get("live") == "off" {
			href += "&live=off"
		}
		data.Windows = append(data.Windows, column{Name: w.name, Href: href, Current: w.key == data.Window})
		if w.key == data.Window {
			length = w.length
		}
	}
	data.Picture, data.Span = draw(p.Report, length)
	data.Longest = slices.Clone(p.Report.Transactions)
	slices.SortStableFunc(data.Longest, func(a, b callbacks.Transaction) int {
		return cmp.Or(cmp.Compare(b.Locked, a.Locked), cmp.Compare(b.Duration, a.Duration))
	})
	data.Longest = data.Longest[:min(len(data.Longest), mostTransactions)]
	data.Waits = slices.Clone(p.Report.LockWaits)
	for i := range data.Waits {
		data.Blocked += data.Waits[i].Duration
		if data.Waits[i].Failed {
			data.Failed++
		}
	}
	slices.SortStableFunc(data.Waits, func(a, b callbacks.LockWait) int { return cmp.Compare(b.Duration, a.Duration) })
	data.Waits = data.Waits[:min(len(data.Waits), mostTransactions)]
	p.Data = data
	return nil
}

// draw pictures the last so long, up to the end of what has ended last; 0 for
// all that there is.
func draw(r *callbacks.Report, length time.Duration) (*timeline, time.Duration) {
	var from, until time.Time
	stretch := func(start time.Time, d time.Duration) {
		if from.IsZero() || start.Before(from) {
			from = start
		}
		if end := start.Add(d); end.After(until) {
			until = end
		}
	}
	for i := range r.Transactions {
		stretch(r.Transactions[i].Start, r.Transactions[i].Duration)
	}
	for i := range r.LockWaits {
		stretch(r.LockWaits[i].Start, r.LockWaits[i].Duration)
	}
	if from.IsZero() {
		return nil, 0
	}
	if length > 0 {
		from = until.Add(-length)
	}
	span := max(until.Sub(from), time.Microsecond)
	t := &timeline{Width: timelineWidth, Labels: timelineLeft - 10}
	x := func(at time.Time) float64 {
		return timelineLeft + timelineSpan*min(max(float64(at.Sub(from))/float64(span), 0), 1)
	}
	put := func(y, h int, class string, start time.Time, d time.Duration, text string) {
		end := start.Add(d)
		if end.Before(from) {
			return
		}
		left := x(start)
		width := max(x(end)-left, 1.5)
		t.Bars = append(t.Bars, bar{X: px(left), W: px(width), Y: y, H: h, Class: class, Text: text})
	}
	var conns []uint64
	for i := range r.Transactions {
		tx := &r.Transactions[i]
		if !tx.Start.Add(tx.Duration).Before(from) && !slices.Contains(conns, tx.Conn) {
			conns = append(conns, tx.Conn)
		}
	}
	slices.Sort(conns)
	conns = conns[:min(len(conns), mostLanes)]
	for i, conn := range conns {
		y := i * (laneHeight + 6)
		t.Lanes = append(t.Lanes, lane{Name: "conn " + strconv.FormatUint(conn, 10), Y: y, H: laneHeight, Text: y + 13})
	}
	for i := range r.Transactions {
		tx := &r.Transactions[i]
		at := slices.Index(conns, tx.Conn)
		if at < 0 || tx.Start.Add(tx.Duration).Before(from) {
			continue
		}
		y := at * (laneHeight + 6)
		text := tx.Start.Format("15:04:05.000") + ", " + duration(tx.Duration).String() + ", " + short(tx.Caller)
		end := "committed"
		if tx.Rollback {
			end = "rolled back"
		}
		class := "tx"
		if tx.Rollback {
			class = "tx back"
		}
		put(y, laneHeight, class, tx.Start, tx.Duration, text+"\n"+end+", "+count(tx.Statements)+" statements")
		if tx.LockWait > 0 {
			at := tx.Start.Add(max(tx.Duration-tx.Locked-tx.LockWait, 0))
			put(y, laneHeight, "lock", at, min(tx.LockWait, tx.Duration), text+"\nwaited "+duration(tx.LockWait).String()+" for the lock")
		}
		if tx.Locked > 0 {
			put(y, laneHeight, "held", tx.Start.Add(tx.Duration-tx.Locked), tx.Locked, text+"\nheld the write lock for "+duration(tx.Locked).String()+
				", others waited "+duration(tx.BlockedTime).String())
		}
	}
	y := len(conns) * (laneHeight + 6)
	if len(r.LockWaits) > 0 {
		// Waits overlap: each goes to the first row that is free.
		var ends []time.Time
		first := y
		for i := range r.LockWaits {
			w := &r.LockWaits[i]
			end := w.Start.Add(w.Duration)
			if end.Before(from) {
				continue
			}
			row := 0
			for row < len(ends) && ends[row].After(w.Start) {
				row++
			}
			if row == len(ends) {
				if row == mostLanes {
					continue
				}
				ends = append(ends, end)
			}
			ends[row] = end
			class, text := "wait", w.Start.Format("15:04:05.000")+", waited "+duration(w.Duration).String()+", "+short(w.Caller)
			if w.Failed {
				class, text = "wait failed", text+"\nin vain"
			}
			if w.Holder.File != "" {
				text += "\nfor " + short(w.Holder)
			}
			put(first+row*10, 7, class, w.Start, w.Duration, text)
		}
		if len(ends) > 0 {
			t.Lanes = append(t.Lanes, lane{Name: "waits", Y: first, H: len(ends)*10 - 3, Text: first + 9})
			y = first + max(len(ends)*10, laneHeight) + 4
		}
	}
	t.Bottom = y + 2
	t.Height = y + 24
	for i := 0; i <= 5; i++ {
		at := timelineLeft + timelineSpan*float64(i)/5
		label := "−" + round(duration(span*time.Duration(5-i)/5))
		class := ""
		if i == 5 {
			label, class = until.Format(time.TimeOnly), "end"
		}
		t.Axis = append(t.Axis, tick{At: px(at), Label: label, Class: class})
	}
	return t, span
}
