package shape

import "github.com/gorm-libsql/libsql/internal/sqltext"

// Columns are the columns that the values of the parameters written as ? are
// stored in or compared with, in the order of the parameters: "" where the text
// does not show it.
func Columns(sql string) []string {
	c := columns{sql: sql, insert: sqltext.Classify(sql).Verb == sqltext.Insert}
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind != sqltext.Space && tok.Kind != sqltext.Comment {
			c.token(tok)
		}
	}
	return c.found
}

type columns struct {
	sql    string
	insert bool
	found  []string

	names   []string // of INSERT INTO t(names)
	phase   int      // of an INSERT: 1 behind INTO, 2 within the names, 3 behind them, 4 within the rows
	depth   int
	at      int    // the value of the row
	last    string // the last name
	between bool
}

func (c *columns) token(tok sqltext.Token) {
	text := tok.Text(c.sql)
	switch tok.Kind {
	case sqltext.LParen:
		if c.phase == 1 {
			c.phase = 2
		}
		if c.depth++; c.phase == 4 && c.depth == 1 {
			c.at = 0
		}
	case sqltext.RParen:
		if c.depth--; c.phase == 2 {
			c.phase = 3
		}
	case sqltext.Comma:
		if c.phase == 4 && c.depth == 1 {
			c.at++
		}
	case sqltext.Ident, sqltext.QuotedIdent:
		c.word(tok, text)
	case sqltext.Param:
		if text == "?" {
			c.found = append(c.found, c.column())
		}
	}
}

func (c *columns) word(tok sqltext.Token, text string) {
	if tok.Kind == sqltext.Ident {
		switch {
		case c.insert && c.phase == 0 && isOne(text, []string{"INTO"}):
			c.phase = 1
			return
		case (c.phase == 1 || c.phase == 3) && isOne(text, []string{"VALUES"}):
			c.phase = 4
			return
		case c.phase == 4 && c.depth == 0:
			c.phase = 5
		case isOne(text, []string{"AND"}) && c.between:
			c.between = false
			return
		case isOne(text, []string{"BETWEEN"}):
			c.between = true
			return
		case isOne(text, []string{"IN", "LIKE", "GLOB", "NOT", "IS", "ESCAPE", "MATCH", "REGEXP", "COLLATE", "NOCASE"}):
			return
		case isOne(text, []string{"AND", "OR", "WHERE", "SET", "SELECT", "LIMIT", "OFFSET", "ORDER", "GROUP", "BY", "FROM", "ON", "HAVING", "WHEN", "THEN", "ELSE", "RETURNING"}):
			c.last, c.between = "", false
			return
		}
	}
	name := sqltext.Unquote(text)
	if c.phase == 2 {
		c.names = append(c.names, name)
	}
	if c.phase != 4 {
		c.last = name
	}
}

func (c *columns) column() string {
	if c.phase == 4 {
		if c.at < len(c.names) {
			return c.names[c.at]
		}
		return ""
	}
	return c.last
}
