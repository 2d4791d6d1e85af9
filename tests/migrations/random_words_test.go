package migrations_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
)

// rnd makes random choices, the same ones for the same seed.
type rnd struct{ *rand.Rand }

func newRnd(seed uint64) rnd { return rnd{rand.New(rand.NewPCG(seed, 5))} }

// often is true in so many of a hundred cases.
func (r rnd) often(percent int) bool { return r.IntN(100) < percent }

// up is a number from lo to hi.
func (r rnd) up(lo, hi int) int { return lo + r.IntN(hi-lo+1) }

func pick[T any](r rnd, all ...T) T { return all[r.IntN(len(all))] }

var randNames = []string{
	"a", "b", "name", "Mixed", "AGE", "x1", "Über", "名前", "with space", "dash-ed", "a,b", "a(b", "a)b", "x--y", "x/*y", "semi:colon",
	`qu"ote`, "sel'f", "back`tick", "br[ack", "br]ack", `all"'[]` + "`", "order", "group", "select", "table", "check", "unique", "primary",
	"constraint", "foreign", "references", "default", "collate", "key", "1abc", "$dollar", "what?", "@at", "tab\there", "_x", "naïve", "NULL", "true",
	"generated", "always", "as", "strict", "without", "Rowid no", "typ", "percent%s", "is", "desc",
}

// rowidNames hide the rowid when columns have them.
var rowidNames = []string{"rowid", "oid", "_rowid_"}

// name is one that has not been taken.
func (r rnd) name(taken map[string]bool, more ...string) string {
	for {
		n := pick(r, randNames...)
		if len(more) > 0 && r.often(5) {
			n = pick(r, more...)
		}
		if r.often(10) {
			n += pick(r, "2", "_", " x", "é", "'", "]")
		}
		if k := strings.ToLower(n); !taken[k] {
			taken[k] = true
			return n
		}
	}
}

var bareName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

var keywords = regexp.MustCompile(`(?i)^(order|group|select|table|check|unique|primary|constraint|foreign|references|default|collate|` +
	`null|true|is|as|key|desc|generated|always|without|strict)$`)

// quoted is the name in one of the quotes that SQLite knows.
func (r rnd) quoted(name string) string {
	if bareName.MatchString(name) && !keywords.MatchString(name) && r.often(40) {
		return name
	}
	switch r.IntN(3) {
	case 0:
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	case 1:
		if !strings.Contains(name, "]") {
			return "[" + name + "]"
		}
	}
	return dquote(name)
}

// defined is the name where it is defined, where a string is a name too.
func (r rnd) defined(name string) string {
	if r.often(8) {
		return squote(name)
	}
	return r.quoted(name)
}

func dquote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func squote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// list is the names with commas.
func (r rnd) list(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = r.quoted(n)
	}
	return strings.Join(out, pick(r, ",", ", ", " , "))
}

// word is a keyword in some case.
func (r rnd) word(s string) string {
	switch r.IntN(4) {
	case 0:
		return strings.ToLower(s)
	case 1:
		return strings.ToUpper(s[:1]) + strings.ToLower(s[1:])
	}
	return s
}

// blank is what stands between two tokens.
func (r rnd) blank() string {
	if r.often(85) {
		return " "
	}
	return pick(r, "  ", "\n\t", "\t", " /* it's (a \"comment */ ", " -- don't [ ( `\n ", "/**/ ")
}

// comment stands between the items of a table; it is "" mostly.
func (r rnd) comment() string {
	if r.often(75) {
		return pick(r, "", " ", "\n  ")
	}
	return pick(r, "/* it's, one ( */", "\n-- that's; \"two\n", " /* ) 'three */ ", "\n  -- four, five)\n  ")
}

// values are literals of every kind, those that look like others among them.
var randValues = []string{
	"NULL", "NULL", "0", "1", "2", "3", "-1", "5", "42", "9223372036854775807", "-9223372036854775808", "9007199254740993", "9007199254740992",
	"1.5", "0.1", "5.0", "-0.0", "1e300", "9e999", "1e18", "123456789.125", "0.30000000000000004", "1e15", "12345678901234567890",
	"''", "'abc'", "'x'", "'it''s'", "'007'", "'5'", "'5.0'", "'1e3'", "' 7'", "'7 '", "'+7'", "'-7'", "'-0'", "'0x10'", "'1.50'", "'.5'", "'0.1'", "'1.5'", "'1e300'", "'Inf'", "'1_000'",
	"'9223372036854775807'", "'9223372036854775808'", "'9007199254740993'", "'9007199254740993.0'", "'-9223372036854775808'", "'100000000000000000000'", "'ünïcødé'", "'NULL'", "'true'",
	"'2024-01-02 03:04:05+00:00'", "'2024-01-02T03:04:05Z'", "'a' || char(0) || 'b'", "'5' || char(0)", "CAST(x'ff41' AS TEXT)", "CAST(x'35ff' AS TEXT)", "char(0x1F600)",
	"x''", "x'00ff'", "x'303037'", "x'35'", "zeroblob(3000)", "hex(zeroblob(2500))", "'ABC'", "'a' || char(10) || 'b'",
}

func (r rnd) value() string {
	if r.often(25) {
		return pick(r, "1", "2", "3", "4", "'a'", "'b'", "'c'", "'d'", "10", "20", "30", "'e'")
	}
	return pick(r, randValues...)
}

var randDefaults = []string{
	"5", "-3", "+1.5", "0", "'text'", "'it''s'", `"double (quoted"`, "(1+2)", "(lower('X'))", "CURRENT_TIMESTAMP", "x'00ff'", "true", "FALSE", "1e3",
	"'007'", "'a (b'", "('x')", "(CURRENT_TIMESTAMP)", "''", "'5'", "bareword", "( 'it''s' || ')' )", "current_date", "'-- no comment'", "'NULL'", "((7))",
	"9223372036854775807", "0x10", ".5", "(-1)", "- 2", "(strftime('%s','now'))", "'a;b'", "NULL",
}

// plainDefaults do not depend on the time, and are constants.
var plainDefaults = []string{"5", "-3", "1.5", "'text'", "'it''s'", "'007'", "'a (b'", "''", "'5'", "x'00ff'", "0", "'x'", "1e3", "'5.0'", "9007199254740993", "true", "-1.50", "0x1F", "9223372036854775808", "+7"}
