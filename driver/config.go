package driver

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Config is a data source name, taken apart and with every default filled in.
//
// Build one with [ParseDSN] and change what you like: the zero Config names no
// database, and its other zero values are not the defaults (foreign keys would
// be off and nobody would wait for a lock). A Config is checked again when a
// connector is made from it, so a contradiction that was built by hand is an
// error too and not a surprise.
//
// Exactly one of Path, Memory, Temp and URL says where the database is.
//
// Printing a Config with package fmt, and marshalling it as text or JSON, never
// shows AuthToken, EncryptionKey or RemoteEncryptionKey. That holds for a Config
// and for a pointer to one. Package fmt does go around the methods of a value in
// an unexported field, and for the verbs %p and %w, where go vet complains: in a
// struct of your own keep a *Config, which %v then prints as an address.
type Config struct {
	// Path is the file of a local database, as the operating system spells it:
	// already percent-decoded, otherwise untouched. It is not cleaned, a leading
	// "~" means a directory of that name, and a relative path is relative to the
	// working directory at the time of NewConnector. It is empty for memory,
	// temporary and remote databases. Default: empty.
	Path string

	// Memory is whether the database lives in memory. Without MemoryName it
	// belongs to one Open: all its connections share it, no other Open sees it,
	// and it goes when the last user closes. Default: false.
	// See https://www.sqlite.org/inmemorydb.html.
	Memory bool

	// MemoryName makes the memory database one per name in the process: every
	// Open with the same name sees it until the last one closes. It comes from
	// cache=shared, as in "file:NAME?mode=memory&cache=shared"; the name of
	// "file::memory:?cache=shared" is ":memory:". Only with Memory. Default: empty.
	MemoryName string

	// Temp is whether the database is a private temporary one that goes with its
	// Open: the empty DSN, or "file:" without a path. Default: false.
	Temp bool

	// URL is the address of a remote database, with one of the schemes libsql,
	// https, http, wss and ws, and without user, parameters and fragment.
	// Default: empty.
	URL string

	// SyncURL makes the file at Path an embedded replica of the database at this
	// address, which has the form of URL. Only with Path. Default: empty.
	SyncURL string

	// SyncInterval is how often a replica asks its primary for news by itself; 0
	// is never, so that only an explicit sync does. Negative values are an error.
	// Only with SyncURL. Default: 0.
	SyncInterval time.Duration

	// ReadYourWrites is whether a replica waits, after a write went to the
	// primary, until it has that write itself. Only with SyncURL. Default: true.
	ReadYourWrites bool

	// AuthToken is the token that is shown to the server of URL or SyncURL. Empty
	// is none, which a server without authentication takes. Only with URL or
	// SyncURL. Secret. Default: empty.
	AuthToken string

	// AuthTokenFunc, if not nil, gives the token instead, from a vault, say: it is
	// called before the first request, and again, once for a request, when the
	// server refuses the token (HTTP status 401). It may be called by several
	// goroutines, one after the other. It excludes AuthToken. Only with URL.
	// Default: nil.
	AuthTokenFunc func(ctx context.Context) (string, error)

	// DisableTLS makes a libsql:// address mean plain HTTP, which then needs an
	// explicit port. With http:// and ws://, which are plain anyway, it says that a
	// token may be sent so; without it a token goes over plain HTTP to a loopback
	// address alone. With https:// and wss:// it is an error. Default: false.
	DisableTLS bool

	// Remote says how the server of URL is reached. Only with URL.
	// Default: see [RemoteOptions].
	Remote RemoteOptions

	// RemoteEncryptionKey is the key, in base64, that the server of URL or SyncURL
	// encrypts the database with. Only with URL or SyncURL. Secret. Default: empty.
	RemoteEncryptionKey string

	// Mode is whether the file may be created and written. Default:
	// ReadWriteCreate. See https://www.sqlite.org/c3ref/open.html.
	Mode OpenMode

	// Cache is the parameter cache of SQLite: "", "private" or "shared". On a
	// memory database, "shared" is what gives it a name (MemoryName). On a file it
	// is accepted and changes nothing: SQLite's shared cache makes a reader fail
	// where a WAL reader does not even wait, and saves nothing here.
	// Default: empty. See https://www.sqlite.org/sharedcache.html.
	Cache string

	// VFS is the name of the SQLite VFS that opens the file; empty is the default
	// one. A name that is not registered is an error. Only with Path.
	// Default: empty. See https://www.sqlite.org/vfs.html.
	VFS string

	// Immutable promises that nobody changes the file while it is open, as on
	// read-only media: SQLite then takes no locks and looks for no changes. A
	// broken promise gives wrong results. It needs Mode ReadOnly, which ParseDSN
	// sets. Default: false. See https://www.sqlite.org/uri.html#uriimmutable.
	Immutable bool

	// NoLock opens the file without locking it. It excludes WAL, and two writers
	// corrupt the file. Default: false. See https://www.sqlite.org/uri.html#urinolock.
	NoLock bool

	// PSOW overrides whether the storage is trusted to leave neighbouring bytes
	// alone when power fails during a write; nil is the VFS's own belief.
	// Default: nil. See https://www.sqlite.org/psow.html.
	PSOW *bool

	// EncryptionKey is the passphrase of an encrypted file. Nil is no encryption;
	// a key of no bytes is an error, because it would be none either. Only with
	// Path, and only on a VFS that encrypts: the default one, SingleProcess, or one
	// whose name begins with "multipleciphers-". Secret. Default: nil.
	EncryptionKey []byte

	// EncryptionKeyFunc, if not nil, gives the passphrase instead, from a vault or
	// a file, say: it is called for each new connection. Its error, and a key of no
	// bytes, are what opening the connection returns. It excludes EncryptionKey.
	// Default: nil.
	EncryptionKeyFunc func(ctx context.Context) ([]byte, error)

	// BusyTimeout is how long a statement waits for a lock that another connection
	// holds before it fails with SQLITE_BUSY; 0 does not wait. SQLite counts
	// milliseconds in 32 bits: a negative value, or one over 24 days, is an error.
	// Default: 5 s. See https://www.sqlite.org/pragma.html#pragma_busy_timeout.
	BusyTimeout time.Duration

	// ForeignKeys is whether foreign keys are enforced. Default: true.
	// See https://www.sqlite.org/pragma.html#pragma_foreign_keys.
	ForeignKeys bool

	// JournalMode is the rollback journal's mode, in upper case: DELETE, TRUNCATE,
	// PERSIST, MEMORY, WAL or OFF; MVCC, EXPERIMENTAL_MVCC and WAL2, which libSQL
	// does not have, are an error that wraps ErrUnsupported when the database is
	// opened. Empty is WAL for a file that we create (unless
	// NoLock or the VFS rules it out), and for an existing file the mode that it
	// has: WAL is a property of the file, and the file may be someone else's. Memory and
	// temporary databases have no use for it. Default: empty.
	// See https://www.sqlite.org/pragma.html#pragma_journal_mode.
	JournalMode string

	// Synchronous is how often SQLite waits for the disk, in upper case: OFF,
	// NORMAL, FULL or EXTRA. Empty is NORMAL under WAL, which cannot corrupt the
	// file but may lose the last commits when power fails, and FULL under any
	// other mode. Default: empty.
	// See https://www.sqlite.org/pragma.html#pragma_synchronous.
	Synchronous string

	// TxLock is how transactions begin: every [TxMode] but ReadOnlyTx. A mode that
	// the engine does not have, as Concurrent, is an error that wraps
	// ErrUnsupported when the database is opened. Default: Immediate.
	// See https://www.sqlite.org/lang_transaction.html.
	TxLock TxMode

	// Loc is the location that times are converted to when they are read; nil
	// leaves them as stored. Times are always written in UTC. Default: nil.
	Loc *time.Location

	// StoredValues gives every value as it is stored, an int64, float64, string or
	// []byte, whatever type its column was declared with: no bool and no time. It
	// is for programs that pass values on, such as a server or an export; GORM does
	// without. It has no DSN parameter. Default: false.
	StoredValues bool

	// DQS is whether a double-quoted word that names nothing is taken for a string
	// literal, as SQLite does by default. Other people's views, triggers and
	// indexes rely on it. Default: true. See https://www.sqlite.org/quirks.html#dblquote.
	DQS bool

	// StmtCacheSize is how many prepared statements a connection keeps for reuse;
	// 0 keeps none, a negative number is an error. Default: 256.
	StmtCacheSize int

	// StmtCacheBytes bounds the memory, in bytes, that a connection's kept
	// statements may take; 0 keeps none, a negative number is an error.
	// Default: 4 MiB.
	StmtCacheBytes int64

	// SingleProcess locks the file for this process alone, however many of its
	// connections use it, and saves the locking calls of every transaction: reads
	// take about half the time. Another process gets SQLITE_BUSY. Only with Path;
	// it chooses the VFS, so VFS, NoLock and Immutable are errors with it.
	// Default: false.
	SingleProcess bool

	// AllowFileFunctions keeps the SQL functions readfile and writefile and the
	// table fsdir, with which any SQL text can read and write every file of the
	// process. Only for local databases. Default: false.
	AllowFileFunctions bool

	// Defensive keeps SQL from damaging the file on purpose: it takes no
	// writable_schema, no journal mode OFF, and no writes to shadow tables and to
	// sqlite_dbpage. Only for local databases. Default: false.
	// See https://www.sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigdefensive.
	Defensive bool

	// TrustedSchema is whether views, triggers, defaults, checks and indexes of the
	// file may call functions and virtual tables that are not marked harmless.
	// Switch it off to open files of strangers; vector_top_k does not work in views
	// then. Only for local databases. Default: true.
	// See https://www.sqlite.org/pragma.html#pragma_trusted_schema.
	TrustedSchema bool

	// Limits are those of each new connection; a limit that is not in it keeps its
	// default. They are set before the file is read, so they hold for its schema,
	// too. A value that the library does not take, or with which a connection cannot
	// be set up, is an error when the database is opened. Only for local databases. Default: none.
	Limits map[Limit]int

	// Extensions are loaded into each new connection, in order. Extensions are native
	// code, so they have no DSN parameter on purpose: a DSN often comes from where code
	// must not. SQL cannot load more of them. A relative path is relative to the
	// working directory at the time of NewConnector. Only for local databases.
	// Default: none. See https://www.sqlite.org/loadext.html.
	Extensions []Extension

	// AllowExtensions lets the program load other extensions into its connections:
	// [Conn.LoadExtension], and also whoever writes its SQL, by the function
	// load_extension. Only for local databases. Default: false.
	// See https://www.sqlite.org/lang_corefunc.html#load_extension.
	AllowExtensions bool

	// Attach are the files that every connection has attached from the start; [Attach]
	// adds to them. A relative path is relative to the working directory at the time
	// of NewConnector. Only for local databases. Default: none.
	Attach []Attachment

	// Pragmas are the other PRAGMA settings of each new connection, in the order in
	// which they are made. Only for local databases. Default: none.
	Pragmas []Pragma

	// OnConnect, if not nil, is called with each new connection before anyone else
	// uses it, after all settings above are made. An error closes the connection
	// and is what opening it returns. Default: nil.
	OnConnect func(ctx context.Context, c *Conn) error

	// Tracer, if not nil, is told about what the connections do. Default: nil.
	Tracer Tracer
}

