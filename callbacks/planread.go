package callbacks

import (
	"strconv"
	"strings"
)

// names is what the reader of details knows of the names in them, which
// SQLite prints without quotes.
type names interface {
	source(name string) bool // an alias, table, view or common table expression
	index(name string) bool
	odd(text string) bool // a name with a question mark stands in the text
}

// readDetail fills in what the text of the node says.
func readDetail(n *PlanNode, known names) {
	read := *n
	if readNode(&read, n.Detail, known) {
		*n = read
		return
	}
	n.Kind = PlanOther
}

func readNode(n *PlanNode, text string, known names) bool {
	if readFixed(n, text) {
		return true
	}
	verb, rest, ok := strings.Cut(text, " ")
	if !ok {
		return false
	}
	switch verb {
	case "SCAN", "SEARCH":
		n.Kind = PlanScan
		if verb == "SEARCH" {
			n.Kind = PlanSearch
		}
		return readConstantRows(n, rest) || readAccess(n, rest, known)
	case "CO-ROUTINE", "MATERIALIZE", "RIGHT-JOIN":
		n.Kind = map[string]PlanKind{"CO-ROUTINE": PlanCoRoutine, "MATERIALIZE": PlanMaterialize, "RIGHT-JOIN": PlanRightJoin}[verb]
		n.Name = rest
		return true
	}
	if for_, ok := strings.CutPrefix(text, "USE TEMP B-TREE FOR "); ok {
		n.Kind, n.For = PlanTempBTree, for_
		return true
	}
	if on, ok := strings.CutPrefix(text, "BLOOM FILTER ON "); ok {
		n.Kind = PlanBloomFilter
		return readNameAndConstraints(n, on, known, func(name string) bool { n.Name = name; return known.source(name) })
	}
	return readSubquery(n, text) || readInOperator(n, text) || readOrBranch(n, text)
}

// fixed are the texts without a name in them.
var fixed = map[string]PlanNode{
	"COMPOUND QUERY":              {Kind: PlanCompound},
	"MULTI-INDEX OR":              {Kind: PlanMultiIndexOr},
	"SCAN CONSTANT ROW":           {Kind: PlanConstantRows, Number: 1},
	"LEFT-MOST SUBQUERY":          {Kind: PlanPart, Operator: "LEFT-MOST SUBQUERY"},
	"LEFT":                        {Kind: PlanPart, Operator: "LEFT"},
	"RIGHT":                       {Kind: PlanPart, Operator: "RIGHT"},
	"SETUP":                       {Kind: PlanPart, Operator: "SETUP"},
	"RECURSIVE STEP":              {Kind: PlanPart, Operator: "RECURSIVE STEP"},
	"UNION ALL":                   {Kind: PlanPart, Operator: "UNION ALL"},
	"UNION USING TEMP B-TREE":     {Kind: PlanPart, Operator: "UNION", For: "UNION"},
	"EXCEPT USING TEMP B-TREE":    {Kind: PlanPart, Operator: "EXCEPT", For: "EXCEPT"},
	"INTERSECT USING TEMP B-TREE": {Kind: PlanPart, Operator: "INTERSECT", For: "INTERSECT"},
	"MERGE (UNION)":               {Kind: PlanMerge, Operator: "UNION"},
	"MERGE (UNION ALL)":           {Kind: PlanMerge, Operator: "UNION ALL"},
	"MERGE (EXCEPT)":              {Kind: PlanMerge, Operator: "EXCEPT"},
	"MERGE (INTERSECT)":           {Kind: PlanMerge, Operator: "INTERSECT"},
}

func readFixed(n *PlanNode, text string) bool {
	f, ok := fixed[text]
	if ok {
		n.Kind, n.Number, n.Operator, n.For = f.Kind, f.Number, f.Operator, f.For
	}
	return ok
}

// readConstantRows reads "3 CONSTANT ROWS".
func readConstantRows(n *PlanNode, rest string) bool {
	count, ok := strings.CutSuffix(strings.TrimSuffix(rest, "S"), " CONSTANT ROW")
	if !ok {
		return false
	}
	rows, err := strconv.Atoi(count)
	if err != nil {
		return false
	}
	n.Kind, n.Number = PlanConstantRows, rows
	return true
}

// readSubquery reads "CORRELATED SCALAR SUBQUERY 1" and "REUSE LIST SUBQUERY 2".
func readSubquery(n *PlanNode, text string) bool {
	words := strings.Split(text, " ")
	number, err := strconv.Atoi(words[len(words)-1])
	if err != nil || len(words) < 2 || words[len(words)-2] != "SUBQUERY" {
		return false
	}
	n.Kind, n.Number = PlanSubquery, number
	for _, w := range words[:len(words)-2] {
		switch w {
		case "CORRELATED":
			n.Correlated = true
		case "REUSE":
			n.Reused = true
		case "LIST":
			n.List = true
		case "SCALAR":
		default:
			return false
		}
	}
	return true
}

