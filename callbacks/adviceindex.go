package callbacks

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

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

// sample is what some columns are like in the first rows of their table.
type sample struct{ rows, distinct int64 }

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

// wanted is how many rows the shape returned or, of one that writes, changed.
func (s *Shape) wanted() int64 {
	if s.writes() {
		return max(s.Rows, s.RowsAffected)
	}
	return s.Rows
}

// writes tells that the shape changes rows. GORM counts the rows of a query,
// too, as affected.
func (s *Shape) writes() bool {
	switch sqltext.Classify(s.text()).Verb {
	case sqltext.Insert, sqltext.Update, sqltext.Delete:
		return true
	}
	return false
}

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

func usedIndexes(nodes []PlanNode) map[string]bool {
	in := map[string]bool{}
	walkPlan(nodes, func(n *PlanNode) bool {
		if n.Index != "" {
			in[sqltext.Lower(n.Index)] = true
		}
		return true
	})
	return in
}

// badness is how much work a plan looks like. The planner has chosen each plan
// by its own costs, with the indexes that there are; what is left to compare
// is how tables are gone through, and how often: a scan inside a loop over the
// rows of another table is run for each of them.
func badness(nodes []PlanNode, nulls map[string]bool) int { return loopBadness(nodes, nulls, false) }

func loopBadness(nodes []PlanNode, nulls map[string]bool, inside bool) (sum int) {
	scan := func(n int) {
		if inside {
			n *= 10
		}
		sum += n
		inside = true
	}
	for _, n := range nodes {
		within := false
		switch n.Kind {
		case PlanScan:
			switch {
			case n.Virtual || n.Table == "":
				inside = true
			case n.Index != "" && !n.Covering:
				scan(60) // for its order
			default:
				scan(100)
			}
		case PlanSearch:
			sum += searchBadness(n, nulls)
			inside = true
		case PlanSubquery:
			within = n.Correlated
		case PlanTempBTree:
			sum += 10
			if strings.HasPrefix(n.For, "RIGHT PART") || strings.HasPrefix(n.For, "LAST ") {
				sum -= 5
			}
		case PlanMultiIndexOr:
			sum += 55
			inside = true
			continue
		}
		sum += loopBadness(n.Children, nulls, within)
	}
	return sum
}

func searchBadness(n PlanNode, nulls map[string]bool) int {
	switch {
	case n.Automatic:
		return 90
	case n.SkipScan:
		return 80
	case n.PrimaryKey:
		return 30
	case n.Index == "":
		return 95 // a min or max of all rows
	}
	columns := map[string]bool{}
	for _, c := range n.Constraints {
		if !nulls[sqltext.Lower(n.Table+"."+c.Column)] {
			columns[c.Column] = true
		}
	}
	if len(columns) == 0 && len(n.Constraints) > 0 {
		return 95 // of IS NULL only, which most rows are
	}
	return 50 - 5*min(len(columns), 5)
}

// helps judges what the plan does not show: that the index leaves out rows.
func (a *indexAdviser) helps(before []PlanNode, t tried) (kind AdviceKind, ok bool) {
	added := t.indexes[len(t.indexes)-1]
	var node *PlanNode
	walkPlan(t.after, func(n *PlanNode) bool {
		if sqltext.EqualFold(n.Index, added.name) {
			node = n
		}
		return node == nil
	})
	switch {
	case node == nil:
		return "", false
	case automatic(before, added.table) && !automatic(t.after, added.table):
		return AdviceAutomaticIndex, true
	case node.Kind == PlanScan:
		// in the order that is wanted, which is worth it when the end is not
		return AdviceSort, t.w.limit && !t.w.beside && sorts(t.after) < sorts(before) && !a.unanswered(t.w, node)
	case len(node.Constraints) == 0:
		return AdviceIndex, t.w.extreme
	}
	kind = AdviceIndex
	if !scans(before, added.table) && sorts(t.after) < sorts(before) {
		kind = AdviceSort
	}
	if len(t.w.either) > 0 && len(t.indexes) > 1 {
		return kind, true
	}
	if !t.w.sums && !t.w.beside && !a.unanswered(t.w, node) && !(t.w.limit && sorts(t.after) > 0) {
		return kind, true // what is returned is what is found
	}
	return kind, a.findsFew(t.w, node)
}

