package driver

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"
)

// secretConfig holds the secret in every field that may hold one.
func secretConfig() *Config {
	return configWith(func(c *Config) {
		c.Path, c.SyncURL = "r.db", "libsql://host"
		c.AuthToken, c.EncryptionKey, c.RemoteEncryptionKey = testSecret, []byte(testSecret), testSecret
	})
}

func TestConfigIsRedacted(t *testing.T) {
	t.Parallel()
	c := secretConfig()
	nested := struct {
		Name   string
		Config Config
		Ptr    *Config
		List   []Config
		Map    map[string]*Config
	}{"x", *c, c, []Config{*c}, map[string]*Config{"k": c}}
	for _, value := range []any{c, *c, nested, &nested, []*Config{c}, []any{*c}, fmt.Errorf("wrapped: %v", c)} {
		for verb := 'A'; verb <= 'z'; verb++ {
			if verb == 'w' || verb == 'p' {
				continue // not for values: fmt prints the fields whatever we do
			}
			for _, flags := range []string{"", "+", "#", " ", "0", "-", "+#", "80", ".3", "80.3"} {
				text := fmt.Sprintf("%"+flags+string(verb), value)
				noSecret(t, fmt.Sprintf("%%%s%c of %T", flags, verb, value), text)
			}
		}
	}
	for _, text := range []string{
		fmt.Sprint(c), fmt.Sprintln(*c), c.String(), c.GoString(), fmt.Sprintf("%#v", c), fmt.Sprintf("%q", *c), marshalled(t, c), marshalled(t, nested),
	} {
		noSecret(t, "text", text)
		if !strings.Contains(text, redacted) {
			t.Errorf("%s does not say that something is redacted", text)
		}
	}
	// By pointer, as the documentation asks.
	hidden := struct{ config *Config }{c}
	for _, format := range []string{"%v", "%+v", "%#v"} {
		noSecret(t, format, fmt.Sprintf(format, hidden))
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "c", c, "v", *c)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", c, "v", *c)
	noSecret(t, "slog", log.String())
}

// marshalled returns the value as JSON, and as XML if that is possible.
func marshalled(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if doc, err := xml.Marshal(value); err == nil {
		text = append(text, doc...)
	}
	return string(text)
}

// noSecret checks that text shows no part of the secret in any usual encoding.
func noSecret(t *testing.T, what, text string) {
	t.Helper()
	for _, bad := range []string{
		testSecret, testSecret[3:10], fmt.Sprintf("%x", testSecret), fmt.Sprintf("%X", testSecret), fmt.Sprintf("%d", []byte(testSecret)), fmt.Sprintf("%#v", []byte(testSecret)),
		strings.ReplaceAll(testSecret, "~", "%7E"), "czNjcjN0",
	} {
		if strings.Contains(text, bad) {
			t.Errorf("%s shows the secret: %s", what, text)
			return
		}
	}
}

// What a program puts by hand where it does not belong is not shown either.
func TestConfigStringOfSecretsInOddPlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []*Config{
		{URL: "libsql://user:" + testSecret + "@host"},
		{URL: "libsql://host?authToken=" + testSecret},
		{URL: "libsql://host#" + testSecret},
		{URL: "libsql://host/&authToken=" + testSecret},
		{URL: "%" + testSecret},
		{Path: "x", SyncURL: "https://" + testSecret + "@host"},
		{Path: "x.db&authToken=" + testSecret},
		{Memory: true, MemoryName: "x.db?jwt=" + testSecret},
		{Path: "x", Pragmas: []Pragma{{"key", testSecret}}},
		{Path: "x", Pragmas: []Pragma{{"main.key", testSecret}}},
	} {
		for _, text := range []string{c.String(), fmt.Sprintf("%#v %+v %s", *c, c, c.Pragmas), marshalled(t, c)} {
			noSecret(t, "String", text)
		}
		err := c.check()
		if err == nil {
			t.Errorf("%v passes the check", c)
			continue
		}
		noSecret(t, "the error", err.Error())
	}
}

