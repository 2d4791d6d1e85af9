package callbacks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Advice is something to change, with what shows that it is worth it. It is
// data: nothing has been changed.
type Advice struct {
	Kind AdviceKind `json:"kind"`
	// Title says it in a line, Why in a sentence or two.
	Title string `json:"title"`
	Why   string `json:"why"`
	// Evidence are the measured facts, a line each.
	Evidence []string `json:"evidence"`
	// SQL is what to run, Go what to change in the program. Of advice on
	// indexes there are mostly both, and one is enough: run the SQL, or tag the
	// model and AutoMigrate.
	SQL string `json:"sql,omitempty"`
	Go  string `json:"go,omitempty"`

	Table   string   `json:"table,omitempty"`
	Index   string   `json:"index,omitempty"`   // the one to create, or to drop
	Columns []string `json:"columns,omitempty"` // of the index to create, as its SQL has them
	Shapes  []string `json:"shapes,omitempty"`  // the IDs of the shapes that it is about
	Callers []Frame  `json:"callers,omitempty"` // the lines of the program that it is about

	// Trials prove advice on an index: the plans without it and with it.
	Trials []Trial `json:"trials,omitempty"`

	instead string // the index that does for one to drop
	weight  int64  // what it is about, in rows or nanoseconds, to sort by
}

// Trial is a statement that was planned twice, in a copy of the schema in
// memory, with the statistics of ANALYZE and without rows.
type Trial struct {
	ShapeID string        `json:"shape_id"`
	Before  StatementPlan `json:"before"`
	After   StatementPlan `json:"after"`
}

// AdviceKind says what an [Advice] is about.
type AdviceKind string

// The kinds.
const (
	AdviceIndex           AdviceKind = "index"            // rows are read that an index would leave out
	AdviceAutomaticIndex  AdviceKind = "automatic index"  // SQLite makes an index for each run
	AdviceSort            AdviceKind = "sort"             // rows are sorted that an index has in order
	AdviceForeignKey      AdviceKind = "foreign key"      // a DELETE looks through a table for rows that refer to it
	AdviceUnusedIndex     AdviceKind = "unused index"     // nothing that was measured uses it
	AdviceDuplicateIndex  AdviceKind = "duplicate index"  // another index does for all that it does
	AdviceRepeated        AdviceKind = "repeated query"   // a loop asks for each row by itself: N+1
	AdviceNoTransaction   AdviceKind = "no transaction"   // a loop writes each row in a transaction of its own
	AdviceLongTransaction AdviceKind = "long transaction" // others wait while it holds the write lock
	AdviceManyTexts       AdviceKind = "many texts"       // a shape has a new text, to compile, for most of its runs
	AdviceReprepared      AdviceKind = "re-prepared"      // SQLite compiles a kept statement again for most of its runs
)

// String returns the advice as text, with the plans.
func (a Advice) String() string {
	var b strings.Builder
	b.WriteString(a.Title + "\n  " + a.Why + "\n")
	for _, e := range a.Evidence {
		b.WriteString("  - " + e + "\n")
	}
	if a.SQL != "" {
		b.WriteString("  SQL: " + a.SQL + "\n")
	}
	if a.Go != "" {
		b.WriteString("  Go: " + a.Go + "\n")
	}
	for _, t := range a.Trials {
		b.WriteString("  " + t.Before.SQL + "\n")
		writePlan(&b, "before", t.Before)
		writePlan(&b, "after", t.After)
	}
	return b.String()
}

func writePlan(b *strings.Builder, label string, p StatementPlan) {
	b.WriteString("    " + label)
	writeNodes(b, p.Nodes, "\n    ")
	b.WriteString("\n")
}

// Advise looks at what the profiler has measured, and at the database, for what
// could be better: the costliest first. db is the profiler's, or another one
// that reads the same database. Nothing is changed, and what it asks is not
// measured.
//
// It reads the schema and the statistics of ANALYZE, and the first rows, 10,000
// at most, of tables that an index is thought of for. Statements of the report
// are compiled and do not run. An index on an expression has the literals that
// the expression has in the program's SQL, if they can be no value: paths of
// JSON, formats and modifiers of dates, empty texts and small numbers. An index
// is only advised when the measured counters say that rows are read for nothing,
// and when SQLite chooses the index in a copy of the schema: the plans are in
// the advice. No advice means that nothing was found which would surely help.
//
// With an error there may be advice, too: on the program, which needs no
// database. Where this build has no local library to copy the schema to, the
// error wraps [driver.ErrUnsupported].
func (p *Profiler) Advise(db *gorm.DB) ([]Advice, error) { return advise(db, p.Report()) }

