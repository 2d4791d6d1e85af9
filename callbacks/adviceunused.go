package callbacks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/callbacks/internal/block"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/vecindex"
	"github.com/gorm-libsql/libsql/pragma"
)

// leastUses is how often a table must have been asked before an index of it
// counts as unused.
const leastUses = 20

// known is an index that there is.
type known struct {
	index
	unique  bool
	created bool // by CREATE INDEX, so that it can be dropped
	vector  bool
	foreign bool // it serves a foreign key: its columns begin with those of one
	sql     string
}

// readIndexes reads the indexes of the schema main.
func readIndexes(ctx context.Context, q pragma.Querier) (all []known, err error) {
	rows, err := schemaRows(ctx, q)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, r := range rows {
		if r.kind == "index" {
			texts[r.name] = r.sql
		}
	}
	tables, err := pragma.TableList(ctx, q, "")
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		if t.Schema != "main" || t.Type != "table" || strings.HasPrefix(t.Name, "sqlite_") || sqltext.EqualFold(t.Name, "libsql_vector_meta_shadow") {
			continue
		}
		list, err := pragma.IndexList(ctx, q, "main", t.Name)
		if err != nil {
			return nil, err
		}
		keys, err := pragma.ForeignKeyList(ctx, q, "main", t.Name)
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			x, err := lookIndex(ctx, q, t.Name, i, texts[i.Name])
			if err != nil {
				return nil, err
			}
			x.foreign = slices.ContainsFunc(keys, func(k pragma.ForeignKey) bool {
				return len(x.columns) > 0 && sqltext.EqualFold(k.From, x.columns[0].column)
			})
			all = append(all, x)
		}
	}
	return all, nil
}

func lookIndex(ctx context.Context, q pragma.Querier, table string, i pragma.Index, text string) (known, error) {
	x := known{index: index{name: i.Name, table: table}, unique: i.Unique, created: i.Origin == "c", sql: text}
	_, x.vector = vecindex.Scan(text)
	columns, err := pragma.IndexInfo(ctx, q, "main", i.Name)
	if err != nil {
		return x, err
	}
	exprs := expressions(text)
	for n, c := range columns {
		if !c.Key {
			continue
		}
		col := indexed{column: c.Name.String, text: sqltext.Backquote(c.Name.String), desc: c.Desc, collation: c.Collation}
		if !c.Name.Valid {
			col.text = "rowid"
			if n < len(exprs) && c.Column == -2 {
				col.text = exprs[n]
			}
		}
		x.columns = append(x.columns, col)
	}
	if i.Partial {
		_, x.where, _ = strings.Cut(normal(text), " WHERE ")
	}
	return x, nil
}

// expressions are the columns of a CREATE INDEX as they are written.
func expressions(sql string) (out []string) {
	depth, start := 0, 0
	for tok := range sqltext.Tokens(sql) {
		switch {
		case tok.Kind == sqltext.LParen:
			if depth++; depth == 1 {
				start = tok.End
			}
		case tok.Kind == sqltext.RParen:
			if depth--; depth == 0 {
				return append(out, normal(sql[start:tok.Start]))
			}
		case tok.Kind == sqltext.Comma && depth == 1:
			out = append(out, normal(sql[start:tok.Start]))
			start = tok.End
		}
	}
	return out
}