func TestConfigString(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"app.db":                          "file:app.db",
		"file:a%3Fb%23c%25%0A.db":         "file:a%3Fb%23c%25%0A.db",
		"":                                "file:",
		":memory:?_fk=1":                  ":memory:",
		"file:n?mode=memory&cache=shared": "file:n?mode=memory&cache=shared",
		"libsql://h:1?tls=0&jwt=x":        "libsql://h:1?tls=0&authToken=REDACTED",
		"file:r?syncUrl=ws://h&syncInterval=1m&readYourWrites=0": "file:r?syncUrl=ws://h&syncInterval=1m0s&readYourWrites=0",
		"a?immutable=1":               "file:a?mode=ro&immutable=1",
		"a?psow=0&nolock=1&vfs=a%26b": "file:a?vfs=a%26b&nolock=1&psow=0",
		"a?_fk=0&_timeout=7&_dqs=0&_txlock=deferred&_loc=UTC&_file_functions=1&_single_process=1":             "file:a?_single_process=1&_busy_timeout=7&_foreign_keys=0&_txlock=deferred&_loc=UTC&_dqs=0&_file_functions=1",
		"a?_sync=2&_journal=off&_stmt_cache_size=0&_stmt_cache_bytes=1&_cslike=1&_pragma=temp.cache_size(-5)": "file:a?_journal_mode=OFF&_synchronous=FULL&_stmt_cache_size=0&_stmt_cache_bytes=1&_pragma=case_sensitive_like(1)&_pragma=temp.cache_size(-5)",
		"a?_defensive=1&_trusted_schema=off": "file:a?_defensive=1&_trusted_schema=0",
		"a?encryptionKey=x&mode=rw":          "file:a?mode=rw&encryptionKey=REDACTED",
	} {
		c, err := ParseDSN(dsn)
		if err != nil {
			t.Errorf("ParseDSN(%q): %v", dsn, err)
			continue
		}
		if got := c.String(); got != want {
			t.Errorf("ParseDSN(%q) prints %s, want %s", dsn, got, want)
		}
	}
	c := configWith(func(c *Config) {
		c.Path, c.AllowExtensions, c.OnConnect = "a", true, func(context.Context, *Conn) error { return nil }
		c.Limits = map[Limit]int{LimitVariables: 9, LimitLength: 1000}
	})
	if got, want := fmt.Sprintf("%#v", *c), "driver.Config(file:a?Limits=length:1000,variables:9&AllowExtensions=true&OnConnect=set)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := fmt.Sprintf("%q", c), `"file:a?Limits=length:1000,variables:9&AllowExtensions=true&OnConnect=set"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := fmt.Sprint((*Config)(nil)); got != "<nil>" {
		t.Errorf("a nil Config prints %s", got)
	}
}

// What String prints of a Config without secrets is a DSN of the same Config.
func TestConfigStringRoundTrip(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"a%20b?mode=ro&_loc=UTC", "//a/b", "///a", "file:%23%3F?_pragma=encoding('UTF-8')&_secure_delete=fast", "file:n?cache=shared&mode=memory&_sync=3",
		"libsql://h:1/x?tls=0&_timeout=9&_txlock=exclusive", "r?syncUrl=https://h&syncInterval=90s&readYourWrites=no", ":memory:?_rt=1", "file:",
	} {
		c, err := ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseDSN(c.String()); err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("ParseDSN(%q) prints %s, which parses to %v, %v", dsn, c, again, err)
		}
	}
}

