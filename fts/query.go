package fts

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Query makes an expression for FTS5's MATCH
// (https://www.sqlite.org/fts5.html#full_text_query_syntax) of what a user
// typed, so that no text is an error or means anything else:
//
//   - words, with white space between them, all have to be in the row
//   - "words in double quotes" have to be there one behind the other
//   - a * at the end of a word or behind a closing quote stands for any rest
//   - all else is text: AND, NOT, NEAR, -, :, ^ and parentheses mean nothing
//
// A word in which the tokenizer sees several, such as e-mail, is a phrase of
// them. One in which it sees none, such as &, is left out; nothing matches a text
// without any word. Where a quote is not closed the phrase goes to the end. A
// quote inside a word and a NUL byte, which FTS5 cannot be asked for, are space.
func Query(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 16)
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case isSpace(r):
			text = text[n:]
		case r == '"':
			phrase, rest, _ := strings.Cut(text[1:], `"`)
			text = rest
			if strings.HasPrefix(text, "*") {
				text = text[1:]
				writePhrase(&b, phrase, true)
			} else {
				writePhrase(&b, phrase, false)
			}
		default:
			end := strings.IndexFunc(text, func(r rune) bool { return isSpace(r) || r == '"' })
			if end < 0 {
				end = len(text)
			}
			word := text[:end]
			text = text[end:]
			stem := strings.TrimRight(word, "*")
			writePhrase(&b, stem, stem != word)
		}
	}
	if b.Len() == 0 {
		return `""` // an empty expression is a syntax error
	}
	return b.String()
}

func isSpace(r rune) bool { return r == 0 || unicode.IsSpace(r) }

// writePhrase writes a string of FTS5. Behind each other they are all to be
// found, and one without words is left out, other than with AND between them.
func writePhrase(b *strings.Builder, text string, prefix bool) {
	if strings.Trim(text, "\x00") == "" {
		return
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	b.WriteByte('"')
	b.WriteString(strings.ReplaceAll(text, "\x00", " "))
	b.WriteByte('"')
	if prefix {
		b.WriteByte('*')
	}
}
