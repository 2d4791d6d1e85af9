package driver

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// ParseDSN reads a data source name: where the database is, then, after a "?",
// parameters divided by "&". docs/dsn.md of the module lists every parameter.
//
//   - "app.db", "/var/lib/app.db?_busy_timeout=1000": a file. Without "file:" the
//     path is everything before the first "?", taken literally.
//   - "file:app.db", "file:///var/lib/app.db?mode=ro": a file, as a URI by the
//     rules of https://www.sqlite.org/uri.html: the path is percent-decoded, and
//     a "#" begins a fragment, which is ignored.
//   - ":memory:", "file::memory:": a memory database of its own for each Open.
//     With cache=shared, or as "file:NAME?mode=memory&cache=shared", it is one for
//     each name in the process.
//   - "", "file:": a private temporary database.
//   - "libsql://host?authToken=…", and the same with https, http, wss and ws: a
//     remote database.
//   - "file:replica.db?syncUrl=libsql://host&authToken=…": a file that follows a
//     remote database.
//
// A parameter that is unknown, given twice under any of its names, malformed, or
// useless for the kind of database is an error: a setting that is silently
// dropped is found out in production. No error contains the value of a parameter
// or the path, so none of them can carry a secret into a log.
func ParseDSN(dsn string) (*Config, error) {
	form, err := splitDSN(dsn)
	if err != nil {
		return nil, err
	}
	pairs, err := form.pairs()
	if err != nil {
		return nil, err
	}
	c := defaultConfig()
	place, err := form.locate(c, pairs)
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		if err := p.allowedIn(place); err != nil {
			return nil, err
		}
		if err := p.param.set(c, p); err != nil {
			return nil, err
		}
	}
	if err := c.settle(pairs); err != nil {
		return nil, err
	}
	return c, nil
}

// settle ends parsing: what follows from several parameters together.
func (c *Config) settle(pairs []dsnPair) error {
	if _, given := findPair(pairs, "mode"); c.Immutable && !given {
		c.Mode = ReadOnly
	}
	// tls=1 is a default and leaves no trace in the Config, but whoever writes it
	// beside http:// expects encryption.
	if _, given := findPair(pairs, "tls"); given {
		address := c.URL + c.SyncURL
		plain := strings.HasPrefix(address, "http:") || strings.HasPrefix(address, "ws:")
		if plain && !c.DisableTLS || !plain && !strings.HasPrefix(address, "libsql:") {
			return errors.New(`libsql: DSN parameter "tls" is 0 or 1 with libsql://, and 0 with http:// and ws://, to send a token in the clear: delete it`)
		}
	}
	return c.check()
}

// dsnForm is a DSN cut into its parts.
type dsnForm struct {
	remote bool
	path   string // decoded; of a remote database, the address
	query  string // not decoded
	cut    bool   // a "#" ended the query
}

// splitDSN cuts a DSN by the rules of its form.
func splitDSN(dsn string) (dsnForm, error) {
	if uri, ok := strings.CutPrefix(dsn, "file:"); ok {
		return splitFileURI(uri)
	}
	scheme, _, hasScheme := strings.Cut(dsn, "://")
	if hasScheme && slices.Contains(remoteSchemes, strings.ToLower(scheme)) {
		return splitRemote(dsn)
	}
	path, query, hasQuery := strings.Cut(dsn, "?")
	if err := checkForeign(path); err != nil {
		return dsnForm{}, err
	}
	if path == "" && hasQuery {
		// A variable that was not set, more often than a wish for a temporary
		// database.
		return dsnForm{}, errors.New(`libsql: the DSN has parameters but no path: write one before the "?", or "file:?…" for a temporary database`)
	}
	return dsnForm{path: path, query: query}, nil
}

