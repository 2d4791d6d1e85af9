package pragma

import "github.com/gorm-libsql/libsql/internal/pragmas"

// Scope says whom the setting of a PRAGMA holds for.
type Scope int

// The scopes.
const (
	// None: it answers or does something and sets nothing, as table_info and
	// integrity_check; or SQLite does not know it.
	None Scope = Scope(pragmas.None)
	// Connection: it holds for the connection that runs it, until it is closed.
	Connection Scope = Scope(pragmas.Connection)
	// Database: it is written into the file and holds for everyone.
	Database Scope = Scope(pragmas.Database)
	// Transaction: it holds for the connection until its transaction ends.
	Transaction Scope = Scope(pragmas.Transaction)
	// Process: it holds for every database of the process.
	Process Scope = Scope(pragmas.Process)
)

// String returns the name, such as "connection".
func (s Scope) String() string {
	names := [...]string{"none", "connection", "database", "transaction", "process"}
	if s < 0 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// ScopeOf returns the scope of a PRAGMA. The name is in lower case, as in
// https://www.sqlite.org/pragma.html.
//
// The scope of journal_mode is Connection, because all modes but WAL are kept
// by each connection for itself. WAL is written into the file.
func ScopeOf(name string) Scope {
	if row := pragmas.Find(name); row != nil {
		return Scope(row.Scope)
	}
	return None
}
