package callbacks

import (
	"cmp"
	"context"
	"slices"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

// What advice on indexes asks for at least. Below, an index would save less
// than it costs.
const (
	leastRuns  = 3   // of the shape
	leastRead  = 100 // rows read by each run, and rows that the table has
	leastRatio = 10  // rows read for each row returned or changed
	// A condition finds few rows when the rows of the table that were looked at
	// have at least that many different values there.
	leastValues = 5
	sampled     = 10000 // rows of a table that are looked at
)

// indexAdviser has ideas about indexes and tries them.
type indexAdviser struct {
	ctx     context.Context
	q       pragma.Querier // the database
	t       *trial
	samples map[string]sample
	now     map[string]int // see before
}

func newIndexAdviser(ctx context.Context, c *driver.Conn) (a *indexAdviser, done func(), err error) {
	q := pragma.On(c)
	t, err := newTrial(ctx, q, c.Config())
	if err != nil {
		return nil, nil, err
	}
	return &indexAdviser{ctx: ctx, q: q, t: t, samples: map[string]sample{}, now: map[string]int{}}, t.close, nil
}

// fix is a set of indexes that makes a shape's plan better.
type fix struct {
	shape   *Shape
	indexes []index
	kind    AdviceKind
	proof   Trial
	read    int64 // rows, by each run
	weight  int64 // rows that all runs read
}

// set is a set of indexes to try, and what they are for.
type set struct {
	indexes []index
	w       *wanted
}

// shapes are those that an index could help, with the fix that helps most.
func (a *indexAdviser) shapes(r *Report) (fixes []fix, err error) {
	for i := range r.Shapes {
		s := &r.Shapes[i]
		if !worth(s) {
			continue
		}
		found, ok, err := a.shape(s)
		if err != nil {
			return nil, err
		}
		if ok {
			fixes = append(fixes, found)
		}
	}
	return fixes, nil
}

// worth tells that the shape reads so much more than it returns that it is
// worth a look.
func worth(s *Shape) bool {
	if !sqltext.Classify(s.text()).Repeats() || s.Count < leastRuns || s.Counters.RowsRead/s.Count < leastRead {
		return false
	}
	out := s.wanted()
	return out == 0 || s.Counters.RowsRead/out >= leastRatio || s.Counters.AutoIndexes/s.Count >= leastRead
}

// wanted is how many rows the shape returned or changed, whichever are more.
func (s *Shape) wanted() int64 { return max(s.Rows, s.RowsAffected) }

// text is a text of the shape.
func (s *Shape) text() string {
	if s.sample != nil && s.sample.text != "" {
		return s.sample.text
	}
	return s.SQL
}

func (a *indexAdviser) shape(s *Shape) (f fix, ok bool, err error) {
	text := s.text()
	before, err := a.t.plan(a.ctx, text)
	if err != nil {
		return f, false, a.ctx.Err() // a table that is gone, a function of the program
	}
	if !a.same(text, before) {
		return f, false, nil // the copy would prove nothing
	}
	nulls := map[string]bool{}
	wants := a.t.wants(a.ctx, text)
	for _, w := range wants {
		for _, c := range w.nulls {
			nulls[sqltext.Lower(w.table+"."+c.column)] = true
		}
	}
	f = fix{shape: s, read: s.Counters.RowsRead / s.Count, weight: s.Counters.RowsRead}
	f.proof = Trial{ShapeID: s.ID, Before: StatementPlan{SQL: s.SQL, Nodes: before}}
	nodes := before
	for n := range 3 { // joins may lack more than one
		round, ok := a.round(text, nodes, f.indexes, a.sets(wants, nodes), nulls)
		if !ok {
			round, ok = a.round(text, nodes, f.indexes, a.pairs(wants), nulls)
		}
		if !ok || n > 0 && badness(nodes, nulls)-round.score < 100 {
			break // what was measured speaks for the first; a later one must end a loop of scans
		}
		f.indexes, nodes = round.indexes, round.after
		if f.kind == "" {
			f.kind = round.kind
		}
	}
	f.proof.After = StatementPlan{SQL: s.SQL, Nodes: nodes}
	return f, len(f.indexes) > 0, a.ctx.Err()
}

// same tells that the database plans the statement as the copy does.
func (a *indexAdviser) same(text string, nodes []PlanNode) bool {
	params, err := sqltext.Params(text)
	if err != nil {
		return false
	}
	cat := a.t.catalog
	there, err := explain(a.ctx, a.q, cat, text, unknown(params))
	return err == nil && StatementPlan{Nodes: there}.String() == StatementPlan{Nodes: nodes}.String()
}

// sets are the indexes to try for a statement.
func (a *indexAdviser) sets(wants []wanted, nodes []PlanNode) (sets []set) {
	for i := range wants {
		w := &wants[i]
		if a.t.broken[sqltext.Lower(w.table)] || a.size(w.table, nil).rows < leastRead {
			continue
		}
		size := func(columns []indexed) sample { return a.size(w.table, columns) }
		for _, indexes := range w.sets(size) {
			sets = append(sets, set{indexes, w})
		}
	}
	plan := StatementPlan{Nodes: nodes}
	plan.Walk(func(n *PlanNode) bool {
		if n.Automatic && n.Table != "" && a.size(n.Table, nil).rows >= leastRead {
			x := index{table: n.Table}
			for _, c := range n.Constraints {
				x.columns = append(x.columns, indexed{text: sqltext.Backquote(c.Column), column: c.Column})
			}
			sets = append(sets, set{[]index{x}, &wanted{table: n.Table, joined: x.columns}})
		}
		return true
	})
	return sets
}

// pairs are an index for the conditions on one table together with one for the
// way from there to another: neither helps without the other.
func (a *indexAdviser) pairs(wants []wanted) (sets []set) {
	for i := range wants {
		for j := range wants {
			from, to := &wants[i], &wants[j]
			if i == j || len(from.filters) == 0 || len(to.joined) == 0 || a.size(from.table, nil).rows < leastRead || a.size(to.table, nil).rows < leastRead ||
				a.t.broken[sqltext.Lower(from.table)] || a.t.broken[sqltext.Lower(to.table)] {
				continue
			}
			filters := choose(from.filters, func(c []indexed) sample { return a.size(from.table, c) })
			if a.size(from.table, filters).distinct < leastValues {
				continue
			}
			sets = append(sets, set{[]index{{table: from.table, columns: filters}, {table: to.table, columns: to.joined[:min(len(to.joined), maxColumns)]}}, to})
		}
	}
	return sets
}

type tried struct {
	set
	after []PlanNode
	score int
	kind  AdviceKind
}

// round tries each set beside the indexes that there are, and returns the best.
func (a *indexAdviser) round(text string, before []PlanNode, have []index, sets []set, nulls map[string]bool) (best tried, ok bool) {
	base := badness(before, nulls)
	seen := map[string]bool{}
	for _, s := range sets {
		indexes := name(append(slices.Clone(have), s.indexes...), a.t.catalog)
		key := ""
		for _, x := range indexes {
			key += x.key() + "\n"
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		var after []PlanNode
		err := a.t.with(a.ctx, indexes, func() (err error) {
			after, err = a.t.plan(a.ctx, text)
			return err
		})
		if err != nil {
			continue // an expression that no index may have
		}
		indexes = used(indexes, after)
		this := tried{set{indexes, s.w}, after, badness(after, nulls), ""}
		if len(indexes) <= len(have) || this.score >= base {
			continue
		}
		if this.kind, ok = a.helps(before, this); !ok {
			continue
		}
		if best.kind == "" || this.better(best) {
			best = this
		}
	}
	return best, best.kind != ""
}

func (t tried) better(u tried) bool {
	return cmp.Or(cmp.Compare(t.score, u.score), cmp.Compare(t.width(), u.width())) < 0
}

// width is how much there is to keep up to date.
func (t tried) width() (n int) {
	for _, x := range t.indexes {
		n += 10 * len(x.columns)
		if x.where != "" {
			n++
		}
		for _, c := range x.columns {
			if c.collation != "" || c.desc {
				n++
			}
		}
	}
	return n
}

// used are the indexes that the plan has.
func used(indexes []index, nodes []PlanNode) (out []index) {
	in := usedIndexes(nodes)
	for _, x := range indexes {
		if in[sqltext.Lower(x.name)] {
			out = append(out, x)
		}
	}
	return out
}
