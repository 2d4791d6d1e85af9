package migrator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/driver"
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
	broken, err := s.allBroken(before)
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
	stillBroken, err := s.allBroken(after)
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

// steps runs the statements.
func (s *session) steps(p *Plan) error {
	for _, st := range p.steps {
		if err := s.step(st); err != nil {
			return st.failed(err)
		}
	}
	return nil
}

// failed is the error of the step.
func (st Step) failed(err error) error {
	if st.anew != nil {
		err = renamed{err, st.anew.temp, st.anew.name}
	}
	return fmt.Errorf("libsql: table %q: %s: %w", st.Table, st.Kind, err)
}

// renamed is an error of a rebuild, in which SQLite names the new table as it
// is called until it has its name.
type renamed struct {
	error
	temp, name string
}

func (r renamed) Error() string { return strings.ReplaceAll(r.error.Error(), r.temp, r.name) }
func (r renamed) Unwrap() error { return r.error }

func (s *session) step(st Step) (err error) {
	if st.Kind != CopyRows {
		s.tell(Event{Table: st.Table, Step: st.Kind})
	}
	switch {
	case st.rows != nil && !s.dry:
		return s.eachRow(st)
	case st.Kind == CopyRows && !s.dry:
		return s.copyRows(st)
	case (st.Kind == RenameTable || st.Kind == RenameColumn) && !s.dry:
		return s.rename(st)
	case st.Kind == DropTable && s.enforced && !s.dry:
		if st.anew != nil && s.beforeDrop != nil {
			if err := s.beforeDrop(st.anew); err != nil {
				return err
			}
		}
		if err := s.dropVectors(st); err != nil {
			return err
		}
	}
	_, err = s.exec(st.SQL)
	return err
}

// eachRow runs the step for its rows; on a remote database, many at a time.
func (s *session) eachRow(st Step) error {
	if !s.isRemote() {
		return st.rows(func(args ...any) error {
			_, err := s.pool.ExecContext(s.ctx, st.SQL, args...)
			return err
		})
	}
	var stmts []driver.BatchStmt
	flush := func() error {
		defer func() { stmts = stmts[:0] }()
		return driver.With(s.ctx, s.handle(), func(c *driver.Conn) error {
			_, err := c.BatchStmts(s.ctx, stmts, driver.BatchOptions{MaxRows: -1})
			return err
		})
	}
	err := st.rows(func(args ...any) error {
		stmts = append(stmts, driver.BatchStmt{SQL: st.SQL, Args: args})
		if len(stmts) < page {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
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
// (https://www.sqlite.org/pragma.html#pragma_legacy_alter_table). A server
// refuses the setting, so none are there then: see standAside.
func (s *session) rename(st Step) error {
	if s.isRemote() {
		_, err := s.exec(st.SQL)
		return err
	}
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
	err = driver.With(context.WithoutCancel(s.ctx), s.pool, func(c *driver.Conn) (failed error) {
		ours = true
		exec := func(query string) error {
			_, err := c.ExecContext(context.WithoutCancel(s.ctx), query, nil)
			return err
		}
		if err := exec(set); err != nil {
			return errors.Join(err, exec(back))
		}
		defer func() { failed = errors.Join(failed, exec(back)) }()
		begin := time.Now()
		failed = exec(query)
		s.m.DB.Logger.Trace(s.ctx, begin, func() (string, int64) { return query, 0 }, failed)
		return failed
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
