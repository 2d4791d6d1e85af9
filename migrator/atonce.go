package migrator

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// script is a plan as one batch: what it rests on, its steps, and what is looked
// at afterwards. A statement that finds something amiss fails, and with it all.
type script struct {
	stmts []driver.BatchStmt
	steps []int // which step of the plan each is, -1 for none

	compiled []int // those that look whether a view or trigger compiles
}

func (b *script) add(step int, query string, args ...any) {
	b.stmts = append(b.stmts, driver.BatchStmt{SQL: query, Args: args})
	b.steps = append(b.steps, step)
}

// require adds a statement that fails unless the condition holds: SQLite has no
// other way to stop there than an error of arithmetic.
func (b *script) require(condition string, args ...any) {
	b.add(-1, "SELECT abs(CASE WHEN "+condition+" THEN 0 ELSE -9223372036854775807 - 1 END)", args...)
}

// atOnce carries a plan out on a remote database, in one request: BEGIN, the
// plan with what would stop it, COMMIT. When something stops it, nothing has
// been changed and done is false: the plan has to be carried out step by step,
// under the lock, which tells what is the matter. What nobody can know is an
// error.
func (s *session) atOnce(p *Plan, asked *bundle) (done bool, err error) {
	inTx := false
	switch s.pool.(type) {
	case *sql.Conn:
	case *sql.Tx:
		inTx = true
	default:
		return false, nil
	}
	if !s.isRemote() {
		return false, nil
	}
	if !p.isOneBatch(asked.live, inTx) {
		return false, nil
	}
	if !inTx && asked.live.keys {
		// Outside of a transaction the two cost no request of their own.
		defer func() {
			s.switchBack("PRAGMA foreign_keys = ON", &err)
			done = done || err != nil
		}()
		if _, err := s.pool.ExecContext(s.ctx, "PRAGMA foreign_keys = OFF"); err != nil {
			return true, err
		}
	}
	if done, broken, err := s.send(p, asked, inTx, asked.broken); !broken {
		return done, err
	}
	// Databases have views and triggers that do not compile. Which ones have not
	// before, is another question.
	broken, err := s.allBroken(asked.live)
	if err != nil || len(broken) == 0 {
		return false, nil
	}
	done, _, err = s.send(p, asked, inTx, broken)
	return done, err
}

// send sends the plan. broken tells that a view or trigger does not compile.
func (s *session) send(p *Plan, asked *bundle, inTx bool, known map[string]fault) (done, broken bool, err error) {
	b, err := s.script(p, asked, inTx, known)
	if err != nil {
		return false, false, nil
	}
	begin := time.Now()
	var res []driver.Result
	err = driver.With(s.ctx, s.pool.(driver.Handle), func(c *driver.Conn) (err error) {
		res, err = c.BatchStmts(s.ctx, b.stmts, driver.BatchOptions{MaxRows: -1})
		return err
	})
	if err == nil {
		s.report(p, b, res, begin)
		return true, false, nil
	}
	var failed *driver.BatchError
	isOne := errors.As(err, &failed)
	switch {
	case errors.Is(err, driver.ErrCommitUnknown), errors.Is(err, driver.ErrTxRolledBack), s.ctx.Err() != nil:
		s.tables = p.tables()
		return true, false, s.failed(err)
	case isOne && b.steps[failed.Index] >= 0 && errors.Is(err, driver.ErrConstraint):
		// Rows forbid it; to try again would change nothing about them.
		st := p.steps[b.steps[failed.Index]]
		s.m.DB.Logger.Trace(s.ctx, begin, func() (string, int64) { return st.SQL, 0 }, failed.Err)
		return true, false, st.failed(s.translate(failed.Err))
	}
	return false, isOne && slices.Contains(b.compiled, failed.Index), nil
}

// report logs the steps, and tells of them, now that they are done.
func (s *session) report(p *Plan, b *script, res []driver.Result, begin time.Time) {
	for i, at := range b.steps {
		if at < 0 {
			continue
		}
		st, rows := p.steps[at], res[i].RowsAffected
		s.m.DB.Logger.Trace(s.ctx, begin, func() (string, int64) { return st.SQL, rows }, nil)
		e := Event{Table: st.Table, Step: st.Kind}
		if st.Kind == CopyRows {
			e.Rows, e.Total = rows, rows
		}
		s.tell(e)
	}
}

// isOneBatch tells a plan that need not be carried out step by step.
func (p *Plan) isOneBatch(l *live, inTx bool) bool {
	switch {
	case p.later > 0, slices.ContainsFunc(p.steps, func(st Step) bool { return st.rows != nil }):
		return false
	case len(l.schemas) > 2, slices.ContainsFunc(l.objects, func(o object) bool { return !same(o.schema, "main") }):
		return false // what is attached, or temporary, has a version of its own
	}
	return !inTx || len(p.toCheck()) == 0 && !p.deferKeys // foreign keys are on there, and that needs more care
}

