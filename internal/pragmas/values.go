package pragmas

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// SwitchWant describes what [Switch] reads.
const SwitchWant = "one of 1 true yes on 0 false no off"

// Switch reads a boolean: SQLite's words, and the single letters of
// [strconv.ParseBool], in any case of letters.
func Switch(text string) (on, ok bool) {
	switch strings.ToLower(text) {
	case "1", "t", "true", "yes", "on":
		return true, true
	case "0", "f", "false", "no", "off":
		return false, true
	}
	return false, false
}

// OneOf reads one of the words, in any case of letters.
func OneOf(words []string, text string) (string, bool) {
	for _, word := range words {
		if sqltext.EqualFold(text, word) {
			return word, true
		}
	}
	return "", false
}

// Values are those that a PRAGMA takes: a switch, an integer, a word, or any
// one of several of these.
type Values struct {
	Switch   bool
	Min, Max int64 // of an integer; both 0 if it takes none
	Clamp    bool  // SQLite takes an integer below Min for Min
	Power    bool  // only powers of two
	Words    []string
	Maybe    []string // words that another engine may know: it is asked
	Numbered bool     // a word's index stands for the word, and is what the PRAGMA is given
}

func (v *Values) any() bool { return v.Switch || v.integer() || len(v.Words) > 0 }

func (v *Values) integer() bool { return v.Min != 0 || v.Max != 0 }

// Parse brings a value into its one spelling, which needs no quotes within a
// DSN. SQLite would take most others for 0 or ignore them.
func (v *Values) Parse(text string) (string, bool) {
	if v.Switch {
		if on, ok := Switch(text); ok && on {
			return "1", true
		} else if ok {
			return "0", true
		}
	}
	if v.integer() {
		if n, ok := parseInteger(text); ok {
			if v.Clamp {
				n = max(n, v.Min)
			}
			return strconv.FormatInt(n, 10), n >= v.Min && n <= v.Max && (!v.Power || n&(n-1) == 0)
		}
	}
	word, ok := OneOf(v.Words, text)
	if !v.Numbered {
		return word, ok
	}
	if ok {
		text = word
	}
	for i, word := range v.Words {
		if n := strconv.Itoa(i); text == n || text == word {
			return n, true
		}
	}
	return "", false
}

// parseInteger reads an integer, decimal or, as SQLite has it, hexadecimal
// after 0x. SQLite takes one out of range for 0.
func parseInteger(text string) (int64, bool) {
	digits, base := text, 10
	if hex, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		digits, base = hex, 16
		if strings.ContainsAny(digits, "+-") {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(digits, base, 64)
	return n, err == nil
}

// Word is the word that an answer of the PRAGMA stands for: the word itself
// in any case of letters, or its index. Those of Maybe are words, too.
func (v *Values) Word(answer string) (string, bool) {
	if n, err := strconv.Atoi(answer); err == nil && n >= 0 && n < len(v.Words) {
		return v.Words[n], true
	}
	if word, ok := OneOf(v.Maybe, answer); ok {
		return word, true
	}
	return OneOf(v.Words, answer)
}

// String describes the values for a message: "one of …" or "an integer …".
func (v *Values) String() string {
	var parts []string
	words := v.Words
	if v.Switch {
		words = slices.DeleteFunc(slices.Clone(words), func(word string) bool {
			_, ok := Switch(word)
			return ok
		})
		parts = append(parts, strings.Join(append([]string{SwitchWant}, words...), " "))
	} else if len(words) > 0 {
		text := "one of"
		for i, word := range words {
			if v.Numbered {
				text += " " + strconv.Itoa(i)
			}
			text += " " + word
		}
		parts = append(parts, text)
	}
	if v.integer() {
		kind := "an integer"
		if v.Power {
			kind = "a power of two"
		}
		if v.Max == math.MaxInt64 {
			parts = append(parts, fmt.Sprintf("%s from %d on", kind, v.Min))
		} else {
			parts = append(parts, fmt.Sprintf("%s from %d to %d", kind, v.Min, v.Max))
		}
	}
	return strings.Join(parts, " or ")
}
