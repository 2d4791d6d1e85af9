package driver

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// configWith returns the defaults with the changes made by set.
func configWith(set func(c *Config)) *Config {
	c := defaultConfig()
	set(c)
	return c
}

// configOf is the Config of a file.
func configOf(path string) *Config { return configWith(func(c *Config) { c.Path = path }) }

// plainForms are paths without "file:", literal up to the first "?".
func plainForms() map[string]*Config {
	return map[string]*Config{
		"app.db":               configOf("app.db"),
		"/var/lib/app.db":      configOf("/var/lib/app.db"),
		"app.db?":              configOf("app.db"),
		"app.db?&":             configOf("app.db"),
		"app.db?mode=rwc":      configOf("app.db"),
		"my%20db.db":           configOf("my%20db.db"),
		"100%.db":              configOf("100%.db"),
		"a#b.db?_fk=1":         configOf("a#b.db"),
		"a+b c.db":             configOf("a+b c.db"),
		"~/app.db":             configOf("~/app.db"),
		"./x/../app.db":        configOf("./x/../app.db"),
		`C:\x.db`:              configOf(`C:\x.db`),
		"C:/x.db":              configOf("C:/x.db"),
		"c://x.db":             configOf("c://x.db"),
		"2024-01-02T03:04.db":  configOf("2024-01-02T03:04.db"),
		"data:app.db":          configOf("data:app.db"),
		" file":                configOf(" file"),
		"app.db ":              configOf("app.db "),
		"\xff.db":              configOf("\xff.db"),
		"файл.db":              configOf("файл.db"),
		":MEMORY:":             configOf(":MEMORY:"),
		"libsql.db":            configOf("libsql.db"),
		"host&key.db":          configOf("host&key.db"),
		"monkey=1.db":          configOf("monkey=1.db"),
		"app.db?cache=private": configWith(func(c *Config) { c.Path, c.Cache = "app.db", "private" }),
		"app.db?cache=shared":  configWith(func(c *Config) { c.Path, c.Cache = "app.db", "shared" }),
		"app.db?vfs=my+vfs":    configWith(func(c *Config) { c.Path, c.VFS = "app.db", "my vfs" }),
		"app.db?_%66%6b=0":     configWith(func(c *Config) { c.Path, c.ForeignKeys = "app.db", false }),
	}
}

// uriForms are files as URIs.
func uriForms() map[string]*Config {
	return map[string]*Config{
		"file:app.db":                 configOf("app.db"),
		"file:/abs/app.db":            configOf("/abs/app.db"),
		"file:///abs/app.db":          configOf("/abs/app.db"),
		"file://localhost/abs/app.db": configOf("/abs/app.db"),
		"file:my%20db.db":             configOf("my db.db"),
		"file:%3F%23%25.db":           configOf("?#%.db"),
		"file:a+b.db":                 configOf("a+b.db"),
		"file:app.db#fragment":        configOf("app.db"),
		"file:app.db?_fk=1#fragment":  configOf("app.db"),
		"file:app.db?#":               configOf("app.db"),
		"file:C:/x.db":                configOf("C:/x.db"),
		"file:file:x":                 configOf("file:x"),
	}
}

// memoryForms are databases without a file of their own.
func memoryForms() map[string]*Config {
	memory, temp := configWith(func(c *Config) { c.Memory = true }), configWith(func(c *Config) { c.Temp = true })
	shared := func(name string) *Config {
		return configWith(func(c *Config) { c.Memory, c.MemoryName, c.Cache = true, name, "shared" })
	}
	return map[string]*Config{
		":memory:":                                  memory,
		":memory:?_fk=1":                            memory,
		"file::memory:":                             memory,
		"file::memory:?mode=memory":                 memory,
		"file:name?mode=memory":                     memory,
		"name?mode=memory":                          memory,
		"file:?mode=memory":                         memory,
		"file:name?mode=MEMORY&cache=private":       configWith(func(c *Config) { c.Memory, c.Cache = true, "private" }),
		":memory:?cache=shared":                     shared(":memory:"),
		"file::memory:?cache=shared":                shared(":memory:"),
		"file:name?mode=memory&cache=shared":        shared("name"),
		"file:/name?cache=Shared&mode=memory":       shared("/name"),
		"file:my%20name?cache=shared&mode=memory#x": shared("my name"),
		"name?mode=memory&cache=shared":             shared("name"),
		"file::memory:?cache=shared&_journal=wal":   configWith(func(c *Config) { *c = *shared(":memory:"); c.JournalMode = "WAL" }),
		"":                 temp,
		"file:":            temp,
		"file://":          temp,
		"file://localhost": temp,
		"file:?mode=rwc":   temp,
	}
}

