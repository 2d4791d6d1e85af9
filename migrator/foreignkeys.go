package migrator

import (
	"fmt"
	"slices"
	"strings"
)

// deferred runs the steps while foreign keys are looked at later: tables that
// are dropped together may refer to each other.
func (s *session) deferred(p *Plan) error {
	return s.deferKeys(func(bool) error { return s.steps(p) })
}

// deferKeys calls run while foreign keys are looked at later. mine tells that
// they were not before: else what counts as broken is the user's, too.
func (s *session) deferKeys(run func(mine bool) error) (err error) {
	is, err := s.int("PRAGMA defer_foreign_keys")
	if err != nil {
		return err
	}
	if is == 0 {
		defer s.switchBack("PRAGMA defer_foreign_keys = OFF", &err)
		if _, err := s.pool.ExecContext(s.ctx, "PRAGMA defer_foreign_keys = ON"); err != nil {
			return err
		}
	}
	return run(is == 0)
}

// deferring runs a plan with a rebuild in the user's transaction. Dropping the
// old table deletes its rows: that fires actions of foreign keys, so rows that
// one would change are a reason to refuse. The others would only count as
// broken until the new table has its name. SQLite keeps that count apart while
// defer_foreign_keys is on, and forgets it when it is switched off; what is
// really broken, the check of the keys has found by then.
func (s *session) deferring(l *live, p *Plan) error {
	return s.deferKeys(func(mine bool) error {
		for i := range p.rebuild {
			if err := s.refuseCascades(l, &p.rebuild[i], mine); err != nil {
				return err
			}
		}
		// The steps before it can bring more keys: of the new table to itself,
		// of another that was changed.
		s.beforeDrop = func(r *rebuild) error {
			now, err := readLive(s.ctx, s.pool)
			if err != nil {
				return err
			}
			return s.refuseCascades(now, r, mine)
		}
		defer func() { s.beforeDrop = nil }()
		return s.stepsWithKeys(p)
	})
}

// refuseCascades refuses to rebuild a table inside the user's transaction
// when rows refer to it that would be changed.
func (s *session) refuseCascades(l *live, r *rebuild, actionsOnly bool) error {
	for _, child := range l.referrers(r.target) {
		refers, err := s.rowsRefer(l, child, r.target, actionsOnly)
		if err != nil {
			return err
		}
		if refers {
			if same(child.name, r.temp) {
				child = r.target
			}
			return unsupported(r.label(), "rebuilding it inside a transaction ("+r.reason()+")",
				fmt.Sprintf("rows of %q refer to it, and foreign keys cannot be switched off here: migrate outside the transaction", child.label()))
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
	return s.any(child, strings.Join(refer, " OR "))
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
				if !key.wrong {
					key.what += " (" + inWords(n-was[key]) + ")"
				}
				return fmt.Errorf("libsql: table %q: %s; nothing was changed", key.child, key.what)
			}
		}
		if err := s.steps(p); err != nil {
			return err
		}
	}
	_, err = s.pool.ExecContext(s.ctx, "RELEASE "+name)
	return err
}

// mayBreakKeys tells whether a foreign key to the table may not hold after the
// changes: it needs its columns, what they compare as, and an index that makes
// them unique.
func (t *table) mayBreakKeys(d difference) bool {
	return slices.ContainsFunc(d.ops, func(o op) bool { return o.keys }) ||
		slices.ContainsFunc(t.indexes, func(o object) bool {
			goes := slices.ContainsFunc(d.drop, func(x object) bool { return same(x.name, o.name) }) ||
				slices.ContainsFunc(d.replace, func(w wantedIndex) bool { return same(w.name, o.name) })
			return goes && hasWord(o.sql, "UNIQUE")
		})
}

// orphan is a foreign key that rows break, or one that is wrong itself.
type orphan struct {
	child, what string
	wrong       bool
}

// orphans counts the rows that break a foreign key of the tables to check, or
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
		out[orphan{child: t.label(), what: "rows refer to what is not there: foreign key " + keys[id]}] += n
		return err
	})
	if err != nil && s.ctx.Err() == nil {
		// There is no such column, or one that is not unique.
		out[orphan{child: t.label(), what: err.Error(), wrong: true}]++
		return nil
	}
	return err
}

// keysOf names the foreign keys of a table by their number.
func (s *session) keysOf(l *live, t target) (map[int]string, error) {
	out := map[int]string{}
	have := l.read(t)
	if have == nil {
		return out, nil
	}
	// SQLite numbers them from the last to the first.
	all := foreignKeys(have.ddl)
	for i, f := range all {
		out[len(all)-1-i] = list(f.columns) + " to " + f.con.Ref.Table
	}
	return out, nil
}