func TestConfigClone(t *testing.T) {
	t.Parallel()
	if (*Config)(nil).Clone() != nil {
		t.Error("the clone of nil is not nil")
	}
	psow := true
	c := secretConfig()
	c.PSOW, c.Pragmas, c.Limits = &psow, []Pragma{{"cache_size", "1"}}, map[Limit]int{LimitColumns: 1}
	clone := c.Clone()
	if !reflect.DeepEqual(c, clone) {
		t.Errorf("the clone %v differs from %v", clone, c)
	}
	clone.EncryptionKey[0], *clone.PSOW, clone.Pragmas[0].Value, clone.Path = 'x', false, "2", "other"
	clone.Limits[LimitColumns] = 2
	if c.Limits[LimitColumns] != 1 || !psow || string(c.EncryptionKey) != testSecret || c.Pragmas[0].Value != "1" || c.Path != "r.db" {
		t.Error("a change of the clone reaches the original")
	}
	// A field that can be changed through the copy must be cloned: whoever adds
	// one has to come by here.
	for i := range reflect.TypeFor[Config]().NumField() {
		switch f := reflect.TypeFor[Config]().Field(i); f.Type.Kind() {
		case reflect.Slice, reflect.Map, reflect.Pointer:
			if f.Name != "EncryptionKey" && f.Name != "Pragmas" && f.Name != "PSOW" && f.Name != "Limits" && f.Name != "Loc" && f.Name != "Extensions" && f.Name != "Attach" {
				t.Errorf("Clone does not know the field %s", f.Name)
			}
		}
	}
}

// placeMistakes are settings that do not fit the place of the database, which
// is a file at first, by what the error says.
func placeMistakes() map[string]func(c *Config) {
	return map[string]func(c *Config){
		"names no database":         func(c *Config) { c.Path = "" },
		"more than one database":    func(c *Config) { c.Memory = true },
		"needs Config.Memory":       func(c *Config) { c.MemoryName = "n" },
		"NUL byte, which":           func(c *Config) { c.Path = "a\x00" },
		"vfs name contains":         func(c *Config) { c.VFS = "a\x00" },
		"syncUrl needs":             func(c *Config) { c.Path, c.Temp, c.SyncURL = "", true, "libsql://h" },
		"authToken needs":           func(c *Config) { c.AuthToken = testSecret },
		"authToken contains":        func(c *Config) { c.SyncURL, c.AuthToken = "libsql://h", testSecret+"\r\n" },
		"remoteEncryptionKey needs": func(c *Config) { c.RemoteEncryptionKey = testSecret },
		"remoteEncryptionKey contains": func(c *Config) {
			c.SyncURL, c.RemoteEncryptionKey = "libsql://h", testSecret+" "
		},
		"syncInterval needs":              func(c *Config) { c.SyncInterval = 1 },
		"syncInterval is negative":        func(c *Config) { c.SyncURL, c.SyncInterval = "libsql://h", -1 },
		"tls needs":                       func(c *Config) { c.DisableTLS = true },
		"tls=0 contradicts":               func(c *Config) { c.SyncURL, c.DisableTLS = "https://h:1", true },
		"syncUrl needs a port":            func(c *Config) { c.SyncURL, c.DisableTLS = "libsql://h", true },
		"syncUrl must begin":              func(c *Config) { c.SyncURL = "ftp://" + testSecret },
		"the URL must not contain a user": func(c *Config) { c.Path, c.URL = "", "libsql://"+testSecret+"@h" },
		"Config.Mode":                     func(c *Config) { c.Mode = 3 },
	}
}

