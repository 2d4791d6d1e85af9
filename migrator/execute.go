package migrator

import (
	"fmt"
	"strings"
)

// execute carries out the steps of a plan, in the transaction that is open,
// and looks whether everything is there afterwards.
func (s *session) execute(p *Plan) error {
	if p.deferKeys && s.enforced {
		return s.deferred(p)
	}
	if s.dry || len(p.rebuild) == 0 && !p.keep {
		return s.steps(p)
	}
	before, err := readLive(s.ctx, s.pool)
	if err != nil {
		return err
	}
	if len(p.rebuild) == 0 {
		if err := s.steps(p); err != nil {
			return err
		}
		_, err := s.putBack(before, p)
		return err
	}
	if err := s.refuseCascades(before, p); err != nil {
		return err
	}
	broken, err := s.broken(before)
	if err != nil {
		return err
	}
	if err := s.stepsWithKeys(before, p); err != nil {
		return err
	}
	after, err := s.putBack(before, p)
	if err != nil {
		return err
	}
	stillBroken, err := s.broken(after)
	if err != nil {
		return err
	}
	for name, why := range stillBroken {
		if _, was := broken[name]; !was {
			return fmt.Errorf("libsql: table %q: %s does not work with the new table: %s; nothing was changed", p.rebuild[0].label(), name, why)
		}
	}
	return nil
}

// deferred runs the steps while foreign keys are looked at later: tables that
// are dropped together may refer to each other.
func (s *session) deferred(p *Plan) (err error) {
	on, err := s.int("PRAGMA defer_foreign_keys")
	if err != nil {
		return err
	}
	if on == 0 {
		if _, err := s.pool.ExecContext(s.ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
			return err
		}
		defer s.switchBack("PRAGMA defer_foreign_keys = OFF", &err)
	}
	return s.steps(p)
}

// steps runs the statements.
func (s *session) steps(p *Plan) error {
	for _, st := range p.steps {
		if err := s.step(st); err != nil {
			return fmt.Errorf("libsql: table %q: %s: %w", st.Table, st.Kind, err)
		}
	}
	return nil
}

func (s *session) step(st Step) (err error) {
	if st.Kind != CopyRows {
		s.tell(Event{Table: st.Table, Step: st.Kind})
	}
	switch {
	case st.args != nil && !s.dry:
		for args := range st.args {
			if _, err := s.exec(st.SQL, args...); err != nil {
				return err
			}
		}
		return nil
	case st.Kind == CopyRows && !s.dry:
		return s.copyRows(st)
	case (st.Kind == RenameTable || st.Kind == RenameColumn) && !s.dry:
		return s.rename(st)
	}
	_, err = s.exec(st.SQL)
	return err
}

func (s *session) tell(e Event) {
	if s.m.OnMigrate != nil && !s.dry {
		s.m.OnMigrate(e)
	}
}

// copyRows fills the new table, and counts.
func (s *session) copyRows(st Step) error {
	total, err := s.int("SELECT count(*) FROM " + st.anew.quoted())
	if err != nil {
		return err
	}
	stop := s.follow(Event{Table: st.Table, Step: CopyRows, Total: total}, st.anew)
	rows, err := s.exec(st.SQL)
	stop()
	if err != nil {
		return err
	}
	if rows != total {
		return fmt.Errorf("%d of %d rows were copied", rows, total)
	}
	s.tell(Event{Table: st.Table, Step: CopyRows, Rows: rows, Total: total})
	return nil
}

// rename gives a table or a column another name. Triggers and views that
// mention it follow, but not the new table of a rebuild, which takes the name
// while nothing has it: there they are to stay as they are
// (https://www.sqlite.org/pragma.html#pragma_legacy_alter_table).
func (s *session) rename(st Step) (err error) {
	is, err := s.int("PRAGMA legacy_alter_table")
	if err != nil {
		return err
	}
	set := []string{"PRAGMA legacy_alter_table = OFF", "PRAGMA legacy_alter_table = ON"}
	want := int64(0)
	if st.anew != nil {
		want = 1
	}
	if is != want {
		if _, err := s.pool.ExecContext(s.ctx, set[want]); err != nil {
			return err
		}
		defer s.switchBack(set[is], &err)
	}
	_, err = s.exec(st.SQL)
	return err
}

// refuseCascades refuses to rebuild a table inside the user's transaction
// when rows refer to it: dropping the old one would delete them.
func (s *session) refuseCascades(l *live, p *Plan) error {
	if !s.enforced {
		return nil
	}
	for _, r := range p.rebuild {
		for _, child := range l.referrers(r.target) {
			n, err := s.int("SELECT EXISTS(SELECT 1 FROM " + child.quoted() + ")")
			if err != nil {
				return err
			}
			if n != 0 {
				return unsupported(r.label(), "rebuilding it inside a transaction ("+r.reason+")",
					fmt.Sprintf("rows of %q refer to it, and foreign keys cannot be switched off here: migrate outside the transaction", child.label()))
			}
		}
	}
	return nil
}

