package driver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/driver/internal/hrana"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// check returns an error if the settings of c contradict each other or are out
// of range. ParseDSN ends with it, and a connector begins with it, because a
// Config can also be built by hand.
//
// Its messages name settings as a DSN does, where they have a name there, and
// never show a value.
func (c *Config) check() error {
	if c == nil {
		return errors.New("libsql: the Config is nil: build one with ParseDSN")
	}
	for _, part := range []func() error{
		c.checkLocation, c.checkRemote, c.checkMode, c.checkFile, c.checkKey, c.checkRanges, c.checkWords,
	} {
		if err := part(); err != nil {
			return err
		}
	}
	for _, l := range sortedLimits(c.Limits) {
		if err := l.check(c.Limits[l]); err != nil {
			return err
		}
		if c.Limits[l] < 0 {
			return fmt.Errorf("libsql: Config.Limits: %v is negative", l)
		}
	}
	for _, e := range c.Extensions {
		if err := e.check(); err != nil {
			return fmt.Errorf("%w (Config.Extensions)", err)
		}
	}
	for i, a := range c.Attach {
		if err := a.check(); err != nil {
			return fmt.Errorf("%w (Config.Attach)", err)
		}
		if slices.ContainsFunc(c.Attach[:i], func(b Attachment) bool { return sqltext.EqualFold(a.Schema, b.Schema) }) {
			return fmt.Errorf("libsql: Config.Attach has the schema %s twice", a.Schema)
		}
	}
	for i, p := range c.Pragmas {
		if err := p.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(c.Pragmas[:i], func(q Pragma) bool { return q.Name == p.Name }) {
			return fmt.Errorf("libsql: Config.Pragmas sets PRAGMA %s twice: delete one of them", p.Name)
		}
	}
	return nil
}

// conflict is one way in which settings contradict each other.
type conflict struct {
	found   bool
	message string
}

// firstConflict returns the first conflict that was found as an error.
func firstConflict(conflicts ...conflict) error {
	for _, x := range conflicts {
		if x.found {
			return errors.New("libsql: " + x.message)
		}
	}
	return nil
}

// checkLocation checks that the Config names one database.
func (c *Config) checkLocation() error {
	places := 0
	for _, given := range []bool{c.Path != "", c.Memory, c.Temp, c.URL != ""} {
		if given {
			places++
		}
	}
	names := c.Path + c.MemoryName
	return firstConflict(
		conflict{places == 0, "Config names no database: set one of Path, Memory, Temp and URL"},
		conflict{places > 1, "Config names more than one database: set only one of Path, Memory, Temp and URL"},
		conflict{c.MemoryName != "" && !c.Memory, "Config.MemoryName needs Config.Memory"},
		conflict{strings.ContainsRune(names, 0), "the path contains a NUL byte, which no file name can"},
		conflict{holdsSecret(names), `the path contains a parameter with a secret: parameters begin with "?" and are divided by "&"`},
		conflict{strings.ContainsRune(c.VFS, 0), "the vfs name contains a NUL byte"},
	)
}

// holdsSecret reports whether a path has swallowed a parameter that carries a
// secret, as in "app.db&authToken=…". Opened as a file, the secret would be in
// directory listings, and in every message that names the file.
func holdsSecret(path string) bool {
	lower := strings.ToLower(path)
	for i := range dsnParams {
		if !dsnParams[i].secret {
			continue
		}
		for _, name := range dsnParams[i].names() {
			name = strings.ToLower(name) + "="
			// Short names do occur in paths, but hardly behind a divider.
			if len(name) > len("_key=") && strings.Contains(lower, name) ||
				strings.Contains(lower, "&"+name) || strings.Contains(lower, "?"+name) {
				return true
			}
		}
	}
	return false
}

