package sqltext

import "strings"

// ParsePragma takes a PRAGMA apart (https://www.sqlite.org/pragma.html), if
// that is what the first statement of the text is:
//
//	PRAGMA [schema.]name
//	PRAGMA [schema.]name = value
//	PRAGMA [schema.]name(value)
//
// The schema is unquoted, and "" if the pragma has none. The name is unquoted
// and in lower case, because SQLite compares it without case. The value is the
// text as it stands, with its quotes or sign (see [Unquote]), and "" if the
// pragma has none. ok is false for any other statement, also for a pragma
// behind EXPLAIN, and for one that is not of these shapes.
func ParsePragma(sql string) (schema, name, value string, ok bool) {
	rest := pragmaTokens(sql)
	if len(rest) >= 3 && isName(rest[0]) && rest[1].Kind == Dot {
		schema = Unquote(rest[0].Text(sql))
		rest = rest[2:]
	}
	if len(rest) == 0 || !isName(rest[0]) {
		return "", "", "", false
	}
	name = Lower(Unquote(rest[0].Text(sql)))
	if rest = rest[1:]; len(rest) == 0 {
		return schema, name, "", true
	}
	last := len(rest) - 1
	switch {
	case strings.Trim(rest[0].Text(sql), "=") == "": // "==" is the same operator
		rest = rest[1:]
	case rest[0].Kind == LParen && rest[last].Kind == RParen:
		rest = rest[1:last]
	default:
		return "", "", "", false
	}
	if !isPragmaValue(sql, rest) {
		return "", "", "", false
	}
	return schema, name, sql[rest[0].Start:rest[len(rest)-1].End], true
}

// pragmaTokens returns the tokens behind the word PRAGMA, and none if the
// statement is another or has more tokens than any pragma.
func pragmaTokens(sql string) []Token {
	class := Classify(sql)
	if class.Verb != Pragma {
		return nil
	}
	const longest = 7 // schema . name ( - 1 )
	tokens := make([]Token, 0, longest)
	tok, ok := nextSolid(sql, class.Start+len("PRAGMA"))
	for ok && tok.Kind != Semicolon {
		if len(tokens) == longest {
			return nil
		}
		tokens = append(tokens, tok)
		tok, ok = nextSolid(sql, tok.End)
	}
	return tokens
}

// isName reports whether the token may be the name of a thing. SQLite takes a
// string literal for a name wherever only a name can stand.
func isName(tok Token) bool {
	return tok.Kind == Ident || tok.Kind == QuotedIdent || tok.Kind == String
}

// isPragmaValue reports whether the tokens are one name, one string, or one
// number with or without a sign. A pragma takes no expressions.
func isPragmaValue(sql string, tokens []Token) bool {
	switch len(tokens) {
	case 1:
		return isName(tokens[0]) || tokens[0].Kind == Number
	case 2:
		sign := tokens[0].Text(sql)
		return (sign == "-" || sign == "+") && tokens[1].Kind == Number
	}
	return false
}
