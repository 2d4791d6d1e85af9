package ddl

import (
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// reserved are the keywords that cannot be names unless they are quoted: those
// that SQLite's grammar does not let fall back to an identifier. SQLite's list
// of keywords is longer: most of them may be names.
var reserved = wordSet(`ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CHECK COLLATE COMMIT CONSTRAINT CREATE
	DEFAULT DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT INTO IS
	ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY REFERENCES RETURNING SELECT SET TABLE THEN TO
	TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE EXCEPT INTERSECT`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// nameToken reports whether the token can be a name.
func nameToken(sql string, tok sqltext.Token) bool {
	switch tok.Kind {
	case sqltext.QuotedIdent, sqltext.String:
		return true
	case sqltext.Ident:
		return !reserved[upper(tok.Text(sql))]
	}
	return false
}

// name goes past a name and returns it without its quotes.
func (c *cursor) name(what string) (string, Span) {
	tok := c.tokens[c.pos]
	if !nameToken(c.sql, tok) {
		c.fail(what)
		return "", Span{}
	}
	c.pos++
	return sqltext.Unquote(tok.Text(c.sql)), Span{tok.Start, tok.End}
}

// upper raises ASCII letters only, as SQLite does, and keeps every other byte,
// whether it is valid UTF-8 or not.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}