// remoteForms are databases with a server.
func remoteForms() map[string]*Config {
	remote := func(url string) *Config { return configWith(func(c *Config) { c.URL = url }) }
	return map[string]*Config{
		"libsql://host":                              remote("libsql://host"),
		"libsql://host/":                             remote("libsql://host"),
		"LIBSQL://Host:8080/?":                       remote("libsql://Host:8080"),
		"https://host/path//":                        remote("https://host/path"),
		"http://127.0.0.1:8080":                      remote("http://127.0.0.1:8080"),
		"http://[::1]:8080":                          remote("http://[::1]:8080"),
		"ws://host":                                  remote("ws://host"),
		"libsql://host?tls=1":                        remote("libsql://host"),
		"libsql://db-org.turso.io?authToken=eyJ.a.b": configWith(func(c *Config) { c.URL, c.AuthToken = "libsql://db-org.turso.io", "eyJ.a.b" }),
		"http://host?authToken=":                     remote("http://host"),
		"file:r.db?syncUrl=libsql://h&authToken=t&syncInterval=60s&readYourWrites=0": configWith(func(c *Config) {
			c.Path, c.SyncURL, c.AuthToken = "r.db", "libsql://h", "t"
			c.SyncInterval, c.ReadYourWrites = time.Minute, false
		}),
		"r.db?syncUrl=http%3A%2F%2Fh%3A8080&encryptionKey=k": configWith(func(c *Config) {
			c.Path, c.SyncURL, c.EncryptionKey = "r.db", "http://h:8080", []byte("k")
		}),
	}
}

func TestParseDSNForms(t *testing.T) {
	t.Parallel()
	for _, forms := range []map[string]*Config{plainForms(), uriForms(), memoryForms(), remoteForms()} {
		for dsn, want := range forms {
			if got, err := ParseDSN(dsn); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("ParseDSN(%q) = %v, %v; want %v", dsn, got, err, want)
			}
		}
	}
}

// testSecret stands for a secret or a private name in the tests. Its "~" keeps it from
// being a plain word, which messages about unknown names may show.
const testSecret = "s3cr3t~T0ken.x"

func TestParseDSNRefusesForms(t *testing.T) {
	t.Parallel()
	for dsn, wants := range map[string]string{
		"?_fk=1":                                    "no path",
		"?":                                         "no path",
		"a\x00b.db":                                 "NUL",
		"file:a%00b.db":                             "NUL",
		"file:a\x00b.db":                            "NUL",
		"file:100%.db":                              `write %25`,
		"file:%zz" + testSecret:                     `write %25`,
		"file://rel.db":                             `"file:name.db"`,
		"file://" + testSecret + "/x.db":            `"file:name.db"`,
		"file://u:" + testSecret + "@h/x":           `"file:name.db"`,
		"file:a#b.db?_fk=0":                         "write %23",
		"FILE:app.db":                               "lower case",
		" file:app.db":                              "white space",
		":memory:\n":                                "white space",
		" libsql://h?authToken=" + testSecret:       "white space",
		"postgres://u:" + testSecret + "@h/d":       `unknown URL scheme "postgres"`,
		"mysql://u:" + testSecret + "@h/d?x=1":      `unknown URL scheme "mysql"`,
		"sqlite://" + testSecret:                    `"file:name.db"`,
		"sqlite3:app.db":                            `"file:name.db"`,
		"jdbc:sqlite:app.db":                        `"file:name.db"`,
		"libsql:host":                               "libsql://host",
		"https:/host":                               "https://host",
		"libsql://":                                 "names no host",
		"libsql://?authToken=" + testSecret:         "names no host",
		"http://:8080":                              "names no host",
		"http://h:":                                 "no port",
		"http://h:99999":                            "port outside",
		"http://h:0":                                "port outside",
		"http://h:" + testSecret:                    "not a valid URL",
		"http://h%zz" + testSecret:                  "not a valid URL",
		"libsql://u:" + testSecret + "@h":           "user or password",
		"libsql://" + testSecret + "@h":             "user or password",
		"libsql://h#" + testSecret:                  "no fragment",
		"libsql://h?authToken=a#" + testSecret:      "no fragment",
		"libsql://h&authToken=" + testSecret:        "with a secret",
		"app.db&authToken=" + testSecret:            "with a secret",
		"app.db&jwt=" + testSecret:                  "with a secret",
		"file:app.db%3Fencryptionkey=" + testSecret: "with a secret",
		"file:a.db&auth_token=" + testSecret + "?mode=memory&cache=shared": "with a secret",
		"file:?cache=shared&mode=memory":                                   "needs a name",
	} {
		_, err := ParseDSN(dsn)
		wantMessage(t, dsn, err, wants)
	}
}

