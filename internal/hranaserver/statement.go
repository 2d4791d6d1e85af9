package hranaserver

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"sync"

	libsql "github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// statement is what is known of a text before it runs. It is kept for the next
// client that sends the same text, so it is never changed, but for syntax.
type statement struct {
	sql    string
	verb   sqltext.Verb
	params []string // the one with the number i+1 is at i, with its prefix
	// refused is why the text is not run.
	refused *failure
	writes  bool // needs the right to write
	sticks  bool // changes the connection beyond its end

	once   sync.Once
	syntax *failure // once has run
}

// texts remembers statements by their text: the last few hundred, of those
// that are short.
type texts struct {
	mu        sync.Mutex
	now, past map[string]*statement
}

const (
	textsKept  = 512 // of either age
	textsBytes = 8 << 10
)

// statement finds or reads the statement of a text.
func (t *texts) statement(sql string) *statement {
	t.mu.Lock()
	s := t.now[sql]
	if s == nil {
		if s = t.past[sql]; s != nil {
			t.keep(s)
		}
	}
	t.mu.Unlock()
	if s == nil {
		s = newStatement(sql)
		if len(sql) <= textsBytes {
			s.sql = strings.Clone(sql) // it may be a part of a long script
			t.mu.Lock()
			t.keep(s)
			t.mu.Unlock()
		}
	}
	return s
}

func (t *texts) keep(s *statement) {
	if len(t.now) >= textsKept || t.now == nil {
		t.past, t.now = t.now, make(map[string]*statement, textsKept)
	}
	t.now[s.sql] = s
}

func newStatement(sql string) *statement {
	s := &statement{sql: sql}
	switch n := len(sqltext.Split(sql)); {
	case n == 0:
		s.refused = errNoStmt
		return s
	case n > 1:
		s.refused = errManyStmts
		return s
	}
	s.verb = sqltext.Classify(sql).Verb
	if !allowed(sql) {
		s.refused = parseError("unsupported statement: %s", sql)
		return s
	}
	var err error
	if s.params, err = sqltext.Params(sql); err != nil {
		s.refused = parseError("%v", err)
	}
	switch s.verb {
	case sqltext.Explain:
		s.sticks = sticks(behindExplain(sql, 0))
	case sqltext.Select, sqltext.Values, sqltext.Begin, sqltext.Commit, sqltext.Rollback,
		sqltext.RollbackTo, sqltext.Savepoint, sqltext.Release:
	case sqltext.Pragma:
		_, name, value, _ := sqltext.ParsePragma(sql)
		s.writes = name == "user_version" && value != ""
		s.sticks = sticks(sql)
	default:
		s.writes = true
	}
	return s
}

// sticks tells a PRAGMA that sets something: it does so while it is compiled,
// also when it is only explained.
func sticks(sql string) bool {
	_, name, value, ok := sqltext.ParsePragma(sql)
	return ok && value != "" && !pragmaAsks[name]
}

// checkSyntax tells whether SQLite takes the text for one statement, of which
// the tables need not be there.
func (s *Server) checkSyntax(ctx context.Context, st *statement) *failure {
	st.once.Do(func() { st.syntax = s.scratch.check(ctx, st) })
	return st.syntax
}

// scratch is an empty database that texts are compiled against.
type scratch struct {
	mu   sync.Mutex
	conn *sql.Conn
	c    *libsql.Conn
}

func (s *scratch) check(ctx context.Context, st *statement) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	_, err := s.c.Describe(ctx, st.sql)
	if errors.Is(err, libsql.ErrUnsupported) && (st.verb == sqltext.Drop || st.verb == sqltext.Create) {
		// These are not compiled without being run. They find nothing to change.
		_, err = s.c.ExecContext(ctx, st.sql, nil)
	}
	var e *libsql.Error
	if errors.As(err, &e) && isSyntaxError(e) {
		return parseError("%s", e.Message)
	}
	return nil
}

// args arranges the arguments of a statement: one for each parameter.
// Positional ones are for ? and ?NNN alone, named ones for a name with or
// without its prefix.
func (st *statement) args(req *stmtRequest) ([]driver.NamedValue, *failure) {
	if len(req.Args) > 0 && len(req.NamedArgs) > 0 {
		return nil, errBothArgs
	}
	given := len(req.Args) + len(req.NamedArgs)
	if given > len(st.params) {
		return nil, argsError("too many parameters, expected %d found %d", len(st.params), given)
	}
	if len(st.params) == 0 {
		return nil, nil
	}
	byName := make(map[string]any, len(req.NamedArgs))
	for _, a := range req.NamedArgs {
		byName[*a.Name] = a.Value.v
	}
	args := make([]driver.NamedValue, len(st.params))
	for i, name := range st.params {
		v, ok := argument(req.Args, byName, i, name)
		if !ok && st.verb != sqltext.Explain {
			if name == "" {
				name = strconv.Itoa(i + 1)
			}
			return nil, argsError("value for parameter %s not found", name)
		}
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args, nil
}

func argument(list []value, byName map[string]any, i int, name string) (any, bool) {
	if name == "" || name[0] == '?' {
		if i < len(list) {
			return list[i].v, true
		}
		return nil, false
	}
	v, ok := byName[name]
	if !ok {
		v, ok = byName[name[1:]]
	}
	return v, ok
}
