package sqltext

import "iter"

// Kind says what a [Token] is.
type Kind uint8

// The kinds of token. Keywords have no kind of their own: in SQLite most of
// them may also be names, and only a parser can tell.
const (
	Space       Kind = iota // blanks, line ends, and a byte order mark
	Comment                 // "-- …" without its line end, or "/* … */"
	Ident                   // a bare word, keyword or name: users, SELECT, größe
	QuotedIdent             // "users", `users` or [users]
	String                  // 'it''s'
	Blob                    // x'00ff'
	Number                  // 1, 1.5e3, .5, 0xff
	Param                   // ?, ?12, :name, @name, $name, $ns::name(suffix), #name
	Op                      // an operator: +, ||, ->>, <=
	Semicolon               // ;
	LParen                  // (
	RParen                  // )
	Comma                   // ,
	Dot                     // .
	Illegal                 // what SQLite answers with "unrecognized token", or a NUL byte
)

var kindNames = [...]string{
	"Space", "Comment", "Ident", "QuotedIdent", "String", "Blob", "Number", "Param", "Op",
	"Semicolon", "LParen", "RParen", "Comma", "Dot", "Illegal",
}

// String returns the name of the constant, such as "QuotedIdent".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "Kind(?)"
}

// Token is one token of a text: its kind and the bytes it covers, from Start
// up to but not including End.
type Token struct {
	Kind       Kind
	Start, End int
}

// Text returns the bytes of the token in sql, the text it was read from.
func (t Token) Text(sql string) string { return sql[t.Start:t.End] }

// Is reports whether the token is the given keyword, in whatever case. A quoted
// word is never a keyword.
func (t Token) Is(sql, keyword string) bool {
	return t.Kind == Ident && EqualFold(sql[t.Start:t.End], keyword)
}

// blank reports whether SQLite skips the token.
func (t Token) blank() bool { return t.Kind == Space || t.Kind == Comment }

// Next returns the token that starts at pos, and false at the end of the text.
// pos must be 0 or the End of the token before. It is sqlite3GetToken of
// SQLite's tokenize.c, and does not allocate.
func Next(sql string, pos int) (Token, bool) {
	if pos >= len(sql) {
		return Token{}, false
	}
	kind, end := scan(sql, pos)
	return Token{Kind: kind, Start: pos, End: end}, true
}

// Tokens yields the tokens of the text in order, blanks and comments included:
// together they cover it without a gap.
func Tokens(sql string) iter.Seq[Token] {
	return func(yield func(Token) bool) {
		for pos := 0; ; {
			tok, ok := Next(sql, pos)
			if !ok || !yield(tok) {
				return
			}
			pos = tok.End
		}
	}
}

// nextSolid is Next past blanks and comments.
func nextSolid(sql string, pos int) (Token, bool) {
	tok, ok := Next(sql, pos)
	for ok && tok.blank() {
		tok, ok = Next(sql, tok.End)
	}
	return tok, ok
}

// scan returns the kind of the token at pos, which must be inside the text,
// and the offset after it.
func scan(sql string, pos int) (Kind, int) {
	switch c := sql[pos]; c {
	case ' ', '\t', '\n', '\f', '\r':
		return Space, span(sql, pos+1, spaceByte)
	case 0xEF:
		// SQLite skips a byte order mark wherever a token may start, not only
		// at the beginning: scripts are often files put end to end.
		if byteAt(sql, pos+1) == 0xBB && byteAt(sql, pos+2) == 0xBF {
			return Space, pos + 3
		}
		return Ident, span(sql, pos+1, identByte)
	case 'x', 'X':
		if byteAt(sql, pos+1) == '\'' {
			return scanBlob(sql, pos)
		}
		return Ident, span(sql, pos+1, identByte)
	case '\'', '"', '`':
		return scanQuoted(sql, pos)
	case '[':
		return scanBracketed(sql, pos)
	case '?':
		return Param, span(sql, pos+1, digitByte)
	case '$', '@', ':', '#':
		return scanNamedParam(sql, pos)
	case ';':
		return Semicolon, pos + 1
	case '(':
		return LParen, pos + 1
	case ')':
		return RParen, pos + 1
	case ',':
		return Comma, pos + 1
	case '.':
		if byteClass[byteAt(sql, pos+1)]&digitByte == 0 {
			return Dot, pos + 1
		}
		return scanNumber(sql, pos)
	default:
		switch {
		case byteClass[c]&digitByte != 0:
			return scanNumber(sql, pos)
		case byteClass[c]&identByte != 0:
			return Ident, span(sql, pos+1, identByte)
		}
		return scanOperator(sql, pos)
	}
}

// scanOperator reads an operator, the longest that fits, or one of the two
// comments: both begin with the byte of an operator. No other token can start
// here, so what is left is illegal.
func scanOperator(sql string, pos int) (Kind, int) {
	next := byteAt(sql, pos+1)
	switch c := sql[pos]; c {
	case '-':
		switch next {
		case '-':
			return Comment, lineEnd(sql, pos+2)
		case '>':
			if byteAt(sql, pos+2) == '>' {
				return Op, pos + 3
			}
			return Op, pos + 2
		}
		return Op, pos + 1
	case '/':
		if next == '*' && byteAt(sql, pos+2) != 0 {
			return Comment, blockEnd(sql, pos+2)
		}
		// A "/*" with nothing behind it is not a comment, but two operators.
		return Op, pos + 1
	case '+', '*', '%', '&', '~':
		return Op, pos + 1
	case '=':
		return Op, pos + operatorLen(next == '=')
	case '<':
		return Op, pos + operatorLen(next == '=' || next == '>' || next == '<')
	case '>':
		return Op, pos + operatorLen(next == '=' || next == '>')
	case '|':
		return Op, pos + operatorLen(next == '|')
	case '!':
		if next == '=' {
			return Op, pos + 2
		}
	}
	return Illegal, pos + 1
}

func operatorLen(two bool) int {
	if two {
		return 2
	}
	return 1
}

// lineEnd returns the offset of the line feed that ends a "--" comment. A
// carriage return does not.
func lineEnd(sql string, pos int) int {
	for pos < len(sql) && sql[pos] != '\n' && sql[pos] != 0 {
		pos++
	}
	return pos
}

// blockEnd returns the offset after the "*/" of a comment. SQLite lets the end
// of the text end the comment too.
func blockEnd(sql string, pos int) int {
	for ; pos < len(sql) && sql[pos] != 0; pos++ {
		if sql[pos] == '*' && byteAt(sql, pos+1) == '/' {
			return pos + 2
		}
	}
	return pos
}