// wantMessage checks that err is one of ours, says what it should and nothing
// secret.
func wantMessage(t *testing.T, dsn string, err error, wants ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("ParseDSN(%q) succeeded", dsn)
		return
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("ParseDSN(%q): %v\nwant a message with %s", dsn, err, want)
		}
	}
	if !strings.HasPrefix(err.Error(), "libsql: ") || strings.Contains(err.Error(), testSecret) {
		t.Errorf("ParseDSN(%q): bad message %v", dsn, err)
	}
}

func TestParseDSNRefusesParameters(t *testing.T) {
	t.Parallel()
	for dsn, wants := range map[string][]string{
		"app.db?_foo=" + testSecret:                                  {`unknown DSN parameter "_foo": delete it or see the DSN table in the package documentation`},
		"app.db?authtoken=" + testSecret:                             {`"authtoken"`, "write authToken"},
		"app.db?" + testSecret + "=1":                                {"unknown DSN parameter number 1"},
		"app.db?_fk=1&" + testSecret:                                 {`number 2 has no "="`},
		"app.db?encryptionKey=a&b":                                   {`number 2 has no "="`},
		"app.db?b.db":                                                {`number 1 has no "="`},
		"app.db?=" + testSecret:                                      {"unknown DSN parameter number 1"},
		"app.db?%zz=" + testSecret:                                   {"number 1", "%XX"},
		"app.db?_fk=%zz" + testSecret:                                {`"_fk"`, "%XX"},
		"app.db?_loc=UTC;" + testSecret:                              {`"_loc"`, "%3B"},
		"app.db?vfs=a%00b":                                           {`"vfs"`, "NUL"},
		"app.db?eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9=1":              {"unknown DSN parameter number 1"},
		"app.db?_timeout=-1":                                         {`"_timeout"`, "from 0 on"},
		"app.db?_pragma=rekey('" + testSecret + "')":                 {`"_pragma"`, "use encryptionKey"},
		"app.db?_fk=1&_fk=1":                                         {`duplicate DSN parameter "_fk"`},
		"app.db?_fk=1&_foreign_keys=1":                               {`"_fk" and "_foreign_keys"`},
		"app.db?_%66k=1&_fk=0":                                       {`duplicate DSN parameter "_fk"`},
		"app.db?_pragma=foreign_keys(1)&_fk=1":                       {`"_pragma" (foreign_keys) and "_fk"`},
		"app.db?_timeout=1&_pragma=busy_timeout%3D1":                 {`"_timeout" and "_pragma" (busy_timeout)`},
		"app.db?_pragma=mmap_size(1)&_pragma=main.mmap_size(1)":      {`"_pragma" (mmap_size)`, "duplicate"},
		"app.db?_loc=auto&_timezone=UTC":                             {`"_loc" and "_timezone"`},
		"libsql://h?authToken=" + testSecret + "&jwt=" + testSecret:  {`"authToken" and "jwt"`},
		"app.db?encryptionKey=" + testSecret + "+":                   {`"encryptionKey"`, "%2B"},
		"libsql://h?authToken=+" + testSecret:                        {`"authToken"`, "%2B"},
		"file:app.db?encryptionKey=" + testSecret + "#1":             {`"encryptionKey"`, "%23"},
		"file:app.db?_fk=1&encryptionKey=" + testSecret + "#?_loc=1": {`"encryptionKey"`, "%23"},
		"libsql://h?authToken=" + testSecret + "%0A":                 {"authToken", "control characters"},
		"libsql://h?remoteEncryptionKey=" + testSecret + "%20":       {"remoteEncryptionKey", "base64"},
	} {
		_, err := ParseDSN(dsn)
		wantMessage(t, dsn, err, wants...)
	}
}

