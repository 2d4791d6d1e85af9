//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"context"
	"database/sql/driver"

	"github.com/gorm-libsql/libsql/driver/internal/bind"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// begin compiles the first statement of a text, or takes it from the cache;
// it is nil when there is nothing to run. When the text has more of them,
// rest is where they begin, and t deals its arguments out.
func (c *conn) begin(ctx context.Context, sql string, args []driver.NamedValue) (s *stmt, rest string, t *bind.Text, err error) {
	if c.p == nil {
		return nil, "", nil, driver.ErrBadConn
	}
	if s = c.lookup(sql); s != nil {
		return s, "", nil, nil
	}
	class := sqltext.Classify(sql)
	if skip, err := c.checkLost(class.Verb); skip {
		return nil, "", nil, err
	}
	if !class.Repeats() {
		// Compiling it can have an effect, so its arguments are checked before.
		if t, err = bind.New(sql, args); err != nil {
			return nil, "", nil, err
		}
	}
	if s, rest, err = c.compileFirst(ctx, sql, class); s == nil || rest == "" {
		return s, "", nil, err
	}
	if t == nil {
		if t, err = bind.New(sql, args); err != nil {
			c.unused(s)
			return nil, "", nil, err
		}
	}
	return s, rest, t, nil
}

// compileFirst compiles the first statement of a text; rest is "" when there
// is no other. A single statement that is worth it goes to the cache.
func (c *conn) compileFirst(ctx context.Context, sql string, class sqltext.Class) (s *stmt, rest string, err error) {
	k := oneUse
	if class.Repeats() {
		c.cache.misses++
		if c.cache.wants(sql) {
			k = inCache
		}
	}
	s, n, err := c.compileToRun(ctx, sql, class, k)
	if s == nil {
		return nil, "", err
	}
	if rest = sql[n:]; sqltext.Blank(rest) {
		rest = ""
	}
	if k == inCache {
		if rest != "" {
			s.keep = oneUse
			return s, rest, nil
		}
		for _, old := range c.cache.put(sql, s) {
			if old == s {
				s.keep = oneUse
			} else {
				old.release()
			}
		}
	}
	return s, rest, nil
}

// compileNext compiles the next statement of a text that has several.
func (c *conn) compileNext(ctx context.Context, sql string) (*stmt, string, error) {
	class := sqltext.Classify(sql)
	if class.Verb == sqltext.Empty {
		return nil, "", nil
	}
	if skip, err := c.checkLost(class.Verb); skip {
		return nil, sql, err
	}
	// SQLite copies the text that it is given: with all of a long script each
	// time, the copies would take the square of its length.
	s, n, err := c.compileToRun(ctx, sql[:sqltext.First(sql)], class, oneUse)
	if err != nil {
		return nil, sql, err
	}
	rest := sql[n:]
	if sqltext.Blank(rest) {
		rest = ""
	}
	return s, rest, nil
}

// compileToRun compiles a statement that runs next.
//
// libSQL makes and drops what is behind a vector index while it compiles the
// CREATE INDEX or the DROP, and leaves it so when the statement then fails,
// or when it was only to be explained. So such a statement is compiled and
// run within a savepoint.
func (c *conn) compileToRun(ctx context.Context, sql string, class sqltext.Class, k keep) (*stmt, int, error) {
	if class.Verb == sqltext.Explain && shapesIndex(sql, class.Start) {
		return nil, 0, errExplainsIndex()
	}
	if class.Verb == sqltext.Pragma {
		if err := c.checkMVCC(ctx, sql); err != nil {
			return nil, 0, err
		}
	}
	switch {
	case class.Verb == sqltext.Vacuum:
		if err := c.checkVacuum(sql); err != nil {
			return nil, 0, err
		}
	case class.Verb == sqltext.Reindex && !c.readOnly:
		if err := c.mendAll(ctx); err != nil {
			return nil, 0, err
		}
	}
	if !class.DDL() || !shapesIndex(sql, class.Start) {
		return c.compile(ctx, sql, k)
	}
	if c.readOnly {
		return nil, 0, errReadOnlyTx(sql)
	}
	if err := c.beginGuard(ctx); err != nil {
		return nil, 0, err
	}
	err := error(nil)
	if class.Verb == sqltext.Create {
		err = c.checkVectorIndex(ctx, sql[class.Start:])
	}
	if err != nil {
		return nil, 0, c.endGuard(ctx, err)
	}
	s, n, err := c.compile(ctx, sql, k)
	if err != nil {
		return nil, 0, c.endGuard(ctx, err)
	}
	s.guarded = true
	return s, n, nil
}

func errExplainsIndex() error {
	return &engine.Error{Code: engine.CodeError, Offset: -1, Cause: engine.Unsupported,
		Message: "EXPLAIN of DROP and CREATE INDEX is not supported",
		Hint:    "libSQL would change vector indexes while it compiles the statement"}
}

// shapesIndex tells that the statement at start is a DROP or a CREATE INDEX,
// with or without EXPLAIN in front.
func shapesIndex(sql string, start int) bool {
	create := false
	for {
		tok, ok := sqltext.Next(sql, start)
		if !ok {
			return false
		}
		start = tok.End
		switch {
		case tok.Kind == sqltext.Space, tok.Kind == sqltext.Comment,
			tok.Is(sql, "EXPLAIN"), tok.Is(sql, "QUERY"), tok.Is(sql, "PLAN"), tok.Is(sql, "UNIQUE"):
		case tok.Is(sql, "CREATE"):
			create = true
		default:
			return tok.Is(sql, "DROP") || create && tok.Is(sql, "INDEX")
		}
	}
}

// beginGuard opens the savepoint around a change of the schema.
func (c *conn) beginGuard(ctx context.Context) error {
	c.guardTx = c.autocommit()
	if err := c.exec(ctx, "SAVEPOINT libsql_guard"); err != nil {
		return err
	}
	if err := c.enterWrite(ctx); err != nil {
		return c.endGuard(ctx, err)
	}
	return nil
}

// endGuard closes the savepoint: with what was done, or, when err says that it
// failed, without.
func (c *conn) endGuard(ctx context.Context, err error) error {
	if err == nil {
		if err = c.exec(ctx, "RELEASE libsql_guard"); err == nil {
			return nil
		}
	}
	undo := []string{"ROLLBACK TO libsql_guard", "RELEASE libsql_guard"}
	if c.guardTx {
		undo = []string{"ROLLBACK"}
	}
	for _, sql := range undo {
		if c.autocommit() {
			break // SQLite has rolled everything back by itself
		}
		c.exec(context.Background(), sql)
	}
	if c.guardTx {
		c.lost = nil // nobody's transaction but ours
	}
	return err
}

// unused gives back a statement that was compiled and did not run.
func (c *conn) unused(s *stmt) {
	if s.guarded {
		s.guarded = false
		c.endGuard(context.Background(), driver.ErrSkip)
	}
	if s.keep == oneUse {
		s.release()
	}
	c.leaveWrite()
}
