package migrator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// settle turns the changes of a table into steps: it asks the rows what the
// changes leave open, refuses what they forbid, and takes statements of the
// engine where they are right for all of the changes, else one rebuild.
func (s *session) settle(l *live, have *table, d difference) (steps []Step, again *rebuild, err error) {
	for _, o := range d.ops {
		if trigger := l.updateOf(have.target, o.drops); trigger != "" {
			return nil, nil, fmt.Errorf("libsql: table %q: %s cannot be dropped: the trigger %q is for its updates", have.label(), column(o.drops), trigger)
		}
		for _, x := range o.must {
			if err := s.forbid(have, x); err != nil {
				return nil, nil, err
			}
		}
	}
	anew, err := s.needsRebuild(l, have, d.ops)
	if err != nil {
		return nil, nil, err
	}
	if len(d.ops) > 0 && l.hidden(have.schema) != "" {
		anew = true
	}
	gone := map[string]bool{}
	for _, w := range d.replace {
		gone[lower(w.name)] = true
	}
	for _, o := range d.drop {
		gone[lower(o.name)] = true
	}
	if anew {
		again, err = newRebuild(l, have, d.ops)
		if err != nil {
			return nil, nil, err
		}
		again.dropped = gone
		steps = again.steps(l, have)
	} else {
		for _, o := range d.drop {
			steps = append(steps, have.dropIndex(o.name, d.dropReason, fmt.Sprintf("the index %q", o.name)))
		}
		for _, o := range d.ops {
			for i, sql := range o.native {
				kind := o.kind
				if i > 0 {
					kind = Reindex
				}
				steps = append(steps, have.step(kind, sql, o.reason, o.cost, o.loses))
			}
		}
	}
	for _, w := range d.replace {
		loses := fmt.Sprintf("the old definition of the index %q", w.name)
		reason := fmt.Sprintf("the index %q has another definition in the model", w.name)
		if !anew {
			steps = append(steps, have.dropIndex(w.name, reason, loses))
			loses = ""
		}
		steps = append(steps, l.createIndex(have.target, w.name, w.sql, have.step(CreateIndex, "", reason, Scan, loses))...)
	}
	for _, w := range d.create {
		reason := fmt.Sprintf("the model has the index %q", w.name)
		steps = append(steps, l.createIndex(have.target, w.name, w.sql, have.step(CreateIndex, "", reason, Scan, ""))...)
	}
	return steps, again, nil
}

// updateOf is a trigger that is for UPDATE OF the column. SQLite does not miss
// the column, and the trigger would never fire again.
func (l *live) updateOf(t target, column string) string {
	for _, o := range l.objects {
		if column == "" || o.kind != "trigger" || !same(o.table, t.name) || !same(o.schema, t.schema) && !same(o.schema, "temp") {
			continue
		}
		of := false
		for _, tok := range solid(o.sql) {
			if tok.Is(o.sql, "ON") {
				break
			}
			if of && same(sqltext.Unquote(tok.Text(o.sql)), column) {
				return o.name
			}
			of = of || tok.Is(o.sql, "OF")
		}
	}
	return ""
}

// createIndex makes an index by the step st. VACUUM leaves a second note of a
// vector index, and with it there DROP INDEX leaves one: CREATE INDEX takes
// that for its own and makes an index without the rows.
func (l *live) createIndex(t target, name, sql string, st Step) []Step {
	st.SQL = t.qualify(sql)
	notes := target{schema: t.schema, name: vectorNotes, twin: l.twin(vectorNotes)}
	if !hasWord(sql, "libsql_vector_idx") || l.find(notes) == nil {
		return []Step{st}
	}
	forget := st
	forget.Kind, forget.Cost, forget.Loses = ForgetIndex, Instant, ""
	forget.SQL = "DELETE FROM " + notes.quoted() + " WHERE name = " + sqltext.QuoteString(name) + " COLLATE NOCASE"
	return []Step{forget, st}
}

// forbid returns an error when rows meet the condition.
func (s *session) forbid(have *table, x must) error {
	n, err := s.count(have, x)
	if err != nil || n == "" {
		return err
	}
	return fmt.Errorf("libsql: table %q: %s (%s); nothing was changed", have.label(), x.why, n)
}

// spare leaves the changes undone that rows are spared, and reports them.
func (s *session) spare(have *table, d *difference) error {
	var ops []op
	for _, o := range d.ops {
		spared := false
		for _, x := range o.spares {
			n, err := s.count(have, x)
			if err != nil {
				return err
			}
			if n != "" {
				spared = true
				d.unmet = append(d.unmet, Unmet{Table: have.label(), Object: o.object, Reason: fmt.Sprintf("%s (%s)", x.why, n)})
			}
		}
		if !spared {
			ops = append(ops, o)
		}
	}
	d.ops = ops
	return nil
}