// script writes the plan as a batch.
func (s *session) script(p *Plan, asked *bundle, inTx bool, broken map[string]fault) (b *script, err error) {
	b = &script{}
	b.rests(asked, inTx)
	for i, st := range p.steps {
		b.add(i, st.SQL)
		if st.Kind == CopyRows {
			b.require("changes() = (SELECT count(*) FROM " + st.anew.quoted() + ")")
		}
	}
	if p.alters() {
		err = b.same(asked.live, p)
	}
	if err == nil && p.alters() && !p.keep {
		err = s.compiles(b, p, asked, broken)
	}
	if !p.keep {
		b.foreignKeys(asked.live, p)
	}
	return b, err
}

// rests requires what the plan rests on: the schema and the rows as they were.
func (b *script) rests(asked *bundle, inTx bool) {
	holds := []string{fmt.Sprintf("(SELECT schema_version FROM pragma_schema_version) = %d", asked.live.version)}
	if !inTx { // in a transaction that nobody knows of they cannot be switched
		holds = append(holds, "(SELECT foreign_keys FROM pragma_foreign_keys) = 0")
	}
	var args []any
	for _, q := range asked.ints {
		holds = append(holds, fmt.Sprintf("(%s) = %d", q.sql, asked.known[q.key()].int()))
		args = append(args, q.args...)
	}
	b.require(strings.Join(holds, " AND "), args...)
}

// same requires that all is there that is not to be changed, and as it was.
func (b *script) same(l *live, p *Plan) error {
	var kept [][4]string
	for _, o := range l.objects {
		if o.sql != "" && !p.changes(o) && !p.keepsVectors(l, o) {
			kept = append(kept, [4]string{o.kind, o.name, o.table, o.sql})
		}
	}
	if len(kept) == 0 {
		return nil
	}
	text, err := json.Marshal(kept)
	b.require("NOT EXISTS (SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?)"+
		" EXCEPT SELECT type, name, tbl_name, sql FROM `main`.sqlite_master)", string(text))
	return err
}

// compiles requires that all views and triggers do but those that have not done
// so before.
func (s *session) compiles(b *script, p *Plan, asked *bundle, broken map[string]fault) error {
	l, seen := asked.live, map[string]bool{}
	add := func(kind string, have *table, i int, query string) {
		if _, was := broken[place(kind, have.schema, have.name, i)]; !was && query != "" {
			b.compiled = append(b.compiled, len(b.stmts))
			b.add(-1, "EXPLAIN "+query)
		}
	}
	for _, o := range l.objects {
		have := l.find(target{schema: o.schema, name: o.table})
		switch {
		case have == nil:
		case o.kind == "view":
			add(o.kind, have, 0, "SELECT * FROM "+quote(o.schema)+"."+quote(o.name))
		case o.kind == "trigger" && !seen[lower(o.table)]:
			seen[lower(o.table)] = true
			columns, err := s.columnsAfter(p, have, asked)
			if err != nil {
				return err
			}
			for i, query := range l.writes(have, columns) {
				add(o.kind, have, i, query)
			}
		}
	}
	return nil
}

// columnsAfter are the columns of a table or view that can be set when the plan
// is done, without those that it adds.
func (s *session) columnsAfter(p *Plan, have *table, asked *bundle) (names []string, err error) {
	for i := range p.rebuild {
		if same(p.rebuild[i].name, have.name) {
			return settableIn(p.rebuild[i].ddl), nil
		}
	}
	names, known := have.settable()
	if !known {
		if a, ok := asked.known[columnsOf(have).key()]; ok && a.err == nil {
			return a.texts(), nil
		}
		q := columnsOf(have)
		return s.texts(q.sql, q.args...)
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(p.steps, func(st Step) bool {
			return same(st.name, have.name) && same(st.column, name)
		})
	}), nil
}

// foreignKeys requires that no row breaks a foreign key of the tables that change, or
// one to them. Rows that did so before are for the other way, which tells them
// from new ones.
func (b *script) foreignKeys(l *live, p *Plan) {
	if !l.keys {
		return
	}
	seen := map[string]bool{}
	check := func(t target) {
		if k := lower(t.name); !seen[k] {
			seen[k] = true
			b.require("NOT EXISTS (SELECT 1 FROM pragma_foreign_key_check(?, 'main'))", t.name)
		}
	}
	for _, changed := range p.toCheck() {
		check(changed)
		for _, t := range l.referrers(changed) {
			check(t)
		}
		for _, st := range p.steps { // a key that is new
			if ddl.Mentions(st.SQL, changed.name) && (st.Kind == CreateTable || st.Kind == AddColumn || st.Kind == AlterColumn) {
				check(target{schema: st.schema, name: st.name})
			}
		}
	}
}
