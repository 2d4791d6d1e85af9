package block

import "github.com/gorm-libsql/libsql/internal/sqltext"

// Block is one SELECT, UPDATE or DELETE; a part of a UNION and a subquery are
// blocks of their own.
type Block struct {
	Sources []Source
	Terms   []Term // joined by AND: of WHERE and of ON
	Group   []Item
	Order   []Item // none for a part of a compound
	Lists   []Item // of SELECT DISTINCT, its columns
	Extreme []Item // of a SELECT of nothing but min or max, its argument
	Limit   bool   // it has LIMIT
	Writes  bool   // UPDATE or DELETE
	// Aggregates: the rows are counted or summed up, so that a row of the
	// result says nothing of how many were looked at.
	Aggregates bool
}

// Source is what stands behind FROM, between joins.
type Source struct {
	Schema, Table string
	Alias         string // "" without
	Function      bool   // a table-valued function
	Subquery      bool   // a SELECT in parentheses; or the name of a common table expression
	Fixed         bool   // INDEXED BY or NOT INDEXED
}

// Name is what columns are qualified with.
func (s Source) Name() string {
	if s.Alias != "" {
		return s.Alias
	}
	return s.Table
}

// Term is a condition.
type Term struct {
	Op    Op
	Left  Expr
	Right Expr // of an Eq or Range; of In and Like what is behind it
	// Or has the branches of an Or, each joined by AND.
	Or [][]Term
}

// Op is what a [Term] says of its left side.
type Op uint8

// The operators that an index may answer, and the rest.
const (
	Opaque  Op = iota
	Eq         // = == IS
	In         // IN (…)
	Range      // < <= > >= BETWEEN
	IsNull     // IS NULL
	NotNull    // IS NOT NULL
	Like       // LIKE, which has no case
	Glob       // GLOB
	Or         // branches
)

// Expr is an expression: its text, and the columns in it.
type Expr struct {
	Text      string // as written, without COLLATE
	Collation string // of COLLATE at its end
	Column    bool   // it is a column and nothing else: Refs[0]
	Constant  bool   // literals only
	Params    bool   // it has parameters
	Selects   bool   // it has a subquery
	Refs      []Ref
}

// Ref is the name of a column, or what may be one.
type Ref struct {
	Qualifier, Name string
	start, end      int // of the qualifier with its dot, within Text; equal without one
}

// Unqualified is the text without the qualifiers of its columns, as an index
// has it.
func (e Expr) Unqualified() string {
	text, at := "", 0
	for _, r := range e.Refs {
		text += e.Text[at:r.start]
		at = r.end
	}
	return text + e.Text[at:]
}

// Item is a column, or an expression, of ORDER BY or GROUP BY.
type Item struct {
	Expr
	Desc bool
}

// Read reads the blocks of a text, in no particular order, and the names
// of its common table expressions, in lower case.
func Read(sql string) (blocks []Block, ctes map[string]bool) {
	p := newParser(sql)
	p.statement(0, len(p.toks))
	for i := range p.blocks {
		for j, s := range p.blocks[i].Sources {
			if s.Schema == "" && p.ctes[sqltext.Lower(s.Table)] {
				p.blocks[i].Sources[j].Subquery = true
			}
		}
	}
	return p.blocks, p.ctes
}