// checkRemote checks the settings that concern a server.
func (c *Config) checkRemote() error {
	served := c.URL != "" || c.SyncURL != ""
	if err := firstConflict(
		conflict{c.SyncURL != "" && c.Path == "", "syncUrl needs a database file"},
		conflict{c.AuthToken != "" && !served, "authToken needs a remote database or syncUrl"},
		conflict{!headerSafe(c.AuthToken), "authToken contains a space, a control character or a character outside ASCII"},
		conflict{c.AuthTokenFunc != nil && c.URL == "", "Config.AuthTokenFunc needs a remote database"},
		conflict{c.AuthTokenFunc != nil && c.AuthToken != "", "authToken and Config.AuthTokenFunc exclude each other"},
		conflict{c.URL == "" && !c.Remote.isZero(), "Config.Remote needs a remote database"},
		conflict{c.RemoteEncryptionKey != "" && !served, "remoteEncryptionKey needs a remote database or syncUrl"},
		conflict{!headerSafe(c.RemoteEncryptionKey), "remoteEncryptionKey contains a space, a control character or a character outside ASCII"},
		conflict{c.SyncInterval != 0 && c.SyncURL == "", "syncInterval needs syncUrl"},
		conflict{c.SyncInterval < 0, "syncInterval is negative"},
	); err != nil {
		return err
	}
	if !served {
		return firstConflict(conflict{c.DisableTLS, "tls needs a remote database or syncUrl"})
	}
	if err := c.Remote.check(); err != nil {
		return err
	}
	name, address := "the URL", c.URL
	if c.URL == "" {
		name, address = "syncUrl", c.SyncURL
	}
	u, problem := parseRemote(address)
	if problem != "" {
		return fmt.Errorf("libsql: %s %s", name, problem)
	}
	return firstConflict(
		conflict{holdsSecret(address), name + ` contains a parameter with a secret: parameters begin with "?" and are divided by "&"`},
		conflict{c.DisableTLS && (u.Scheme == "https" || u.Scheme == "wss"), "tls=0 contradicts " + u.Scheme + "://, which is encrypted"},
		conflict{c.DisableTLS && u.Scheme == "libsql" && u.Port() == "", name + " needs a port, because tls=0 leaves no default one"},
		conflict{(c.AuthToken != "" || c.AuthTokenFunc != nil || c.RemoteEncryptionKey != "") && !c.DisableTLS && (u.Scheme == "http" || u.Scheme == "ws") && !hrana.Loopback(u.Hostname()),
			u.Scheme + ":// would show the token or key to the network: use https://, or allow it with tls=0"},
	)
}