// normal is a text with one blank between its tokens, keywords and names in
// one case and one quoting.
func normal(sql string) string {
	var parts []string
	for tok := range sqltext.Tokens(sql) {
		switch text := tok.Text(sql); tok.Kind {
		case sqltext.Space, sqltext.Comment:
		case sqltext.Ident, sqltext.QuotedIdent:
			if tok.Is(sql, "WHERE") {
				parts = append(parts, "WHERE")
				continue
			}
			parts = append(parts, sqltext.Lower(sqltext.Unquote(text)))
		default:
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " ")
}

// duplicateIndexes are those that another index does for.
func duplicateIndexes(all []known) (advice []Advice) {
	gone := map[string]bool{}
	for i, x := range all {
		if !x.created || x.vector || len(x.columns) == 0 {
			continue
		}
		for j, y := range all {
			if i == j || y.vector || gone[y.name] || !x.prefixOf(y.index) {
				continue
			}
			equal := len(x.columns) == len(y.columns)
			switch {
			case x.unique && !(equal && y.unique):
				continue // it keeps values apart
			case equal && x.unique == y.unique && y.created && x.name < y.name:
				continue // one of the two is enough: the first by name stays
			}
			gone[x.name] = true
			what := "begins with its columns"
			if equal {
				what = "has the same columns"
			}
			a := Advice{
				Kind:     AdviceDuplicateIndex,
				Title:    fmt.Sprintf("%s: %s is one index too many", x.table, x.name),
				Why:      fmt.Sprintf("The index %s %s, so whatever is found by the one is found by the other. Each index makes every write slower and the file larger.", y.name, what),
				Evidence: []string{x.describe(), y.describe()},
				SQL:      "DROP INDEX " + sqltext.Backquote(x.name),
				Go:       "take the tag index off the field, if a model has it",
				Table:    x.table, Index: x.name,
				instead: y.name,
			}
			advice = append(advice, a)
			break
		}
	}
	return advice
}

func (k known) describe() string {
	if k.sql != "" {
		return k.sql
	}
	return k.name + " of a PRIMARY KEY or UNIQUE of " + k.table
}

// unusedIndexes are those that the plan of no shape has. It says nothing of
// tables that were hardly asked, and nothing at all when the report does not
// have every shape.
func (a *indexAdviser) unusedIndexes(r *Report, all []known, duplicates []Advice) (advice []Advice) {
	if r.Rest.Shapes.Count > 0 {
		return nil
	}
	used := map[string]bool{}
	uses, writes := map[string]int64{}, map[string]int64{}
	var texts, unknown []string
	for i := range r.Shapes {
		s := &r.Shapes[i]
		text := s.text()
		class := sqltext.Classify(text)
		if !class.Repeats() {
			continue
		}
		texts = append(texts, text)
		nodes, err := a.t.plan(a.ctx, text)
		if err != nil {
			unknown = append(unknown, text)
			continue
		}
		for name := range usedIndexes(nodes) {
			used[name] = true
		}
		for _, d := range duplicates {
			if used[sqltext.Lower(d.Index)] {
				used[sqltext.Lower(d.instead)] = true
			}
		}
		tables := map[string]bool{}
		walkPlan(nodes, func(n *PlanNode) bool {
			tables[sqltext.Lower(n.Table)] = true
			return true
		})
		for t := range tables {
			uses[t] += s.Count
		}
		writes[sqltext.Lower(s.Table)] += s.RowsAffected
	}
	for _, x := range all {
		table := sqltext.Lower(x.table)
		if x.unique || !x.created || x.vector || x.foreign || used[sqltext.Lower(x.name)] || uses[table] < leastUses || writes[table] == 0 ||
			slices.ContainsFunc(duplicates, func(d Advice) bool { return d.Index == x.name }) || x.mentioned(texts) ||
			slices.ContainsFunc(unknown, func(text string) bool { return hasName(text, x.table) }) {
			continue
		}
		advice = append(advice, Advice{
			Kind:  AdviceUnusedIndex,
			Title: fmt.Sprintf("%s: nothing used the index %s for %s", x.table, x.name, over(r)),
			Why: "No query that was measured is planned with it, and every write of the table has to keep it up to date. " +
				"What runs seldom (reports, jobs of the night) may not have been measured.",
			Evidence: []string{
				fmt.Sprintf("%s queries of the table in %s, in %d shapes of all tables, none with the index", count(uses[table]), over(r), len(texts)),
				fmt.Sprintf("%s rows of the table were written meanwhile", count(writes[table])),
				x.sql,
			},
			SQL: "DROP INDEX " + sqltext.Backquote(x.name), Go: "take the tag index off the field, if a model has it",
			Table: x.table, Index: x.name,
		})
	}
	return advice
}

// mentioned tells that a statement may use the index when its parameters have
// the right values: a partial one, or one for LIKE.
func (k known) mentioned(texts []string) bool {
	for _, text := range texts {
		if len(k.columns) == 0 || k.where == "" && !hasWord(text, "LIKE") && !hasWord(text, "GLOB") {
			continue
		}
		if mentions(text, k.columns[0].text) && mentions(text, k.where) {
			return true
		}
	}
	return false
}

// mentions tells that the text has all names of the expression.
func mentions(text, expr string) bool {
	for tok := range sqltext.Tokens(expr) {
		switch tok.Kind {
		case sqltext.Ident, sqltext.QuotedIdent:
			if name := sqltext.Unquote(tok.Text(expr)); !hasName(text, name) {
				return false
			}
		}
	}
	return true
}

func hasName(sql, name string) bool {
	for tok := range sqltext.Tokens(sql) {
		if (tok.Kind == sqltext.Ident || tok.Kind == sqltext.QuotedIdent) && sqltext.EqualFold(sqltext.Unquote(tok.Text(sql)), name) {
			return true
		}
	}
	return false
}

// foreignKeys are those whose child table has no index to find the rows by
// that refer to a row which is deleted.
func (a *indexAdviser) foreignKeys(r *Report, have []Advice) (advice []Advice, err error) {
	rows, err := a.q.QueryContext(a.ctx, "PRAGMA foreign_keys")
	if err != nil {
		return nil, err
	}
	on := false
	if rows.Next() {
		err = rows.Scan(&on)
	}
	rows.Close()
	if err != nil || !on {
		return nil, err
	}
	done := map[string]bool{}
	for i := range r.Shapes {
		s := &r.Shapes[i]
		if sqltext.Classify(s.text()).Verb != sqltext.Delete || !worth(s) {
			continue
		}
		parent := deleted(s.text())
		for key, o := range a.t.catalog.objects {
			if o.view || o.module() != "" || a.t.broken[key] {
				continue
			}
			keys, err := pragma.ForeignKeyList(a.ctx, a.t.conn, "main", o.name)
			if err != nil {
				return nil, err
			}
			for _, x := range keyIndexes(o.name, keys, parent) {
				if done[x.key()] || a.size(o.name, nil).rows < leastRead || slices.ContainsFunc(have, func(h Advice) bool {
					return sqltext.EqualFold(h.Table, x.table) && len(h.Columns) >= len(x.columns) && h.Columns[0] == x.columns[0].String()
				}) {
					continue
				}
				done[x.key()] = true
				adv, ok, err := a.foreignKey(s, parent, x)
				if err != nil {
					return nil, err
				}
				if ok {
					advice = append(advice, adv)
				}
			}
		}
	}
	return advice, nil
}

// deleted is the table of a DELETE.
func deleted(sql string) string {
	blocks, _ := block.Read(sql)
	for _, b := range blocks {
		if b.Writes && len(b.Sources) > 0 {
			return b.Sources[0].Table
		}
	}
	return ""
}

// keyIndexes are the indexes of the columns that refer to the parent.
func keyIndexes(table string, keys []pragma.ForeignKey, parent string) (out []index) {
	byID := map[int]int{}
	for _, k := range keys {
		if !sqltext.EqualFold(k.Table, parent) {
			continue
		}
		at, ok := byID[k.ID]
		if !ok {
			at = len(out)
			byID[k.ID] = at
			out = append(out, index{table: table})
		}
		out[at].columns = append(out[at].columns, indexed{text: sqltext.Backquote(k.From), column: k.From})
	}
	return out
}

func (a *indexAdviser) foreignKey(s *Shape, parent string, x index) (adv Advice, ok bool, err error) {
	var where []string
	for _, c := range x.columns {
		where = append(where, c.text+" = ?")
	}
	question := "SELECT 1 FROM " + sqltext.Backquote(x.table) + " WHERE " + strings.Join(where, " AND ")
	before, err := a.t.plan(a.ctx, question)
	if err != nil || !scans(before, x.table) {
		return adv, false, err
	}
	x = name([]index{x}, a.t.catalog)[0]
	var after []PlanNode
	if err := a.t.with(a.ctx, []index{x}, func() (err error) {
		after, err = a.t.plan(a.ctx, question)
		return err
	}); err != nil || scans(after, x.table) {
		return adv, false, err
	}
	f := fix{shape: s, read: s.Counters.RowsRead / s.Count}
	return Advice{
		Kind:  AdviceForeignKey,
		Title: fmt.Sprintf("%s: an index on (%s) finds the rows that refer to %s", x.table, x.list(), parent),
		Why: fmt.Sprintf("For each row of %s that is deleted SQLite looks for rows of %s that refer to it, and without an index it reads the whole table: "+
			"https://www.sqlite.org/foreignkeys.html#fk_indexes.", parent, x.table),
		Evidence: []string{evidence(f)},
		SQL:      x.create(), Go: tag(x), Table: x.table, Index: x.name, Columns: []string{x.list()}, Shapes: []string{s.ID}, Callers: callersOf(s),
		Trials: []Trial{{s.ID, StatementPlan{SQL: question, Nodes: before}, StatementPlan{SQL: question, Nodes: after}}},
		weight: s.Counters.RowsRead,
	}, true, nil
}
