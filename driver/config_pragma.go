package driver

import (
	"fmt"
	"io"
	"strings"

	"github.com/gorm-libsql/libsql/internal/pragmas"
)

// Pragma is one connection setting: PRAGMA Name = Value.
//
// Name is a PRAGMA that a DSN may set, in lower case, alone or after "temp.".
// Value is the bare value, without quotes. Only known names with valid values
// are accepted: SQLite ignores a name it does not know and most values that it
// cannot read, so a slip would otherwise never show. Whatever else a connection
// needs can be run in Config.OnConnect.
//
// See https://www.sqlite.org/pragma.html.
type Pragma struct {
	Name  string
	Value string
}

// String returns the setting as _pragma spells it: name(value).
func (p Pragma) String() string {
	if p.row() == nil {
		// By hand anything can be put here, a key included.
		return redacted
	}
	return p.Name + "(" + p.Value + ")"
}

// Format writes String for every verb, so that no verb shows what String hides.
func (p Pragma) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// check returns an error if p is not a setting that a DSN may make.
func (p Pragma) check() error {
	row := p.row()
	if row == nil {
		return fmt.Errorf("libsql: Config.Pragmas has a name that is %s", wantPragmaName)
	}
	if v, ok := row.Values.Parse(p.Value); !ok || v != p.Value {
		return fmt.Errorf("libsql: PRAGMA %s in Config.Pragmas has an invalid value: it takes %s", p.Name, &row.Values)
	}
	return nil
}

// wantPragmaName ends the message about a PRAGMA that a DSN may not set.
const wantPragmaName = "not one of the PRAGMAs a DSN can set: correct it, or run it in Config.OnConnect"

// row is what the table knows of the PRAGMA; nil if Config.Pragmas may not
// hold it.
func (p Pragma) row() *pragmas.Pragma {
	if row := pragmas.Find(strings.TrimPrefix(p.Name, "temp.")); row != nil && row.InConfig() {
		return row
	}
	return nil
}

// splitPragma takes name(value) or name=value apart. The name is an identifier,
// alone or after "main." or "temp.", and comes back in lower case and without
// "main.", which is what a bare name means. The value may be in single quotes and
// comes back bare. Nothing of it is ever pasted into SQL: the caller looks the
// name up and reads the value by the name's kind.
func splitPragma(s string) (name, value string, ok bool) {
	s = strings.Trim(s, " \t")
	i := strings.IndexAny(s, "(=")
	if i < 0 {
		return "", "", false
	}
	name, value = strings.ToLower(strings.TrimRight(s[:i], " \t")), s[i+1:]
	if s[i] == '(' {
		if value, ok = strings.CutSuffix(value, ")"); !ok {
			return "", "", false
		}
	}
	name, ofMain := strings.CutPrefix(name, "main.")
	word, ofTemp := strings.CutPrefix(name, "temp.")
	if !isPragmaWord(word) || ofMain && ofTemp {
		return "", "", false
	}
	value, ok = unquotePragma(strings.Trim(value, " \t"))
	return name, value, ok
}

// unquotePragma returns the bare value of a word, a number or a quoted string.
// Which words and numbers are valid is for the PRAGMA's kind to say.
func unquotePragma(s string) (string, bool) {
	inner, opened := strings.CutPrefix(s, "'")
	if !opened {
		return s, s != ""
	}
	inner, closed := strings.CutSuffix(inner, "'")
	bare := strings.ReplaceAll(inner, "''", "'")
	// Each quote inside must be one of a pair.
	return bare, closed && strings.ReplaceAll(bare, "'", "''") == inner
}

// isPragmaWord reports whether s is an identifier: a letter or an underscore,
// then letters, digits and underscores.
func isPragmaWord(s string) bool {
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case c >= 'a' && c <= 'z', s[i] == '_':
		case s[i] >= '0' && s[i] <= '9' && i > 0:
		default:
			return false
		}
	}
	return s != ""
}
