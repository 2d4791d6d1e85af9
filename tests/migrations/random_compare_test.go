package migrations_test

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/migrator"
)

// comparison collects what is not as it must be after a change that worked.
type comparison struct {
	t             *testing.T
	pool          *sql.DB
	before, after *randState
	table         *randTable // the one that changed
	unmet         []migrator.Unmet
	newKey        bool // the primary key is another one
	problems      []string
}

func (c *comparison) bad(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *comparison) same(what string, a, b any) {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.Kind() == reflect.Slice && x.Len() == 0 && y.Len() == 0 {
		return // nil or not
	}
	if !reflect.DeepEqual(a, b) {
		c.bad("%s: was %q, is %q", what, a, b)
	}
}

// leaves tells that the plan reports an object that stays as it is.
func (c *comparison) leaves(object string) bool {
	return slices.ContainsFunc(c.unmet, func(u migrator.Unmet) bool { return strings.HasPrefix(u.Object, object) })
}

func (c *comparison) leavesColumn(name string) bool { return c.leaves(fmt.Sprintf("column %q", name)) }

// surroundings compares everything but the table itself: ours are names of
// its indexes that may change.
func (c *comparison) surroundings(ours map[string]bool) {
	b, a := c.before, c.after
	c.same("settings", b.settings, a.settings)
	for name, finds := range b.vectors {
		if !ours[name] {
			c.same("vector index "+name, finds, a.vectors[name])
		}
	}
	c.same("integrity_check", b.broken, a.broken)
	sequence := b.sequence
	if c.newKey { // the AUTOINCREMENT goes with the key
		sequence = slices.DeleteFunc(slices.Clone(sequence), func(s string) bool { return strings.HasPrefix(s, c.table.name+" ") })
	}
	c.includes("sqlite_sequence", sequence, a.sequence)
	own := func(object string) bool {
		return object == "table "+c.table.name || strings.HasPrefix(object, "index sqlite_autoindex_"+c.table.name+"_") ||
			strings.HasPrefix(object, "index ") && ours[strings.TrimPrefix(object, "index ")] ||
			strings.HasPrefix(object, "index sqlite_autoindex_") && strings.HasSuffix(object, "_shadow_1") ||
			strings.HasSuffix(object, "_shadow") && ours[strings.TrimPrefix(object, "table ")]
	}
	for k, text := range b.objects {
		if now, ok := a.objects[k]; !own(k) && (!ok || now != text && !shadow.MatchString(k)) {
			c.bad("%s: was %q, is %q (%v)", k, text, now, ok)
		}
	}
	for k := range a.objects {
		if _, was := b.objects[k]; !was && !own(k) && !shadow.MatchString(k) {
			c.bad("%s is new", k)
		}
	}
	for name, was := range b.tables {
		if strings.HasSuffix(name, "_shadow") {
			continue // of vector indexes, which are filled anew
		}
		if name != c.table.name {
			c.same("table "+name, was, a.tables[name])
		}
		if !slices.Equal(b.orphans[name], []string{"error"}) { // a key that was wrong may be right now
			c.includes("foreign_key_check of "+name, a.orphans[name], b.orphans[name])
		}
	}
	kept := func(all []string) (out []string) {
		for _, s := range all {
			f := strings.Split(s, "\x1f")
			if !own("index "+f[1]) && !strings.HasPrefix(f[1], "sqlite_autoindex") && !strings.HasSuffix(f[0], "_shadow") {
				out = append(out, s)
			}
		}
		return out
	}
	for _, s := range kept(b.stats) {
		if !slices.Contains(kept(a.stats), s) {
			c.bad("sqlite_stat1: was %q, is %q", b.stats, a.stats)
		}
	}
}

// kept compares the table with what it was. touched are columns whose
// definition may have changed, recollated those with another collation,
// rereferred those with another foreign key.
func (c *comparison) kept(touched, recollated, rereferred map[string]bool) {
	b, a := c.before.tables[c.table.name], c.after.tables[c.table.name]
	if a == nil {
		c.bad("the table is gone")
		return
	}
	for i, was := range b.columns {
		if i >= len(a.columns) || a.columns[i].name != was.name {
			c.bad("column %q is not at its place", was.name)
			return
		}
		if !touched[was.name] {
			c.same("column "+was.name, was, a.columns[i])
		}
	}
	c.includes("foreign keys", slices.DeleteFunc(slices.Clone(b.keys), func(k string) bool {
		return rereferred[strings.Split(k, "|")[1]]
	}), a.keys)
	strip := func(all []string, gone bool) (out []string) {
		for _, s := range all {
			if c.newKey { // which may be over the columns of a UNIQUE
				if gone && strings.HasPrefix(s, "pk ") {
					continue
				}
				_, s, _ = strings.Cut(s, " ")
			}
			if len(recollated) > 0 {
				s = collationName.ReplaceAllString(s, "$1")
			}
			out = append(out, s)
		}
		return out
	}
	was := strip(b.unique, true)
	if len(recollated) > 0 { // two with the same collation are one
		slices.Sort(was)
		was = slices.Compact(was)
	}
	c.includes("indexes of constraints", was, strip(a.unique, false))
	c.text(touched, recollated, rereferred)
}

