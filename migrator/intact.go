package migrator

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// doesNotWork is the error of a view or trigger that the plan would break. The
// transaction is given up: SQLite does not say which trigger it is, so they
// are dropped until it has another thing to say.
func (s *session) doesNotWork(l *live, p *Plan, f fault) error {
	what, why := fmt.Sprintf("the view %q", f.name), f.why
	if f.kind == "trigger" {
		what = fmt.Sprintf("a trigger of %q", f.name)
		for _, o := range l.objects {
			if o.kind != "trigger" || !same(o.table, f.name) {
				continue
			}
			if _, err := s.pool.ExecContext(s.ctx, "DROP TRIGGER "+quote(o.schema)+"."+quote(o.name)); err != nil {
				break
			}
			if err := s.compile(f.query); err == nil || err.Error() != f.why.Error() {
				what = fmt.Sprintf("the trigger %q", o.name)
				break
			}
		}
	}
	return fmt.Errorf("libsql: table %q: %s does not work with the new table: %w; nothing was changed", p.altered(), what, why)
}

// altered names the first table that changes.
func (p *Plan) altered() string {
	for _, st := range p.steps {
		if st.Kind != CreateTable || st.anew != nil {
			return st.Table
		}
	}
	return ""
}

// putBack makes what went with the old table and is not a step: triggers of
// temp. Anything else that is missing is a reason to stop.
func (s *session) putBack(before *live, p *Plan) (*live, error) {
	after, err := readLive(s.ctx, s.pool)
	if err != nil {
		return nil, err
	}
	there := map[object]bool{}
	for _, o := range after.objects {
		there[o] = true
	}
	for _, o := range before.objects {
		if there[o] || o.sql == "" || p.changes(o) || p.keepsVectors(before, o) {
			continue
		}
		if o.kind == "trigger" && same(o.schema, "temp") {
			if _, err := s.exec(target{schema: "temp"}.qualify(o.sql)); err != nil {
				return nil, fmt.Errorf("libsql: table %q: trigger %q: %w", o.table, o.name, err)
			}
			continue
		}
		return nil, fmt.Errorf("libsql: table %q: the %s %q would not be the same; nothing was changed", p.altered(), o.kind, o.name)
	}
	return after, nil
}

// changes tells whether the plan means to change the object.
func (p *Plan) changes(o object) bool {
	if slices.Contains(p.gone, o) {
		return true
	}
	gone := func(index string) bool {
		return o.kind == "index" && same(o.name, index) || strings.HasPrefix(lower(o.name), lower(index)+"_shadow")
	}
	for _, st := range p.steps {
		renamed := (o.kind == "table" || o.kind == "view") && same(o.name, st.name)
		if same(st.inSchema(), o.schema) && (renamed || st.index != "" && gone(st.index)) {
			return true
		}
	}
	return slices.ContainsFunc(p.rebuild, func(r rebuild) bool {
		return same(r.schema, o.schema) && slices.ContainsFunc(sortedKeys(r.dropped), gone)
	})
}

func (st Step) inSchema() string {
	if st.schema == "" {
		return "main"
	}
	return st.schema
}

// fault is a view that does not compile, or a table or view with a trigger that
// does not, and the statement that shows it.
type fault struct {
	kind, schema, name, query string
	why                       error
}

// allBroken is broken, in as few questions as it takes.
func (s *session) allBroken(l *live) (out map[string]fault, err error) {
	_, err = s.bundled(func() (err error) {
		out, err = s.broken(l)
		return err
	})
	return out, err
}

// broken are the views and triggers that do not compile, by what shows it:
// databases have such ones.
func (s *session) broken(l *live) (map[string]fault, error) {
	out := map[string]fault{}
	seen := map[string]bool{}
	for _, o := range l.objects {
		var queries []string
		name := o.name
		switch o.kind {
		case "view":
			queries = []string{"SELECT * FROM " + quote(o.schema) + "." + quote(o.name)}
		case "trigger":
			if k := key(o.schema, o.table); !seen[k] {
				seen[k] = true
				name = o.table
				var err error
				if queries, err = s.writesTo(l, o); err != nil {
					return nil, err
				}
			}
		}
		for i, q := range queries {
			if q == "" {
				continue
			}
			err := s.compile(q)
			if s.ctx.Err() != nil {
				return nil, s.ctx.Err()
			}
			if err != nil {
				// The statements have the columns in them: they are told apart by
				// their place.
				out[place(o.kind, o.schema, name, i)] = fault{o.kind, o.schema, name, q, err}
			}
		}
	}
	if s.asks != nil {
		s.asks.broken = out
	}
	return out, nil
}

// writesTo are statements that compile all triggers of the table or view.
func (s *session) writesTo(l *live, trigger object) ([]string, error) {
	t := target{schema: trigger.schema, name: trigger.table}
	if same(t.schema, "temp") {
		t.schema = "" // its table may be of another schema
	}
	have := l.find(t)
	if have == nil {
		return nil, nil
	}
	columns, known := have.settable()
	if !known {
		var err error
		q := columnsOf(have)
		columns, err = s.texts(q.sql, q.args...)
		if err != nil && s.ctx.Err() != nil {
			return nil, err
		}
	}
	return l.writes(have, columns), nil
}

// place tells the statements apart that show whether a view, or the triggers of
// a table, compile.
func place(kind, schema, name string, i int) string {
	return fmt.Sprintf("%s %s %d", kind, key(schema, name), i)
}

// settable are the columns that an UPDATE can set, as the text of the table has
// them; known is false where it has none that can be read.
func (t *table) settable() (names []string, known bool) {
	if t.kind != "table" || t.virtual() || t.parse() != nil {
		return nil, false
	}
	return settableIn(t.ddl), true
}

// columnsOf asks for them.
func columnsOf(t *table) question {
	return question{"SELECT name FROM pragma_table_info(?, ?)", []any{t.name, t.schema}}
}

func settableIn(t *ddl.Table) (names []string) {
	for _, c := range t.Columns {
		if traitsOf(c).generated == nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// writes are statements that compile all triggers of a table or view with those
// columns.
func (l *live) writes(have *table, columns []string) []string {
	set := make([]string, len(columns))
	for i, c := range columns {
		set[i] = quote(c) + " = " + quote(c)
	}
	name := quote(have.schema) + "." + quote(have.name)
	out := []string{"DELETE FROM " + name, "INSERT INTO " + name + " DEFAULT VALUES"}
	if len(set) > 0 {
		out = append(out, "UPDATE "+name+" SET "+strings.Join(set, ", "))
	}
	if have.kind == "view" { // which is written to by its triggers alone
		for i, q := range out {
			if !l.hasTrigger(have.name, q[:len("DELETE")]) {
				out[i] = ""
			}
		}
	}
	return out
}

// hasTrigger tells whether a trigger of a table or view is for that event.
func (l *live) hasTrigger(table, event string) bool {
	return slices.ContainsFunc(l.objects, func(o object) bool {
		if o.kind != "trigger" || !same(o.table, table) {
			return false
		}
		for tok := range sqltext.Tokens(o.sql) {
			if tok.Is(o.sql, "DELETE") || tok.Is(o.sql, "INSERT") || tok.Is(o.sql, "UPDATE") {
				return tok.Is(o.sql, event) // the first of them is the event
			}
		}
		return false
	})
}
