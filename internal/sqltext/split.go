package sqltext

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
	var all []Statement
	for pos := 0; ; {
		st, next, ok := nextStatement(sql, pos)
		if !ok {
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
		tok, ok = nextSolid(sql, tok.End)
	}
	if !ok {
		return st, len(sql), true
	}
	return st, tok.End, true
}

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