// splitFileURI cuts what follows "file:".
func splitFileURI(uri string) (dsnForm, error) {
	uri, fragment, cut := strings.Cut(uri, "#")
	path, query, hasQuery := strings.Cut(uri, "?")
	if !hasQuery && strings.Contains(fragment, "?") {
		// To SQLite both the rest of the name and the parameters are fragment.
		return dsnForm{}, errors.New(`libsql: a "#" ends the path of a file: URI, and with it the parameters: write %23 for a "#" in a file name`)
	}
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		host, _, _ := strings.Cut(rest, "/")
		if host != "" && host != "localhost" {
			return dsnForm{}, errors.New(`libsql: a file: URI with two slashes begins with a host, which must be empty or localhost: write "file:name.db" for a relative path, "file:///dir/name.db" for an absolute one`)
		}
		path = rest[len(host):]
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		// The error of net/url would show a piece of the path.
		return dsnForm{}, errors.New(`libsql: the path of the file: URI has a "%" that does not begin a %XX escape: write %25 for a "%" in a file name`)
	}
	return dsnForm{path: decoded, query: query, cut: cut && hasQuery}, nil
}

// splitRemote cuts the DSN of a remote database.
func splitRemote(dsn string) (dsnForm, error) {
	if strings.Contains(dsn, "#") {
		return dsnForm{}, errors.New(`libsql: the URL of a remote database has no fragment: write %23 for a "#" in a value`)
	}
	address, query, _ := strings.Cut(dsn, "?")
	u, problem := parseRemote(address)
	if problem != "" {
		return dsnForm{}, errors.New("libsql: the URL of the remote database " + problem)
	}
	return dsnForm{remote: true, path: u.String(), query: query}, nil
}

// checkForeign refuses a path that was meant as a URL. Opening a file of that
// name would look like success.
func checkForeign(path string) error {
	bare := strings.TrimSpace(path)
	scheme, rest, found := strings.Cut(bare, ":")
	lower := strings.ToLower(scheme)
	isURL := strings.HasPrefix(rest, "//")
	switch {
	case bare != path && found && (bare == ":memory:" || lower == "file" || isURL):
		return errors.New("libsql: the DSN has white space at its beginning or end: delete it")
	case !found || len(scheme) < 2 || !isScheme(scheme):
		return nil // one letter is a drive
	case lower == "file":
		return errors.New(`libsql: a file: URI begins with "file:" in lower case`)
	case slices.Contains(remoteSchemes, lower):
		return fmt.Errorf("libsql: a remote database is written %s://host", lower)
	case lower == "sqlite" || lower == "sqlite3" || lower == "jdbc":
		return errors.New(`libsql: a database file has no such scheme: write "name.db" or "file:name.db"`)
	case isURL:
		return fmt.Errorf(`libsql: unknown URL scheme %s in the DSN: this driver opens files ("name.db", "file:name.db"), ":memory:" and %s:// URLs`,
			showName(lower), strings.Join(remoteSchemes, "://, "))
	}
	return nil
}

// isScheme reports whether s could be the scheme of a URL.
func isScheme(s string) bool {
	for i := range len(s) {
		switch c := s[i] | 0x20; {
		case c >= 'a' && c <= 'z':
		case i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.'):
		default:
			return false
		}
	}
	return true
}

// locate fills in where the database is and returns the kind of place.
func (f dsnForm) locate(c *Config, pairs []dsnPair) (dsnPlace, error) {
	mode, _ := findPair(pairs, "mode")
	cache, _ := findPair(pairs, "cache")
	_, replica := findPair(pairs, "syncUrl")
	switch {
	case f.remote:
		c.URL = f.path
		return inRemote, nil
	case f.path == ":memory:" || strings.EqualFold(mode.value, "memory"):
		c.Memory = true
		if strings.EqualFold(cache.value, "shared") {
			if f.path == "" {
				return 0, errors.New(`libsql: a memory database with cache=shared needs a name: write "file:NAME?mode=memory&cache=shared"`)
			}
			c.MemoryName = f.path
		}
		return inMemory, nil
	case f.path == "":
		c.Temp = true
		return inTemp, nil
	case replica:
		c.Path = f.path
		return inReplica, nil
	default:
		c.Path = f.path
		return inFile, nil
	}
}

// dsnPair is one parameter as it was given.
type dsnPair struct {
	key     string    // the name as written, decoded
	value   string    // decoded
	written *dsnParam // the row of key
	param   *dsnParam // the row that sets: another one only behind _pragma
	slot    string    // what is set, which may be set once
}

