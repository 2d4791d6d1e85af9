package migrator

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/gormdb"
)

// Event is one step of a migration that runs, for Config.OnMigrate.
type Event struct {
	Table string
	Step  Kind
	// Rows of Total are copied, of [CopyRows] alone. While the copy runs
	// there is an event every 100 ms, on this module's driver alone, with
	// Rows as far as SQLite's progress handler has counted; the last event
	// of a copy is exact.
	Rows, Total int64
}

// session is a connection that schema work is done on.
type session struct {
	ctx  context.Context
	m    Migrator
	pool gorm.ConnPool // with what is pinned, that very connection

	checkKeys bool // foreign keys are on for the user
	enforced  bool // and cannot be switched off: a transaction is open

	tables string // that the plan is of, for errors
	locked bool   // the transaction is open

	where *bool   // whether it is remote; nil: see isRemote
	asks  *bundle // of what is being made; nil: questions are asked one by one

	again      bool                 // the plan is made once more, under the lock, and rows are looked at then
	beforeDrop func(*rebuild) error // looks whether the old table can go; nil without foreign keys

	dry   bool
	print bool // what a dry run does, as GORM's AutoMigrate does it
}

func (m Migrator) session(ctx context.Context, pool gorm.ConnPool) *session {
	return &session{ctx: ctx, m: m, pool: pool, dry: m.DB.DryRun}
}

// exec runs a statement as it stands, and logs it as GORM would.
func (s *session) exec(query string, args ...any) (rows int64, err error) {
	begin := time.Now()
	if s.dry {
		if s.print {
			fmt.Println(query + ";")
		}
	} else {
		var res sql.Result
		if res, err = s.pool.ExecContext(s.ctx, query, args...); err == nil && res != nil {
			rows, err = res.RowsAffected()
		}
	}
	s.m.DB.Logger.Trace(s.ctx, begin, func() (string, int64) { return query, rows }, err)
	return rows, s.translate(err)
}

func (s *session) translate(err error) error {
	if err != nil && s.m.DB.TranslateError {
		if t, ok := s.m.DB.Dialector.(gorm.ErrorTranslator); ok {
			return t.Translate(err)
		}
	}
	return err
}

// carryOut makes a plan and carries it out. It is made without a lock first:
// when it is empty, that is all. Then it is made again inside the
// transaction, because another process may have been faster.
func (m Migrator) carryOut(make func(*session) (*Plan, error)) error {
	ctx := m.context()
	pool := gormdb.Pool(m.DB.Statement.ConnPool)
	if db, ok := pool.(*sql.DB); ok {
		// What is set on the connection is read with the schema.
		conn, err := db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		pool = conn
	}
	s := m.session(ctx, pool)
	s.again = !s.dry
	p, b, err := s.planned(make)
	if err != nil && ctx.Err() == nil {
		// Without a lock, another process can change the schema between two
		// questions.
		p, b, err = s.planned(make)
	}
	if err != nil || p.Empty() {
		return err
	}
	if s.dry {
		s.print = true
		return s.execute(p)
	}
	if done, err := s.atOnce(p, b); done {
		return err
	}
	s.tables, s.again = p.tables(), false
	if _, inTx := pool.(gorm.TxCommitter); inTx {
		return s.inTransaction(make)
	}
	conn, release, err := s.pin()
	if err != nil {
		return err
	}
	if conn == nil {
		return s.unpinned(make)
	}
	defer release()
	return s.withoutKeys(conn, func(s *session) error { return s.transaction(make) })
}

// pin takes one connection out of the pool; nil when the pool gives none.
func (s *session) pin() (conn *sql.Conn, release func(), err error) {
	pool := s.pool
	if p, ok := pool.(gorm.GetDBConnector); ok {
		db, err := p.GetDBConn()
		if err != nil {
			return nil, nil, err
		}
		pool = db
	}
	switch p := pool.(type) {
	case *sql.Conn:
		return p, func() {}, nil
	case interface { // *sql.DB, and what embeds it
		Conn(context.Context) (*sql.Conn, error)
	}:
		if conn, err = p.Conn(s.ctx); err != nil {
			return nil, nil, err
		}
		return conn, func() { _ = conn.Close() }, nil
	}
	return nil, nil, nil
}

