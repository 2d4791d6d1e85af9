package driver

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// redacted stands where a secret, or what may be one, would stand.
const redacted = "REDACTED"

// String describes the Config in the form of a DSN: where the database is and
// every setting that differs from its default. Secrets are replaced by REDACTED,
// so it is for people and logs, not for ParseDSN.
func (c Config) String() string {
	var d dsnText
	c.writeAccess(&d)
	c.writeRemote(&d)
	c.writeConnection(&d)
	for _, p := range c.Pragmas {
		d.add(true, "_pragma", p.String())
	}
	d.add(len(c.Limits) > 0, "Limits", limitsText(c.Limits))
	for _, e := range c.Extensions {
		d.add(true, "Extension", e.Path)
	}
	d.add(c.AllowExtensions, "AllowExtensions", "true")
	for _, a := range c.Attach {
		d.add(true, "Attach", a.String())
	}
	d.add(c.OnConnect != nil, "OnConnect", "set")
	d.add(c.Tracer != nil, "Tracer", "set")

	if len(d.settings) == 0 {
		return c.location()
	}
	return c.location() + "?" + strings.Join(d.settings, "&")
}

// GoString is String within the name of the type, for the verb %#v.
func (c Config) GoString() string { return "driver.Config(" + c.String() + ")" }

// Format writes String, quoted for %q and within the type's name for %#v. Every
// other verb gets the same text: none may look into the fields.
func (c Config) Format(f fmt.State, verb rune) {
	switch {
	case verb == 'v' && f.Flag('#'):
		_, _ = io.WriteString(f, c.GoString())
	case verb == 'q':
		_, _ = io.WriteString(f, strconv.Quote(c.String()))
	default:
		_, _ = io.WriteString(f, c.String())
	}
}

// MarshalText returns String. Package encoding/json uses it too, so that a
// Config inside a value that somebody logs as JSON stays redacted.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// dsnText collects settings as key=value.
type dsnText struct{ settings []string }

// add adds the setting if it is given.
func (d *dsnText) add(given bool, key, value string) {
	if given {
		d.settings = append(d.settings, key+"="+escapeText(value, "&;#%+ "))
	}
}

// flag adds the switch if it is not at its default.
func (d *dsnText) flag(on, byDefault bool, key string) {
	value := "0"
	if on {
		value = "1"
	}
	d.add(on != byDefault, key, value)
}

// location is what stands before the settings.
func (c Config) location() string {
	switch {
	case c.URL != "":
		return remoteText(c.URL)
	case c.MemoryName != "":
		return "file:" + pathText(c.MemoryName)
	case c.Memory:
		return ":memory:"
	default:
		return "file:" + pathText(c.Path)
	}
}

// pathText escapes what would end the path of a URI, and control characters.
func pathText(path string) string {
	if holdsSecret(path) {
		return redacted
	}
	if strings.HasPrefix(path, "//") {
		path = "//" + path // an empty host, or the path would begin with one
	}
	return escapeText(path, "?#%")
}

// remoteText cleans an address that a program may have put together by hand,
// with a password or a token in it.
func remoteText(address string) string {
	u, problem := parseRemote(address)
	if problem != "" || holdsSecret(address) {
		return redacted
	}
	return u.String()
}

// escapeText percent-encodes control characters and those of set.
func escapeText(s, set string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f || strings.IndexByte(set, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// writeAccess adds how the database is opened.
func (c Config) writeAccess(d *dsnText) {
	d.add(c.Memory && c.MemoryName != "", "mode", "memory")
	d.add(c.Mode != ReadWriteCreate, "mode", c.Mode.String())
	d.add(c.Cache != "", "cache", c.Cache)
	d.add(c.VFS != "", "vfs", c.VFS)
	d.flag(c.Immutable, false, "immutable")
	d.flag(c.NoLock, false, "nolock")
	if c.PSOW != nil {
		d.flag(*c.PSOW, !*c.PSOW, "psow")
	}
	d.flag(c.SingleProcess, false, "_single_process")
	d.add(c.EncryptionKey != nil, "encryptionKey", redacted)
	d.add(c.EncryptionKeyFunc != nil, "EncryptionKeyFunc", "set")
}

// writeRemote adds what concerns a server.
func (c Config) writeRemote(d *dsnText) {
	if c.SyncURL != "" {
		d.add(true, "syncUrl", remoteText(c.SyncURL))
		d.add(c.SyncInterval != 0, "syncInterval", c.SyncInterval.String())
		d.flag(c.ReadYourWrites, true, "readYourWrites")
	}
	d.add(c.DisableTLS, "tls", "0")
	d.add(c.AuthToken != "", "authToken", redacted)
	d.add(c.AuthTokenFunc != nil, "AuthTokenFunc", "set")
	d.add(!c.Remote.isZero(), "Remote", "set")
	d.add(c.RemoteEncryptionKey != "", "remoteEncryptionKey", redacted)
}

// writeConnection adds what is set on each connection.
func (c Config) writeConnection(d *dsnText) {
	d.add(c.BusyTimeout != defaultBusyTimeout, "_busy_timeout", strconv.FormatInt(int64(c.BusyTimeout/time.Millisecond), 10))
	d.flag(c.ForeignKeys, true, "_foreign_keys")
	d.add(c.JournalMode != "", "_journal_mode", c.JournalMode)
	d.add(c.Synchronous != "", "_synchronous", c.Synchronous)
	d.add(c.TxLock != Immediate, "_txlock", c.TxLock.String())
	if c.Loc != nil {
		d.add(true, "_loc", c.Loc.String())
	}
	d.flag(c.DQS, true, "_dqs")
	d.add(c.StmtCacheSize != defaultStmtCacheSize, "_stmt_cache_size", strconv.Itoa(c.StmtCacheSize))
	d.add(c.StmtCacheBytes != defaultStmtCacheBytes, "_stmt_cache_bytes", strconv.FormatInt(c.StmtCacheBytes, 10))
	d.flag(c.Defensive, false, "_defensive")
	d.flag(c.TrustedSchema, true, "_trusted_schema")
	d.flag(c.AllowFileFunctions, false, "_file_functions")
}
