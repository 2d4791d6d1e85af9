package callbacks

import (
	"strings"
)

// QueryPlan is how SQLite is going to run the statements of one call of GORM:
// https://www.sqlite.org/eqp.html.
type QueryPlan struct {
	// Statements has the call's own statement first, then those that belong to
	// it: of preloads, of associations, of hooks.
	Statements []StatementPlan `json:"statements"`
}

// StatementPlan is the plan of one statement.
type StatementPlan struct {
	SQL   string     `json:"sql"`   // as GORM wrote it, without the values of its parameters
	Nodes []PlanNode `json:"nodes"` // the roots; none where nothing is looked for, as in an INSERT of one row
}

// PlanNode is a line of EXPLAIN QUERY PLAN: SQLite's own text, and what we
// read in it. The text is for people and SQLite may change it, so what is not
// surely understood has the kind [PlanOther] and nothing but its text.
type PlanNode struct {
	ID     int    `json:"id"`
	Parent int    `json:"parent"` // the ID of the node that this one is a child of, 0 for a root
	Detail string `json:"detail"` // SQLite's text

	Kind PlanKind `json:"kind"`

	// What is gone through. Name is the text's word for it, which is the alias
	// if there is one. Table is the table, view, or table-valued function
	// behind it, with the name that it has in the schema; "" for a common table
	// expression, a subquery, and where that is not sure. Alias is Name when
	// that is not the table's.
	Name  string `json:"name,omitempty"`
	Table string `json:"table,omitempty"`
	Alias string `json:"alias,omitempty"`

	Index       string           `json:"index,omitempty"`       // the index that is used
	PrimaryKey  bool             `json:"primary_key,omitempty"` // it is found by its rowid, or by the key of a WITHOUT ROWID table
	Covering    bool             `json:"covering,omitempty"`    // the index has every column that is wanted, the table is not read
	Automatic   bool             `json:"automatic,omitempty"`   // the index is made for this one run: https://www.sqlite.org/optoverview.html#autoindex
	Partial     bool             `json:"partial,omitempty"`     // an automatic one that leaves out rows
	SkipScan    bool             `json:"skip_scan,omitempty"`   // the index's first columns are gone through value by value: https://www.sqlite.org/optoverview.html#skipscan
	LeftJoin    bool             `json:"left_join,omitempty"`   // the right side of a LEFT JOIN
	Constraints []PlanConstraint `json:"constraints,omitempty"` // what the index, or the Bloom filter, is asked for

	// Of a virtual table (https://www.sqlite.org/vtab.html): its module, such
	// as fts5 or vector_top_k, and what the module's xBestIndex has chosen.
	Virtual  bool   `json:"virtual,omitempty"`
	Module   string `json:"module,omitempty"`
	IndexNum int    `json:"index_num,omitempty"`
	IndexStr string `json:"index_str,omitempty"`

	// For is what a temporary B-tree is for: "ORDER BY", "RIGHT PART OF ORDER
	// BY", "GROUP BY", "DISTINCT", "count(DISTINCT)", "UNION" …
	For string `json:"for,omitempty"`
	// Operator of a part of a compound query and of a merge: "UNION ALL",
	// "EXCEPT", …; of other parts "LEFT-MOST SUBQUERY", "LEFT", "RIGHT",
	// "SETUP", "RECURSIVE STEP".
	Operator string `json:"operator,omitempty"`

	Number     int  `json:"number,omitempty"`     // of a subquery, of a branch of OR; how many rows of constants
	List       bool `json:"list,omitempty"`       // a subquery whose rows IN asks
	Correlated bool `json:"correlated,omitempty"` // a subquery that runs for each row outside
	Reused     bool `json:"reused,omitempty"`     // a subquery whose rows are there already

	Children []PlanNode `json:"children,omitempty"`
}

