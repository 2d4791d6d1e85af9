package callbacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

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

// sample is what some columns are like in the first rows of their table.
type sample struct{ rows, distinct int64 }

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
