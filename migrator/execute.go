package migrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// execute carries out the steps of a plan, in the transaction that is open,
// and looks whether everything is there afterwards.
func (s *session) execute(p *Plan) error {
	if p.deferKeys && s.enforced {
		return s.deferred(p)
	}
	switch {
	case s.dry:
		return s.steps(p)
	case !p.alters():
		return s.stepsWithKeys(p)
	}
	before, err := readLive(s.ctx, s.pool)
	if err != nil {
		return err
	}
	if p.keep {
		if err := s.steps(p); err != nil {
			return err
		}
		_, err := s.putBack(before, p)
		return err
	}
	broken, err := s.broken(before)
	if err != nil {
		return err
	}
	if s.enforced && len(p.rebuild) > 0 {
		err = s.deferring(before, p)
	} else {
		err = s.stepsWithKeys(p)
	}
	if err != nil {
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
	for _, b := range sortedKeys(stillBroken) {
		if _, was := broken[b]; !was {
			return s.doesNotWork(after, p, stillBroken[b])
		}
	}
	return nil
}

// alters tells that tables or views that are there change, on which views and
// triggers of others can depend.
func (p *Plan) alters() bool {
	return p.keep || slices.ContainsFunc(p.steps, func(st Step) bool {
		return st.anew != nil || st.Kind == AddColumn || st.Kind == AlterColumn || st.Kind == DropColumn
	})
}

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
	case st.rows != nil && !s.dry:
		return st.rows(func(args ...any) error {
			_, err := s.pool.ExecContext(s.ctx, st.SQL, args...)
			return err
		})
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
	var rows int64
	err = s.follow(Event{Table: st.Table, Step: CopyRows, Total: total}, st.anew, func(s *session) (err error) {
		rows, err = s.exec(st.SQL)
		return err
	})
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
func (s *session) rename(st Step) error {
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
		return s.during(set[want], st.SQL, set[is])
	}
	_, err = s.exec(st.SQL)
	return err
}

// during runs a statement while a setting is another. On this module's driver
// it is one call, because a transaction of the user can end between two, when
// its context does, and then nobody could put the setting back.
func (s *session) during(set, query, back string) (err error) {
	ours := false
	err = driver.With(context.WithoutCancel(s.ctx), s.pool, func(c *driver.Conn) (err error) {
		ours = true
		exec := func(query string) error {
			_, err := c.ExecContext(context.WithoutCancel(s.ctx), query, nil)
			return err
		}
		defer func() { err = errors.Join(err, exec(back)) }()
		if err := exec(set); err != nil {
			return err
		}
		begin := time.Now()
		err = exec(query)
		s.m.DB.Logger.Trace(s.ctx, begin, func() (string, int64) { return query, 0 }, err)
		return err
	})
	if ours || err != nil && !errors.Is(err, driver.ErrUnsupported) {
		return err
	}
	defer s.switchBack(back, &err)
	if _, err := s.pool.ExecContext(s.ctx, set); err != nil {
		return err
	}
	_, err = s.exec(query)
	return err
}

// deferring runs a plan with a rebuild in the user's transaction. Dropping the
// old table deletes its rows: that fires actions of foreign keys, so rows that
// one would change are a reason to refuse. The others would only count as
// broken until the new table has its name. SQLite keeps that count apart while
// defer_foreign_keys is on, and forgets it when it is switched off; what is
// really broken, the check of the keys has found by then.
func (s *session) deferring(l *live, p *Plan) (err error) {
	is, err := s.int("PRAGMA defer_foreign_keys")
	if err != nil {
		return err
	}
	mine := is == 0 // else the count is the user's, too
	if err := s.refuseCascades(l, p, mine); err != nil {
		return err
	}
	if mine {
		defer s.switchBack("PRAGMA defer_foreign_keys = OFF", &err)
		if _, err := s.pool.ExecContext(s.ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
			return err
		}
	}
	return s.stepsWithKeys(p)
}

// refuseCascades refuses to rebuild a table inside the user's transaction
// when rows refer to it that would be changed.
func (s *session) refuseCascades(l *live, p *Plan, actionsOnly bool) error {
	for _, r := range p.rebuild {
		for _, child := range l.referrers(r.target) {
			refers, err := s.rowsRefer(l, child, r.target, actionsOnly)
			if err != nil {
				return err
			}
			if refers {
				return unsupported(r.label(), "rebuilding it inside a transaction ("+r.reason()+")",
					fmt.Sprintf("rows of %q refer to it, and foreign keys cannot be switched off here: migrate outside the transaction", child.label()))
			}
		}
	}
	return nil
}

// rowsRefer tells whether rows of the child could refer to the table: those
// without a NULL in the key. With actionsOnly, only keys count that do
// something when a row of the table is deleted.
func (s *session) rowsRefer(l *live, child, t target, actionsOnly bool) (bool, error) {
	have := l.find(child)
	refer := []string{"1"} // who knows
	if have != nil && have.parse() == nil {
		refer = nil
		for _, f := range foreignKeys(have.ddl) {
			does := action(f.con.Ref.OnDelete)
			if !same(f.con.Ref.Table, t.name) || actionsOnly && (same(does, "NO ACTION") || same(does, "RESTRICT")) {
				continue
			}
			var set []string
			for _, c := range f.columns {
				set = append(set, quote(c)+" IS NOT NULL")
			}
			refer = append(refer, strings.Join(set, " AND "))
		}
	}
	if refer == nil {
		return false, nil
	}
	n, err := s.int("SELECT EXISTS(SELECT 1 FROM " + child.quoted() + " WHERE " + strings.Join(refer, " OR ") + ")")
	return n != 0, err
}

// stepsWithKeys runs the steps and checks the foreign keys. Rows that broke
// one before may go on doing so; it costs to find out which, so that is done
// when there is such a row.
func (s *session) stepsWithKeys(p *Plan) error {
	if !s.checkKeys || len(p.toCheck()) == 0 {
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
	for _, changed := range p.toCheck() {
		for _, t := range append(l.referrers(changed), changed) {
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
				out[fmt.Sprintf("%s %s %d", o.kind, key(o.schema, name), i)] = fault{o.kind, o.schema, name, q, err}
			}
		}
	}
	return out, nil
}

// compile tells whether a statement compiles.
func (s *session) compile(query string) error {
	return scanAll(s.ctx, s.pool, "EXPLAIN "+query, nil, func(scanner) error { return nil })
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
	if have.kind == "view" { // which is written to by its triggers alone
		for i, q := range out {
			if !l.hasTrigger(have.name, q[:len("DELETE")]) {
				out[i] = ""
			}
		}
	}
	return out, nil
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
