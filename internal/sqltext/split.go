package sqltext

import "strings"

// Statement is one statement of a text: the bytes from its first token up to
// but not including End, without the blanks and comments around it and without
// its semicolon.
type Statement struct {
	Start, End int
}

// Text returns the statement out of sql, the text it was split from.
func (s Statement) Text(sql string) string { return sql[s.Start:s.End] }

// Split cuts a script into its statements. Statements with nothing in them are
// left out. A CREATE TRIGGER … BEGIN …; END is one statement, with or without
// EXPLAIN in front: like sqlite3_complete
// (https://www.sqlite.org/c3ref/complete.html), Split takes it to end at the
// semicolon behind an END that is itself behind a semicolon, which no END of a
// CASE can be. A trigger that lacks its END reaches to the end of the script.
//
// A statement can be sent as it is or put together with others again by
// semicolons: it never ends in a comment that would swallow what follows,
// unless it ends in an unfinished string that SQLite refuses anyway.
func Split(sql string) []Statement {
	all := make([]Statement, 0, strings.Count(sql, ";")+1)
	for pos := 0; ; {
		st, next, ok := nextStatement(sql, pos)
		if !ok {
			if len(all) == 0 {
				return nil
			}
			return all
		}
		all = append(all, st)
		pos = next
	}
}

// First returns the length of the text up to and with the semicolon of its
// first statement, so that a script can be taken a statement at a time.
func First(sql string) int {
	_, next, _ := nextStatement(sql, 0)
	return next
}

// Blank reports whether there is nothing to execute in the text: only blanks,
// comments and semicolons. sqlite3_prepare_v2 gives no statement for such a
// text. A NUL byte is not blank.
func Blank(sql string) bool {
	_, ok := firstToken(sql, 0)
	return !ok
}

// firstToken returns the first token of the first statement from pos on.
func firstToken(sql string, pos int) (Token, bool) {
	tok, ok := nextSolid(sql, pos)
	for ok && tok.Kind == Semicolon {
		tok, ok = nextSolid(sql, tok.End)
	}
	return tok, ok
}

// nextStatement returns the first statement from pos on and the offset behind
// its semicolon.
func nextStatement(sql string, pos int) (st Statement, next int, ok bool) {
	tok, ok := firstToken(sql, pos)
	if !ok {
		return Statement{}, len(sql), false
	}
	st = Statement{Start: tok.Start}
	var scope scope
	for ok && !scope.ends(sql, tok) {
		st.End = tok.End
		at := tok.End
		if scope.state == plain {
			if solid, end := skip(sql, at); end > at {
				st.End, at = max(st.End, solid), end
			}
		}
		tok, ok = nextSolid(sql, at)
	}
	if !ok {
		return st, len(sql), true
	}
	return st, tok.End, true
}

// skip passes over what cannot hold a semicolon, so that most of a script is
// not cut into tokens: end is at a byte that may begin something that can.
// solid is the end of the last token before it, 0 if there is none.
func skip(sql string, pos int) (solid, end int) {
	start := pos
	for pos < len(sql) && !opener[sql[pos]] {
		if pos++; byteClass[sql[pos-1]]&identByte != 0 {
			pos = span(sql, pos, identByte)
		}
	}
	if pos > start && pos < len(sql) && sql[pos-1] == '.' && byteClass[sql[pos]]&digitByte != 0 {
		pos-- // a number begins with its point
	}
	end = pos
	for pos > start && byteClass[sql[pos-1]]&spaceByte != 0 {
		pos--
	}
	for pos < end && sql[pos] == '\v' { // which is no blank unless it is behind one
		pos++
	}
	if pos == start {
		return 0, end
	}
	return pos, end
}

// opener has the bytes that may begin a token which skip must not enter. In the
// middle of a word they are ordinary.
var opener = func() (is [256]bool) {
	for _, c := range "'\"`[-/;?$@:#0123456789\x00" {
		is[c] = true
	}
	is[0xEF] = true // of a byte order mark, which is a blank
	return is
}()

// scope follows a statement token by token and knows which of its semicolons
// is the last. The zero scope stands before a statement.
type scope struct {
	state scopeState
	depth int // open parentheses, counted in virtualTable only
}

type scopeState uint8

const (
	atStart      scopeState = iota // nothing read yet, or only EXPLAIN [QUERY PLAN]
	atCreate                       // behind CREATE [TEMP|TEMPORARY]
	plain                          // the next semicolon ends the statement
	virtualTable                   // behind CREATE VIRTUAL
	triggerBody                    // behind CREATE TRIGGER
	triggerNext                    // behind a semicolon in there
	triggerEnd                     // behind the END behind that semicolon
)

// ends takes the next token of the statement, no blank and no comment, and
// reports whether it is the semicolon that ends it.
func (s *scope) ends(sql string, tok Token) bool {
	if tok.Kind == Semicolon {
		return s.semicolon()
	}
	switch s.state {
	case atStart:
		switch {
		case tok.Is(sql, "CREATE"):
			s.state = atCreate
		case !tok.Is(sql, "EXPLAIN") && !tok.Is(sql, "QUERY") && !tok.Is(sql, "PLAN"):
			s.state = plain
		}
	case atCreate:
		switch {
		case tok.Is(sql, "TRIGGER"):
			s.state = triggerBody
		case tok.Is(sql, "VIRTUAL"):
			s.state = virtualTable
		case !tok.Is(sql, "TEMP") && !tok.Is(sql, "TEMPORARY"):
			s.state = plain
		}
	case virtualTable:
		switch tok.Kind {
		case LParen:
			s.depth++
		case RParen:
			s.depth--
		}
	case triggerNext:
		s.state = triggerBody
		if tok.Is(sql, "END") {
			s.state = triggerEnd
		}
	case triggerEnd:
		s.state = triggerBody
	}
	return false
}

func (s *scope) semicolon() bool {
	switch s.state {
	case triggerBody, triggerNext:
		s.state = triggerNext
		return false
	case virtualTable:
		// The arguments of a module are any tokens at all, up to the
		// parenthesis that closes them.
		return s.depth <= 0
	}
	return true
}
