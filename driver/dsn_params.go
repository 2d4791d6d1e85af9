package driver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/pragmas"
)

// dsnPlace is a set of kinds of databases.
type dsnPlace uint8

const (
	inFile dsnPlace = 1 << iota
	inReplica
	inMemory
	inTemp
	inRemote

	inLocal  = inFile | inReplica | inMemory | inTemp
	inServed = inRemote | inReplica
	inAll    = inLocal | inRemote
)

// dsnPlaceNames are the names of the kinds in messages and in docs/dsn.md.
var dsnPlaceNames = []struct {
	place       dsnPlace
	name, short string
}{
	{inFile, "a database file", "file"},
	{inReplica, "an embedded replica (syncUrl)", "replica"},
	{inMemory, "a memory database", "memory"},
	{inTemp, "a temporary database", "temp"},
	{inRemote, "a remote database", "remote"},
}

// String describes the kinds for a message.
func (d dsnPlace) String() string {
	var names []string
	for _, p := range dsnPlaceNames {
		if d&p.place != 0 {
			names = append(names, p.name)
		}
	}
	return strings.Join(names, " or ")
}

// dsnParam is a row of the table of DSN parameters, from which everything about
// them follows: what is known, what counts as given twice, where a parameter
// applies, and, through a test, what docs/dsn.md lists.
type dsnParam struct {
	name    string
	aliases []string
	places  dsnPlace
	secret  bool   // its value is taken with more care still
	slot    string // what it sets, if several rows set the same; "" is its name
	set     func(c *Config, p dsnPair) error
}

// dsnParams is the table. A row whose slot begins with "PRAGMA " is also reached
// by _pragma.
var dsnParams = []dsnParam{
	// SQLite's own: https://www.sqlite.org/uri.html.
	{name: "mode", places: inFile | inMemory | inTemp, set: setMode},
	{name: "cache", places: inFile | inMemory, set: setCache},
	{name: "vfs", places: inFile, set: setVFS},
	{name: "immutable", places: inFile, set: setBool(func(c *Config) *bool { return &c.Immutable })},
	{name: "nolock", places: inFile, set: setBool(func(c *Config) *bool { return &c.NoLock })},
	{name: "psow", places: inFile, set: setPSOW},
	{name: "modeof", places: inAll, set: refuse("permissions are not copied: create the file with the permissions it should have")},
	{name: "key", aliases: []string{"hexkey", "textkey", "_key", "_pragma_key"}, places: inAll, secret: true, set: refuseKey},

	// libSQL's.
	{name: "authToken", aliases: []string{"auth_token", "jwt"}, places: inServed, secret: true, set: setAuthToken},
	{name: "tls", places: inServed, set: setTLS},
	{name: "syncUrl", places: inReplica, set: setSyncURL},
	{name: "syncInterval", places: inReplica, set: setSyncInterval},
	{name: "readYourWrites", places: inReplica, set: setBool(func(c *Config) *bool { return &c.ReadYourWrites })},
	{name: "encryptionKey", places: inFile | inReplica, secret: true, set: setEncryptionKey},
	{name: "remoteEncryptionKey", places: inServed, secret: true, set: setRemoteEncryptionKey},

	// mattn/go-sqlite3's, most of which modernc.org/sqlite knows too.
	{name: "_busy_timeout", aliases: []string{"_timeout"}, places: inAll, slot: "PRAGMA busy_timeout", set: setBusyTimeout},
	{name: "_foreign_keys", aliases: []string{"_fk"}, places: inLocal, slot: "PRAGMA foreign_keys", set: setBool(func(c *Config) *bool { return &c.ForeignKeys })},
	{name: "_journal_mode", aliases: []string{"_journal"}, places: inFile | inMemory | inTemp, slot: "PRAGMA journal_mode", set: setJournalMode},
	{name: "_synchronous", aliases: []string{"_sync"}, places: inLocal, slot: "PRAGMA synchronous", set: setSynchronous},
	{name: "_txlock", places: inAll, set: setTxLock},
	{name: "_loc", places: inAll, slot: "location", set: setLoc},
	{name: "_mutex", places: inLocal, set: acceptWord("no", "full")},
	{name: "_stmt_cache_size", places: inLocal, set: setStmtCacheSize},
	{name: "_auto_vacuum", aliases: []string{"_vacuum"}, places: inFile | inMemory | inTemp, slot: "PRAGMA auto_vacuum", set: setPragma},
	{name: "_cache_size", places: inLocal, slot: "PRAGMA cache_size", set: setPragma},
	{name: "_case_sensitive_like", aliases: []string{"_cslike"}, places: inLocal, slot: "PRAGMA case_sensitive_like", set: setPragma},
	{name: "_defer_foreign_keys", aliases: []string{"_defer_fk"}, places: inLocal, slot: "PRAGMA defer_foreign_keys", set: setPragma},
	{name: "_ignore_check_constraints", places: inLocal, slot: "PRAGMA ignore_check_constraints", set: setPragma},
	{name: "_locking_mode", aliases: []string{"_locking"}, places: inFile | inMemory | inTemp, slot: "PRAGMA locking_mode", set: setPragma},
	{name: "_query_only", places: inLocal, slot: "PRAGMA query_only", set: setPragma},
	{name: "_recursive_triggers", aliases: []string{"_rt"}, places: inLocal, slot: "PRAGMA recursive_triggers", set: setPragma},
	{name: "_secure_delete", places: inLocal, slot: "PRAGMA secure_delete", set: setPragma},
	{name: "_writable_schema", places: inFile | inMemory | inTemp, slot: "PRAGMA writable_schema", set: setPragma},
	{name: "_auth", places: inAll, set: refuse(noUserAuth)},
	{name: "_auth_user", places: inAll, set: refuse(noUserAuth)},
	{name: "_auth_pass", places: inAll, secret: true, set: refuse(noUserAuth)},
	{name: "_auth_crypt", places: inAll, set: refuse(noUserAuth)},
	{name: "_auth_salt", places: inAll, secret: true, set: refuse(noUserAuth)},

	// modernc.org/sqlite's, also known to glebarez/sqlite.
	{name: "_pragma", places: inLocal, set: setPragma},
	{name: "_dqs", places: inLocal, set: setBool(func(c *Config) *bool { return &c.DQS })},
	{name: "_defensive", places: inLocal, set: setBool(func(c *Config) *bool { return &c.Defensive })},
	{name: "_time_format", places: inLocal, set: acceptOnly("sqlite", "times are always written in the format sqlite, in UTC", "datetime", "string_no_monotonic")},
	{name: "_time_integer_format", places: inLocal, set: refuse("times are always written as text: keep a Unix time in an integer field")},
	{name: "_inttotime", places: inLocal, set: acceptOn("integers in time columns are always read as times")},
	{name: "_texttotime", places: inLocal, set: acceptOn("texts in time columns are always read as times")},
	{name: "_timezone", places: inLocal, slot: "location", set: setTimezone},

	// This driver's.
	{name: "_stmt_cache_bytes", places: inLocal, set: setStmtCacheBytes},
	{name: "_single_process", places: inFile, set: setBool(func(c *Config) *bool { return &c.SingleProcess })},
	{name: "_trusted_schema", places: inLocal, slot: "PRAGMA trusted_schema", set: setBool(func(c *Config) *bool { return &c.TrustedSchema })},
	{name: "_file_functions", places: inLocal, set: setBool(func(c *Config) *bool { return &c.AllowFileFunctions })},
}

