package migrator

import (
	"fmt"
	"slices"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// settle turns the changes of a table into steps: it asks the rows what the
// changes leave open, refuses what they forbid, and takes statements of the
// engine where they are right for all of the changes, else one rebuild.
func (s *session) settle(l *live, have *table, d difference) (steps []Step, again *rebuild, err error) {
	for _, o := range d.ops {
		if trigger := l.updateOf(have.target, o.drops); trigger != "" {
			return nil, nil, fmt.Errorf("libsql: table %q: %s cannot be dropped: the trigger %q is for its updates", have.label(), column(o.drops), trigger)
		}
		if user := l.quotes(have.target, o.drops); user != nil {
			return nil, nil, fmt.Errorf("libsql: table %q: %s cannot be dropped: the %s %q seems to use it: it has the name in double quotes, which would be a text then",
				have.label(), column(o.drops), user.kind, user.name)
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
		if err := s.refuseMisfits(have, again); err != nil {
			return nil, nil, err
		}
		if steps, err = s.rebuildSteps(l, have, again); err != nil {
			return nil, nil, err
		}
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
				st := have.step(kind, sql, o.reason, o.cost, o.loses)
				st.column = o.drops
				steps = append(steps, st)
			}
		}
	}
	create := func(w wantedIndex, reason, loses string) error {
		more, err := s.createIndex(l, have.target, w.name, w.sql, have.step(CreateIndex, "", reason, Scan, loses))
		steps = append(steps, more...)
		return err
	}
	for _, w := range d.replace {
		loses := fmt.Sprintf("the old definition of the index %q", w.name)
		reason := fmt.Sprintf("the index %q has another definition in the model", w.name)
		if !anew {
			steps = append(steps, have.dropIndex(have.nameOfIndex(w.name), reason, loses))
			loses = ""
		}
		if err := create(w, reason, loses); err != nil {
			return nil, nil, err
		}
	}
	for _, w := range d.create {
		if err := create(w, fmt.Sprintf("the model has the index %q", w.name), ""); err != nil {
			return nil, nil, err
		}
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
	if err != nil {
		return "", fmt.Errorf("libsql: table %q: %s: asking its rows: %w", have.label(), x.why, err)
	}
	if n == 0 {
		return "", nil
	}
	return inWords(n), nil
}

// inWords is a number of rows.
func inWords(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
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
			if there, err := s.any(have.target, cond); err != nil {
				return false, fmt.Errorf("libsql: table %q: %s: asking its rows: %w", have.label(), o.reason, err)
			} else if there {
				return true, nil
			}
		}
	}
	return false, nil
}
