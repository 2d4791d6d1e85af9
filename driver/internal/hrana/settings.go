package hrana

import (
	"context"

	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// setting is a PRAGMA that a program has set on its connection. A stream
// forgets it, so each new one begins with it.
type setting struct {
	name string
	sql  string
	once bool // for the next transaction alone
}

// setsPragma tells a PRAGMA that is more than a question.
func setsPragma(sql string) bool {
	_, name, value, ok := sqltext.ParsePragma(sql)
	if !ok {
		return true
	}
	row := pragmas.Find(name)
	if row == nil {
		return value != ""
	}
	return row.Acts || value != "" && !row.Asks
}

// onlySets tells statements that switch foreign_keys and do nothing else. There
// is no stream to tell them to, and the next begins with what was learned.
func (c *conn) onlySets(ctx context.Context, stmts []statement) bool {
	if c.closed || c.state != autocommit || c.lost != nil || c.baton != "" || ctx.Err() != nil {
		return false
	}
	for i := range stmts {
		_, name, value, ok := sqltext.ParsePragma(stmts[i].sql)
		if !ok || name != "foreign_keys" {
			return false
		}
		if _, ok = pragmas.Find(name).Values.Parse(value); !ok {
			return false
		}
	}
	return len(stmts) > 0
}

// learn notes what a statement that has run set for its connection.
func (c *conn) learn(s *statement, inTx bool) {
	if s.verb != sqltext.Pragma || !setsPragma(s.sql) {
		return
	}
	_, name, value, ok := sqltext.ParsePragma(s.sql)
	row := pragmas.Find(name)
	if !ok || row == nil || row.Scope != pragmas.Connection && row.Scope != pragmas.Transaction {
		return
	}
	set := setting{name: name, sql: s.sql}
	switch name {
	case "foreign_keys":
		if inTx {
			return // it changes nothing there: https://www.sqlite.org/pragma.html#pragma_foreign_keys
		}
		if v, ok := row.Values.Parse(value); ok && v == "1" {
			c.unlearn(func(s setting) bool { return s.name == name }) // as every stream begins
			return
		}
	case "defer_foreign_keys":
		if inTx {
			return // it ends with the transaction
		}
		set.once = true
	}
	c.unlearn(func(s setting) bool { return s.name == name })
	c.settings = append(c.settings, set)
}

// unlearn drops settings.
func (c *conn) unlearn(which func(setting) bool) {
	kept := c.settings[:0:0]
	for _, s := range c.settings {
		if !which(s) {
			kept = append(kept, s)
		}
	}
	c.settings = kept
}

// spend drops those that were for one transaction, which has been.
func (c *conn) spend() {
	for _, s := range c.settings {
		if s.once {
			c.unlearn(func(s setting) bool { return s.once })
			return
		}
	}
}