// The reasons why some parameters and values are refused.
const (
	noUserAuth = "libSQL has no user accounts inside a database file: encrypt the file with encryptionKey, or guard it with file permissions"
)

// journalModes and synchronousLevels are the words of Config.JournalMode and
// Config.Synchronous.
var (
	journalModes      = pragmas.Find("journal_mode").Values.Words
	synchronousLevels = pragmas.Find("synchronous").Values.Words
)

// names returns the name and the aliases.
func (p *dsnParam) names() []string { return append([]string{p.name}, p.aliases...) }

// lookupParam returns the row that has the name or alias, or nil.
func lookupParam(key string) *dsnParam {
	for i := range dsnParams {
		if p := &dsnParams[i]; p.name == key || slices.Contains(p.aliases, key) {
			return p
		}
	}
	return nil
}

// resolvePragma turns _pragma=name(value) into the parameter that sets the same,
// or into a setting for Config.Pragmas.
func (p dsnPair) resolvePragma() (dsnPair, error) {
	name, value, ok := splitPragma(p.value)
	row := pragmas.Find(name)
	switch {
	case !ok:
		return p, p.invalid("name(value) or name=value, with a plain name")
	case row != nil && row.Key:
		return p, fmt.Errorf("libsql: DSN parameter %s must not set a key: use encryptionKey", p.label())
	case strings.HasPrefix(name, "mvcc"):
		return p, p.unsupported(engine.NoMVCC)
	}
	p.value, p.slot = value, "PRAGMA "+name
	for i := range dsnParams {
		if dsnParams[i].slot == p.slot {
			p.param = &dsnParams[i]
			return p, nil
		}
	}
	if (Pragma{Name: name}).row() == nil {
		p.slot = ""
		return p, fmt.Errorf("libsql: DSN parameter %s has a name that is %s", p.label(), wantPragmaName)
	}
	return p, nil
}

// allowedIn returns an error if the parameter does not apply to the place.
func (p dsnPair) allowedIn(place dsnPlace) error {
	allowed := p.param.places & p.written.places
	if allowed&place != 0 {
		return nil
	}
	return fmt.Errorf("libsql: DSN parameter %s does not apply to %s, only to %s: delete it", p.label(), place, allowed)
}

// label names the parameter for a message.
func (p dsnPair) label() string {
	if pragma, ok := strings.CutPrefix(p.slot, "PRAGMA "); ok && p.written.name == "_pragma" {
		// The name has been found in our own lists.
		return showName(p.key) + " (" + pragma + ")"
	}
	return showName(p.key)
}

// invalid is the error about a value that is not one of those wanted.
func (p dsnPair) invalid(want string) error {
	return fmt.Errorf("libsql: DSN parameter %s has an invalid value, it takes %s: correct or delete it", p.label(), want)
}

// unsupported is the error about a parameter or value that others know and this
// driver cannot honour.
func (p dsnPair) unsupported(reason string) error {
	return fmt.Errorf("libsql: DSN parameter %s: %s: %w", p.label(), reason, ErrUnsupported)
}
