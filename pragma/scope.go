package pragma

// Scope says whom the setting of a PRAGMA holds for.
type Scope int

// The scopes.
const (
	// None: it answers or does something and sets nothing, as table_info and
	// integrity_check; or SQLite does not know it.
	None Scope = iota
	// Connection: it holds for the connection that runs it, until it is closed.
	Connection
	// Database: it is written into the file and holds for everyone.
	Database
	// Transaction: it holds for the connection until its transaction ends.
	Transaction
	// Process: it holds for every database of the process.
	Process
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
func ScopeOf(name string) Scope { return scopes[name] }

// scopes are those of SQLite 3.45.
var scopes = map[string]Scope{
	"analysis_limit":            Connection,
	"automatic_index":           Connection,
	"busy_timeout":              Connection,
	"cache_size":                Connection,
	"cache_spill":               Connection,
	"case_sensitive_like":       Connection,
	"cell_size_check":           Connection,
	"checkpoint_fullfsync":      Connection,
	"count_changes":             Connection,
	"empty_result_callbacks":    Connection,
	"foreign_keys":              Connection,
	"full_column_names":         Connection,
	"fullfsync":                 Connection,
	"ignore_check_constraints":  Connection,
	"journal_mode":              Connection,
	"journal_size_limit":        Connection,
	"legacy_alter_table":        Connection,
	"locking_mode":              Connection,
	"max_page_count":            Connection,
	"mmap_size":                 Connection,
	"query_only":                Connection,
	"read_uncommitted":          Connection,
	"recursive_triggers":        Connection,
	"reverse_unordered_selects": Connection,
	"secure_delete":             Connection,
	"short_column_names":        Connection,
	"synchronous":               Connection,
	"temp_store":                Connection,
	"threads":                   Connection,
	"trusted_schema":            Connection,
	"wal_autocheckpoint":        Connection,
	"writable_schema":           Connection,

	"application_id":     Database,
	"auto_vacuum":        Database,
	"default_cache_size": Database,
	"encoding":           Database,
	"page_size":          Database,
	"schema_version":     Database,
	"user_version":       Database,

	"defer_foreign_keys": Transaction,

	"hard_heap_limit":      Process,
	"soft_heap_limit":      Process,
	"temp_store_directory": Process,
}