// advise looks at what was measured, and at the database, for what could be
// better. Nothing is changed. It reads the schema, the first rows of tables
// that an index is thought of for (at most 10,000 of each), and compiles
// statements of the report, without running them.
func advise(db *gorm.DB, r *Report) ([]Advice, error) {
	all := slices.Concat(repeatedQueries(r), separateWrites(r), longTransactions(r), manyTexts(r), reprepared(r))
	ctx := withOwn(db.Statement.Context)
	err := withConn(db, func(c *driver.Conn) error {
		a, done, err := newIndexAdviser(ctx, c)
		if err != nil {
			return err
		}
		defer done()
		fixes, err := a.shapes(r)
		if err != nil {
			return err
		}
		merged, err := a.merge(fixes, r)
		if err != nil {
			return err
		}
		all = append(all, merged...)
		keys, err := a.foreignKeys(r, merged)
		if err != nil {
			return err
		}
		all = append(all, keys...)
		have, err := readIndexes(ctx, a.q)
		if err != nil {
			return err
		}
		duplicates := duplicateIndexes(have)
		all = append(all, duplicates...)
		all = append(all, a.unusedIndexes(r, have, duplicates)...)
		return nil
	})
	slices.SortStableFunc(all, func(a, b Advice) int { return cmp.Compare(b.weight, a.weight) })
	return all, err
}

// merge makes advice of the fixes. An index that begins with all columns of
// another does for both, and one that no shape uses when the others are there
// is none.
func (a *indexAdviser) merge(fixes []fix, r *Report) (all []Advice, err error) {
	if fixes, err = a.harmless(fixes, r); err != nil {
		return nil, err
	}
	type group struct{ index }
	var groups []*group
	for _, f := range fixes {
	next:
		for _, x := range f.indexes {
			for _, g := range groups {
				switch {
				case x.prefixOf(g.index):
				case g.index.prefixOf(x):
					g.index = x
				default:
					continue
				}
				continue next
			}
			groups = append(groups, &group{x})
		}
	}
	for len(groups) > 0 {
		var indexes []index
		for _, g := range groups {
			g.index.name = ""
			indexes = append(indexes, g.index)
		}
		name(indexes, a.t.catalog)
		for i, g := range groups {
			g.index = indexes[i]
		}
		if err := a.prove(fixes, indexes); err != nil {
			return nil, err
		}
		wanted := func(g *group) bool {
			return slices.ContainsFunc(fixes, func(f fix) bool { return f.uses(g.index) })
		}
		if !slices.ContainsFunc(groups, func(g *group) bool { return !wanted(g) }) {
			break
		}
		groups = slices.DeleteFunc(groups, func(g *group) bool { return !wanted(g) })
	}
	for _, g := range groups {
		all = append(all, indexAdvice(g.index, slices.DeleteFunc(slices.Clone(fixes), func(f fix) bool { return !f.uses(g.index) })))
	}
	return all, nil
}

// prove plans the shapes with all indexes that are advised.
func (a *indexAdviser) prove(fixes []fix, indexes []index) error {
	return a.t.with(a.ctx, indexes, func() error {
		for i := range fixes {
			nodes, err := a.t.plan(a.ctx, fixes[i].shape.text()) // the shape lacks the literals of expressions
			if err != nil {
				return err
			}
			fixes[i].proof.After.Nodes = nodes
		}
		return nil
	})
}

func (f fix) uses(x index) bool { return usedIndexes(f.proof.After.Nodes)[sqltext.Lower(x.name)] }

// harmless leaves out the fixes whose indexes make the plan of another shape
// worse.
func (a *indexAdviser) harmless(fixes []fix, r *Report) (out []fix, err error) {
	for _, f := range fixes {
		worse, err := a.worsens(f.indexes, r)
		if err != nil {
			return nil, err
		}
		if !worse {
			out = append(out, f)
		}
	}
	return out, nil
}

// worsens tells that the plan of a shape gets worse by the indexes.
func (a *indexAdviser) worsens(indexes []index, r *Report) (worse bool, err error) {
	var texts []string
	for i := range r.Shapes {
		text := r.Shapes[i].text()
		if sqltext.Classify(text).Repeats() && slices.ContainsFunc(indexes, func(x index) bool { return hasName(text, x.table) }) {
			a.before(text)
			texts = append(texts, text)
		}
	}
	err = a.t.with(a.ctx, indexes, func() error {
		for _, text := range texts {
			nodes, err := a.t.plan(a.ctx, text)
			if err != nil {
				continue // it has no plan without the indexes, either
			}
			if worse = badness(nodes, nil) > a.before(text); worse {
				break
			}
		}
		return a.ctx.Err()
	})
	return worse, err
}