// headerSafe reports whether s can travel in an HTTP header as it is.
func headerSafe(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// checkMode checks the settings that depend on what may be written.
func (c *Config) checkMode() error {
	writesHeader := slices.ContainsFunc(c.Pragmas, func(p Pragma) bool { return p.Name == "auto_vacuum" })
	return firstConflict(
		conflict{c.Mode > ReadOnly, "Config.Mode is none of ReadWriteCreate, ReadWrite and ReadOnly"},
		conflict{c.Immutable && c.Mode != ReadOnly, "immutable needs mode=ro: a file that never changes cannot be written"},
		conflict{c.Mode == ReadOnly && c.JournalMode != "", "mode=ro and immutable exclude _journal_mode, which writes to the file"},
		conflict{c.Mode == ReadOnly && writesHeader, "mode=ro and immutable exclude _auto_vacuum, which writes to the file"},
		conflict{c.Mode == ReadOnly && (c.Memory || c.Temp), "mode=ro excludes a memory or temporary database, which begins empty"},
		conflict{c.Mode != ReadWriteCreate && (c.SyncURL != "" || c.URL != ""), "mode does not apply to a remote database or a replica"},
	)
}

// checkFile checks the settings that need a file, and a file alone.
func (c *Config) checkFile() error {
	for _, s := range []struct {
		given bool
		name  string
	}{
		{c.VFS != "", "vfs"}, {c.Immutable, "immutable"}, {c.NoLock, "nolock"},
		{c.PSOW != nil, "psow"}, {c.SingleProcess, "_single_process"},
	} {
		if s.given && (c.Path == "" || c.SyncURL != "") {
			return fmt.Errorf("libsql: %s needs a database file that is no replica", s.name)
		}
	}
	return firstConflict(
		conflict{c.SingleProcess && c.VFS != "", "_single_process and vfs exclude each other: both choose the VFS"},
		conflict{c.SingleProcess && c.NoLock, "_single_process and nolock exclude each other: one locks, the other does not"},
		conflict{c.SingleProcess && c.Immutable, "_single_process and immutable exclude each other: one locks, the other does not"},
		conflict{c.NoLock && c.JournalMode == "WAL", "nolock excludes the journal mode WAL, which needs locks"},
		conflict{c.JournalMode != "" && (c.SyncURL != "" || c.URL != ""), "_journal_mode does not apply to a remote database or a replica"},
		conflict{c.AllowFileFunctions && c.URL != "", "_file_functions does not apply to a remote database"},
		conflict{c.AllowExtensions && c.URL != "", "Config.AllowExtensions does not apply to a remote database"},
		conflict{len(c.Extensions) > 0 && c.URL != "", "Config.Extensions does not apply to a remote database"},
		conflict{len(c.Attach) > 0 && c.URL != "", "Config.Attach does not apply to a remote database"},
		conflict{c.Defensive && c.URL != "", "_defensive does not apply to a remote database"},
		conflict{len(c.Limits) > 0 && c.URL != "", "Config.Limits does not apply to a remote database"},
		conflict{len(c.Pragmas) > 0 && c.URL != "", "Config.Pragmas does not apply to a remote database"},
	)
}

// checkKey checks where a key may be used. SQLite itself would drop it without a
// word wherever it cannot encrypt, and write the file in the clear.
func (c *Config) checkKey() error {
	if c.EncryptionKey == nil && c.EncryptionKeyFunc == nil {
		return nil
	}
	return firstConflict(
		conflict{c.EncryptionKey != nil && c.EncryptionKeyFunc != nil, "encryptionKey and Config.EncryptionKeyFunc exclude each other"},
		conflict{c.EncryptionKey != nil && len(c.EncryptionKey) == 0, "encryptionKey is empty, which would leave the file unencrypted: delete it or give a key"},
		conflict{c.Path == "", "encryptionKey needs a database file: nothing else is encrypted by the driver"},
		conflict{c.VFS != "" && !strings.HasPrefix(c.VFS, "multipleciphers-"), "encryptionKey needs a vfs that encrypts: the default one or one whose name begins with multipleciphers-"},
	)
}

// checkRanges checks the numbers.
func (c *Config) checkRanges() error {
	return firstConflict(
		conflict{c.BusyTimeout < 0, "_busy_timeout is negative"},
		conflict{c.BusyTimeout > maxBusyTimeout, "_busy_timeout is longer than SQLite can count"},
		conflict{c.StmtCacheSize < 0, "_stmt_cache_size is negative"},
		conflict{c.StmtCacheBytes < 0, "_stmt_cache_bytes is negative"},
		conflict{c.TxLock > Concurrent || c.TxLock == ReadOnlyTx, "Config.TxLock is none of Immediate, Deferred, Exclusive and Concurrent"},
	)
}

// checkWords checks the settings that are one of a few words.
func (c *Config) checkWords() error {
	return firstConflict(
		conflict{c.Cache != "" && c.Cache != "private" && c.Cache != "shared", "Config.Cache is none of private, shared and empty"},
		conflict{c.JournalMode != "" && !isJournalMode(c.JournalMode), "Config.JournalMode is none of " + strings.Join(journalModes, " ") + " and empty"},
		conflict{c.Synchronous != "" && !slices.Contains(synchronousLevels, c.Synchronous), "Config.Synchronous is none of " + strings.Join(synchronousLevels, " ") + " and empty"},
	)
}

// isJournalMode takes the modes with MVCC, too: whether the engine has one is
// found out when the database is opened.
func isJournalMode(word string) bool {
	return slices.Contains(journalModes, word) || engine.IsMVCC(word) && word == strings.ToUpper(word)
}
