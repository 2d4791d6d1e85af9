package callbacks

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

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
