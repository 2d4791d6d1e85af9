package callbacks

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/gorm-libsql/libsql/callbacks/internal/block"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

// maxColumns bounds an index that is tried: more columns seldom leave out more
// rows, and each makes every write slower.
const maxColumns = 4

// wanted is what a block wants of one of its tables.
type wanted struct {
	table   string
	filters []indexed   // compared with values, by = or IN
	joined  []indexed   // compared with columns of other tables
	nulls   []indexed   // IS NULL
	ranges  []indexed   // compared by < and >
	orders  []indexed   // of ORDER BY, else of GROUP BY or DISTINCT
	either  [][]indexed // the branches of an OR, with what each compares
	other   bool        // there are conditions that no index answers
	limit   bool        // not all rows are wanted
	sums    bool        // the rows are counted or summed up
	extreme bool        // orders is of a min or max
	beside  bool        // there are conditions on the other tables
}

// wants reads what the blocks of a statement want of the tables of the trial,
// those behind views among them.
func (t *trial) wants(ctx context.Context, text string) []wanted {
	return t.wantsOf(ctx, text, 0)
}

func (t *trial) wantsOf(ctx context.Context, text string, depth int) (all []wanted) {
	blocks, _ := block.Read(text)
	for _, b := range blocks {
		for i, s := range b.Sources {
			o, ok := t.catalog.objects[sqltext.Lower(s.Table)]
			if !ok || o.module() != "" || s.Subquery || s.Function || s.Fixed || s.Schema != "" && !sqltext.EqualFold(s.Schema, "main") {
				continue
			}
			r := reader{ctx, t, b.Sources, i, t.tableColumns(ctx, s.Table)}
			w := r.read(o.name, b)
			switch {
			case !o.view:
				all = append(all, w)
			case depth < maxViews:
				inner := t.wantsOf(ctx, viewBody(o.sql), depth+1)
				all = append(all, t.behindView(ctx, w, inner)...)
			}
		}
	}
	return all
}

// maxViews bounds how many views are looked through.
const maxViews = 8

// behindView adds what is wanted of a view to what the view wants of its
// tables, by the columns that SQLite says its columns come from.
func (t *trial) behindView(ctx context.Context, w wanted, inner []wanted) []wanted {
	from := map[string]driver.Column{}
	_ = driver.With(ctx, t.conn, func(c *driver.Conn) error { // without an answer, the view is not looked through
		d, err := c.Describe(ctx, "SELECT * FROM "+sqltext.Backquote(w.table))
		for _, column := range d.Columns {
			from[sqltext.Lower(column.Name)] = column
		}
		return err
	})
	for i := range inner {
		in := &inner[i]
		of := func(list []indexed) (out []indexed) {
			for _, c := range list {
				if o := from[sqltext.Lower(c.column)]; c.column != "" && sqltext.EqualFold(o.Table, in.table) {
					c.column, c.text = o.Origin, sqltext.Backquote(o.Origin)
					out = append(out, c)
				}
			}
			return out
		}
		for _, c := range of(w.filters) {
			in.filters = appendNew(in.filters, c)
		}
		for _, c := range of(w.joined) {
			in.joined = appendNew(in.joined, c)
		}
		for _, c := range of(w.ranges) {
			in.ranges = appendNew(in.ranges, c)
		}
		if orders := of(w.orders); len(orders) == len(w.orders) && len(orders) > 0 {
			in.orders, in.extreme = orders, w.extreme
		}
		in.limit, in.sums, in.other = in.limit || w.limit, in.sums || w.sums, in.other || w.other
	}
	return inner
}

// reader reads a block for one of its tables.
type reader struct {
	ctx     context.Context
	t       *trial
	sources []block.Source
	at      int
	columns []pragma.Column
}

