package migrator

import (
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// bundle gathers the questions of a plan that is being made for a remote
// database, where each is a round trip. Which ones there are depends on the
// answers to others; so the plan is made as if those that are open had none,
// they are asked together, and it is made once more, until none is open.
type bundle struct {
	live  *live             // as it was read
	known map[string]answer // by question.key
	open  []question
	ints  []question // that the plan rests on, asked by session.int

	broken map[string]fault // what session.broken has found, if it was asked
}

// question is a statement that reads.
type question struct {
	sql  string
	args []any
}

func (q question) key() string { return fmt.Sprintf("%s %q", q.sql, q.args) }

// answer are the rows of a question, or why there are none.
type answer struct {
	rows [][]any
	err  error
}

func (a answer) int() int64 {
	if len(a.rows) == 0 {
		return 0
	}
	n, _ := a.rows[0][0].(int64)
	return n
}

func (a answer) texts() (out []string) {
	for _, row := range a.rows {
		text, _ := row[0].(string)
		out = append(out, text)
	}
	return out
}

// bundled runs fn until it has all answers; on a local database, once. What fn
// does before that, its error too, is undone by the next run, and must be.
func (s *session) bundled(fn func() error) (*bundle, error) {
	b := &bundle{known: map[string]answer{}}
	s.asks = b
	defer func() { s.asks = nil }()
	for {
		b.ints = nil
		err := fn()
		if len(b.open) == 0 || s.ctx.Err() != nil {
			return b, err
		}
		s.answer(b)
	}
}

// guessing tells that what is being made rests on answers that are still open.
func (s *session) guessing() bool { return s.asks != nil && len(s.asks.open) > 0 }

// planned makes a plan.
func (s *session) planned(make func(*session) (*Plan, error)) (p *Plan, b *bundle, err error) {
	b, err = s.bundled(func() (err error) {
		p, err = make(s)
		return err
	})
	return p, b, err
}

// live is the schema as it is, or as it was when the plan was begun.
func (s *session) live() (*live, error) {
	if s.asks == nil {
		return readLive(s.ctx, s.pool)
	}
	var err error
	if s.asks.live == nil {
		s.asks.live, err = readLive(s.ctx, s.pool)
	}
	return s.asks.live, err
}

// ask looks a question up in the bundle; ok is false where it has to be asked
// by itself, now.
func (s *session) ask(query string, args []any) (a answer, ok bool) {
	if s.asks == nil || !s.isRemote() {
		return answer{}, false
	}
	q := question{query, args}
	a, known := s.asks.known[q.key()]
	if !known {
		s.asks.open = append(s.asks.open, q)
	}
	return a, true
}

// answer asks what is open. A question that fails has that for an answer, and
// those behind it are asked again.
func (s *session) answer(b *bundle) {
	open := b.open
	b.open = nil
	for len(open) > 0 {
		stmts := make([]driver.BatchStmt, len(open))
		for i, q := range open {
			stmts[i] = driver.BatchStmt{SQL: q.sql, Args: q.args}
		}
		var res []driver.Result
		err := driver.With(s.ctx, s.pool, func(c *driver.Conn) (err error) {
			res, err = c.BatchStmts(s.ctx, stmts, driver.BatchOptions{NoTransaction: true})
			return err
		})
		for i := range res {
			b.known[open[i].key()] = answer{rows: res[i].Rows}
		}
		var failed *driver.BatchError
		switch {
		case err == nil:
			return
		case errors.As(err, &failed) && failed.Index == len(res):
			b.known[open[len(res)].key()] = answer{err: failed.Err}
			open = open[len(res)+1:]
		default: // nobody knows whose fault it is
			for _, q := range open {
				b.known[q.key()] = s.answerOne(q)
			}
			return
		}
	}
}

func (s *session) answerOne(q question) (a answer) {
	a.err = scanAll(s.ctx, s.pool, q.sql, q.args, func(scan scanner) error {
		var v any
		err := scan(&v)
		a.rows = append(a.rows, []any{v})
		return err
	})
	return a
}

// int is the number that a question answers.
func (s *session) int(query string, args ...any) (n int64, err error) {
	if a, ok := s.ask(query, args); ok {
		s.asks.ints = append(s.asks.ints, question{query, args})
		return a.int(), a.err
	}
	err = scanAll(s.ctx, s.pool, query, args, func(scan scanner) error { return scan(&n) })
	return n, err
}

// texts are what a question answers, row by row.
func (s *session) texts(query string, args ...any) (out []string, err error) {
	if a, ok := s.ask(query, args); ok {
		return a.texts(), a.err
	}
	err = scanAll(s.ctx, s.pool, query, args, func(scan scanner) error {
		var text string
		err := scan(&text)
		out = append(out, text)
		return err
	})
	return out, err
}

// any tells whether a row of the table meets the condition.
func (s *session) any(t target, condition string) (bool, error) {
	n, err := s.int("SELECT EXISTS(SELECT 1 FROM " + t.quoted() + " WHERE " + condition + ")")
	return n != 0, err
}

// compile tells whether a statement compiles.
func (s *session) compile(query string) error {
	query = "EXPLAIN " + query
	if a, ok := s.ask(query, nil); ok {
		return a.err
	}
	return scanAll(s.ctx, s.pool, query, nil, func(scanner) error { return nil })
}

// isRemote tells whether the database is one behind a server of libSQL's.
func (s *session) isRemote() bool {
	if s.where == nil {
		remote := false
		if h := s.handle(); h != nil && s.alters() {
			_ = driver.With(s.ctx, h, func(c *driver.Conn) error {
				remote = c.Config().URL != ""
				return nil
			})
		}
		s.where = &remote
	}
	return *s.where
}

// handle is what the driver's connection is found under, nil for what a test or
// another package has made up.
func (s *session) handle() driver.Handle {
	pool := s.pool
	if p, ok := pool.(gorm.GetDBConnector); ok {
		db, err := p.GetDBConn()
		if err != nil || db == nil {
			return nil
		}
		pool = db
	}
	switch p := pool.(type) {
	case *sql.DB, *sql.Conn, *sql.Tx:
		return p
	}
	return nil
}
