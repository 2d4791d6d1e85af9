package ddl

import (
	"fmt"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// blanks are the bytes that SQLite takes for blanks.
const blanks = " \t\n\v\f\r"

// cursor walks over the tokens of a statement, blanks and comments left out.
// The first failure stays: from then on the cursor stands at the end, so that
// every loop ends and nothing else has to look at err.
type cursor struct {
	sql     string
	tokens  []sqltext.Token // the last is a semicolon, if need be one behind the text
	closing []int           // of an opening parenthesis: the index of its closing one, 0 without
	pos     int
	err     error
}

func newCursor(sql string) *cursor {
	c := &cursor{sql: sql}
	for tok := range sqltext.Tokens(sql) {
		switch tok.Kind {
		case sqltext.Space, sqltext.Comment:
			continue
		case sqltext.Illegal:
			if separated(tok.Text(sql)) {
				tok.Kind = sqltext.Number
			} else if c.err == nil {
				c.err = fmt.Errorf("ddl: unrecognized token %.20q at byte %d", tok.Text(sql), tok.Start)
			}
		}
		c.tokens = append(c.tokens, tok)
	}
	c.tokens = append(c.tokens, sqltext.Token{Kind: sqltext.Semicolon, Start: len(sql), End: len(sql)})
	c.closing = closings(c.tokens)
	if c.err != nil {
		c.pos = len(c.tokens) - 1
	}
	return c
}

// separated reports whether the token is a number with digit separators, such
// as 1_000, which SQLite has had since 3.46.
func separated(token string) bool {
	for i := range len(token) {
		if c := token[i]; c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return strings.IndexByte(token, '_') > 0
}

// closings returns for every opening parenthesis the index of the one that
// closes it, and 0 for every other token.
func closings(tokens []sqltext.Token) []int {
	closing := make([]int, len(tokens))
	var open []int
	for i, tok := range tokens {
		switch tok.Kind {
		case sqltext.LParen:
			open = append(open, i)
		case sqltext.RParen:
			if n := len(open); n > 0 {
				closing[open[n-1]] = i
				open = open[:n-1]
			}
		}
	}
	return closing
}

// fail says what was wanted where the cursor stands.
func (c *cursor) fail(wanted string) {
	if c.err == nil {
		tok := c.tokens[c.pos]
		if tok.Start == tok.End {
			c.err = fmt.Errorf("ddl: %s wanted at the end of the text, byte %d", wanted, tok.Start)
		} else {
			c.err = fmt.Errorf("ddl: %s wanted at byte %d, not %.20q", wanted, tok.Start, tok.Text(c.sql))
		}
	}
	c.pos = len(c.tokens) - 1
}

// at reports whether the next tokens are these keywords.
func (c *cursor) at(keywords ...string) bool {
	for i, keyword := range keywords {
		if c.pos+i >= len(c.tokens) || !c.tokens[c.pos+i].Is(c.sql, keyword) {
			return false
		}
	}
	return true
}

// accept is at, and goes past them.
func (c *cursor) accept(keywords ...string) bool {
	if !c.at(keywords...) {
		return false
	}
	c.pos += len(keywords)
	return true
}

func (c *cursor) expect(keyword string) {
	if !c.accept(keyword) {
		c.fail(keyword)
	}
}

func (c *cursor) kind() sqltext.Kind { return c.tokens[c.pos].Kind }

func (c *cursor) acceptKind(k sqltext.Kind) bool {
	if c.kind() != k || c.pos == len(c.tokens)-1 {
		return false
	}
	c.pos++
	return true
}

func (c *cursor) expectKind(k sqltext.Kind, text string) {
	if !c.acceptKind(k) {
		c.fail(text)
	}
}

// start is the offset of the next token.
func (c *cursor) start() int { return c.tokens[c.pos].Start }

// end is the offset behind the last token read.
func (c *cursor) end() int {
	if c.pos == 0 {
		return 0
	}
	return c.tokens[c.pos-1].End
}

// text is the text of the tokens from lo up to, but not including, hi.
func (c *cursor) text(lo, hi int) string {
	if lo >= hi {
		return ""
	}
	return c.sql[c.tokens[lo].Start:c.tokens[hi-1].End]
}

// parens goes past everything in parentheses and returns the tokens between
// them.
func (c *cursor) parens() (lo, hi int) {
	if c.kind() != sqltext.LParen {
		c.fail("(")
		return 0, 0
	}
	lo, hi = c.pos+1, c.closing[c.pos]
	if hi == 0 {
		c.fail("a ) for this (")
		return 0, 0
	}
	for i := lo; i < hi; i++ {
		if c.tokens[i].Kind == sqltext.Semicolon {
			c.pos = i
			c.fail(")")
			return 0, 0
		}
	}
	c.pos = hi + 1
	return lo, hi
}

// finish is at the end of the statement, which may have semicolons.
func (c *cursor) finish() {
	for c.acceptKind(sqltext.Semicolon) {
	}
	if c.pos != len(c.tokens)-1 {
		c.fail("the end of the statement")
	}
}