func (r *reader) read(table string, b block.Block) (w wanted) {
	w.table, w.limit, w.sums = table, b.Limit, b.Aggregates
	for _, term := range b.Terms {
		r.term(&w, term)
		w.beside = w.beside || r.elsewhere(term)
	}
	for _, items := range [][]block.Item{b.Order, b.Group, b.Lists, b.Extreme} {
		if w.orders = r.items(items); len(w.orders) > 0 {
			break
		}
	}
	w.extreme = len(b.Extreme) > 0
	return w
}

func (r *reader) term(w *wanted, term block.Term) {
	if term.Op == block.Or {
		for _, branch := range term.Or {
			var own wanted
			for _, t := range branch {
				r.term(&own, t)
			}
			columns := append(own.filters, own.joined...)
			if len(columns) == 0 {
				columns = own.ranges
			}
			w.either = append(w.either, columns)
		}
		return
	}
	c, ok := r.indexed(term.Left)
	if !ok || term.Op == block.Opaque || term.Op == block.NotNull {
		for _, ref := range append(slices.Clone(term.Left.Refs), term.Right.Refs...) {
			w.other = w.other || len(term.Right.Refs) == 0 && r.owns(ref)
		}
		return
	}
	if term.Right.Collation != "" && c.collation == "" {
		c.collation = term.Right.Collation
	}
	switch term.Op {
	case block.Eq, block.In:
		if len(term.Right.Refs) > 0 && !term.Right.Selects {
			w.joined = appendNew(w.joined, c)
		} else {
			w.filters = appendNew(w.filters, c)
		}
	case block.IsNull:
		w.nulls = appendNew(w.nulls, c)
	case block.Range, block.Glob:
		w.ranges = appendNew(w.ranges, c)
	case block.Like:
		if c.collation == "" {
			c.collation = "NOCASE" // https://www.sqlite.org/optoverview.html#like_opt
		}
		w.ranges = appendNew(w.ranges, c)
	}
}

// elsewhere tells that the condition is on other tables alone, and joins none.
func (r *reader) elsewhere(term block.Term) bool {
	return len(r.sources) > 1 && (term.Op == block.Or || len(term.Right.Refs) == 0 && !slices.ContainsFunc(term.Left.Refs, r.owns))
}

func appendNew(list []indexed, c indexed) []indexed {
	if slices.ContainsFunc(list, func(d indexed) bool { return sqltext.EqualFold(c.text, d.text) }) {
		return list
	}
	return append(list, c)
}

// items are the columns that a list goes by; none if not all are of this table.
func (r *reader) items(items []block.Item) (out []indexed) {
	for _, it := range items {
		c, ok := r.indexed(it.Expr)
		if !ok {
			return nil
		}
		c.desc = it.Desc
		out = appendNew(out, c)
	}
	if !slices.ContainsFunc(out, func(c indexed) bool { return !c.desc }) {
		for i := range out {
			out[i].desc = false // the index is read backwards
		}
	}
	return out
}

// indexed is the column, or the expression, as an index of the table has it;
// false if it is of another table, or none that an index may have.
func (r *reader) indexed(e block.Expr) (indexed, bool) {
	if len(e.Refs) == 0 || e.Params || e.Selects {
		return indexed{}, false
	}
	for _, ref := range e.Refs {
		if !r.owns(ref) {
			return indexed{}, false
		}
	}
	if !e.Column {
		if strings.HasPrefix(e.Unqualified(), "+") { // asked for without an index: https://www.sqlite.org/optoverview.html#uplus
			return indexed{}, false
		}
		text := e.Unqualified()
		return indexed{text: text, collation: e.Collation}, !tellsValue(text)
	}
	name := e.Refs[0].Name
	for _, c := range r.columns {
		if sqltext.EqualFold(c.Name, name) {
			return indexed{text: sqltext.Backquote(c.Name), column: c.Name, collation: e.Collation}, true
		}
	}
	return indexed{}, false // rowid
}

