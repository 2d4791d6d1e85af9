package migrator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

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
	if len(toks) < 3 {
		return sql
	}
	return ownColumns(sql, table, toks[2].Start+1) // behind the schema of the table's own name
}

// ownColumns takes the name of the table away from before the columns in the
// text, from a place on.
func ownColumns(sql, table string, begin int) string {
	if !strings.Contains(sql, ".") {
		return sql
	}
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
		if i++; same(sqltext.Unquote(toks[i-1].Text(sql)), table) && i+1 < len(toks) && from >= begin {
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

// rebuildSteps are the statements of the rebuild.
func (s *session) rebuildSteps(l *live, have *table, r *rebuild) (steps []Step, err error) {
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
	away, back, err := s.standAside(l, have)
	if err != nil {
		return nil, err
	}
	for _, o := range away {
		if o.kind == "view" {
			add(DropView, Instant, "DROP VIEW "+r.prefix()+quote(o.name))
		} else {
			add(DropTrigger, Instant, "DROP TRIGGER "+r.prefix()+quote(o.name))
		}
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
			more, err := s.createIndex(l, r.target, o.name, o.sql, st)
			if err != nil {
				return nil, err
			}
			steps = append(steps, more...)
		}
	}
	for _, o := range have.triggers {
		add(CreateTrigger, Instant, r.qualify(o.sql))
	}
	for _, o := range back {
		kind := CreateTrigger
		if o.kind == "view" {
			kind = CreateView
		}
		add(kind, Instant, r.qualify(o.sql))
	}
	return steps, nil
}

// standAside are the views and triggers of others that have to be dropped while
// the table has no name, where PRAGMA legacy_alter_table is refused, and all
// that have to be made again: ALTER TABLE RENAME looks at every view and
// trigger, and does not go on when one mentions a table that is not there. They
// are made from their own texts, and it is looked whether they are the same.
func (s *session) standAside(l *live, have *table) (away, back []object, err error) {
	if !s.isRemote() {
		return nil, nil, nil
	}
	broken, err := s.broken(l)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]bool{lower(have.name): true}
	chosen := map[object]bool{}
	stands := func(o object) bool {
		for name := range names {
			if ddl.Mentions(o.sql, name) {
				return true
			}
		}
		for _, f := range broken {
			if f.kind == o.kind && same(f.schema, o.schema) && (same(f.name, o.name) || o.kind == "trigger" && same(f.name, o.table)) {
				return true
			}
		}
		return false
	}
	for more := true; more; {
		more = false
		for _, o := range l.objects {
			isView := o.kind == "view"
			if chosen[o] || !isView && o.kind != "trigger" || !same(o.schema, have.schema) || same(o.table, have.name) {
				continue // a trigger of the table itself goes with it
			}
			if stands(o) {
				chosen[o], more = true, true
				if isView {
					names[lower(o.name)] = true
				}
			}
		}
	}
	for _, o := range l.objects {
		if !chosen[o] {
			continue
		}
		back = append(back, o)
		if o.kind == "view" || !names[lower(o.table)] { // else it goes with its view
			away = append(away, o)
		}
	}
	slices.Reverse(away)
	return away, back, nil
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
