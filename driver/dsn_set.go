package driver

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/pragmas"
)

// The setters of the table dsnParams: each reads a value into its field.

// setBool returns a setter for a switch.
func setBool(field func(*Config) *bool) func(*Config, dsnPair) error {
	return func(c *Config, p dsnPair) error {
		on, ok := pragmas.Switch(p.value)
		if !ok {
			return p.invalid(pragmas.SwitchWant)
		}
		*field(c) = on
		return nil
	}
}

// refuse returns a setter for a parameter that cannot be honoured.
func refuse(reason string) func(*Config, dsnPair) error {
	return func(_ *Config, p dsnPair) error { return p.unsupported(reason) }
}

// acceptWord returns a setter for a parameter that has no effect here.
func acceptWord(words ...string) func(*Config, dsnPair) error {
	return func(_ *Config, p dsnPair) error {
		if _, ok := pragmas.OneOf(words, p.value); !ok {
			return p.invalid("one of " + strings.Join(words, " "))
		}
		return nil
	}
}

// acceptOnly returns a setter that takes the value that says what the driver
// does anyway and refuses the others that its inventor knows.
func acceptOnly(accepted, reason string, others ...string) func(*Config, dsnPair) error {
	return func(_ *Config, p dsnPair) error {
		switch _, other := pragmas.OneOf(others, p.value); {
		case strings.EqualFold(p.value, accepted):
			return nil
		case other:
			return p.unsupported(reason)
		}
		return p.invalid(accepted)
	}
}

// acceptOn returns a setter for a switch that cannot be off.
func acceptOn(reason string) func(*Config, dsnPair) error {
	return func(_ *Config, p dsnPair) error {
		switch on, ok := pragmas.Switch(p.value); {
		case !ok:
			return p.invalid("one of 1 true yes on")
		case !on:
			return p.unsupported(reason)
		}
		return nil
	}
}

func refuseKey(_ *Config, p dsnPair) error {
	return fmt.Errorf("libsql: DSN parameter %s would be ignored and the file left unencrypted: write encryptionKey", p.label())
}

func setMode(c *Config, p dsnPair) error {
	for i, name := range openModeNames {
		if strings.EqualFold(p.value, name) {
			c.Mode = OpenMode(i)
			return nil
		}
	}
	if strings.EqualFold(p.value, "memory") {
		return nil // has done its work in locate
	}
	return p.invalid("one of ro rw rwc memory")
}

func setCache(c *Config, p dsnPair) error {
	cache := strings.ToLower(p.value)
	if cache != "shared" && cache != "private" {
		return p.invalid("one of shared private")
	}
	c.Cache = cache
	return nil
}

func setVFS(c *Config, p dsnPair) error {
	if p.value == "" {
		return p.invalid("the name of a VFS")
	}
	c.VFS = p.value
	return nil
}

func setPSOW(c *Config, p dsnPair) error {
	on, ok := pragmas.Switch(p.value)
	if !ok {
		return p.invalid(pragmas.SwitchWant)
	}
	c.PSOW = &on
	return nil
}

// setAuthToken accepts an empty token: a program that appends "?authToken=" and
// an environment variable then works with a server that wants none.
func setAuthToken(c *Config, p dsnPair) error {
	if !headerSafe(p.value) {
		return p.invalid("a token without spaces, control characters and characters outside ASCII")
	}
	c.AuthToken = p.value
	return nil
}

func setRemoteEncryptionKey(c *Config, p dsnPair) error {
	if p.value == "" || !headerSafe(p.value) {
		return p.invalid("a key in base64")
	}
	c.RemoteEncryptionKey = p.value
	return nil
}

func setEncryptionKey(c *Config, p dsnPair) error {
	c.EncryptionKey = []byte(p.value)
	return nil
}

func setTLS(c *Config, p dsnPair) error {
	on, ok := pragmas.Switch(p.value)
	if !ok {
		return p.invalid(pragmas.SwitchWant)
	}
	c.DisableTLS = !on
	return nil
}