func TestParseDSNContradictions(t *testing.T) {
	t.Parallel()
	for dsn, wants := range map[string]string{
		"a?mode=ro&_journal_mode=WAL":                      "_journal_mode",
		"a?immutable=1&_journal=DELETE":                    "_journal_mode",
		"a?mode=ro&_vacuum=1":                              "_auto_vacuum",
		"a?immutable=1&_pragma=auto_vacuum(1)":             "_auto_vacuum",
		"a?immutable=1&mode=rwc":                           "immutable needs mode=ro",
		"a?mode=rw&immutable=1":                            "immutable needs mode=ro",
		":memory:?mode=ro":                                 "mode=ro excludes",
		"file:?mode=ro":                                    "mode=ro excludes",
		":memory:?vfs=unix":                                `"vfs" does not apply to a memory database, only to a database file`,
		"file:?vfs=unix":                                   `"vfs" does not apply to a temporary database`,
		"a?mode=memory&nolock=1":                           `"nolock" does not apply to a memory database`,
		":memory:?encryptionKey=" + testSecret:             `"encryptionKey" does not apply to a memory database`,
		"libsql://h?encryptionKey=" + testSecret:           `"encryptionKey" does not apply to a remote database`,
		"a?encryptionKey=" + testSecret + "&vfs=unix":      "needs a vfs that encrypts",
		"a?encryptionKey=":                                 "encryptionKey is empty",
		"a?encryptionKey":                                  "encryptionKey is empty",
		"a?authToken=" + testSecret:                        `"authToken" does not apply to a database file, only to an embedded replica (syncUrl) or a remote database: delete it`,
		"a?tls=1":                                          `"tls" does not apply`,
		"a?syncInterval=1s":                                `"syncInterval" does not apply`,
		":memory:?syncUrl=libsql://h":                      `"syncUrl" does not apply to a memory database`,
		"file:?syncUrl=libsql://h":                         `"syncUrl" does not apply to a temporary database`,
		"libsql://h?syncUrl=libsql://h":                    `"syncUrl" does not apply to a remote database`,
		"a?syncUrl=libsql://h&mode=rw":                     `"mode" does not apply to an embedded replica`,
		"a?syncUrl=libsql://h&_journal_mode=WAL":           `"_journal_mode" does not apply`,
		"libsql://h?_pragma=busy_timeout(1)":               `"_pragma" (busy_timeout) does not apply to a remote database`,
		"libsql://h?vfs=unix":                              `"vfs" does not apply to a remote database`,
		"a?syncUrl=libsql://h&vfs=unix":                    `"vfs" does not apply to an embedded replica`,
		"libsql://h?_fk=1":                                 `"_fk" does not apply to a remote database`,
		"a?_pragma=locking_mode(exclusive)&syncUrl=ws://h": `"_pragma" (locking_mode) does not apply to an embedded replica`,
		"a?_single_process=1&vfs=unix":                     "_single_process and vfs",
		"a?_single_process=1&nolock=1":                     "_single_process and nolock",
		"a?_single_process=1&immutable=1":                  "_single_process and immutable",
		"a?nolock=1&_journal_mode=wal":                     "nolock excludes",
		"libsql://h?tls=0":                                 "needs a port",
		"http://h:80?tls=1":                                `"tls" is 0 or 1 with libsql://`,
		"https://h:80?tls=0":                               `"tls" is 0 or 1 with libsql://`,
		"https://h:80?tls=1":                               `"tls" is 0 or 1 with libsql://`,
		"a?syncUrl=http://h&tls=1":                         `"tls" is 0 or 1 with libsql://`,
		"http://h?authToken=x":                             "would show the token",
		"ws://10.0.0.1:80?authToken=x":                     "would show the token",
		"a?syncUrl=http://h&authToken=x":                   "would show the token",
		"a?syncUrl=libsql://h&tls=0":                       "syncUrl needs a port",
	} {
		_, err := ParseDSN(dsn)
		wantMessage(t, dsn, err, wants)
	}
}

// Close to a contradiction and none.
func TestParseDSNCompatible(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"a?immutable=1&mode=ro", "a?immutable=0&mode=rwc", "a?mode=ro&_synchronous=OFF", "a?mode=ro&_txlock=immediate",
		"a?encryptionKey=k&vfs=multipleciphers-unix", "a?encryptionKey=k&_single_process=1", "a?encryptionKey=k&immutable=1",
		"a?nolock=1&_journal_mode=delete", "libsql://h:8080?tls=0", "a?syncUrl=libsql://h:1&tls=0",
	} {
		if _, err := ParseDSN(dsn); err != nil {
			t.Errorf("ParseDSN(%q): %v", dsn, err)
		}
	}
	if c, err := ParseDSN("a?immutable=1"); err != nil || c.Mode != ReadOnly {
		t.Errorf("immutable=1 gives mode %v, %v; want ro", c, err)
	}
}
