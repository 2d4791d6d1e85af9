package callbacks

import (
	"fmt"
	"slices"
	"time"

	"github.com/gorm-libsql/libsql/callbacks/internal/block"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// What advice on the program asks for at least. How often a loop must repeat a
// query is for the profiler to say: ProfilerConfig.Repeats.
const (
	leastBlocked = 100 * time.Millisecond // that others waited for a transaction
	leastTexts   = 50                     // of a shape
)

func (r *Report) shape(id string) *Shape {
	for i := range r.Shapes {
		if r.Shapes[i].ID == id {
			return &r.Shapes[i]
		}
	}
	return nil
}

// repeatedQueries are the loops that ask for each row by itself.
func repeatedQueries(r *Report) (all []Advice) {
	for _, rep := range r.Repeated {
		s := r.shape(rep.ShapeID)
		if s == nil || !asksByValue(s) {
			continue
		}
		a := Advice{
			Kind:  AdviceRepeated,
			Title: fmt.Sprintf("%s: a loop asks %s times for what one query could return", rep.Caller.place(), count(rep.Max)),
			Why:   "The same query ran again and again from the same line, within one request, with other values.",
			Evidence: []string{fmt.Sprintf("%s, with up to %s queries each, %s in all, in %v: %s",
				times(rep.Runs), count(rep.Max), count(rep.Count), rep.Self.Round(time.Microsecond), rep.SQL)},
			Table: s.Table, Shapes: []string{rep.ShapeID}, Callers: framesOf(rep.Caller), weight: int64(rep.Self),
		}
		a.Go = "ask once before the loop: Preload of the relation, Joins, or Where(\"column IN ?\", values)"
		if parent := r.shape(rep.Parent); parent != nil {
			a.Why = "A hook or callback asks again for every row of the query that caused it."
			a.Evidence = append(a.Evidence, "caused by: "+parent.SQL)
			a.Go = "Preload what the hook asks for, or let it ask for all rows at once"
		}
		all = append(all, a)
	}
	return all
}

// times is once, or how often.
func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return count(n) + " times"
}

// asksByValue tells that a query looks for rows by the value of a parameter,
// and that it is not the pages of a list.
func asksByValue(s *Shape) bool {
	text := s.text()
	if v := sqltext.Classify(text).Verb; v != sqltext.Select {
		return false
	}
	blocks, _ := block.Read(s.SQL)
	asks := false
	for _, b := range blocks {
		for _, t := range b.Terms {
			asks = asks || (t.Op == block.Eq || t.Op == block.In) && t.Right.Params
		}
		if b.Limit && s.Count > 0 && (s.Rows >= 2*s.Count || hasWord(s.SQL, "OFFSET")) {
			return false
		}
	}
	return asks
}

func hasWord(sql, word string) bool {
	for tok := range sqltext.Tokens(sql) {
		if tok.Is(sql, word) {
			return true
		}
	}
	return false
}

func framesOf(f Frame) []Frame {
	if f == (Frame{}) {
		return nil
	}
	return []Frame{f}
}

// separateWrites are the loops whose every write is a transaction of its own.
func separateWrites(r *Report) (all []Advice) {
	for _, rep := range r.Repeated {
		s := r.shape(rep.ShapeID)
		if s == nil || 2*rep.Alone < rep.Count {
			continue
		}
		verb := sqltext.Classify(s.text()).Verb
		if verb != sqltext.Insert && verb != sqltext.Update && verb != sqltext.Delete {
			continue
		}
		a := Advice{
			Kind:  AdviceNoTransaction,
			Title: fmt.Sprintf("%s: a loop commits %s times", rep.Caller.place(), count(rep.Max)),
			Why:   "Each write of the loop is a transaction of its own, which takes the lock and writes to the disk for itself.",
			Evidence: []string{fmt.Sprintf("%s, with up to %s writes each, %s in all, in %v; %s of them outside of any transaction: %s",
				times(rep.Runs), count(rep.Max), count(rep.Count), rep.Self.Round(time.Microsecond), count(rep.Alone), rep.SQL)},
			Go:    "wrap the loop in db.Transaction",
			Table: s.Table, Shapes: []string{rep.ShapeID}, Callers: framesOf(rep.Caller), weight: int64(rep.Self),
		}
		if verb == sqltext.Insert {
			a.Go = "Create a slice of all rows, or wrap the loop in db.Transaction"
		}
		all = append(all, a)
	}
	return all
}