func setSyncURL(c *Config, p dsnPair) error {
	u, problem := parseRemote(p.value)
	if problem != "" {
		return fmt.Errorf("libsql: DSN parameter %s %s", p.label(), problem)
	}
	c.SyncURL = u.String()
	return nil
}

// setSyncInterval wants a unit: libSQL's other clients mean seconds by a bare
// number, and the timeouts in this very DSN are milliseconds.
func setSyncInterval(c *Config, p dsnPair) error {
	d, err := time.ParseDuration(p.value)
	if err != nil || d < 0 {
		return p.invalid("a duration with a unit, such as 60s or 500ms, or 0 for none")
	}
	c.SyncInterval = d
	return nil
}

func setBusyTimeout(c *Config, p dsnPair) error {
	ms, err := parseCount(p.value, 32)
	if err != nil {
		return p.invalid("a number of milliseconds from 0 on")
	}
	c.BusyTimeout = time.Duration(ms) * time.Millisecond
	return nil
}

func setStmtCacheSize(c *Config, p dsnPair) error {
	n, err := parseCount(p.value, 32)
	if err != nil {
		return p.invalid("a number of statements from 0 on")
	}
	c.StmtCacheSize = int(n)
	return nil
}

func setStmtCacheBytes(c *Config, p dsnPair) error {
	n, err := parseCount(p.value, 64)
	if err != nil {
		return p.invalid("a number of bytes from 0 on")
	}
	c.StmtCacheBytes = n
	return nil
}

// parseCount reads a number that is not negative and fits that many bits.
func parseCount(value string, bits int) (int64, error) {
	n, err := strconv.ParseInt(value, 10, bits)
	if err == nil && n < 0 {
		return 0, errors.New("negative")
	}
	return n, err
}

func setJournalMode(c *Config, p dsnPair) error {
	if engine.IsMVCC(p.value) {
		c.JournalMode = strings.ToUpper(p.value)
		return nil
	}
	values := &pragmas.Find("journal_mode").Values
	mode, ok := values.Parse(p.value)
	if !ok {
		return p.invalid(values.String())
	}
	c.JournalMode = mode
	return nil
}

func setSynchronous(c *Config, p dsnPair) error {
	values := &pragmas.Find("synchronous").Values
	level, ok := values.Parse(p.value)
	if !ok {
		return p.invalid(values.String())
	}
	c.Synchronous, _ = values.Word(level)
	return nil
}

func setTxLock(c *Config, p dsnPair) error {
	mode, ok := parseTxMode(p.value)
	if !ok {
		return p.invalid("one of deferred immediate exclusive")
	}
	c.TxLock = mode
	return nil
}

func setLoc(c *Config, p dsnPair) error {
	if strings.EqualFold(p.value, "auto") {
		c.Loc = time.Local
		return nil
	}
	loc, err := time.LoadLocation(p.value)
	if err != nil || p.value == "" {
		return p.invalid("auto or the IANA name of a time zone that this system knows")
	}
	c.Loc = loc
	return nil
}

// setTimezone takes the one zone in which modernc's _timezone means what the
// driver does: times are written in UTC, and read as UTC where they name no zone.
func setTimezone(c *Config, p dsnPair) error {
	if !strings.EqualFold(p.value, "UTC") {
		return p.unsupported("times are always written in UTC; _loc sets the zone they are read in")
	}
	c.Loc = time.UTC
	return nil
}

// setPragma adds a setting to Config.Pragmas.
func setPragma(c *Config, p dsnPair) error {
	set := Pragma{Name: strings.TrimPrefix(p.slot, "PRAGMA ")}
	values, ok := &set.row().Values, false
	if set.Value, ok = values.Parse(p.value); !ok {
		return p.invalid(values.String())
	}
	c.Pragmas = append(c.Pragmas, set)
	return nil
}
