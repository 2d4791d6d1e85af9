package engine

import "github.com/gorm-libsql/libsql/internal/pragmas"

// NoMVCC is what an engine without BEGIN CONCURRENT has instead of it.
const NoMVCC = "libSQL has no MVCC mode and no BEGIN CONCURRENT: under WAL every reader has its snapshot beside one writer, " +
	"and IMMEDIATE transactions make writers take turns"

// IsMVCC tells the journal modes, of Turso Database and of SQLite's branches,
// under which several connections write at a time.
func IsMVCC(journalMode string) bool {
	_, is := pragmas.OneOf(pragmas.Find("journal_mode").Values.Maybe, journalMode)
	return is
}