// count is how many rows meet the condition, in words, "" for none.
func (s *session) count(have *table, x must) (string, error) {
	if x.rows == "" {
		return "", nil
	}
	n, err := s.int("SELECT count(*) FROM " + have.quoted() + " WHERE " + x.rows)
	switch {
	case err != nil:
		return "", fmt.Errorf("libsql: table %q: %s: asking its rows: %w", have.label(), x.why, err)
	case n == 0:
		return "", nil
	case n == 1:
		return "1 row", nil
	}
	return fmt.Sprintf("%d rows", n), nil
}

func (s *session) needsRebuild(l *live, have *table, ops []op) (bool, error) {
	for _, o := range ops {
		if o.native == nil {
			return true, nil
		}
	}
	if slices.ContainsFunc(ops, func(o op) bool { return o.kind == AlterColumn || o.kind == DropColumn }) {
		if broken, err := s.broken(l); err != nil || len(broken) > 0 || l.quotesTexts(have.schema) || l.quotesTexts("temp") {
			return true, err // SQLite refuses, or writes other objects anew
		}
	}
	for _, o := range ops {
		for _, cond := range o.unless {
			if cond == "" {
				continue
			}
			var yes bool
			query := "SELECT EXISTS(SELECT 1 FROM " + have.quoted() + " WHERE " + cond + ")"
			if err := scanAll(s.ctx, s.pool, query, nil, func(scan scanner) error { return scan(&yes) }); err != nil {
				return false, fmt.Errorf("libsql: table %q: %s: asking its rows: %w", have.label(), o.reason, err)
			}
			if yes {
				return true, nil
			}
		}
	}
	return false, nil
}

// label is the name of the table for people, with a schema that is not main.
func (t target) label() string {
	if t.schema == "" || same(t.schema, "main") {
		return t.name
	}
	return t.schema + "." + t.name
}

// quoted is the name of the table for SQL.
func (t target) quoted() string { return t.prefix() + quote(t.name) }

// prefix is the schema with its dot, "" where none is needed.
func (t target) prefix() string {
	if t.schema == "" || same(t.schema, "main") && !t.twin {
		return ""
	}
	return quote(t.schema) + "."
}

func (t target) step(kind Kind, sql, reason string, cost Cost, loses string) Step {
	return Step{Table: t.label(), Kind: kind, SQL: sql, Reason: reason, Cost: cost, Loses: loses, schema: t.schema, name: t.name}
}

func (t target) dropIndex(name, reason, loses string) Step {
	st := t.step(DropIndex, "DROP INDEX "+t.prefix()+quote(name), reason, Instant, loses)
	st.index = name
	return st
}

// qualify puts the schema before the name of a CREATE statement as it stands
// in the schema, where no schema is named.
func (t target) qualify(sql string) string {
	if t.prefix() == "" {
		return sql
	}
	named := false
	for tok := range sqltext.Tokens(sql) {
		switch {
		case tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment:
		case named:
			return sql[:tok.Start] + t.prefix() + sql[tok.Start:]
		case tok.Is(sql, "INDEX"), tok.Is(sql, "TRIGGER"), tok.Is(sql, "TABLE"), tok.Is(sql, "VIEW"):
			named = true
		}
	}
	return sql
}

// rebuild is a table that is made anew: under another name, filled, and put
// in the place of the old one (https://www.sqlite.org/lang_altertable.html,
// "Making Other Kinds Of Table Schema Changes").
type rebuild struct {
	target
	sql      string // CREATE TABLE under the name temp
	ddl      *ddl.Table
	temp     string
	columns  []string        // of the new table, as SQL
	sources  []string        // their values, as SQL
	dropped  map[string]bool // indexes that are not put back
	reasons  []string
	loses    string
	sequence bool
}

func newRebuild(l *live, have *table, ops []op) (*rebuild, error) {
	r := &rebuild{target: have.target, temp: l.freeName(have.target)}
	e := have.ddl.Edit()
	fromRowid := ""
	var loses []string
	for _, o := range ops {
		o.edit(e)
		r.reasons = append(r.reasons, o.reason)
		if o.loses != "" {
			loses = append(loses, o.loses)
		}
		if o.fromRowid != "" {
			fromRowid = o.fromRowid
		}
	}
	r.loses = strings.Join(loses, ", ")
	e.Rename(r.temp)
	r.sql = withoutTable(e.SQL(), have.name)
	var err error
	if r.ddl, err = ddl.ParseTable(r.sql); err != nil {
		return nil, fmt.Errorf("libsql: table %q: %s: the new CREATE TABLE cannot be read: %w", have.label(), r.reason(), err)
	}
	r.copied(have, fromRowid)
	r.sequence = autoIncrement(r.ddl) && autoIncrement(have.ddl)
	return r, nil
}

func (r *rebuild) reason() string { return strings.Join(r.reasons, "; ") }