// unpinned runs in a transaction of a pool that gives no connection, as in one
// of the user, or without one on a pool that has none, as tests make them up.
func (s *session) unpinned(make func(*session) (*Plan, error)) error {
	_, begins := s.pool.(gorm.TxBeginner)
	_, beginsPool := s.pool.(gorm.ConnPoolBeginner)
	if !begins && !beginsPool {
		return s.rounds(make)
	}
	return s.m.DB.Transaction(func(tx *gorm.DB) error {
		one := *s
		one.m.DB, one.pool = tx, gormdb.Pool(tx.Statement.ConnPool)
		return one.inTransaction(make)
	})
}

// withoutKeys calls fn with the connection. Foreign keys are off meanwhile,
// which no transaction can switch: dropping the old table of a rebuild would
// delete the rows that refer to it.
func (s *session) withoutKeys(conn *sql.Conn, fn func(*session) error) (err error) {
	one := *s
	one.pool = conn
	on, err := one.int("PRAGMA foreign_keys")
	if err != nil {
		return err
	}
	if on != 0 {
		defer one.switchBack("PRAGMA foreign_keys = ON", &err)
		if _, err := conn.ExecContext(s.ctx, "PRAGMA foreign_keys = OFF"); err != nil {
			return err
		}
	}
	one.checkKeys = on != 0
	return fn(&one)
}

// switchBack puts a setting back, whatever has happened. A connection that
// cannot be put right is thrown away: nobody may get one that checks no
// foreign keys.
func (s *session) switchBack(pragma string, err *error) {
	_, back := s.pool.ExecContext(context.WithoutCancel(s.ctx), pragma)
	if back == nil || errors.Is(back, sql.ErrTxDone) { // with the transaction, defer_foreign_keys has ended
		return
	}
	if conn, ok := s.pool.(*sql.Conn); ok {
		_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn })
	}
	*err = errors.Join(*err, fmt.Errorf("libsql: %s: %w", pragma, back))
}

// tables are the names of the tables that the plan changes.
func (p *Plan) tables() string {
	var names []string
	for _, st := range p.steps {
		if name := strconv.Quote(st.Table); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// failed is the error of a transaction that does not begin or end.
func (s *session) failed(err error) error {
	return fmt.Errorf("libsql: table %s: migrating: %w", s.tables, err)
}

// transaction runs the plan between BEGIN IMMEDIATE and COMMIT.
func (s *session) transaction(make func(*session) (*Plan, error)) (err error) {
	if _, err := s.pool.ExecContext(s.ctx, "BEGIN IMMEDIATE"); err != nil {
		return s.failed(err)
	}
	done := false
	defer func() {
		if !done { // an error, or a panic of a callback
			_, _ = s.pool.ExecContext(context.WithoutCancel(s.ctx), "ROLLBACK")
		}
	}()
	if err := s.rounds(make); err != nil {
		return err
	}
	if _, err := s.pool.ExecContext(s.ctx, "COMMIT"); err != nil {
		return s.failed(err)
	}
	done = true
	return nil
}

// inTransaction runs in the transaction of the user, who may go on after an
// error: then it is as it was before.
func (s *session) inTransaction(make func(*session) (*Plan, error)) (err error) {
	const name = "`libsql migration`"
	on, err := s.int("PRAGMA foreign_keys")
	if err != nil {
		return err
	}
	s.enforced, s.checkKeys = on != 0, on != 0
	if _, err := s.pool.ExecContext(s.ctx, "SAVEPOINT "+name); err != nil {
		return s.failed(err)
	}
	done := false
	defer func() {
		ctx := context.WithoutCancel(s.ctx)
		if !done {
			_, _ = s.pool.ExecContext(ctx, "ROLLBACK TO "+name)
		}
		_, _ = s.pool.ExecContext(ctx, "RELEASE "+name)
	}()
	if err := s.rounds(make); err != nil {
		return err
	}
	done = true
	return nil
}

// rounds carries out plans until nothing is left: models of one table get
// one plan each. When something is left then, one undoes what another does.
func (s *session) rounds(make func(*session) (*Plan, error)) error {
	s.locked = true
	p, _, err := s.planned(make)
	if err != nil {
		return err
	}
	if p.later == 0 { // each table has one model
		return s.execute(p)
	}
	for left := p.later; !p.Empty(); left-- {
		if left < 0 {
			st := p.steps[0]
			return fmt.Errorf("libsql: table %q: models of it contradict each other: after all of them, %s; nothing was changed", st.Table, st.Reason)
		}
		if err := s.execute(p); err != nil {
			return err
		}
		if p, _, err = s.planned(make); err != nil {
			return err
		}
	}
	return nil
}