// The defaults that are not zero values.
const (
	defaultBusyTimeout    = 5 * time.Second
	defaultStmtCacheSize  = 256
	defaultStmtCacheBytes = 4 << 20
)

// defaultConfig returns what ParseDSN begins with: every default, no location.
func defaultConfig() *Config {
	return &Config{
		ReadYourWrites: true,
		BusyTimeout:    defaultBusyTimeout,
		ForeignKeys:    true,
		DQS:            true,
		TrustedSchema:  true,
		StmtCacheSize:  defaultStmtCacheSize,
		StmtCacheBytes: defaultStmtCacheBytes,
	}
}

// Clone returns a copy that shares nothing with c that either could change. The
// functions and the Tracer are the same ones.
func (c *Config) Clone() *Config {
	if c == nil {
		return nil
	}
	clone := *c
	clone.EncryptionKey = bytes.Clone(c.EncryptionKey)
	clone.Pragmas = slices.Clone(c.Pragmas)
	clone.Limits = maps.Clone(c.Limits)
	clone.Extensions = slices.Clone(c.Extensions)
	clone.Attach = slices.Clone(c.Attach)
	for i := range clone.Attach {
		clone.Attach[i].Key = bytes.Clone(clone.Attach[i].Key)
	}
	clone.Remote.TLS = c.Remote.TLS.Clone()
	if c.PSOW != nil {
		psow := *c.PSOW
		clone.PSOW = &psow
	}
	return &clone
}

// OpenMode is what opening a database file may do to it.
//
// See https://www.sqlite.org/c3ref/open.html for the flags behind the modes.
type OpenMode uint8

const (
	// ReadWriteCreate reads and writes the file and creates it when it is missing
	// (mode=rwc). It is the default.
	ReadWriteCreate OpenMode = iota

	// ReadWrite reads and writes an existing file; a missing one is an error
	// (mode=rw).
	ReadWrite

	// ReadOnly reads an existing file; a missing one is an error, and so is every
	// write (mode=ro).
	ReadOnly
)

// openModeNames holds the word of each mode, as the parameter mode spells it.
var openModeNames = [...]string{ReadWriteCreate: "rwc", ReadWrite: "rw", ReadOnly: "ro"}

// String returns the word that the DSN parameter mode uses: rwc, rw or ro.
func (m OpenMode) String() string {
	if int(m) < len(openModeNames) {
		return openModeNames[m]
	}
	return fmt.Sprintf("OpenMode(%d)", uint8(m))
}