// stepsWithKeys runs the steps and checks the foreign keys. Rows that broke
// one before may go on doing so; it costs to find out which, so that is done
// when there is such a row.
func (s *session) stepsWithKeys(before *live, p *Plan) error {
	if !s.checkKeys {
		return s.steps(p)
	}
	const name = "`libsql rebuild`"
	if _, err := s.pool.ExecContext(s.ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	if err := s.steps(p); err != nil {
		return err // the transaction is given up
	}
	after, err := s.orphans(p)
	if err != nil {
		return err
	}
	if len(after) > 0 {
		if _, err := s.pool.ExecContext(s.ctx, "ROLLBACK TO "+name); err != nil {
			return err
		}
		was, err := s.orphans(p)
		if err != nil {
			return err
		}
		for key, n := range after {
			if n > was[key] {
				return fmt.Errorf("libsql: table %q: %s (%d rows); nothing was changed", key.child, key.what, n-was[key])
			}
		}
		if err := s.steps(p); err != nil {
			return err
		}
	}
	_, err = s.pool.ExecContext(s.ctx, "RELEASE "+name)
	return err
}

type orphan struct{ child, what string }

// orphans counts the rows that break a foreign key of the rebuilt tables, or
// one to them.
func (s *session) orphans(p *Plan) (map[orphan]int64, error) {
	l, err := readLive(s.ctx, s.pool)
	if err != nil {
		return nil, err
	}
	out, seen := map[orphan]int64{}, map[string]bool{}
	for _, r := range p.rebuild {
		for _, t := range append(l.referrers(r.target), r.target) {
			if k := key(t.schema, t.name); !seen[k] {
				seen[k] = true
				if err := s.orphansOf(l, t, out); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func (s *session) orphansOf(l *live, t target, out map[orphan]int64) error {
	keys, err := s.keysOf(l, t)
	if err != nil {
		return err
	}
	query := "SELECT fkid, count(*) FROM pragma_foreign_key_check(?, ?) GROUP BY fkid"
	err = scanAll(s.ctx, s.pool, query, []any{t.name, t.schema}, func(scan scanner) error {
		var id int
		var n int64
		err := scan(&id, &n)
		out[orphan{t.label(), "rows refer to what is not there: foreign key " + keys[id]}] += n
		return err
	})
	if err != nil && s.ctx.Err() == nil {
		// The key itself is wrong: no such column, or one that is not unique.
		out[orphan{t.label(), err.Error()}]++
		return nil
	}
	return err
}

// keysOf names the foreign keys of a table by their number.
func (s *session) keysOf(l *live, t target) (map[int]string, error) {
	out := map[int]string{}
	have := l.find(t)
	if have == nil || have.virtual() || have.parse() != nil {
		return out, nil
	}
	// SQLite numbers them from the last to the first.
	all := foreignKeys(have.ddl)
	for i, f := range all {
		out[len(all)-1-i] = list(f.columns) + " to " + f.con.Ref.Table
	}
	return out, nil
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
		if there[o] || o.sql == "" || p.changes(o) {
			continue
		}
		if o.kind == "trigger" && same(o.schema, "temp") {
			if _, err := s.exec(target{schema: "temp"}.qualify(o.sql)); err != nil {
				return nil, fmt.Errorf("libsql: table %q: trigger %q: %w", o.table, o.name, err)
			}
			continue
		}
		return nil, fmt.Errorf("libsql: the %s %q would not be the same; nothing was changed", o.kind, o.name)
	}
	return after, nil
}

// changes tells whether the plan means to change the object.
func (p *Plan) changes(o object) bool {
	for _, st := range p.steps {
		schema := st.schema
		if schema == "" {
			schema = "main"
		}
		if !same(schema, o.schema) {
			continue
		}
		if (o.kind == "table" || o.kind == "view") && same(o.name, st.name) {
			return true
		}
		if st.index != "" && (same(o.name, st.index) || strings.HasPrefix(lower(o.name), lower(st.index)+"_shadow")) {
			return true
		}
	}
	return false
}

// broken are the views and triggers that do not compile, by their name, with
// SQLite's reason: databases have such ones.
func (s *session) broken(l *live) (map[string]string, error) {
	out := map[string]string{}
	seen := map[string]bool{}
	for _, o := range l.objects {
		var queries []string
		switch o.kind {
		case "view":
			queries = []string{"SELECT * FROM " + quote(o.schema) + "." + quote(o.name)}
		case "trigger":
			if k := key(o.schema, o.table); !seen[k] {
				seen[k] = true
				var err error
				if queries, err = s.writesTo(l, o); err != nil {
					return nil, err
				}
			}
		}
		for _, q := range queries {
			err := scanAll(s.ctx, s.pool, "EXPLAIN "+q, nil, func(scanner) error { return nil })
			if s.ctx.Err() != nil {
				return nil, s.ctx.Err()
			}
			if err != nil {
				what := fmt.Sprintf("the %s %q", o.kind, o.name)
				if o.kind == "trigger" {
					what = fmt.Sprintf("a trigger of %q", o.table)
				}
				out[what] = err.Error()
			}
		}
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
	var set []string
	err := scanAll(s.ctx, s.pool, "SELECT name FROM pragma_table_info(?, ?)", []any{have.name, have.schema}, func(scan scanner) error {
		var name string
		err := scan(&name)
		set = append(set, quote(name)+" = "+quote(name))
		return err
	})
	if err != nil && s.ctx.Err() != nil {
		return nil, err
	}
	name := quote(have.schema) + "." + quote(have.name)
	out := []string{"DELETE FROM " + name, "INSERT INTO " + name + " DEFAULT VALUES"}
	if len(set) > 0 {
		out = append(out, "UPDATE "+name+" SET "+strings.Join(set, ", "))
	}
	return out, nil
}