// pairs takes the query apart, names the row of each parameter, and refuses
// those that are unknown, malformed or given twice.
func (f dsnForm) pairs() ([]dsnPair, error) {
	var pairs []dsnPair
	segments := strings.Split(f.query, "&")
	for i, segment := range segments {
		if segment == "" {
			continue
		}
		p, err := parsePair(segment, i+1)
		if err != nil {
			return nil, err
		}
		if f.cut && i == len(segments)-1 && p.param.secret {
			return nil, fmt.Errorf(`libsql: DSN parameter %s is cut short by a "#", which ends a file: URI: write %%23 for a "#" in the value`, showName(p.key))
		}
		if q, given := findPair(pairs, p.slot); given {
			return nil, errTwice(q, p)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// errTwice is the error about two parameters that set the same.
func errTwice(p, q dsnPair) error {
	if p.key == q.key && p.key != "_pragma" {
		return fmt.Errorf("libsql: duplicate DSN parameter %s: delete all but one", q.label())
	}
	return fmt.Errorf("libsql: duplicate DSN parameters %s and %s set the same: delete one of them", p.label(), q.label())
}

// parsePair reads the nth segment of the query, name=value. Decoding is that of
// [net/url.ParseQuery], as in the other Go drivers: a "+" is a space, and a ";"
// is an error.
func parsePair(segment string, n int) (dsnPair, error) {
	rawKey, rawValue, hasValue := strings.Cut(segment, "=")
	key, err := url.QueryUnescape(rawKey)
	if err != nil {
		return dsnPair{}, fmt.Errorf(`libsql: the name of DSN parameter number %d has a "%%" that does not begin a %%XX escape: correct or delete it`, n)
	}
	param := lookupParam(key)
	switch {
	case param == nil && !hasValue:
		// Perhaps the end of a secret with an "&" in it, so it is not shown.
		return dsnPair{}, fmt.Errorf(`libsql: DSN parameter number %d has no "=": write name=value, and %%26 for an "&" in a value`, n)
	case param == nil:
		return dsnPair{}, errUnknown(key, n)
	case strings.Contains(rawValue, ";"):
		return dsnPair{}, fmt.Errorf(`libsql: DSN parameter %s contains a ";": parameters are divided by "&"; write %%3B for a ";" in a value`, showName(key))
	case param.secret && strings.Contains(rawValue, "+"):
		// Other tools disagree on what it means, and a key that is one character
		// off encrypts as well as the right one.
		return dsnPair{}, fmt.Errorf(`libsql: DSN parameter %s contains a "+": write %%2B for a plus sign, %%20 for a space`, showName(key))
	}
	value, err := url.QueryUnescape(rawValue)
	if err != nil {
		return dsnPair{}, fmt.Errorf(`libsql: DSN parameter %s has a "%%" that does not begin a %%XX escape: write %%25 for a "%%"`, showName(key))
	}
	if strings.ContainsRune(value, 0) {
		return dsnPair{}, fmt.Errorf("libsql: DSN parameter %s contains a NUL byte: correct or delete it", showName(key))
	}
	p := dsnPair{key: key, value: value, written: param, param: param, slot: param.slot}
	if p.slot == "" {
		p.slot = param.name
	}
	if param.name == "_pragma" {
		return p.resolvePragma()
	}
	return p, nil
}

// errUnknown is the error about the nth parameter, whose name no row has.
func errUnknown(key string, n int) error {
	for i := range dsnParams {
		if name := dsnParams[i].name; strings.EqualFold(name, key) {
			return fmt.Errorf("libsql: unknown DSN parameter %s: write %s or delete it", showName(key), name)
		}
	}
	shown := showName(key)
	if shown == "" {
		shown = fmt.Sprintf("number %d (its name is not a plain word)", n)
	}
	return fmt.Errorf("libsql: unknown DSN parameter %s: delete it or see the DSN table in the package documentation", shown)
}

// findPair returns the pair that sets the slot.
func findPair(pairs []dsnPair, slot string) (dsnPair, bool) {
	for _, p := range pairs {
		if p.slot == slot {
			return p, true
		}
	}
	return dsnPair{}, false
}

// showName quotes the name of a parameter for a message, or returns "" if it is
// not a plain, short word: it may then be a secret that an unescaped "&" or "?"
// has torn off.
func showName(name string) string {
	if name == "" || len(name) > 32 {
		return ""
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
		default:
			return ""
		}
	}
	return `"` + name + `"`
}
