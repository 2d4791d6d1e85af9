package shape

import (
	"bytes"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Of returns the shape of a text.
//
// What else counts as a literal: the sign before a number where no operand
// stands before it, NULL as a value of an IN list or of VALUES, the name of a
// savepoint, which GORM makes up, and what a PRAGMA is set to. What does not: a
// number that is all of a term of ORDER BY or GROUP BY, where it names a column,
// a string that is a name, and parameters with a name or a number.
//
// The dialect of this module sends a long IN list as the one value of a
// json_each, which has the shape of the short list.
func Of(sql string) string { return string(Append(make([]byte, 0, len(sql)), sql)) }

// Append appends the shape of a text to dst.
func Append(dst []byte, sql string) []byte {
	w := writer{sql: sql, out: dst, base: len(dst), verb: sqltext.Classify(sql).Verb}
	tok, ok := w.next(0)
	for ok {
		next, more := w.next(tok.End)
		w.token(tok, next, more)
		tok, ok = next, more
	}
	for len(w.out) > w.base && (w.out[len(w.out)-1] == ';' || w.out[len(w.out)-1] == ' ') {
		w.out = w.out[:len(w.out)-1]
	}
	return w.out
}

// writer writes a shape.
type writer struct {
	sql  string
	out  []byte
	base int
	verb sqltext.Verb // of the statement
	set  bool         // a PRAGMA is being set

	prev   sqltext.Token // that was written
	some   bool          // there is one
	before sqltext.Token // the one before prev
	depth  int           // of parentheses
	lists  []list
	room   [4]list // for lists
	terms  int     // of ORDER BY or GROUP BY: their depth, plus 1; 0 in none
}

// list is an IN list, or the rows behind VALUES.
type list struct {
	depth  int  // of what stands around its items
	values bool // rows
	plain  bool // an IN that has a subquery is no list
	item   int  // where its last item begins
	last   [2]int
}

// next is the next token that SQLite does not skip.
func (w *writer) next(pos int) (sqltext.Token, bool) {
	tok, ok := sqltext.Next(w.sql, pos)
	for ok && (tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment) {
		tok, ok = sqltext.Next(w.sql, tok.End)
	}
	return tok, ok
}

func (w *writer) token(tok, next sqltext.Token, more bool) {
	if !more {
		next = sqltext.Token{Kind: sqltext.Semicolon, Start: len(w.sql), End: len(w.sql)}
	}
	l := w.list()
	if l != nil && l.values && w.depth == l.depth && tok.Kind != sqltext.LParen && tok.Kind != sqltext.Comma {
		w.lists = w.lists[:len(w.lists)-1] // the rows have ended
		l = w.list()
	}
	if w.literal(tok, next) {
		tok.Kind = sqltext.Param
		w.write(tok, "?")
		return
	}
	if w.signs(tok, next) {
		return
	}
	switch tok.Kind {
	case sqltext.LParen:
		w.open(tok, next)
		return
	case sqltext.RParen:
		w.close(tok)
		return
	case sqltext.Comma:
		if l != nil && l.plain && w.depth == l.depth+1 && !l.values {
			w.ended(l)
		}
		w.write(tok, ",")
		if l != nil && w.begins(l) {
			l.item = len(w.out)
		}
		return
	case sqltext.Semicolon:
		w.lists, w.depth, w.terms, w.set = w.lists[:0], 0, 0, false
		if more {
			w.verb = sqltext.Classify(w.sql[tok.End:]).Verb
		}
	case sqltext.Ident:
		w.word(tok)
	}
	w.write(tok, tok.Text(w.sql))
	if w.verb == sqltext.Pragma && tok.Kind == sqltext.Op {
		w.set = true
	}
	if tok.Is(w.sql, "VALUES") && next.Kind == sqltext.LParen && !w.dotBefore() {
		w.push(list{depth: w.depth, values: true, plain: true, item: len(w.out), last: [2]int{-1, -1}})
	}
}

// word follows the terms of ORDER BY and GROUP BY.
func (w *writer) word(tok sqltext.Token) {
	switch {
	case tok.Is(w.sql, "BY"):
		w.terms = w.depth + 1
	case w.terms == w.depth+1 && isOne(tok.Text(w.sql), afterTerms):
		w.terms = 0
	}
}

// list is the innermost one.
func (w *writer) list() *list {
	if len(w.lists) == 0 {
		return nil
	}
	return &w.lists[len(w.lists)-1]
}

func (w *writer) push(l list) {
	if w.lists == nil {
		w.lists = w.room[:0]
	}
	w.lists = append(w.lists, l)
}

// begins tells that a comma that was just written stands between items of l.
func (w *writer) begins(l *list) bool {
	if l.values {
		return w.depth == l.depth
	}
	return l.plain && w.depth == l.depth+1
}

func (w *writer) open(tok, next sqltext.Token) {
	in := w.some && w.prev.Is(w.sql, "IN") && !w.dotBefore()
	if w.verb == sqltext.Pragma && w.some && isOne(w.prev.Text(w.sql), keys) {
		w.set = true
	}
	w.write(tok, "(")
	if in {
		query := next.Is(w.sql, "SELECT") || next.Is(w.sql, "VALUES") || next.Is(w.sql, "WITH")
		w.push(list{depth: w.depth, plain: !query, item: len(w.out), last: [2]int{-1, -1}})
	}
	w.depth++
}

func (w *writer) close(tok sqltext.Token) {
	if w.terms > w.depth {
		w.terms = 0
	}
	l := w.list()
	if l != nil && l.values && w.depth == l.depth { // within a parenthesis around them
		w.lists = w.lists[:len(w.lists)-1]
		l = w.list()
	}
	if w.depth > 0 {
		w.depth--
	}
	inList := l != nil && !l.values && w.depth == l.depth
	if inList && l.plain {
		w.ended(l)
	}
	w.write(tok, ")")
	switch {
	case inList:
		if !l.plain {
			w.shorten()
		}
		w.lists = w.lists[:len(w.lists)-1]
	case l != nil && l.values && w.depth == l.depth:
		w.ended(l)
	}
}

// ended drops an item that is like the one before it.
func (w *writer) ended(l *list) {
	if l.last[0] >= 0 && bytes.Equal(trim(w.out[l.item:]), w.out[l.last[0]:l.last[1]]) {
		w.out = w.out[:l.last[1]]
		return
	}
	at := l.item
	for at < len(w.out) && w.out[at] == ' ' {
		at++
	}
	l.last = [2]int{at, len(w.out)}
}

func trim(b []byte) []byte { return bytes.TrimLeft(b, " ") }

// jsonList is how the dialect sends a list that is long.
const jsonList = "(SELECT + value FROM json_each(?))"

func (w *writer) shorten() {
	if n := len(w.out) - len(jsonList); n >= w.base && string(w.out[n:]) == jsonList {
		w.out = append(w.out[:n], "(?)"...)
	}
}

// literal tells that the token is written as a value.
func (w *writer) literal(tok, next sqltext.Token) bool {
	if w.verb == sqltext.Attach && w.some && w.prev.Is(w.sql, "KEY") {
		return true
	}
	switch tok.Kind {
	case sqltext.Blob:
		return true
	case sqltext.Illegal: // what a literal begins as, which may be a secret
		c := tok.Text(w.sql)[0]
		return tok.End-tok.Start > 1 && c != '[' && c != '"' && c != '`'
	case sqltext.String:
		return !w.name(next)
	case sqltext.Number:
		return !w.column(next)
	case sqltext.Ident, sqltext.QuotedIdent:
		switch {
		case w.verb == sqltext.Pragma:
			return w.set
		case w.names(tok, next):
			return true
		}
		return w.nullInList(tok, next)
	}
	return false
}

// names tells that the token is the name of a savepoint.
func (w *writer) names(tok, next sqltext.Token) bool {
	switch w.verb {
	case sqltext.Savepoint:
		return w.some && w.prev.Is(w.sql, "SAVEPOINT")
	case sqltext.Release, sqltext.RollbackTo:
		return w.some && (w.prev.Is(w.sql, "SAVEPOINT") || w.prev.Is(w.sql, "TO") || w.prev.Is(w.sql, "RELEASE")) &&
			(!tok.Is(w.sql, "SAVEPOINT") || next.Kind == sqltext.Semicolon)
	}
	return false
}

// name tells that a string is one: SQLite takes 'users' for users where only a
// name can stand.
func (w *writer) name(next sqltext.Token) bool {
	if next.Kind == sqltext.Dot || w.some && w.prev.Kind == sqltext.Dot {
		return true
	}
	if !w.some || w.prev.Kind != sqltext.Ident {
		return false
	}
	return isOne(w.prev.Text(w.sql), beforeName)
}

// column tells that a number is all of a term of ORDER BY or GROUP BY.
func (w *writer) column(next sqltext.Token) bool {
	if w.terms == 0 || w.terms != w.depth+1 || !w.prev.Is(w.sql, "BY") && w.prev.Kind != sqltext.Comma {
		return false
	}
	switch next.Kind {
	case sqltext.Comma, sqltext.RParen, sqltext.Semicolon, sqltext.Ident:
		return true
	}
	return false
}

// nullInList tells that the token is NULL, and all of a value of a list.
func (w *writer) nullInList(tok, next sqltext.Token) bool {
	l := w.list()
	return l != nil && l.plain && tok.Is(w.sql, "NULL") && (w.prev.Kind == sqltext.LParen || w.prev.Kind == sqltext.Comma) &&
		(next.Kind == sqltext.RParen || next.Kind == sqltext.Comma) && w.depth == l.depth+1
}

// signs tells that the token is the sign of a number, and leaves it out.
func (w *writer) signs(tok, next sqltext.Token) bool {
	if tok.Kind != sqltext.Op || next.Kind != sqltext.Number || w.column(next) {
		return false
	}
	if text := tok.Text(w.sql); text != "-" && text != "+" {
		return false
	}
	if !w.some {
		return false
	}
	switch w.prev.Kind {
	case sqltext.LParen, sqltext.Comma, sqltext.Op:
		return true
	case sqltext.Ident:
		return isOne(w.prev.Text(w.sql), beforeOperand) && w.before.Kind != sqltext.Dot
	}
	return false
}

// dotBefore tells that the word that was just written is part of a longer name.
func (w *writer) dotBefore() bool { return w.before.Kind == sqltext.Dot }

// write writes a token, with a blank before it where one must or may stand.
func (w *writer) write(tok sqltext.Token, text string) {
	if w.some && w.blank(tok) {
		w.out = append(w.out, ' ')
	}
	w.out = append(w.out, text...)
	w.before, w.prev, w.some = w.prev, tok, true
}

// blank tells whether a blank stands between the token before and this one.
func (w *writer) blank(tok sqltext.Token) bool {
	prev := w.prev
	switch tok.Kind {
	case sqltext.Comma, sqltext.RParen, sqltext.Semicolon:
		return false
	case sqltext.Dot:
		return prev.Kind != sqltext.Ident && prev.Kind != sqltext.QuotedIdent && prev.Kind != sqltext.String
	case sqltext.LParen:
		switch prev.Kind {
		case sqltext.LParen:
			return false
		case sqltext.Ident:
			return spaced(prev.Text(w.sql))
		case sqltext.QuotedIdent:
			return true
		}
	}
	switch prev.Kind {
	case sqltext.LParen:
		return false
	case sqltext.Dot:
		switch tok.Kind {
		case sqltext.Ident, sqltext.QuotedIdent, sqltext.String:
			return false
		case sqltext.Op:
			return tok.Text(w.sql) != "*"
		}
	}
	return true
}
