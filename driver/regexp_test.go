package driver_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Answers as SQLean 0.24's regexp gives them.
func TestRegexpFunctions(t *testing.T) {
	db := open(t, ":memory:")
	for _, c := range []struct {
		expr string
		want any // nil is NULL; an error begins with !
	}{
		{"regexp_like('the year is 2021', '[0-9]+')", int64(1)},
		{"regexp_like('the year is 2021', '2k21')", int64(0)},
		{"regexp_like('Grüße', '^\\w+$')", int64(1)},
		{"regexp_like('٣', '\\d')", int64(1)},
		{"regexp_like('STRASSE', '(?i)strasse')", int64(1)},
		{"regexp_like('', '')", int64(1)},
		{"regexp_like(NULL, 'a')", int64(0)},
		{"regexp_like(NULL, NULL)", int64(0)},
		{"regexp_like('a', NULL)", "!missing regexp pattern"},
		{"regexp_like(2021, '^20')", int64(1)},
		{"regexp_like(1.5, 1.5)", int64(1)},
		{"regexp_like(x'c3a9', '^é$')", int64(1)},

		{"regexp_substr('the year is 2021', '[0-9]+')", "2021"},
		{"regexp_substr('the year is 2021', '2k21')", nil},
		{"regexp_substr('abc', 'x*')", ""},
		{"regexp_substr('日本語', '.$')", "語"},
		{"regexp_substr(NULL, 'a')", nil},
		{"regexp_substr(2021, '2.')", "20"},
		{"typeof(regexp_substr(2021, '2.'))", "text"},

		{"regexp_capture('years is 2021', '\\d\\d(\\d\\d)')", "2021"},
		{"regexp_capture('years is 2021', '\\d\\d(\\d\\d)', 0)", "2021"},
		{"regexp_capture('years is 2021', '\\d\\d(\\d\\d)', 1)", "21"},
		{"regexp_capture('years is 2021', '\\d\\d(\\d\\d)', 2)", nil},
		{"regexp_capture('years is 2021', '\\d\\d(\\d\\d)', -1)", nil},
		{"regexp_capture('a', '(a)|(b)', 2)", nil},
		{"regexp_capture('b', '(a)|(b)', 1)", ""},
		{"regexp_capture('a', '(a)', '1')", "!group number should be integer"},
		{"regexp_capture('a', '(a)', NULL)", "!group number should be integer"},
		{"regexp_capture(NULL, '(a)', NULL)", nil},
		{"regexp_capture('a')", "!wrong number of arguments to function regexp_capture()"},

		{"regexp_replace('the year is 2021', '[0-9]+', '2050')", "the year is 2050"},
		{"regexp_replace('the year is 2021', '2k21', '2050')", "the year is 2021"},
		{"regexp_replace('the year is 2021', '([0-9]+)', '$1 or 2050')", "the year is 2021 or 2050"},
		{"regexp_replace('a-b-c', '(?<x>[a-c])', '<${x}${1}>')", "<aa>-<bb>-<cc>"},
		{"regexp_replace('5', '\\d', '$$\\$\\\\')", `$$\`},
		{"regexp_replace('abc', 'b', '')", "ac"},
		{"regexp_replace('abc', '.', '')", ""},
		{"regexp_replace(NULL, 'b', '')", nil},
		{"regexp_replace('abc', NULL, '')", "!missing regexp pattern"},
		{"regexp_replace(7, 'b', NULL)", int64(7)},
		{"regexp_replace(7, 'b', '')", int64(7)},
		{"regexp_replace(7, '7', 8)", "8"},

		{"regexp_like('a', '(?=a)')", "!regexp_like: the pattern has what the local functions do not support: look-ahead (?="},
		{"regexp_like('a', 'a++')", "!regexp_like: the pattern has what the local functions do not support: possessive quantifiers"},
		{"regexp_like('a', '(a)\\1')", `!regexp_like: the pattern has what the local functions do not support: \1`},
		{"regexp_like('a', '[')", "!regexp_like: the pattern has what the local functions do not support: a class without its end"},
		{"regexp_like('a' || char(10), 'a$')", "!regexp_like: the text ends with a line end, where the local functions take $ or ^ differently: use \\z, or trim it"},
		{"regexp_like('a' || char(10), 'a')", int64(1)},
		{"regexp_like('é', '\\b')", "!regexp_like: the text has letters beyond ASCII, where the local functions take \\b differently"},
		{"regexp_like('a “b”', '\\bb\\b')", int64(1)},
		{"regexp_like('a' || char(0), 'a')", "!regexp_like: the text has a NUL, at which a server ends it"},
		{"regexp_substr(x'ff', 'a')", "!regexp_substr: the text is no UTF-8, in which a server finds nothing"},
		{"regexp_replace('a', 'x*', '-')", "!regexp_replace: the pattern can match nothing, which the local regexp_replace does not support"},
		{"regexp_replace('a', 'a', '$1')", "!regexp_replace: the replacement has a $ that names no group: write $$ for the character"},
		{"regexp_replace('a', 'a', '\\U$0')", "!regexp_replace: the replacement has a backslash before a letter, a digit or nothing, which the local regexp_replace does not support"},
		{"regexp_replace('a', '(a)|(b)', '$2')", "!regexp_replace: the replacement names a group that has matched nothing, with which a server replaces nothing"},
		{"length(regexp_replace('a', 'a', printf('%.1024c', 'x')))", int64(1024)},
		{"regexp_replace('a', 'a', printf('%.1025c', 'x'))", "!regexp_replace: the result is more than 1023 bytes longer than the text, with which a server replaces nothing"},
	} {
		var got any
		err := db.QueryRow("SELECT " + c.expr).Scan(&got)
		if want, ok := c.want.(string); ok && strings.HasPrefix(want, "!") {
			require.ErrorIs(t, err, driver.ErrError, c.expr)
			if dbtest.Remote() { // which puts words around it
				require.ErrorContains(t, err, want[1:], c.expr)
				continue
			}
			require.EqualError(t, err, want[1:], c.expr)
			continue
		}
		require.NoError(t, err, c.expr)
		require.Equal(t, c.want, got, c.expr)
	}
}

// What is not exact here is not supported, and says so by the sentinel, too.
func TestRegexpRefuses(t *testing.T) {
	db := memory(t)
	for _, text := range []string{"SELECT regexp_like('a', '(?=a)')", "SELECT regexp_replace('a', 'a', '$x')", "SELECT regexp_substr('é', '\\b.')"} {
		err := queryErr(db, text)
		require.ErrorIs(t, err, driver.ErrUnsupported, text)
		require.ErrorIs(t, err, driver.ErrError, text)
		require.NotErrorIs(t, queryErr(db, "SELECT abs(-9223372036854775808)"), driver.ErrUnsupported)
	}
	require.NotErrorIs(t, queryErr(db, "SELECT regexp_like('a', NULL)"), driver.ErrUnsupported)
	require.ErrorIs(t, driver.With(t.Context(), db, func(c *driver.Conn) error {
		_, err := c.Batch(t.Context(), "SELECT 1; SELECT regexp_like('a', '(?=a)')")
		return err
	}), driver.ErrUnsupported)
}

func TestRegexpInSchemas(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := open(t, dbtest.File(t))
	dbtest.Exec(t, db, `
		CREATE TABLE users(mail TEXT CHECK (regexp_like(mail, '^[\w.+-]+@[\w.-]+$')), host AS (regexp_capture(mail, '@(.+)$', 1)));
		CREATE INDEX by_host ON users(host);
		INSERT INTO users VALUES ('ada@example.com'), ('grüße@example.org')`)
	_, err := db.Exec("INSERT INTO users VALUES ('nobody')")
	require.ErrorIs(t, err, driver.ErrConstraint)
	require.Equal(t, int64(1), dbtest.Int(t, db, "SELECT count(*) FROM users WHERE host = 'example.org'"))
	dbtest.Intact(t, db)
	// As on the servers, they are not innocuous.
	untrusting := open(t, "file:"+dbtest.File(t)+"?_trusted_schema=0")
	_, err = untrusting.Exec("CREATE TABLE t(x); CREATE VIEW v AS SELECT regexp_like(x, 'a') FROM t; SELECT * FROM v")
	require.ErrorContains(t, err, "unsafe use of regexp_like()")
	// The operator is the library's own.
	require.Equal(t, int64(1), dbtest.Int(t, db, "SELECT 'abc' REGEXP '^a.c$'"))
}

// Patterns from a column, from several connections, more than are kept.
func TestRegexpOfManyPatterns(t *testing.T) {
	db := open(t, dbtest.DSN(t))
	dbtest.Exec(t, db, "CREATE TABLE p(n INT, pattern TEXT)")
	for i := range 200 {
		dbtest.Exec(t, db, "INSERT INTO p VALUES (?, ?)", i, fmt.Sprintf("^x%d(\\d)?$", i))
	}
	done := make(chan error, 6)
	for range cap(done) {
		go func() {
			var n int
			err := db.QueryRowContext(context.Background(),
				"SELECT count(*) FROM p WHERE regexp_like('x' || n, pattern) AND NOT regexp_like('y', pattern) AND regexp_replace('x' || n || '7', pattern, '[$1]') = '[7]'").Scan(&n)
			if err == nil && n != 200 {
				err = fmt.Errorf("found %d", n)
			}
			done <- err
		}()
	}
	for range cap(done) {
		require.NoError(t, <-done)
	}
}

func TestRegexpOfLargeTexts(t *testing.T) {
	db := open(t, ":memory:")
	text := strings.Repeat("日本 a1 ", 200_000)
	require.Equal(t, int64(len(text)-200_000), dbtest.Int(t, db, `SELECT length(CAST(regexp_replace(?, '\d', '') AS BLOB))`, text))
	require.Equal(t, int64(0), dbtest.Int(t, db, `SELECT regexp_like(?, '(a+)+(b+)+x')`, strings.Repeat("ab", 1000)))
	var n int
	err := db.QueryRow(`SELECT regexp_like('a', '(?:\w{1000}){10}')`).Scan(&n)
	require.ErrorContains(t, err, "repetitions that make it too large")
}
