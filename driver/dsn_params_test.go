package driver

import (
	"errors"
	"maps"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// paramTest says what a row of the table accepts and refuses.
type paramTest struct {
	base        string                   // the DSN before the parameter; "" is a file
	good        map[string]func(*Config) // value → what it changes
	bad         []string                 // not values of the parameter
	unsupported []string                 // values that cannot be honoured
}

// badWords are no values of anything that takes words or numbers.
var badWords = []string{"", " ", "2x", "-1", "ja", "true ", "1;2", "'1'", testSecret, "%", "\xff", "\n1"}

// unchanged is the change that a default makes.
func unchanged(*Config) {}

// switched gives the values of a switch.
func switched(set func(c *Config, on bool)) map[string]func(*Config) {
	good := map[string]func(*Config){}
	for _, word := range []string{"1", "true", "yes", "on", "t", "TRUE", "Yes", "ON"} {
		good[word] = func(c *Config) { set(c, true) }
	}
	for _, word := range []string{"0", "false", "no", "off", "f", "False", "NO", "Off"} {
		good[word] = func(c *Config) { set(c, false) }
	}
	return good
}

// switchedPragma gives the values of a PRAGMA that is a switch.
func switchedPragma(name string) map[string]func(*Config) {
	return switched(func(c *Config, on bool) {
		c.Pragmas = []Pragma{{name, map[bool]string{true: "1", false: "0"}[on]}}
	})
}

// pragmaValues gives the values, as given and as set, of another PRAGMA.
func pragmaValues(name string, values map[string]string) map[string]func(*Config) {
	good := map[string]func(*Config){}
	for given, set := range values {
		good[given] = func(c *Config) { c.Pragmas = []Pragma{{name, set}} }
	}
	return good
}

// merged returns good and the values of more.
func merged(good, more map[string]func(*Config)) map[string]func(*Config) {
	maps.Copy(good, more)
	return good
}

// enumerated gives the values of a setting with words, in any case of letters.
func enumerated(set func(c *Config, word string), values map[string]string) map[string]func(*Config) {
	good := map[string]func(*Config){}
	for given, word := range values {
		good[given] = func(c *Config) { set(c, word) }
		good[strings.ToUpper(given)] = good[given]
		good[strings.ToLower(given)] = good[given]
	}
	return good
}

// sqliteTests covers SQLite's parameters.
func sqliteTests() map[string]paramTest {
	yes, no := true, false
	return map[string]paramTest{
		"mode": {good: map[string]func(*Config){
			"rwc": unchanged, "RWC": unchanged,
			"rw":     func(c *Config) { c.Mode = ReadWrite },
			"ro":     func(c *Config) { c.Mode = ReadOnly },
			"memory": func(c *Config) { c.Memory, c.Path = true, "" },
		}, bad: append(badWords, "r", "wal")},
		"cache": {good: enumerated(func(c *Config, word string) { c.Cache = word }, map[string]string{
			"shared": "shared", "private": "private",
		}), bad: badWords},
		"vfs": {good: map[string]func(*Config){
			"unix-excl": func(c *Config) { c.VFS = "unix-excl" },
			"my vfs":    func(c *Config) { c.VFS = "my vfs" },
		}, bad: []string{"", "a\x00" + testSecret}},
		"immutable": {good: switched(func(c *Config, on bool) {
			if c.Immutable = on; on {
				c.Mode = ReadOnly
			}
		}), bad: badWords},
		"nolock": {good: switched(func(c *Config, on bool) { c.NoLock = on }), bad: badWords},
		"psow": {good: switched(func(c *Config, on bool) {
			if c.PSOW = &no; on {
				c.PSOW = &yes
			}
		}), bad: badWords},
		"modeof": {unsupported: []string{"", "other.db", testSecret}},
		"key":    {bad: []string{"", "k", testSecret}},
	}
}

// libsqlTests covers libSQL's parameters.
func libsqlTests() map[string]paramTest {
	const remote, replica = "libsql://h:80", "a.db?syncUrl=libsql://h:80&"
	tls := switched(func(c *Config, on bool) { c.DisableTLS = !on })
	return map[string]paramTest{
		"authToken": {base: remote, good: map[string]func(*Config){
			"":         unchanged,
			testSecret: func(c *Config) { c.AuthToken = testSecret },
			"a+b/c=":   func(c *Config) { c.AuthToken = "a+b/c=" },
		}, bad: []string{testSecret + "\n", "ä" + testSecret, " ", testSecret + "\x00"}},
		"tls": {base: remote, good: tls, bad: badWords},
		"syncUrl": {good: map[string]func(*Config){
			"libsql://h":        func(c *Config) { c.SyncURL = "libsql://h" },
			"HTTP://h:8080/ns/": func(c *Config) { c.SyncURL = "http://h:8080/ns" },
			"wss://h":           func(c *Config) { c.SyncURL = "wss://h" },
		}, bad: []string{
			"", "h", "app.db", "ftp://h", "libsql:h", "libsql://", "libsql://h?authToken=" + testSecret,
			"libsql://u:" + testSecret + "@h", "libsql://h#" + testSecret, "libsql://h:" + testSecret, "libsql://h&authToken=" + testSecret,
		}},
		"syncInterval": {base: replica, good: map[string]func(*Config){
			"0":     unchanged,
			"0s":    unchanged,
			"60s":   func(c *Config) { c.SyncInterval = time.Minute },
			"500ms": func(c *Config) { c.SyncInterval = time.Second / 2 },
			"1h30m": func(c *Config) { c.SyncInterval = 90 * time.Minute },
		}, bad: append(badWords, "60", "-1s", "1.5", "9999999h")},
		"readYourWrites": {base: replica, good: switched(func(c *Config, on bool) { c.ReadYourWrites = on }), bad: badWords},
		"encryptionKey": {good: map[string]func(*Config){
			"k":           func(c *Config) { c.EncryptionKey = []byte("k") },
			"a b+c&d#e;%": func(c *Config) { c.EncryptionKey = []byte("a b+c&d#e;%") },
			"\xff":        func(c *Config) { c.EncryptionKey = []byte("\xff") },
		}, bad: []string{"", testSecret + "\x00"}},
		"remoteEncryptionKey": {base: remote, good: map[string]func(*Config){
			"YWJj+/==": func(c *Config) { c.RemoteEncryptionKey = "YWJj+/==" },
		}, bad: []string{"", testSecret + " ", "\xff" + testSecret}},
	}
}

// mattnTests covers mattn's parameters with a field of their own.
func mattnTests() map[string]paramTest {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	return map[string]paramTest{
		"_busy_timeout": {good: map[string]func(*Config){
			"0":          func(c *Config) { c.BusyTimeout = 0 },
			"5000":       unchanged,
			"1":          func(c *Config) { c.BusyTimeout = time.Millisecond },
			"2147483647": func(c *Config) { c.BusyTimeout = 2147483647 * time.Millisecond },
		}, bad: append(badWords, "5s", "1.5", "2147483648", "99999999999999999999", "0x10")},
		"_foreign_keys": {good: switched(func(c *Config, on bool) { c.ForeignKeys = on }), bad: badWords},
		"_journal_mode": {good: enumerated(func(c *Config, word string) { c.JournalMode = word }, map[string]string{
			"delete": "DELETE", "truncate": "TRUNCATE", "persist": "PERSIST", "memory": "MEMORY", "wal": "WAL", "off": "OFF",
			"mvcc": "MVCC", "wal2": "WAL2", "Experimental_MVCC": "EXPERIMENTAL_MVCC",
		}), bad: append(badWords, "1", "concurrent")},
		"_synchronous": {good: enumerated(func(c *Config, word string) { c.Synchronous = word }, map[string]string{
			"0": "OFF", "1": "NORMAL", "2": "FULL", "3": "EXTRA", "off": "OFF", "normal": "NORMAL", "full": "FULL", "extra": "EXTRA",
		}), bad: append(badWords, "4", "on")},
		"_txlock": {good: map[string]func(*Config){
			"immediate": unchanged, "IMMEDIATE": unchanged,
			"deferred":  func(c *Config) { c.TxLock = Deferred },
			"Exclusive": func(c *Config) { c.TxLock = Exclusive },
			// Whether the engine has it shows when the database is opened.
			"Concurrent": func(c *Config) { c.TxLock = Concurrent },
		}, bad: append(badWords, "1", "read-only")},
		"_loc": {good: map[string]func(*Config){
			"auto":          func(c *Config) { c.Loc = time.Local },
			"AUTO":          func(c *Config) { c.Loc = time.Local },
			"UTC":           func(c *Config) { c.Loc = time.UTC },
			"Europe/Berlin": func(c *Config) { c.Loc = berlin },
		}, bad: append(badWords, "Nowhere/"+testSecret, "../etc/passwd")},
		"_mutex": {good: map[string]func(*Config){"no": unchanged, "full": unchanged, "FULL": unchanged}, bad: append(badWords, "1")},
		"_stmt_cache_size": {good: map[string]func(*Config){
			"256": unchanged,
			"0":   func(c *Config) { c.StmtCacheSize = 0 },
			"7":   func(c *Config) { c.StmtCacheSize = 7 },
		}, bad: append(badWords, "1.5", "2147483648")},
		"_auth":       {unsupported: []string{"", "1"}},
		"_auth_user":  {unsupported: []string{"", testSecret}},
		"_auth_pass":  {unsupported: []string{"", testSecret}},
		"_auth_crypt": {unsupported: []string{"", "sha1"}},
		"_auth_salt":  {unsupported: []string{"", testSecret}},
	}
}

// mattnPragmaTests covers mattn's parameters that are PRAGMAs.
func mattnPragmaTests() map[string]paramTest {
	return map[string]paramTest{
		"_auto_vacuum": {good: pragmaValues("auto_vacuum", map[string]string{
			"0": "0", "none": "0", "1": "1", "FULL": "1", "2": "2", "Incremental": "2",
		}), bad: append(badWords, "3", "on")},
		"_cache_size": {good: pragmaValues("cache_size", map[string]string{
			"0": "0", "-2000": "-2000", "+10": "10", "010": "10", "0x10": "16", "-0": "0",
		}), bad: []string{"", "big", testSecret, "1.5", "2147483648", "0x", "0x-1", "1_000", "0b1", " 1"}},
		"_case_sensitive_like":      {good: switchedPragma("case_sensitive_like"), bad: badWords},
		"_defer_foreign_keys":       {good: switchedPragma("defer_foreign_keys"), bad: badWords},
		"_ignore_check_constraints": {good: switchedPragma("ignore_check_constraints"), bad: badWords},
		"_locking_mode": {good: pragmaValues("locking_mode", map[string]string{
			"normal": "NORMAL", "NORMAL": "NORMAL", "Exclusive": "EXCLUSIVE",
		}), bad: append(badWords, "1")},
		"_query_only":         {good: switchedPragma("query_only"), bad: badWords},
		"_recursive_triggers": {good: switchedPragma("recursive_triggers"), bad: badWords},
		"_secure_delete": {
			good: merged(switchedPragma("secure_delete"), pragmaValues("secure_delete", map[string]string{"fast": "FAST"})),
			bad:  badWords,
		},
		"_writable_schema": {
			good: merged(switchedPragma("writable_schema"), pragmaValues("writable_schema", map[string]string{"reset": "RESET"})),
			bad:  badWords,
		},
	}
}

// otherTests covers modernc's parameters and this driver's.
func otherTests() map[string]paramTest {
	return map[string]paramTest{
		"_pragma": {good: map[string]func(*Config){
			"foreign_keys(0)":             func(c *Config) { c.ForeignKeys = false },
			"busy_timeout=7":              func(c *Config) { c.BusyTimeout = 7 * time.Millisecond },
			" Main.Journal_Mode ( WAL ) ": func(c *Config) { c.JournalMode = "WAL" },
			"synchronous = 'off'":         func(c *Config) { c.Synchronous = "OFF" },
			"cache_size(-2000)":           func(c *Config) { c.Pragmas = []Pragma{{"cache_size", "-2000"}} },
			"temp.cache_size=0x10":        func(c *Config) { c.Pragmas = []Pragma{{"temp.cache_size", "16"}} },
			"encoding('UTF-16LE')":        func(c *Config) { c.Pragmas = []Pragma{{"encoding", "UTF-16le"}} },
			"temp_store(memory)":          func(c *Config) { c.Pragmas = []Pragma{{"temp_store", "2"}} },
			"cache_spill(off)":            func(c *Config) { c.Pragmas = []Pragma{{"cache_spill", "0"}} },
			"cache_spill(200)":            func(c *Config) { c.Pragmas = []Pragma{{"cache_spill", "200"}} },
			"mmap_size=30000000000":       func(c *Config) { c.Pragmas = []Pragma{{"mmap_size", "30000000000"}} },
		}, bad: []string{
			"", "foreign_keys", "foreign_keys()", "foreign_keys(2)", "foreign_keys(1) ;", "foreign_keys(1);ATTACH 'x' AS y",
			"foreign_keys(1))", "foreign_keys((1)", "foreign_keys=1; DROP TABLE t", "foreign_keys='1'; --'", "foreign_keys('1''", "foreign_keys(''1')",
			"foreign_keys=\"1\"", "foreign_keys(1)x", "=1", "(1)", "a b(1)", "1a(1)", "aux.cache_size(1)", "main.temp.cache_size(1)", "temp.foreign_keys(1)",
			"temp.journal_mode(wal)", "foriegn_keys(1)", "table_info(t)", "wal_checkpoint(full)", "count_changes(1)",
			"schema_version(1)", "temp_store(3)", "mmap_size(1e3)", "cipher(aes256cbc)", testSecret + "(1)", "cache_size(" + testSecret + ")",
			"key(" + testSecret + ")", "KEY='" + testSecret + "'", "main.key(" + testSecret + ")", "rekey('')", "hexkey(ab)", "hexrekey(ab)", "textkey(a)", "textrekey(a)", "mode(ro)", "_fk(1)", "PRAGMA foreign_keys(1)",
		}, unsupported: []string{"mvcc_checkpoint_threshold(1)"}},
		"_dqs":            {good: switched(func(c *Config, on bool) { c.DQS = on }), bad: badWords},
		"_defensive":      {good: switched(func(c *Config, on bool) { c.Defensive = on }), bad: badWords},
		"_trusted_schema": {good: switched(func(c *Config, on bool) { c.TrustedSchema = on }), bad: badWords},
		"_time_format": {
			good: map[string]func(*Config){"sqlite": unchanged}, bad: badWords,
			unsupported: []string{"datetime", "string_no_monotonic"},
		},
		"_time_integer_format": {unsupported: []string{"", "unix", "unix_milli", "unix_micro", "unix_nano", testSecret}},
		"_inttotime":           {good: map[string]func(*Config){"1": unchanged, "T": unchanged, "true": unchanged}, bad: badWords, unsupported: []string{"0", "false"}},
		"_texttotime":          {good: map[string]func(*Config){"1": unchanged, "on": unchanged}, bad: badWords, unsupported: []string{"0", "F"}},
		"_timezone": {
			good:        map[string]func(*Config){"UTC": func(c *Config) { c.Loc = time.UTC }},
			unsupported: []string{"", "Europe/Berlin", testSecret},
		},
		"_stmt_cache_bytes": {good: map[string]func(*Config){
			"4194304":    unchanged,
			"0":          func(c *Config) { c.StmtCacheBytes = 0 },
			"8589934592": func(c *Config) { c.StmtCacheBytes = 8 << 30 },
		}, bad: append(badWords, "4MB")},
		"_single_process": {good: switched(func(c *Config, on bool) { c.SingleProcess = on }), bad: badWords},
		"_file_functions": {good: switched(func(c *Config, on bool) { c.AllowFileFunctions = on }), bad: badWords},
	}
}

// TestParseDSNParams runs every row of the table, under every one of its names.
func TestParseDSNParams(t *testing.T) {
	t.Parallel()
	tests := map[string]paramTest{}
	for _, part := range []map[string]paramTest{sqliteTests(), libsqlTests(), mattnTests(), mattnPragmaTests(), otherTests()} {
		maps.Copy(tests, part)
	}
	for i := range dsnParams {
		row := &dsnParams[i]
		test, ok := tests[row.name]
		if !ok || len(test.bad)+len(test.unsupported) == 0 {
			t.Errorf("no test for the DSN parameter %s", row.name)
		}
		delete(tests, row.name)
		for _, key := range row.names() {
			t.Run(key, func(t *testing.T) {
				t.Parallel()
				test.run(t, key)
			})
		}
	}
	for name := range tests {
		t.Errorf("the DSN parameter %s is tested and not in the table", name)
	}
}

// escapeValue escapes a value; a "+" for a space is refused in a secret.
func escapeValue(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") }

// run runs the test of a row under one of its names.
func (test paramTest) run(t *testing.T, key string) {
	base := test.base
	if base == "" {
		base = "a.db"
	}
	if !strings.Contains(base, "?") {
		base += "?"
	}
	for value, set := range test.good {
		want, err := ParseDSN(strings.TrimRight(base, "&?"))
		if err != nil {
			t.Fatal(err)
		}
		set(want)
		dsn := base + key + "=" + escapeValue(value)
		if got, err := ParseDSN(dsn); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("ParseDSN(%q) = %v, %v; want %v", dsn, got, err, want)
		}
		if got, err := ParseDSN(dsn + "&" + dsn[len(base):]); err == nil {
			t.Errorf("ParseDSN takes %s twice: %v", key, got)
		}
	}
	for _, value := range test.bad {
		dsn := base + key + "=" + escapeValue(value)
		_, err := ParseDSN(dsn)
		wantMessage(t, dsn, err, key)
		if errors.Is(err, ErrUnsupported) {
			t.Errorf("ParseDSN(%q): %v wraps ErrUnsupported", dsn, err)
		}
	}
	for _, value := range test.unsupported {
		dsn := base + key + "=" + escapeValue(value)
		_, err := ParseDSN(dsn)
		wantMessage(t, dsn, err, key)
		if !errors.Is(err, ErrUnsupported) {
			t.Errorf("ParseDSN(%q): %v does not wrap ErrUnsupported", dsn, err)
		}
	}
}

// Each parameter is refused where it does not apply, by the same table.
func TestParseDSNPlaces(t *testing.T) {
	t.Parallel()
	bases := map[dsnPlace]string{
		inFile: "a.db?", inReplica: "a.db?syncUrl=libsql://h:80&", inMemory: ":memory:?", inTemp: "file:?", inRemote: "libsql://h:80?",
	}
	for i := range dsnParams {
		row := &dsnParams[i]
		for place, base := range bases {
			if row.places&place != 0 || row.name == "syncUrl" && place != inRemote {
				continue
			}
			dsn := base + row.name + "=" + url.QueryEscape(testSecret)
			_, err := ParseDSN(dsn)
			if row.name == "_pragma" {
				dsn = base + "_pragma=cache_size(1)"
				_, err = ParseDSN(dsn)
			}
			wantMessage(t, dsn, err, row.name, "does not apply to "+place.String(), row.places.String())
		}
	}
}

// Pragmas keep the order of the DSN: auto_vacuum after page_size is too late.
func TestParseDSNPragmaOrder(t *testing.T) {
	t.Parallel()
	c, err := ParseDSN("a?_pragma=page_size(8192)&_vacuum=full&_pragma=temp_store(file)&_fk=0&_pragma=encoding('UTF-8')")
	if err != nil {
		t.Fatal(err)
	}
	want := []Pragma{{"page_size", "8192"}, {"auto_vacuum", "1"}, {"temp_store", "1"}, {"encoding", "UTF-8"}}
	if !reflect.DeepEqual(c.Pragmas, want) {
		t.Errorf("got %v, want %v", c.Pragmas, want)
	}
}