// longTransactions are those that others had to wait for, by the line that
// begins them.
func longTransactions(r *Report) (all []Advice) {
	type group struct {
		count                           int64
		longest, locked, engine, waited time.Duration
		blocked                         int64
	}
	groups := map[Frame]*group{}
	var order []Frame
	for _, t := range r.Transactions {
		if t.Blocked == 0 || t.Locked == 0 {
			continue
		}
		g := groups[t.Caller]
		if g == nil {
			g = &group{}
			groups[t.Caller] = g
			order = append(order, t.Caller)
		}
		g.count++
		g.longest = max(g.longest, t.Locked)
		g.locked += t.Locked
		g.engine += min(t.InEngine, t.Locked)
		g.waited += t.BlockedTime
		g.blocked += t.Blocked
	}
	for _, caller := range order {
		g := groups[caller]
		if g.waited < leastBlocked {
			continue
		}
		a := Advice{
			Kind:  AdviceLongTransaction,
			Title: fmt.Sprintf("%s: others waited %v for its transactions", caller.place(), g.waited.Round(time.Millisecond)),
			Why:   "SQLite has one writer at a time. While a transaction holds the write lock, whoever else wants to write waits.",
			Evidence: []string{fmt.Sprintf("%s transactions held the write lock for %v, the longest for %v; %s waits fell into that time",
				count(g.count), g.locked.Round(time.Millisecond), g.longest.Round(time.Millisecond), count(g.blocked))},
			Go:      "write in smaller transactions",
			Callers: framesOf(caller), weight: int64(g.waited),
		}
		if idle := g.locked - g.engine; idle > g.locked/2 {
			a.Evidence = append(a.Evidence, fmt.Sprintf("for %v of it the program did other things than run statements", idle.Round(time.Millisecond)))
			a.Go = "do what is not of the database (requests, files, computing) before the first write, or after the commit"
		}
		for _, w := range r.LockWaits {
			if w.Holder == caller && !slices.Contains(a.Callers, w.Caller) && w.Caller != (Frame{}) {
				a.Callers = append(a.Callers, w.Caller)
				a.Evidence = append(a.Evidence, fmt.Sprintf("%s waited %v: %s", w.Caller.place(), w.Duration.Round(time.Millisecond), w.SQL))
			}
		}
		all = append(all, a)
	}
	return all
}

// manyTexts are the shapes that have a new text for most of their runs.
func manyTexts(r *Report) (all []Advice) {
	for _, s := range r.Shapes {
		if s.Texts < leastTexts || 2*s.Texts < s.Count || !sqltext.Classify(s.text()).Repeats() {
			continue
		}
		a := Advice{
			Kind:  AdviceManyTexts,
			Title: fmt.Sprintf("%s: most of its %s runs had a text of their own", cmpOr(s.Table, s.Verb), count(s.Count)),
			Why: "The queries differ in nothing but values, or in the length of a list, and yet each has to be compiled: " +
				"values that are written into SQL make a new text every time, and are an invitation to SQL injection.",
			Evidence: []string{fmt.Sprintf("%s texts in %s runs: %s", count(s.Texts), count(s.Count), s.SQL)},
			Go:       "write ? into the SQL and pass the values as arguments; for a list of any length use json_each(?)",
			Table:    s.Table, Shapes: []string{s.ID}, weight: int64(s.Times.Engine),
			Callers: callersOf(&s),
		}
		if s.sample != nil && !hasLiteral(s.sample.text) {
			if sqltext.Classify(s.text()).Verb == sqltext.Insert {
				continue // batches of as many rows as there were
			}
			a.Why = "The queries differ in nothing but the length of a list, and each length has to be compiled."
			a.Go = "use json_each(?) for a list of any length, with the values as one JSON array"
		}
		all = append(all, a)
	}
	return all
}

// hasLiteral tells that a value may be written into the text.
func hasLiteral(sql string) bool {
	for tok := range sqltext.Tokens(sql) {
		switch tok.Kind {
		case sqltext.String, sqltext.Number, sqltext.Blob:
			return true
		}
	}
	return false
}

// reprepared are the shapes that SQLite compiles again for most of their runs,
// although the statement is kept: https://www.sqlite.org/c3ref/prepare.html.
func reprepared(r *Report) (all []Advice) {
	for _, s := range r.Shapes {
		n := s.Counters.Reprepares
		if n < leastTexts || 2*n < s.Count || !sqltext.Classify(s.text()).Repeats() {
			continue
		}
		a := Advice{
			Kind:     AdviceReprepared,
			Title:    fmt.Sprintf("%s: compiled again for most of its %s runs", cmpOr(s.Table, s.Verb), count(s.Count)),
			Why:      "The schema changed between the runs, so that the kept statement was good for nothing.",
			Evidence: []string{fmt.Sprintf("%s times in %s runs: %s", count(n), count(s.Count), s.SQL)},
			Go:       "do not create, drop, attach or ANALYZE anything between the runs; keep temporary tables and empty them",
			Table:    s.Table, Shapes: []string{s.ID}, Callers: callersOf(&s), weight: int64(s.Times.Engine),
		}
		if hasWord(s.text(), "LIKE") || hasWord(s.text(), "GLOB") {
			a.Why = "SQLite looks at the value of a parameter to choose the plan, as for LIKE and GLOB, and compiles anew for each new value."
			a.Go = "where an index is no use for the pattern, hide it from the planner: LIKE ? || ''"
		}
		all = append(all, a)
	}
	return all
}

func callersOf(s *Shape) (frames []Frame) {
	for _, c := range s.Callers {
		frames = append(frames, framesOf(c.Frame)...)
	}
	return frames
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