// unanswered tells that there are conditions on the table which the node's
// index does not answer, so that they and not it may be what leaves out rows.
func (a *indexAdviser) unanswered(w *wanted, n *PlanNode) bool {
	if w.other || len(w.either) > 0 {
		return true
	}
	equal, ranged := map[string]bool{}, map[string]bool{}
	for _, c := range n.Constraints {
		if c.Op == "=" {
			equal[sqltext.Lower(c.Column)] = true
		} else {
			ranged[sqltext.Lower(c.Column)] = true
		}
	}
	is := func(in map[string]bool) func(indexed) bool {
		return func(c indexed) bool { return c.column != "" && !in[sqltext.Lower(c.column)] }
	}
	return slices.ContainsFunc(w.filters, is(equal)) || slices.ContainsFunc(w.ranges, is(ranged))
}

// findsFew tells that the equalities which the node's index answers find few
// of the table's rows.
func (a *indexAdviser) findsFew(w *wanted, n *PlanNode) bool {
	var columns []indexed
	for _, c := range n.Constraints {
		if c.Op != "=" {
			continue
		}
		for _, f := range append(slices.Clone(w.filters), w.joined...) {
			if sqltext.EqualFold(f.column, c.Column) || f.column == "" && c.Column == "<expr>" {
				columns = appendNew(columns, f)
			}
		}
	}
	return len(columns) > 0 && a.size(w.table, columns).distinct >= leastValues
}

func automatic(nodes []PlanNode, table string) (is bool) {
	walkPlan(nodes, func(n *PlanNode) bool {
		is = is || n.Automatic && sqltext.EqualFold(n.Table, table)
		return true
	})
	return is
}

func scans(nodes []PlanNode, table string) (is bool) {
	walkPlan(nodes, func(n *PlanNode) bool {
		is = is || n.Kind == PlanScan && sqltext.EqualFold(n.Table, table)
		return true
	})
	return is
}

func sorts(nodes []PlanNode) (n int) {
	walkPlan(nodes, func(node *PlanNode) bool {
		if node.Kind == PlanTempBTree {
			n++
		}
		return true
	})
	return n
}

// size looks at the first rows of a table: how many there are, and how many
// different values the columns have there.
func (a *indexAdviser) size(table string, columns []indexed) (s sample) {
	list := "1"
	if len(columns) > 0 {
		var texts []string
		for _, c := range columns {
			texts = append(texts, c.text)
		}
		list = strings.Join(texts, ", ")
	}
	key := sqltext.Lower(table + "\n" + list)
	if s, ok := a.samples[key]; ok {
		return s
	}
	rows, err := a.q.QueryContext(a.ctx, fmt.Sprintf("WITH sample AS MATERIALIZED (SELECT %s FROM main.%s NOT INDEXED LIMIT %d) "+
		"SELECT (SELECT count(*) FROM sample), (SELECT count(*) FROM (SELECT DISTINCT * FROM sample))", list, sqltext.Backquote(table), sampled))
	if err == nil {
		defer rows.Close()
		if rows.Next() {
			err = rows.Scan(&s.rows, &s.distinct)
		}
	}
	if err != nil {
		s = sample{}
	}
	a.samples[key] = s
	return s
}

// name gives indexes the names that GORM would.
func name(indexes []index, c *catalog) []index {
	taken := map[string]bool{}
	for i := range indexes {
		x := &indexes[i]
		if x.name == "" {
			base := "idx_" + x.table
			for _, c := range x.columns {
				base += "_" + c.word()
			}
			x.name = base
			for n := 2; taken[sqltext.Lower(x.name)] || c.has(x.name); n++ {
				x.name = fmt.Sprintf("%s_%d", base, n)
			}
		}
		taken[sqltext.Lower(x.name)] = true
	}
	return indexes
}

// word is a word for the column, or the expression, in a name.
func (c indexed) word() string {
	if c.column != "" {
		return c.column
	}
	words := strings.FieldsFunc(c.text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "_")
}

// has tells that the name is taken.
func (c *catalog) has(name string) bool {
	key := sqltext.Lower(name)
	_, index := c.indexes[key]
	_, object := c.objects[key]
	return index || object
}
