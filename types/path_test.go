package types

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestAt(t *testing.T) {
	type id int8
	type name string
	for want, got := range map[Path]Path{
		`$`:                       At(),
		`$.a`:                     At("a"),
		`$.items[0].first_name`:   At("items", 0, "first_name"),
		`$.items[#-1]`:            At("items", -1),
		`$.items[#]`:              At("items").End(),
		`$[3][4].a`:               At(uint8(3), id(4), name("a")),
		`$.a.b`:                   Path("$.a").At("b"),
		`$.""`:                    At(""),
		`$."c.d"`:                 At("c.d"),
		`$."a'b"`:                 At("a'b"),
		`$."a\u0022b"`:            At(`a"b`),
		`$."a\\b"`:                At(`a\b`),
		`$."a\u000ab"`:            At("a\nb"),
		`$."1a"`:                  At("1a"),
		`$."é 😀[0]"`:              At("é 😀[0]"),
		`$."#"`:                   At("#"),
		`$[float64 1.5]`:          At(1.5),
		`$[<nil> <nil>]`:          At(nil),
		`$[types.Path $.a]`:       At(Path("$.a")),
		`$[18446744073709551615]`: At(^uint64(0)),
	} {
		require.Equal(t, want, got)
	}
}

func TestBadPaths(t *testing.T) {
	const index = "an index is a whole number, # or #-N"
	for p, why := range map[Path]string{
		"":                  "it does not begin with $",
		"a.b":               "it does not begin with $",
		"$a":                "a label begins with a dot, an index is in brackets",
		"$ ":                "a label begins with a dot, an index is in brackets",
		"$.":                "a label is missing",
		"$..a":              "a label is missing",
		"$.a.":              "a label is missing",
		`$."a`:              "a label has no closing quote",
		`$."a\"`:            "a label has no closing quote",
		`$."a"b`:            "a label begins with a dot, an index is in brackets",
		`$."a\qb"`:          "a label has a bad escape",
		`$."a\u12"`:         "a label has a bad escape",
		"$.a\x00b":          "a label has a NUL, at which it would end for SQLite",
		`$."a\u0000b"`:      "a label has a NUL, at which it would end for SQLite",
		"$.a\xff":           "it is not UTF-8",
		"$[":                "a label begins with a dot, an index is in brackets",
		"$[1":               "a label begins with a dot, an index is in brackets",
		"$[]":               index,
		"$[-1]":             index,
		"$[1 ]":             index,
		"$[a]":              index,
		"$[#1]":             index,
		"$[#-]":             index,
		"$[#-a]":            index,
		"$[4294967296]":     "an index is greater than 4294967295",
		"$[#-4294967296]":   "an index is greater than 4294967295",
		At("a", 1.5):        index,
		At(nil):             index,
		At("a\x00"):         "a label has a NUL, at which it would end for SQLite",
		At(Path("$.a")):     index,
		At([]string{"a"}):   index,
		At(^uint64(0)):      "an index is greater than 4294967295",
		At("a").End() + "x": "a label begins with a dot, an index is in brackets",
	} {
		_, err := p.check("")
		require.EqualError(t, err, fmt.Sprintf("libsql: JSON path %q: %s", string(p), why))
	}
}

// A path is left as it is written, so that it is found in an index, unless
// SQLite or GORM would read it in another way.
func TestPathsInSQL(t *testing.T) {
	for p, want := range map[Path]string{
		"$":              "'$'",
		`$.a`:            `'$.a'`,
		`$."a"`:          `'$."a"'`,
		`$.a b[#-1].c`:   `'$.a b[#-1].c'`,
		`$."it's"`:       `'$."it''s"'`,
		`$."\u0061"`:     `'$."\u0061"'`,
		`$."a\"b"`:       `'$."a\u0022b"'`, // which ends the label for SQLite 3.45
		`$.a"b`:          `'$."a\u0022b"'`,
		`$."a?b@c"`:      `'$."a\u003fb\u0040c"'`, // which are marks of variables for GORM
		`$.a?[0].b@c`:    `'$."a\u003f"[0]."b\u0040c"'`,
		"$.\"a\tb\"":     "'$.\"a\tb\"'",
		`$."?".x["?]`:    "",
		At(`"?\`, 0, -1): `'$."\u0022\u003f\\"[0][#-1]'`,
	} {
		got, err := p.literal()
		if want == "" {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, p)
		require.Equal(t, want, got)
	}
}

// finds tells whether SQLite finds the one label of an object, and no other.
func finds(t *testing.T, db *sql.DB, label string) {
	t.Helper()
	for _, extra := range []string{"", "?@"} {
		path, err := At(label).check(extra)
		require.NoError(t, err, "%q", label)
		var found, other sql.NullInt64
		var made string
		require.NoError(t, db.QueryRow(`SELECT json_object(?1, 7) ->> ?2, json_object(?1 || 'x', 7, 'x' || ?1, 8, 'y', 9) ->> ?2, `+
			`json_set('{}', ?2, 1) FROM (SELECT 1)`, label, path).Scan(&found, &other, &made))
		require.Equal(t, int64(7), found.Int64, "%q as %s", label, path)
		if label != "y" {
			require.False(t, other.Valid, "%q as %s", label, path)
		}
		// and so does Go where SQLite makes it
		var object map[string]int
		require.NoError(t, decode([]byte(made), &object), made)
		require.Equal(t, map[string]int{label: 1}, object)
	}
}

func TestEveryLabelIsFound(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	for _, label := range []string{"", "a", "a'b", `a"b`, `"`, `""`, `\`, `\"`, `\\`, `\u0061`, "$", "#", "[0]", "a.b", ".", "?", "@", "a?b@c", "é", "é?", "😀", "😀@",
		" ", "\n", "\t\x01\x1f\x7f", "a\nb?", "_", "9", "select", "\u2028", "\ufffd", strings.Repeat("x", 70_000)} {
		finds(t, db, label)
	}
}

func FuzzLabel(f *testing.F) {
	for _, s := range []string{"", "a", `a"b`, `\`, "a.b", "?é", "\x00", "\xff"} {
		f.Add(s)
	}
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	f.Fuzz(func(t *testing.T, label string) {
		if _, err := At(label).check(""); err != nil {
			if utf8.ValidString(label) && strings.IndexByte(label, 0) < 0 {
				t.Fatal(err)
			}
			return
		}
		finds(t, db, label)
	})
}

// What passes is a path for SQLite, and the same one as it is written.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"$", "$.a", `$."a"[0]`, "$[#-1]", "$[#]", `$."a\"b"`, "$.a?b@", "$[4294967296]", `$."\u0061"`} {
		f.Add(s)
	}
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	f.Fuzz(func(t *testing.T, s string) {
		text, err := Path(s).check("")
		if err != nil {
			return
		}
		lit, err := Path(s).literal()
		if err != nil || strings.ContainsAny(lit, "?@") {
			t.Fatalf("%q: %s, %v", s, lit, err)
		}
		var a, b sql.NullString
		err = db.QueryRow("SELECT json_set('{}', ?, 1), json_set('{}', "+lit+", 1)", text).Scan(&a, &b)
		if err != nil {
			var e *driver.Error
			t.Fatalf("%q as %q: %v %v", s, text, err, errors.As(err, &e))
		}
		var x, y any
		if decode([]byte(a.String), &x) != nil || decode([]byte(b.String), &y) != nil || fmt.Sprint(x) != fmt.Sprint(y) {
			t.Fatalf("%q: %s and %s", s, a.String, b.String)
		}
	})
}
