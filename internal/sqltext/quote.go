package sqltext

import "strings"

// Unquote returns the name a token stands for, in any of the quotings SQLite
// takes (https://www.sqlite.org/lang_keywords.html): "a name", `a name`,
// [a name] and 'a name', a doubled quote inside standing for itself. A bare
// word, and anything that is not one quoted token, is returned as it is.
func Unquote(ident string) string {
	tok, ok := Next(ident, 0)
	if !ok || tok.End != len(ident) || (tok.Kind != QuotedIdent && tok.Kind != String) {
		return ident
	}
	quote, inner := ident[:1], ident[1:len(ident)-1]
	if quote == "[" {
		return inner
	}
	return strings.ReplaceAll(inner, quote+quote, quote)
}

// QuoteIdent returns the name as an identifier in "double quotes". It is an
// identifier wherever a name must stand, but in an expression SQLite takes
// "unknown" for a string if there is no such column. No quoting can carry a NUL
// byte: the result for such a name is refused by SQLite.
func QuoteIdent(name string) string {
	return quoteWith(name, `"`)
}

// Backquote returns the name as an identifier in `backquotes`, as GORM writes
// it: never a string. No quoting can carry a NUL byte.
func Backquote(name string) string {
	return quoteWith(name, "`")
}

// QuoteString returns the text as an SQL string literal in 'single quotes'. No
// literal can carry a NUL byte: such a text must be bound as a parameter.
func QuoteString(text string) string {
	return quoteWith(text, `'`)
}

func quoteWith(s, quote string) string {
	return quote + strings.ReplaceAll(s, quote, quote+quote) + quote
}
