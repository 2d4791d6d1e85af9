package driver

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzParseDSN puts a secret between two pieces of a DSN. Whatever they are,
// parsing does not panic, no error shows the secret, and a Config shows it only
// where it is the place of the database and not a secret.
func FuzzParseDSN(f *testing.F) {
	for _, seed := range fuzzSeeds() {
		before, after, found := strings.Cut(seed, testSecret)
		if !found {
			// A secret at the end, in a parameter of the right kind.
			after = ""
		}
		f.Add(before, after)
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		dsn := before + testSecret + after
		c, err := ParseDSN(dsn)
		if err != nil {
			if c != nil {
				t.Errorf("ParseDSN(%q) returns a Config with its error", dsn)
			}
			if msg := err.Error(); !strings.HasPrefix(msg, "libsql: ") || strings.Contains(msg, testSecret) || strings.Contains(msg, "~") {
				t.Errorf("ParseDSN(%q): bad message %s", dsn, msg)
			}
			return
		}
		checkFuzzed(t, dsn, c)
	})
}

// fuzzSeeds are DSNs of every form, with the secret in every kind of place.
func fuzzSeeds() []string {
	seeds := []string{
		"", "file:", "?", testSecret, "file:" + testSecret, "file://" + testSecret + "/x", ":memory:?_fk=" + testSecret, "file::memory:?cache=shared&vfs=" + testSecret,
		"file:" + testSecret + "?mode=memory&cache=shared", "a#b?encryptionKey=" + testSecret, "file:a?encryptionKey=" + testSecret + "#x", "file:%zz" + testSecret,
		"postgres://u:" + testSecret + "@h/d", "libsql://u:" + testSecret + "@h", "libsql://" + testSecret, "https://h:80/" + testSecret, "ws://h#" + testSecret, "wss://[::1]:" + testSecret,
		"libsql://h?auth%54oken=" + testSecret, "libsql://h:1?tls=0&authToken=" + testSecret + "&authToken=x", "file:a?syncUrl=libsql://h?authToken=" + testSecret,
		"file:r.db?syncUrl=libsql://h&authToken=" + testSecret + "&syncInterval=1s&readYourWrites=0&remoteEncryptionKey=x", "a&authToken=" + testSecret, "file:a%3FauthToken=" + testSecret,
		"a?_pragma=key('" + testSecret + "')", "a?_pragma=cache_size(1)&_pragma=" + testSecret + "(1)", "a?" + testSecret, "a?" + testSecret + "=1", "a?%" + testSecret + "=1", "a?_fk=;" + testSecret, "a?_loc=+" + testSecret,
		"0?encryptionKey=" + testSecret + ".x&syncUrl=HTTP%3A%2F%2F%3B", "a?authToken=" + testSecret + "&syncUrl=http://h/a%3Bb",
		"libsql://h?_loc=" + testSecret, " libsql://h?jwt=" + testSecret, "FILE:" + testSecret, "\x00" + testSecret, "C:\\" + testSecret + "?mode=ro",
	}
	for i := range dsnParams {
		for _, name := range dsnParams[i].names() {
			seeds = append(seeds, "file:a.db?"+name+"="+testSecret, "libsql://h:1?"+name+"="+testSecret)
		}
	}
	for _, tests := range []map[string]paramTest{sqliteTests(), libsqlTests(), mattnTests(), mattnPragmaTests(), otherTests()} {
		for _, key := range slices.Sorted(maps.Keys(tests)) {
			for _, value := range slices.Sorted(maps.Keys(tests[key].good)) {
				seeds = append(seeds, "file:a.db?encryptionKey="+testSecret+"&"+key+"="+url.QueryEscape(value))
			}
		}
	}
	return seeds
}

// checkFuzzed checks what holds of every Config that is parsed.
func checkFuzzed(t *testing.T, dsn string, c *Config) {
	if err := c.check(); err != nil {
		t.Errorf("ParseDSN(%q): a second check fails: %v", dsn, err)
	}
	if !reflect.DeepEqual(c, c.Clone()) {
		t.Errorf("ParseDSN(%q): the clone differs", dsn)
	}
	for _, address := range []string{c.URL, c.SyncURL} {
		if u, err := url.Parse(address); err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("ParseDSN(%q) keeps the address %q", dsn, address)
		}
	}
	for _, p := range c.Pragmas {
		if strings.ContainsAny(p.Name+p.Value, "'\";()") {
			t.Errorf("ParseDSN(%q) keeps the PRAGMA %q = %q", dsn, p.Name, p.Value)
		}
	}
	open := c.Path + "\n" + c.MemoryName + "\n" + c.URL + "\n" + c.SyncURL + "\n" + c.VFS
	if unescaped, err := url.PathUnescape(open); err == nil {
		open += unescaped
	}
	if text := c.String(); !strings.Contains(open, testSecret) && strings.Contains(text, testSecret) {
		t.Errorf("ParseDSN(%q) prints %s", dsn, text)
	}
	bare := c.Clone()
	bare.AuthToken, bare.EncryptionKey, bare.RemoteEncryptionKey = "", nil, ""
	if again, err := ParseDSN(bare.String()); err != nil {
		t.Errorf("ParseDSN(%q) prints %s, which is not a DSN: %v", dsn, bare, err)
	} else if again.String() != bare.String() {
		t.Errorf("ParseDSN(%q) prints %s, which prints %s", dsn, bare, again)
	}
}