// tellsValue tells that an expression has a literal in it which may be a value
// of the program's user, rather than a part of its program: an index on it would
// tell it, and would be good for this value alone. Known to be none are the
// paths of JSON, formats and modifiers of dates, empty texts, and small numbers.
func tellsValue(expr string) bool {
	for tok := range sqltext.Tokens(expr) {
		switch text := tok.Text(expr); tok.Kind {
		case sqltext.Blob:
			return true
		case sqltext.Number:
			if strings.TrimLeft(text, "0123456789") != "" || len(text) > 3 {
				return true
			}
		case sqltext.String:
			if text = sqltext.Unquote(text); text != "" && !jsonPath(text) && !dateWord(text) {
				return true
			}
		}
	}
	return false
}

// jsonPath tells a path of plain names and numbers.
func jsonPath(s string) bool {
	return s[0] == '$' && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && r != '.' && r != '$' && r != '[' && r != ']' && r != '#' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// dateWord tells a format of strftime, or a modifier
// (https://www.sqlite.org/lang_datefunc.html).
func dateWord(s string) bool {
	switch sqltext.Lower(s) {
	case "start of day", "start of month", "start of year", "unixepoch", "julianday", "auto", "subsec", "subsecond":
		return true
	}
	format := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%' && i+1 < len(s):
			format = true
			i++
		case !strings.Contains("-/:. T", s[i:i+1]):
			return false
		}
	}
	return format
}

func (r *reader) owns(ref block.Ref) bool {
	if ref.Qualifier != "" {
		return sqltext.EqualFold(ref.Qualifier, r.sources[r.at].Name())
	}
	return hasColumn(r.columns, ref.Name)
}

func hasColumn(columns []pragma.Column, name string) bool {
	return slices.ContainsFunc(columns, func(c pragma.Column) bool { return sqltext.EqualFold(c.Name, name) })
}

// sets are the sets of indexes to try: sizes tells how many different values
// columns have.
func (w wanted) sets(size func([]indexed) sample) (sets [][]index) {
	one := func(where string, columns ...[]indexed) {
		var all []indexed
		for _, list := range columns {
			for _, c := range list {
				all = appendNew(all, c)
			}
		}
		if len(all) == 0 || len(all) > maxColumns+2 {
			return
		}
		sets = append(sets, []index{{table: w.table, columns: all, where: where}})
	}
	filters := choose(w.filters, size)
	both := choose(append(slices.Clone(w.filters), w.joined...), size)
	equal := [][]indexed{filters, both, w.joined}
	for _, e := range equal {
		one("", e)
		one("", e, w.orders)
		for _, c := range w.ranges {
			one("", e, []indexed{c})
		}
	}
	for _, c := range w.ranges {
		one("", w.orders, []indexed{c})
	}
	for _, n := range w.nulls {
		if n.column == "" {
			continue
		}
		for _, e := range equal {
			one(n.text+" IS NULL", e, w.orders)
			one(n.text+" IS NULL", e)
			one("", e, []indexed{n})
			one("", e, []indexed{n}, w.orders)
			for _, c := range w.ranges {
				one(n.text+" IS NULL", e, []indexed{c})
				one("", e, []indexed{n}, []indexed{c})
			}
		}
	}
	if len(w.either) > 0 && !slices.ContainsFunc(w.either, func(b []indexed) bool { return len(b) == 0 }) {
		var set []index
		for _, branch := range w.either {
			if columns := choose(branch, size); len(columns) > 0 {
				set = append(set, index{table: w.table, columns: columns})
			}
		}
		sets = append(sets, set)
	}
	return sets
}

// few is how many rows of a value are so few that another column in the index
// saves nothing.
const few = 5

// choose leaves out columns that all rows have the same value in, and takes one
// column alone if that finds so few rows that others add nothing; the order is
// that of the statement.
func choose(columns []indexed, size func([]indexed) sample) []indexed {
	var out []indexed
	for _, c := range columns {
		s := size([]indexed{c})
		switch {
		case s.rows > 0 && s.distinct > 0 && s.rows/s.distinct < few:
			return []indexed{c}
		case s.distinct == 1 && len(columns) > 1:
		default:
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return columns[:min(len(columns), 1)]
	}
	return out[:min(len(out), maxColumns)]
}
