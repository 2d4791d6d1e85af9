package driver

import (
	"fmt"
	"io"
	"strconv"
	"strings"
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
	if _, known := pragmaKinds[strings.TrimPrefix(p.Name, "temp.")]; !known {
		// By hand anything can be put here, a key included.
		return redacted
	}
	return p.Name + "(" + p.Value + ")"
}

// Format writes String for every verb, so that no verb shows what String hides.
func (p Pragma) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// check returns an error if p is not a setting that a DSN may make.
func (p Pragma) check() error {
	kind, known := pragmaKinds[strings.TrimPrefix(p.Name, "temp.")]
	if !known {
		return fmt.Errorf("libsql: Config.Pragmas has a name that is %s", wantPragmaName)
	}
	if v, ok := kind.parse(p.Value); !ok || v != p.Value {
		return fmt.Errorf("libsql: PRAGMA %s in Config.Pragmas has an invalid value: it takes %s", p.Name, kind.want)
	}
	return nil
}

// wantPragmaName ends the message about a PRAGMA that a DSN may not set.
const wantPragmaName = "not one of the PRAGMAs a DSN can set: correct it, or run it in Config.OnConnect"

// pragmaKind is a set of values: its description, and the function that brings
// a value of the set into its one spelling.
type pragmaKind struct {
	want  string
	parse func(value string) (string, bool)
}

var (
	pragmaBool  = pragmaKind{dsnBoolWant, pragmaSwitch}
	pragmaInt32 = pragmaKind{"an integer of 32 bits", pragmaInteger(32)}
	pragmaInt64 = pragmaKind{"an integer", pragmaInteger(64)}

	// A switch, or a number or word beside it.
	pragmaSpill  = pragmaKind{dsnBoolWant + " or a number of pages", pragmaEither(pragmaSwitch, pragmaInteger(32))}
	pragmaDelete = pragmaKind{dsnBoolWant + " fast", pragmaEither(pragmaSwitch, pragmaWords("FAST"))}
	pragmaSchema = pragmaKind{dsnBoolWant + " reset", pragmaEither(pragmaSwitch, pragmaWords("RESET"))}

	pragmaVacuum  = pragmaKind{"one of 0 none 1 full 2 incremental", pragmaNumbered("NONE", "FULL", "INCREMENTAL")}
	pragmaTemp    = pragmaKind{"one of 0 default 1 file 2 memory", pragmaNumbered("DEFAULT", "FILE", "MEMORY")}
	pragmaLocking = pragmaKind{"one of normal exclusive", pragmaWords("NORMAL", "EXCLUSIVE")}
	pragmaUTF     = pragmaKind{"one of UTF-8 UTF-16 UTF-16le UTF-16be", pragmaWords("UTF-8", "UTF-16", "UTF-16le", "UTF-16be")}
)

// pragmaKinds lists the PRAGMAs that Config.Pragmas may hold. Left out are those
// with a field of their own, those that only read or act, those that change the
// shape of results under the driver (count_changes, full_column_names …), those
// of the whole process (temp_store_directory), schema_version, which corrupts,
// and everything about keys.
var pragmaKinds = map[string]pragmaKind{
	"analysis_limit":            pragmaInt32,
	"application_id":            pragmaInt32,
	"auto_vacuum":               pragmaVacuum,
	"automatic_index":           pragmaBool,
	"cache_size":                pragmaInt32,
	"cache_spill":               pragmaSpill,
	"case_sensitive_like":       pragmaBool,
	"cell_size_check":           pragmaBool,
	"checkpoint_fullfsync":      pragmaBool,
	"defer_foreign_keys":        pragmaBool,
	"encoding":                  pragmaUTF,
	"fullfsync":                 pragmaBool,
	"hard_heap_limit":           pragmaInt64,
	"ignore_check_constraints":  pragmaBool,
	"journal_size_limit":        pragmaInt64,
	"legacy_alter_table":        pragmaBool,
	"locking_mode":              pragmaLocking,
	"max_page_count":            pragmaInt64,
	"mmap_size":                 pragmaInt64,
	"optimize":                  pragmaInt32,
	"page_size":                 pragmaInt32,
	"query_only":                pragmaBool,
	"read_uncommitted":          pragmaBool,
	"recursive_triggers":        pragmaBool,
	"reverse_unordered_selects": pragmaBool,
	"secure_delete":             pragmaDelete,
	"soft_heap_limit":           pragmaInt64,
	"temp_store":                pragmaTemp,
	"threads":                   pragmaInt32,
	"user_version":              pragmaInt32,
	"wal_autocheckpoint":        pragmaInt32,
	"writable_schema":           pragmaSchema,
}

// pragmaSecret reports whether the PRAGMA of that name is given a key.
func pragmaSecret(name string) bool {
	switch name {
	case "key", "rekey", "hexkey", "hexrekey", "textkey", "textrekey":
		return true
	}
	return false
}

// pragmaSwitch reads a boolean into 0 or 1.
func pragmaSwitch(value string) (string, bool) {
	on, ok := parseDSNBool(value)
	if on {
		return "1", ok
	}
	return "0", ok
}

// pragmaInteger reads an integer of that many bits, decimal or, as SQLite has
// it, hexadecimal after 0x, into decimal. SQLite takes one out of range for 0.
func pragmaInteger(bits int) func(string) (string, bool) {
	return func(value string) (string, bool) {
		digits, base := value, 10
		if hex, ok := strings.CutPrefix(strings.ToLower(value), "0x"); ok {
			digits, base = hex, 16
			if strings.ContainsAny(digits, "+-") {
				return "", false
			}
		}
		n, err := strconv.ParseInt(digits, base, bits)
		return strconv.FormatInt(n, 10), err == nil
	}
}

// pragmaWords reads one of the words, in any case of letters.
func pragmaWords(words ...string) func(string) (string, bool) {
	return func(value string) (string, bool) {
		for _, word := range words {
			if strings.EqualFold(value, word) {
				return word, true
			}
		}
		return "", false
	}
}

// pragmaNumbered reads one of the words, or its number from 0 on, into the
// number.
func pragmaNumbered(words ...string) func(string) (string, bool) {
	return func(value string) (string, bool) {
		for i, word := range words {
			if n := strconv.Itoa(i); value == n || strings.EqualFold(value, word) {
				return n, true
			}
		}
		return "", false
	}
}

// pragmaEither reads what the first reader reads, else what the second does.
func pragmaEither(first, second func(string) (string, bool)) func(string) (string, bool) {
	return func(value string) (string, bool) {
		if v, ok := first(value); ok {
			return v, true
		}
		return second(value)
	}
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