// shadow is what libSQL makes for a vector index, after the table's key.
var shadow = regexp.MustCompile(`_shadow(_idx|_1)?$`)

var collationName = regexp.MustCompile(`( [01]) \S+?(,|$)`)

// includes tells that all of a are in b.
func (c *comparison) includes(what string, a, b []string) {
	left := slices.Clone(b)
	for _, s := range a {
		i := slices.Index(left, s)
		if i < 0 {
			c.bad("%s: %q is not in %q", what, a, b)
			return
		}
		left = slices.Delete(left, i, i+1)
	}
}

// text looks for the pieces of CREATE TABLE that must still be in it.
func (c *comparison) text(touched, recollated, rereferred map[string]bool) {
	text := c.after.objects["table "+c.table.name]
	has := func(piece string) {
		if !c.has(text, piece) {
			c.bad("%q is not in CREATE TABLE any more", piece)
		}
	}
	for _, col := range c.table.columns {
		if !touched[col.name] {
			has(col.text)
			continue
		}
		for _, k := range col.keep {
			u := strings.ToUpper(k)
			if c.newKey && strings.Contains(u, "PRIMARY") || recollated[col.name] && strings.Contains(u, "COLLATE") ||
				rereferred[col.name] && strings.Contains(u, "REFERENCES") {
				continue
			}
			has(k)
		}
	}
	for _, con := range c.table.constraints {
		u := strings.ToUpper(con.text)
		if !(c.newKey && strings.Contains(u, "PRIMARY") || rereferred[con.columns[0]] && strings.Contains(u, "REFERENCES")) {
			has(con.text)
		}
	}
	for _, note := range c.table.comments {
		has(note)
	}
}

// has tells whether the text has the piece, or the piece without the table's
// own name before columns, which a rebuild takes away.
func (c *comparison) has(text, piece string) bool {
	n := c.table.name
	bare := strings.NewReplacer(dquote(n)+".", "", "["+n+"].", "", gormName(n)+".", "", n+".", "")
	return strings.Contains(text, piece) || strings.Contains(text, bare.Replace(piece))
}

// rows compares the rows: retyped are columns whose values may have another
// storage class, the same value; recomputed those that are generated anew.
func (c *comparison) rows(retyped, recomputed map[string]bool) {
	b, a := c.before.tables[c.table.name], c.after.tables[c.table.name]
	if len(b.rows) != len(a.rows) {
		c.bad("%d rows, was %d", len(a.rows), len(b.rows))
		return
	}
	numbered := b.rowid != "" && a.rowid != ""
	left := slices.Clone(a.rows)
	for _, was := range b.rows {
		i := slices.IndexFunc(left, func(now rowState) bool {
			if numbered && now.rowid != was.rowid {
				return false
			}
			for j, v := range was.values {
				name := b.columns[j].name
				if v != now.values[j] && !recomputed[name] && !(retyped[name] && sameMeaning(v, now.values[j])) {
					return false
				}
			}
			return true
		})
		if i < 0 {
			c.bad("the row %q is not there; there are %q", was, left)
			return
		}
		left = slices.Delete(left, i, i+1)
	}
}

var (
	wholeText = regexp.MustCompile(`^(0|-?[1-9]\d*)$`)
	realText  = regexp.MustCompile(`^-?(0|[1-9]\d*)\.(\d*[1-9]|0)(e[+-]\d\d+)?$`)
)

// sameMeaning tells whether two stored values mean the same: 5, 5.0 and '5', but
// not '007' and 7.
func sameMeaning(a, b string) bool {
	if a == b {
		return true
	}
	kind, was, _ := strings.Cut(a, ":")
	kindNow, now, _ := strings.Cut(b, ":")
	text := func(h string) string { s, _ := hex.DecodeString(h); return string(s) }
	float := func(s string) (float64, bool) { f, err := strconv.ParseFloat(s, 64); return f, err == nil }
	exact := func(whole, real string) bool {
		n, err := strconv.ParseInt(whole, 10, 64)
		f, ok := float(real)
		return err == nil && ok && f >= -1<<63 && f < 1<<63 && int64(f) == n && f == float64(n)
	}
	switch kind + " " + kindNow {
	case "integer real":
		return exact(was, now)
	case "real integer":
		return exact(now, was)
	case "integer text":
		return was == text(now)
	case "text integer":
		return text(was) == now
	case "real text":
		f, _ := float(was)
		g, ok := float(text(now))
		return ok && f == g
	case "text real":
		s := text(was)
		if wholeText.MatchString(s) {
			return exact(s, now)
		}
		f, _ := float(now)
		g, ok := float(s)
		return ok && realText.MatchString(s) && f == g
	}
	return false
}