// PlanConstraint is a condition that an index answers.
type PlanConstraint struct {
	Column string `json:"column"` // "rowid"; "<expr>" of an index of an expression; "(a,b)" of a row value
	Op     string `json:"op"`     // "=" (also of IS and IN), "<" (also of <=), ">" (also of >= and IS NOT NULL); "ANY" of a column that is skipped
}

// PlanKind says what a [PlanNode] is.
type PlanKind string

// The kinds.
const (
	PlanScan         PlanKind = "scan"           // all rows of a table, or of an index
	PlanSearch       PlanKind = "search"         // some rows, found by an index or a key
	PlanTempBTree    PlanKind = "temp b-tree"    // rows are put into a temporary B-tree
	PlanCoRoutine    PlanKind = "co-routine"     // a subquery that is run as its rows are wanted
	PlanMaterialize  PlanKind = "materialize"    // a subquery whose rows are put into a temporary table
	PlanSubquery     PlanKind = "subquery"       // a subquery of an expression
	PlanCompound     PlanKind = "compound"       // UNION and its like; its parts are the children
	PlanMerge        PlanKind = "merge"          // a compound of two sides that are sorted
	PlanPart         PlanKind = "part"           // a part of a compound, a merge, a recursive query
	PlanMultiIndexOr PlanKind = "multi-index or" // OR whose branches have an index each
	PlanOrBranch     PlanKind = "or branch"      // one of them
	PlanBloomFilter  PlanKind = "bloom filter"   // rows are left out by a Bloom filter before an index is asked
	PlanInOperator   PlanKind = "in-operator"    // an index that answers IN (SELECT …) as it is
	PlanRightJoin    PlanKind = "right join"     // the rows of the right side that matched nothing
	PlanConstantRows PlanKind = "constant rows"  // VALUES, or a SELECT without FROM
	PlanOther        PlanKind = "other"          // not understood; see Detail
)

// Walk calls fn with each node of the plan, parents first, until fn returns
// false.
func (p *StatementPlan) Walk(fn func(*PlanNode) bool) { walkPlan(p.Nodes, fn) }

func walkPlan(nodes []PlanNode, fn func(*PlanNode) bool) bool {
	for i := range nodes {
		if !fn(&nodes[i]) || !walkPlan(nodes[i].Children, fn) {
			return false
		}
	}
	return true
}

// String returns the tree as the sqlite3 shell prints it; of several
// statements each with its text in front.
func (p QueryPlan) String() string {
	if len(p.Statements) == 1 {
		return p.Statements[0].String()
	}
	var b strings.Builder
	for i, s := range p.Statements {
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(s.SQL)
		b.WriteString("\n")
		b.WriteString(s.String())
	}
	return b.String()
}

// String returns the tree as the sqlite3 shell prints it.
func (p StatementPlan) String() string {
	var b strings.Builder
	b.WriteString("QUERY PLAN")
	writeNodes(&b, p.Nodes, "\n")
	return b.String()
}

func writeNodes(b *strings.Builder, nodes []PlanNode, indent string) {
	for i, n := range nodes {
		mark, below := "|--", "|  "
		if i == len(nodes)-1 {
			mark, below = "`--", "   "
		}
		b.WriteString(indent)
		b.WriteString(mark)
		b.WriteString(n.Detail)
		writeNodes(b, n.Children, indent+below)
	}
}

// plant makes a tree of the rows, which come parents first.
func plant(rows []PlanNode) []PlanNode {
	children := map[int][]int{}
	known := map[int]bool{}
	for i, n := range rows {
		parent := n.Parent
		if !known[parent] {
			parent = 0
		}
		children[parent] = append(children[parent], i)
		known[n.ID] = true
	}
	var grow func(parent int) []PlanNode
	grow = func(parent int) (nodes []PlanNode) {
		for _, i := range children[parent] {
			n := rows[i]
			if n.ID != 0 {
				n.Children = grow(n.ID)
			}
			nodes = append(nodes, n)
		}
		return nodes
	}
	return grow(0)
}
