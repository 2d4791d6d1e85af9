package pragmas

import (
	"math"
	"strconv"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Scope says whom a setting holds for; package pragma describes the scopes.
type Scope int

// The scopes.
const (
	None Scope = iota
	Connection
	Database
	Transaction
	Process
)

// Tx says whether a PRAGMA may stand inside a transaction.
type Tx int

// Anywhere, only without a value (with one it fails, does nothing or comes too
// late), and nowhere in one.
const (
	Inside Tx = iota
	Unset
	Outside
)

// Pragma is a row of the table.
type Pragma struct {
	Name   string
	Scope  Scope
	Values Values

	Schema bool   // each database of a connection has its own
	Tx     Tx     // whether it may stand inside a transaction
	Asks   bool   // its value is what it asks about; every other value is set
	Acts   bool   // it does something without a value while it is compiled
	Row    bool   // setting it returns what took effect
	Reads  bool   // it tells what the connection saw last: a read comes first
	Shape  int    // shapes a new database: 1 is set first, because 2 reads the file, which settles 1
	Field  bool   // driver.Config has a field for it
	Ask    string // what tells the value, "" the PRAGMA without one
	WAL    bool   // under WAL it does not change at all
	Keeps  string // why SQLite may keep another value than the one that it was given
	Out    string // why package pragma leaves it out, "" if it does not
	Key    bool   // its value is a secret
	Writes bool   // writes the whole file while it is compiled

	// Same tells that SQLite did as it was asked although it answers something
	// else; nil: it never answers something else then.
	Same func(asked, kept string) bool
}

var (
	onOff   = Values{Switch: true}
	natural = Values{Max: math.MaxInt32}
	int32s  = Values{Min: math.MinInt32, Max: math.MaxInt32}
	bytes   = Values{Max: math.MaxInt64}
)

const (
	outOfShape = "it changes the columns of results under the driver"
	outOfKeys  = "it is given a key: use encryptionKey"
)

// table has a row for every PRAGMA of SQLite 3.45
// (https://www.sqlite.org/pragma.html) and for those that are given a key
// (https://utelle.github.io/SQLite3MultipleCiphers/docs/configuration/config_sql_pragmas/).
var table = []Pragma{
	{Name: "analysis_limit", Scope: Connection, Values: natural, Row: true},
	{Name: "automatic_index", Scope: Connection, Values: onOff},
	{Name: "busy_timeout", Scope: Connection, Values: natural, Row: true, Field: true},
	{Name: "cache_size", Scope: Connection, Values: int32s, Schema: true},
	{Name: "cache_spill", Scope: Connection, Values: Values{Switch: true, Min: math.MinInt32, Max: math.MaxInt32}, Schema: true,
		Same: isAtLeast}, // it spills when the cache is full, whatever less was asked for
	{Name: "case_sensitive_like", Scope: Connection, Values: onOff, Ask: "SELECT 'a' NOT LIKE 'A'"},
	{Name: "cell_size_check", Scope: Connection, Values: onOff},
	{Name: "checkpoint_fullfsync", Scope: Connection, Values: onOff},
	{Name: "foreign_keys", Scope: Connection, Values: onOff, Tx: Unset, Field: true,
		Keeps: "it does not change inside a transaction"},
	{Name: "fullfsync", Scope: Connection, Values: onOff},
	{Name: "ignore_check_constraints", Scope: Connection, Values: onOff},
	{Name: "journal_mode", Scope: Connection, Schema: true, Tx: Unset, Row: true, Reads: true, Field: true,
		Values: Values{Words: []string{"DELETE", "TRUNCATE", "PERSIST", "MEMORY", "WAL", "OFF"},
			Maybe: []string{"MVCC", "EXPERIMENTAL_MVCC", "WAL2"}}, // of Turso Database and of SQLite's branches
		Keeps: "it does not change inside a transaction, and SQLite's own databases in memory have MEMORY or OFF"},
	{Name: "journal_size_limit", Scope: Connection, Values: Values{Min: -1, Max: math.MaxInt64, Clamp: true}, Schema: true, Row: true},
	{Name: "legacy_alter_table", Scope: Connection, Values: onOff},
	{Name: "locking_mode", Scope: Connection, Values: Values{Words: []string{"NORMAL", "EXCLUSIVE"}}, Schema: true, Row: true},
	{Name: "max_page_count", Scope: Connection, Values: Values{Min: 1, Max: math.MaxUint32 - 1}, Schema: true, Row: true,
		Keeps: "the database has that many pages"},
	{Name: "mmap_size", Scope: Connection, Values: Values{Max: math.MaxInt64, Clamp: true}, Schema: true, Row: true,
		Keeps: "SQLite was built to map no more"},
	{Name: "query_only", Scope: Connection, Values: onOff},
	{Name: "read_uncommitted", Scope: Connection, Values: onOff},
	{Name: "recursive_triggers", Scope: Connection, Values: onOff},
	{Name: "reverse_unordered_selects", Scope: Connection, Values: onOff},
	{Name: "secure_delete", Scope: Connection, Values: Values{Switch: true, Words: []string{"OFF", "ON", "FAST"}}, Schema: true, Row: true},
	{Name: "synchronous", Scope: Connection, Schema: true, Tx: Unset, Field: true,
		Values: Values{Words: []string{"OFF", "NORMAL", "FULL", "EXTRA"}, Numbered: true},
		Keeps:  "SQLite waits for the disk for no temporary database"},
	{Name: "temp_store", Scope: Connection, Tx: Unset, Values: Values{Words: []string{"DEFAULT", "FILE", "MEMORY"}, Numbered: true}},
	{Name: "threads", Scope: Connection, Values: natural, Row: true, Keeps: "SQLite was built for no more"},
	{Name: "trusted_schema", Scope: Connection, Values: onOff, Field: true},
	{Name: "wal_autocheckpoint", Scope: Connection, Values: Values{Max: math.MaxInt32, Clamp: true}, Row: true},
	{Name: "writable_schema", Scope: Connection, Values: Values{Switch: true, Words: []string{"RESET"}}},

	{Name: "application_id", Scope: Database, Values: int32s, Schema: true},
	{Name: "auto_vacuum", Scope: Database, Schema: true, Tx: Unset, Reads: true, Shape: 2,
		Values: Values{Words: []string{"NONE", "FULL", "INCREMENTAL"}, Numbered: true}},
	{Name: "encoding", Scope: Database, Reads: true, Shape: 3,
		Values: Values{Words: []string{"UTF-8", "UTF-16", "UTF-16le", "UTF-16be"}}, Same: isNative,
		Keeps: "the first table has settled it"},
	{Name: "page_size", Scope: Database, Values: Values{Min: 512, Max: 65536, Power: true}, Schema: true, Tx: Unset, Reads: true, Shape: 1, WAL: true},
	{Name: "user_version", Scope: Database, Values: int32s, Schema: true},

	{Name: "defer_foreign_keys", Scope: Transaction, Values: onOff},

	{Name: "hard_heap_limit", Scope: Process, Values: bytes, Row: true, Keeps: "it can only be lowered"},
	{Name: "soft_heap_limit", Scope: Process, Values: bytes, Row: true, Keeps: "hard_heap_limit allows no more"},

	{Name: "count_changes", Scope: Connection, Values: onOff, Out: outOfShape},
	{Name: "empty_result_callbacks", Scope: Connection, Values: onOff, Out: outOfShape},
	{Name: "full_column_names", Scope: Connection, Values: onOff, Out: outOfShape},
	{Name: "short_column_names", Scope: Connection, Values: onOff, Out: outOfShape},
	{Name: "default_cache_size", Scope: Database, Values: int32s, Schema: true, Out: "SQLite has given it up: use cache_size on each connection"},
	{Name: "schema_version", Scope: Database, Values: int32s, Schema: true, Out: "a wrong one makes other connections corrupt the file: SchemaVersion reads it"},
	{Name: "temp_store_directory", Scope: Process, Out: "SQLite has given it up, and it is not safe beside other connections: set the environment's SQLITE_TMPDIR"},

	{Name: "key", Key: true, Tx: Outside, Acts: true, Out: outOfKeys},
	{Name: "hexkey", Key: true, Tx: Outside, Acts: true, Out: outOfKeys},
	{Name: "textkey", Key: true, Tx: Outside, Acts: true, Out: outOfKeys},
	{Name: "rekey", Key: true, Tx: Outside, Acts: true, Out: outOfKeys, Writes: true},
	{Name: "hexrekey", Key: true, Tx: Outside, Acts: true, Out: outOfKeys, Writes: true},
	{Name: "textrekey", Key: true, Tx: Outside, Acts: true, Out: outOfKeys, Writes: true},

	{Name: "incremental_vacuum"},
	{Name: "optimize", Values: int32s}, // a DSN may run it
	{Name: "shrink_memory", Acts: true},
	{Name: "wal_checkpoint", Tx: Outside},

	{Name: "collation_list"},
	{Name: "compile_options"},
	{Name: "data_version"},
	{Name: "database_list"},
	{Name: "foreign_key_check", Asks: true},
	{Name: "foreign_key_list", Asks: true},
	{Name: "freelist_count"},
	{Name: "function_list"},
	{Name: "index_info", Asks: true},
	{Name: "index_list", Asks: true},
	{Name: "index_xinfo", Asks: true},
	{Name: "integrity_check", Asks: true},
	{Name: "module_list"},
	{Name: "page_count"},
	{Name: "pragma_list"},
	{Name: "quick_check", Asks: true},
	{Name: "table_info", Asks: true},
	{Name: "table_list", Asks: true},
	{Name: "table_xinfo", Asks: true},
}

// isAtLeast is of cache_spill: 0 switches it off, pages and -KiB are answered
// in pages, and it spills no earlier than when the cache is full.
func isAtLeast(asked, kept string) bool {
	a, errA := strconv.ParseInt(asked, 10, 64)
	k, errK := strconv.ParseInt(kept, 10, 64)
	return errA == nil && errK == nil && (a == 0) == (k == 0) && k >= a
}

// isNative is of encoding: UTF-16 is the one of the machine's byte order.
func isNative(asked, kept string) bool {
	return asked == "UTF-16" && strings.HasPrefix(kept, asked)
}

var byName = func() map[string]*Pragma {
	m := make(map[string]*Pragma, len(table))
	for i := range table {
		m[table[i].Name] = &table[i]
	}
	return m
}()

// Find returns the row of a name in lower case; nil without one.
func Find(name string) *Pragma { return byName[name] }

// All calls yield with every row.
func All(yield func(*Pragma) bool) {
	for i := range table {
		if !yield(&table[i]) {
			return
		}
	}
}

// IsSetting tells whether package pragma has a Setting for it.
func (p *Pragma) IsSetting() bool { return p.Scope != None && p.Out == "" }

// InConfig tells whether Config.Pragmas may hold it. Left out are those with a
// field of their own, those that package pragma leaves out, and all that only
// read or act except optimize.
func (p *Pragma) InConfig() bool { return p.Out == "" && !p.Field && p.Values.any() }

// Each is the name under which a setting of connections is one of those that
// every connection of a pool gets: a later one of the same name takes its place.
func (p *Pragma) Each(schema string) string {
	if schema = sqltext.Lower(schema); schema == "" || schema == "main" {
		return "pragma " + p.Name
	}
	return "pragma " + schema + "." + p.Name
}

// IsOfFile tells that the file keeps a value although the scope is Connection:
// no connection shall undo it for another.
func (p *Pragma) IsOfFile(value string) bool {
	return p.Name == "journal_mode" && strings.EqualFold(value, "WAL")
}