// otherMistakes are the other settings that no Config may have.
func otherMistakes() map[string]func(c *Config) {
	return map[string]func(c *Config){
		"immutable needs":                func(c *Config) { c.Immutable = true },
		"mode does not apply":            func(c *Config) { c.Path, c.URL, c.Mode = "", "libsql://h", ReadOnly },
		"vfs needs":                      func(c *Config) { c.Path, c.Memory, c.VFS = "", true, "unix" },
		"psow needs":                     func(c *Config) { c.SyncURL, c.PSOW = "libsql://h", new(bool) },
		"_single_process needs":          func(c *Config) { c.Path, c.Temp, c.SingleProcess = "", true, true },
		"nolock needs":                   func(c *Config) { c.Path, c.URL, c.NoLock = "", "libsql://h", true },
		"_journal_mode does not apply":   func(c *Config) { c.SyncURL, c.JournalMode = "libsql://h", "WAL" },
		"_file_functions does not apply": func(c *Config) { c.Path, c.URL, c.AllowFileFunctions = "", "libsql://h", true },
		"AllowExtensions does not apply": func(c *Config) { c.Path, c.URL, c.AllowExtensions = "", "libsql://h", true },
		"_defensive does not apply":      func(c *Config) { c.Path, c.URL, c.Defensive = "", "libsql://h", true },
		"Limits does not apply":          func(c *Config) { c.Path, c.URL, c.Limits = "", "libsql://h", map[Limit]int{LimitColumns: 1} },
		"Limit(12) is no limit":          func(c *Config) { c.Limits = map[Limit]int{12: 1} },
		"columns is negative":            func(c *Config) { c.Limits = map[Limit]int{LimitColumns: -1} },
		"sql_length cannot be":           func(c *Config) { c.Limits = map[Limit]int{LimitSQLLength: 1 << 31} },
		"Pragmas does not apply":         func(c *Config) { c.Path, c.URL, c.Pragmas = "", "libsql://h", []Pragma{{"cache_size", "1"}} },
		"encryptionKey is empty":         func(c *Config) { c.EncryptionKey = []byte{} },
		"encryptionKey needs a database": func(c *Config) { c.Path, c.Memory, c.EncryptionKey = "", true, []byte(testSecret) },
		"needs a vfs that":               func(c *Config) { c.VFS, c.EncryptionKey = "unix", []byte(testSecret) },
		"_busy_timeout is negative":      func(c *Config) { c.BusyTimeout = -1 },
		"_busy_timeout is longer":        func(c *Config) { c.BusyTimeout = 25 * 24 * time.Hour },
		"_stmt_cache_size":               func(c *Config) { c.StmtCacheSize = -1 },
		"_stmt_cache_bytes":              func(c *Config) { c.StmtCacheBytes = -1 },
		"Config.TxLock is none":          func(c *Config) { c.TxLock = ReadOnlyTx },
		"Config.TxLock":                  func(c *Config) { c.TxLock = Concurrent + 1 },
		"Config.Cache":                   func(c *Config) { c.Cache = "Shared" },
		"Config.JournalMode is none":     func(c *Config) { c.JournalMode = "wal" },
		"Config.JournalMode":             func(c *Config) { c.JournalMode = "mvcc" },
		"Config.Synchronous":             func(c *Config) { c.Synchronous = "1" },
		"Pragmas has a name":             func(c *Config) { c.Pragmas = []Pragma{{"key", testSecret}} },
		"has a name":                     func(c *Config) { c.Pragmas = []Pragma{{"foreign_keys", "0"}} },
		"cache_size in Config.Pragmas":   func(c *Config) { c.Pragmas = []Pragma{{"cache_size", "1; DROP TABLE t"}} },
		"temp_store in Config.Pragmas":   func(c *Config) { c.Pragmas = []Pragma{{"temp_store", "memory"}} },
		"cache_size twice": func(c *Config) {
			c.Pragmas = []Pragma{{"cache_size", "1"}, {"temp.cache_size", "1"}, {"cache_size", "2"}}
		},
	}
}

// A Config built by hand is held to the same rules.
func TestConfigCheck(t *testing.T) {
	t.Parallel()
	if err := (*Config)(nil).check(); err == nil {
		t.Error("a nil Config passes the check")
	}
	mistakes := placeMistakes()
	maps.Copy(mistakes, otherMistakes())
	for want, set := range mistakes {
		c := configWith(func(c *Config) { c.Path = "app.db" })
		if err := c.check(); err != nil {
			t.Fatal(err)
		}
		set(c)
		err := c.check()
		wantMessage(t, c.String(), err, want)
	}
}

func TestModeNames(t *testing.T) {
	t.Parallel()
	for mode, want := range map[fmt.Stringer]string{
		Immediate: "immediate", Deferred: "deferred", Exclusive: "exclusive", ReadOnlyTx: "read-only", Concurrent: "concurrent", TxMode(7): "TxMode(7)",
		ReadWriteCreate: "rwc", ReadWrite: "rw", ReadOnly: "ro", OpenMode(7): "OpenMode(7)",
	} {
		if got := mode.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	var zero Config
	if zero.TxLock != Immediate || zero.Mode != ReadWriteCreate {
		t.Error("the zero modes are not the defaults")
	}
}