// withoutTable takes the name of the table away from before the columns in the
// expressions of a CREATE TABLE, as in CHECK (t.c > 0): there is no other table
// that they could be of, and this one has another name until it is filled.
func withoutTable(sql, table string) string {
	toks := solid(sql)
	var b strings.Builder
	at, from := 0, -1 // from: where "schema.table." begins
	for i := 0; i+1 < len(toks); i++ {
		isName := toks[i].Kind == sqltext.Ident || toks[i].Kind == sqltext.QuotedIdent || toks[i].Kind == sqltext.String
		if !isName || toks[i+1].Kind != sqltext.Dot {
			from = -1
			continue
		}
		if from < 0 {
			from = toks[i].Start
		}
		if i++; same(sqltext.Unquote(toks[i-1].Text(sql)), table) && i+1 < len(toks) && from > toks[2].Start {
			b.WriteString(sql[at:from])
			at, from = toks[i+1].Start, -1
		}
	}
	return b.String() + sql[at:]
}

func autoIncrement(d *ddl.Table) bool {
	key, ok := primaryKey(d)
	return ok && key.con.AutoIncrement
}

// copied settles which values go where: all that are stored, and the rowid
// where no column is another name of it.
func (r *rebuild) copied(have *table, fromRowid string) {
	rowid := ""
	if !have.ddl.WithoutRowID {
		rowid = rowidName(have.ddl, r.ddl)
	}
	if rowid != "" && !r.ddl.WithoutRowID && rowidColumn(r.ddl) < 0 {
		r.columns, r.sources = append(r.columns, rowid), append(r.sources, rowid)
	}
	for _, c := range r.ddl.Columns {
		if traitsOf(c).generated != nil {
			continue
		}
		switch {
		case have.column(c.Name) >= 0:
			r.columns, r.sources = append(r.columns, quote(c.Name)), append(r.sources, quote(c.Name))
		case same(c.Name, fromRowid) && rowid != "":
			r.columns, r.sources = append(r.columns, quote(c.Name)), append(r.sources, rowid)
		}
	}
}

// rowidName is a name of the rowid that no column of the tables hides, ""
// without one: https://www.sqlite.org/lang_createtable.html#rowid.
func rowidName(tables ...*ddl.Table) string {
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if !slices.ContainsFunc(tables, func(t *ddl.Table) bool { return columnIn(t, name) >= 0 }) {
			return name
		}
	}
	return ""
}

// freeName is a name for the new table that nothing has yet.
func (l *live) freeName(t target) string {
	for i := 1; ; i++ {
		name := fmt.Sprintf("%s__new%d", t.name, i)
		if !slices.ContainsFunc(l.objects, func(o object) bool { return same(o.name, name) }) {
			return name
		}
	}
}

// steps are the statements of the rebuild.
func (r *rebuild) steps(l *live, have *table) (steps []Step) {
	add := func(kind Kind, cost Cost, sql string) {
		st := r.step(kind, sql, r.reason(), cost, "")
		st.anew = r
		steps = append(steps, st)
	}
	temp := target{schema: r.schema, name: r.temp, twin: r.twin}
	add(CreateTable, Instant, r.qualify(r.sql))
	// OR ABORT: an ON CONFLICT in the definition must not drop or change rows.
	add(CopyRows, Rewrite, fmt.Sprintf("INSERT OR ABORT INTO %s(%s) SELECT %s FROM %s",
		temp.quoted(), strings.Join(r.columns, ","), strings.Join(r.sources, ","), r.quoted()))
	name, tempName := sqltext.QuoteString(r.name), sqltext.QuoteString(r.temp)
	if r.sequence {
		seq := r.prefix() + "sqlite_sequence"
		add(KeepSequence, Instant, fmt.Sprintf("DELETE FROM %s WHERE name = %s", seq, tempName))
		add(KeepSequence, Instant, fmt.Sprintf("INSERT INTO %[1]s(name, seq) SELECT %[2]s, seq FROM %[1]s WHERE name = %[3]s", seq, tempName, name))
	}
	stats := l.stats(r.target)
	for _, stat := range stats {
		add(KeepStats, Instant, fmt.Sprintf("UPDATE %s SET tbl = %s WHERE tbl = %s", stat, tempName, name))
	}
	add(DropTable, Instant, "DROP TABLE "+r.quoted())
	steps[len(steps)-1].Loses = r.loses
	add(RenameTable, Instant, "ALTER TABLE "+temp.quoted()+" RENAME TO "+quote(r.name))
	for _, stat := range stats {
		add(KeepStats, Instant, fmt.Sprintf("UPDATE %s SET tbl = %s WHERE tbl = %s", stat, name, tempName))
	}
	for _, o := range have.indexes {
		if !r.dropped[lower(o.name)] {
			st := r.step(CreateIndex, "", r.reason(), Scan, "")
			st.anew = r
			steps = append(steps, l.createIndex(r.target, o.name, o.sql, st)...)
		}
	}
	for _, o := range have.triggers {
		add(CreateTrigger, Instant, r.qualify(o.sql))
	}
	return steps
}

// stats are the tables in which ANALYZE keeps its figures, as SQL.
func (l *live) stats(t target) (out []string) {
	for _, name := range []string{"sqlite_stat1", "sqlite_stat3", "sqlite_stat4"} {
		if l.find(target{schema: t.schema, name: name}) != nil {
			out = append(out, t.prefix()+name)
		}
	}
	return out
}