// before is the badness of a shape's plan with the indexes that there are.
func (a *indexAdviser) before(text string) int {
	b, ok := a.now[text]
	if !ok {
		if nodes, err := a.t.plan(a.ctx, text); err == nil {
			b = badness(nodes, nil)
		}
		a.now[text] = b
	}
	return b
}

func indexAdvice(x index, fixes []fix) Advice {
	adv := Advice{Kind: fixes[0].kind, Table: x.table, Index: x.name, SQL: x.create(), Go: tag(x)}
	for _, c := range x.columns {
		adv.Columns = append(adv.Columns, c.String())
	}
	var runs int64
	for _, f := range fixes {
		s := f.shape
		runs += s.Count
		adv.weight += f.weight
		adv.Shapes = append(adv.Shapes, s.ID)
		adv.Trials = append(adv.Trials, f.proof)
		for _, c := range s.Callers {
			if c.Frame != (Frame{}) && !slices.Contains(adv.Callers, c.Frame) {
				adv.Callers = append(adv.Callers, c.Frame)
			}
		}
		adv.Evidence = append(adv.Evidence, evidence(f))
	}
	list := x.list()
	if x.where != "" {
		list += " where " + x.where
	}
	switch adv.Kind {
	case AdviceAutomaticIndex:
		adv.Title = fmt.Sprintf("%s: SQLite makes an index on (%s) for each run; keep one", x.table, list)
		adv.Why = "For want of an index the join makes one of all rows of the table, and throws it away after the run."
	case AdviceSort:
		adv.Title = fmt.Sprintf("%s: an index on (%s) has the rows in the order that is asked for", x.table, list)
		adv.Why = "All rows that match are read and sorted before the first is returned. With the index they come in order, and reading stops when enough are there."
	default:
		adv.Title = fmt.Sprintf("%s: an index on (%s) leaves out rows that are read for nothing", x.table, list)
		adv.Why = fmt.Sprintf("%s of the table are looked at for each that is wanted. With the index only those are read that match.", rowsWord(fixes[0]))
	}
	return adv
}

func rowsWord(f fix) string {
	if out := f.shape.wanted(); out > 0 {
		return count(f.shape.Counters.RowsRead/out) + " rows"
	}
	return "All " + count(f.read) + " rows"
}

func evidence(f fix) string {
	s := f.shape
	line := fmt.Sprintf("%s runs read %s rows (%s each) and returned %s", count(s.Count), count(s.Counters.RowsRead), count(f.read), count(s.Rows))
	if s.RowsAffected > 0 {
		line += " and changed " + count(s.RowsAffected)
	}
	line += fmt.Sprintf(", in %v", s.Times.Engine.Round(time.Microsecond))
	if s.Counters.AutoIndexes > 0 {
		line += fmt.Sprintf("; %s rows went into automatic indexes", count(s.Counters.AutoIndexes))
	}
	if s.Counters.Sorts > 0 {
		line += fmt.Sprintf("; %s sorts", count(s.Counters.Sorts))
	}
	return line + ": " + s.SQL
}

// count writes 12,345.
func count(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// tag is what makes AutoMigrate create the index; "" for what a tag cannot say
// as it is.
func tag(x index) string {
	var fields []string
	if !plainWords(x.name) || !plainWords(strings.ReplaceAll(x.where, "`", "")) {
		return ""
	}
	for i, c := range x.columns {
		if c.column == "" || !plainWords(c.column) || !plainWords(c.collation) {
			return "" // an expression is said in a tag of no field in particular
		}
		options := "index:" + x.name
		if len(x.columns) > 1 {
			options += fmt.Sprintf(",priority:%d", i+1)
		}
		if c.desc {
			options += ",sort:desc"
		}
		if c.collation != "" {
			options += ",collate:" + c.collation
		}
		if x.where != "" && i == 0 {
			options += ",where:" + strings.ReplaceAll(x.where, "`", "")
		}
		fields = append(fields, fmt.Sprintf("the field of %s: `gorm:\"%s\"`", c.column, options))
	}
	return "tag " + strings.Join(fields, "; ")
}

// plainWords tells that a text has nothing in it that a tag, which is in quotes
// between backquotes, and its parts between semicolons, colons and commas, could
// be mistaken in.
func plainWords(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r != ' ' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// place is the line, for people.
func (f Frame) place() string {
	if f.File == "" {
		return "the program"
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

// over is the time that the report is about.
func over(r *Report) string { return r.Until.Sub(r.From).Round(time.Second).String() }