func readInOperator(n *PlanNode, text string) bool {
	rest, ok := strings.CutSuffix(text, " FOR IN-OPERATOR")
	if !ok {
		return false
	}
	n.Kind = PlanInOperator
	if name, ok := strings.CutPrefix(rest, "USING ROWID SEARCH ON TABLE "); ok {
		n.Name, n.PrimaryKey = name, true
		return true
	}
	n.Index, ok = strings.CutPrefix(rest, "USING INDEX ")
	return ok
}

func readOrBranch(n *PlanNode, text string) bool {
	rest, ok := strings.CutPrefix(text, "INDEX ")
	number, err := strconv.Atoi(rest)
	n.Kind, n.Number = PlanOrBranch, number
	return ok && err == nil
}

// accesses are what may stand behind the name of a table, the longer before
// those that they contain.
var accesses = []struct {
	text string
	read func(n *PlanNode, rest string, known names) bool
}{
	{" USING INTEGER PRIMARY KEY ", readKey},
	{" USING PRIMARY KEY", readKey},
	{" USING AUTOMATIC PARTIAL COVERING INDEX ", func(n *PlanNode, rest string, known names) bool {
		n.Partial = true
		return readAutomatic(n, rest, known)
	}},
	{" USING AUTOMATIC COVERING INDEX ", readAutomatic},
	{" USING COVERING INDEX ", func(n *PlanNode, rest string, known names) bool {
		n.Covering = true
		return readIndex(n, rest, known)
	}},
	{" USING INDEX ", readIndex},
	{" VIRTUAL TABLE INDEX ", readVirtual},
}

// readAccess reads what stands behind SCAN and SEARCH. A name may hold any of
// the words that follow names, so each place where one may end is tried; when
// more than one way to read the text makes sense, none is taken.
func readAccess(n *PlanNode, rest string, known names) bool {
	var ways []PlanNode
	try := func(rest string, leftJoin bool) {
		if known.source(rest) {
			way := *n
			way.Name, way.LeftJoin = rest, leftJoin
			ways = append(ways, way)
		}
		for _, a := range accesses {
			for from := 0; ; {
				i := strings.Index(rest[from:], a.text)
				if i < 0 {
					break
				}
				i += from
				from = i + 1
				way := *n
				way.Name, way.LeftJoin = rest[:i], leftJoin
				if known.source(way.Name) && a.read(&way, rest[i+len(a.text):], known) {
					ways = append(ways, way)
				}
			}
		}
	}
	if joined, ok := strings.CutSuffix(rest, " LEFT-JOIN"); ok {
		try(joined, true)
	}
	if len(ways) == 0 || known.source(rest) {
		try(rest, false)
	}
	if len(ways) != 1 {
		return false
	}
	*n = ways[0]
	return true
}

func readKey(n *PlanNode, rest string, known names) bool {
	n.PrimaryKey = true
	rest = strings.TrimPrefix(rest, " ")
	return rest == "" || readConstraints(n, rest, known)
}

func readAutomatic(n *PlanNode, rest string, known names) bool {
	n.Automatic, n.Covering = true, true
	return readConstraints(n, rest, known)
}

func readIndex(n *PlanNode, rest string, known names) bool {
	if known.index(rest) {
		n.Index = rest
		return true
	}
	return readNameAndConstraints(n, rest, known, func(name string) bool { n.Index = name; return known.index(name) })
}

// readNameAndConstraints reads "a name (a=? AND b>?)".
func readNameAndConstraints(n *PlanNode, text string, known names, isName func(string) bool) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], " (")
		if i < 0 {
			return false
		}
		i += from
		if isName(text[:i]) {
			return readConstraints(n, text[i+1:], known)
		}
		from = i + 1
	}
}

func readConstraints(n *PlanNode, text string, known names) bool {
	inner, ok := strings.CutPrefix(text, "(")
	if !ok {
		return false
	}
	inner, ok = strings.CutSuffix(inner, ")")
	if !ok || known.odd(inner) {
		return false
	}
	for _, c := range strings.Split(inner, " AND ") {
		if any, ok := strings.CutPrefix(c, "ANY("); ok && strings.HasSuffix(any, ")") {
			n.SkipScan = true
			n.Constraints = append(n.Constraints, PlanConstraint{Column: strings.TrimSuffix(any, ")"), Op: "ANY"})
			continue
		}
		i := strings.LastIndexAny(c, "=<>")
		if i <= 0 {
			return false
		}
		if right := c[i+1:]; right != "?" && strings.Trim(right, "(?,)") != "" {
			return false
		}
		n.Constraints = append(n.Constraints, PlanConstraint{Column: c[:i], Op: c[i : i+1]})
	}
	return true
}

// readVirtual reads "0:M2".
func readVirtual(n *PlanNode, rest string, _ names) bool {
	number, text, ok := strings.Cut(rest, ":")
	num, err := strconv.Atoi(number)
	n.Virtual, n.IndexNum, n.IndexStr = true, num, text
	return ok && err == nil
}
