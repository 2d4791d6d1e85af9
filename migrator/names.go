package migrator

import (
	"unicode/utf8"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// same compares names as SQLite does: without regard to the case of ASCII
// letters (https://www.sqlite.org/lang_keywords.html). A name that GORM has cut
// within a letter is the same as the whole one.
func same(a, b string) bool { return sqltext.EqualFold(whole(a), whole(b)) }

// lower is a name as a key of a map: two that are the same have one.
func lower(s string) string { return sqltext.Lower(whole(s)) }

// hashed is how much of a hash ends a name that GORM's naming strategy has cut.
const hashed = 8

// whole is a name of GORM's naming strategy without the half of a letter: the
// strategy cuts what is too long after so many bytes, within a letter of several
// bytes maybe, and adds hexadecimal digits of a hash. Half a letter is no UTF-8,
// which SQLite keeps and a server refuses. Databases that
// gorm.io/driver/sqlite has made have such names. Other names stay as they are.
func whole(name string) string {
	if utf8.ValidString(name) || len(name) <= hashed {
		return name
	}
	head, hash := name[:len(name)-hashed], name[len(name)-hashed:]
	for _, c := range []byte(hash) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return name
		}
	}
	for i := len(head) - 1; i >= max(0, len(head)-utf8.UTFMax+1); i-- {
		if utf8.RuneStart(head[i]) {
			if !utf8.FullRuneInString(head[i:]) && utf8.ValidString(head[:i]) {
				return head[:i] + hash
			}
			break
		}
	}
	return name
}
