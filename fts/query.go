package fts

import (
	"errors"
	"fmt"
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
//
// The time that FTS5 takes grows with the square of the number of words. [Search]
// refuses more than [MaxWords]; Query does not count.
func Query(text string) string {
	expr, _ := query(text)
	return expr
}

// MaxWords is how many words and phrases the Text of a [Search] may have. FTS5
// takes milliseconds for so many, and seconds for ten times as many.
const MaxWords = 1000

// ErrTooManyWords is wrapped by the error of a [Search] whose Text has more than
// [MaxWords] words.
var ErrTooManyWords = errors.New("too many words")

// checkedQuery is Query with an error for what would take too long.
func checkedQuery(text string) (string, error) {
	expr, words := query(text)
	if words > MaxWords {
		return "", fmt.Errorf("%w: the text has %d, and may have %d", ErrTooManyWords, words, MaxWords)
	}
	return expr, nil
}

func query(text string) (expr string, words int) {
	var b strings.Builder
	b.Grow(len(text) + 16)
	phrase := func(text string, prefix bool) {
		if writePhrase(&b, text, prefix) {
			words++
		}
	}
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case isSpace(r):
			text = text[n:]
		case r == '"':
			quoted, rest, _ := strings.Cut(text[1:], `"`)
			var prefix bool
			text, prefix = strings.CutPrefix(rest, "*")
			phrase(quoted, prefix)
		default:
			end := strings.IndexFunc(text, func(r rune) bool { return isSpace(r) || r == '"' })
			if end < 0 {
				end = len(text)
			}
			word := text[:end]
			text = text[end:]
			stem := strings.TrimRight(word, "*")
			phrase(stem, stem != word)
		}
	}
	if b.Len() == 0 {
		return `""`, 0 // an empty expression is a syntax error
	}
	return b.String(), words
}

func isSpace(r rune) bool { return r == 0 || unicode.IsSpace(r) }

// writePhrase writes a string of FTS5. Behind each other they are all to be
// found, and one without words is left out, other than with AND between them.
func writePhrase(b *strings.Builder, text string, prefix bool) (written bool) {
	if strings.Trim(text, "\x00") == "" {
		return false
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
	return true
}
