package driver

import (
	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// check refuses a batch that would not stay within what it runs in.
func (b *batch) check(noTransaction bool) error {
	var o opened
	for i := range b.stmts {
		hint := ""
		if !noTransaction {
			hint = refused(&b.stmts[i])
		}
		if hint == "" {
			hint = o.follow(&b.stmts[i], i)
		}
		if hint != "" {
			return refuseBatch(b.stmts, i, hint)
		}
	}
	if len(o) > 0 {
		return refuseBatch(b.stmts, o[0].index, "what a batch begins it must end")
	}
	return nil
}

func refuseBatch(stmts []engine.BatchStmt, i int, hint string) error {
	what := stmts[i].Verb.String()
	if _, name, _, ok := sqltext.ParsePragma(stmts[i].SQL); ok {
		what += " " + name
	}
	return &engine.BatchError{Index: i, Err: &engine.Error{Code: int(ErrMisuse), Offset: -1, Message: what + " cannot be in this batch", Hint: hint}}
}

// refused says why a statement cannot be in a transaction of the batch; ""
// for one that can.
func refused(s *engine.BatchStmt) (why string) {
	switch s.Verb {
	case sqltext.Begin, sqltext.Commit, sqltext.Rollback:
		return "the batch is one transaction by itself; leave the statement out"
	case sqltext.Attach, sqltext.Detach, sqltext.Vacuum:
		return "it cannot run in a transaction; run it on its own"
	case sqltext.Pragma:
		_, name, value, _ := sqltext.ParsePragma(s.SQL)
		if row := pragmas.Find(name); row != nil && (row.Tx == pragmas.Outside || row.Tx == pragmas.Unset && value != "") {
			return "it fails or does nothing in a transaction; run it on its own"
		}
	}
	return ""
}

// opened are the transaction and the savepoints that a batch has begun and
// not ended, the outermost first.
type opened []opening

type opening struct {
	index int // of the statement
	begin bool
	name  string // of a savepoint, in lower case
}

// follow takes the next statement. It says why the statement cannot be in a
// batch, "" if it can.
func (o *opened) follow(s *engine.BatchStmt, index int) (why string) {
	switch s.Verb {
	case sqltext.Begin:
		*o = append(*o, opening{index: index, begin: true})
	case sqltext.Commit, sqltext.Rollback:
		if len(*o) == 0 || !(*o)[0].begin {
			return "it would end a transaction that the batch has not begun"
		}
		*o = nil
	case sqltext.Savepoint:
		*o = append(*o, opening{index: index, name: lastName(s.SQL)})
	case sqltext.Release, sqltext.RollbackTo:
		i := o.find(lastName(s.SQL))
		if i < 0 {
			return "the batch has set no savepoint of this name"
		}
		if s.Verb == sqltext.RollbackTo {
			i++
		}
		*o = (*o)[:i]
	}
	return ""
}

func (o opened) find(name string) int {
	for i := len(o) - 1; i >= 0; i-- {
		if !o[i].begin && o[i].name == name {
			return i
		}
	}
	return -1
}

// lastName is the name that a statement about a savepoint ends with.
func lastName(sql string) (name string) {
	for tok := range sqltext.Tokens(sql) {
		switch tok.Kind {
		case sqltext.Space, sqltext.Comment, sqltext.Semicolon:
		default:
			name = tok.Text(sql)
		}
	}
	return sqltext.Lower(sqltext.Unquote(name))
}

// openBefore is what was begun and not ended before a statement ran.
func openBefore(stmts []engine.BatchStmt, index int) opened {
	var o opened
	for i := range stmts[:index] {
		o.follow(&stmts[i], i)
	}
	return o
}
