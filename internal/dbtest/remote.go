package dbtest

import (
	"context"
	"errors"
	"math"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

const (
	urlVar   = "LIBSQL_TEST_URL"
	tokenVar = "LIBSQL_TEST_TOKEN"
	wipeVar  = "LIBSQL_TEST_WIPE"

	// ownServer, in place of a URL, asks for a server of the test process.
	ownServer = "hranaserver"
)

// Remote tells that LIBSQL_TEST_URL asks for databases at a server.
func Remote() bool { return os.Getenv(urlVar) != "" }

// shared tells that all tests have one database, at the URL.
func shared() bool { return Remote() && os.Getenv(urlVar) != ownServer }

// Reason is why a test is about a local database alone. docs/remote.md has the
// list of the tests, which a test of that document keeps.
type Reason string

// The reasons.
const (
	NeedsFile      Reason = "it is about the file of the database"
	NeedsMemory    Reason = "it is about a database in memory"
	NeedsHandle    Reason = "it calls C functions of SQLite, for which the protocol has no request"
	NeedsCode      Reason = "it gives SQLite functions, hooks, collations or tables in Go"
	NeedsAttach    Reason = "it attaches a file"
	NeedsSettings  Reason = "it changes PRAGMAs or limits, which are the server's"
	NeedsTemp      Reason = "it makes temporary tables, which servers refuse"
	NeedsLock      Reason = "it holds or watches locks, for which the server does the waiting"
	NeedsProcesses Reason = "its processes share a file"
	NeedsText      Reason = "it stores what is not UTF-8 or not finite, which the protocol cannot carry"
	NeedsPlan      Reason = "it looks at the statements of a migration, which are others at a server"
	NeedsMetadata  Reason = "it reads what only a local statement tells: origins of columns, NOT NULL, counters"
	NeedsStatement Reason = "it runs statements that servers refuse: VACUUM, ANALYZE, ATTACH, temporary tables"
	NeedsInterrupt Reason = "it looks at when SQLite stops or checks; the request is cut off"
	NeedsNothing   Reason = "it opens no database, or one only to look at something of this process"
	ShowsLocal     Reason = "it shows what a program does with a local database"
	HasItsServers  Reason = "its servers are its own"
)

// LocalOnly skips a test that makes no sense on a server's database, when that
// is where the tests run.
func LocalOnly(t testing.TB, why Reason) {
	t.Helper()
	if Remote() {
		t.Skip("local only: " + why)
	}
}

// DSN returns the DSN of a database that is empty and the test's own: a file
// that is not there yet or, if LIBSQL_TEST_URL asks for it, one at a server.
// The parameters are those of a DSN, without "?". Those that say how a file is
// kept are left out where a server keeps it.
func DSN(t testing.TB, params ...string) string {
	t.Helper()
	if !Remote() {
		return With(File(t), params...)
	}
	var here, there []string
	for _, p := range strings.Split(strings.Join(params, "&"), "&") {
		switch name, _, _ := strings.Cut(p, "="); {
		case name == "":
		case slices.Contains(keeping, name):
			there = append(there, p)
		case slices.Contains(anywhere, name):
			here = append(here, p)
		default:
			t.Fatalf("%s is for a local database: say LocalOnly", p)
		}
	}
	// The table of docs/remote.md counts these lines.
	t.Log(OnServer)
	if shared() {
		return With(borrow(t), here...)
	}
	return With(serve(t, there...), here...)
}

// OnServer is what the log of a test says that had a database at a server.
const OnServer = "its database is at a server"

// keeping are the parameters that say how a file is kept, anywhere those that a
// server's database takes as well.
var (
	keeping  = []string{"_synchronous", "_journal_mode", "_single_process", "encryptionKey"}
	anywhere = []string{"_busy_timeout", "_txlock", "_loc"}
)

// Memory returns the DSN of a database in memory or, if LIBSQL_TEST_URL asks for
// it, of one like those of [DSN].
func Memory(t testing.TB, params ...string) string {
	t.Helper()
	if Remote() {
		return DSN(t, params...)
	}
	return With(":memory:", params...)
}

// With adds parameters to a DSN.
func With(dsn string, params ...string) string {
	for _, p := range params {
		switch {
		case p == "":
		case strings.Contains(dsn, "?"):
			dsn += "&" + p
		default:
			dsn += "?" + p
		}
	}
	return dsn
}

// Unlocked checks that nobody holds the write lock of a server's database. After
// 5 seconds servers take it from who has forgotten it.
func Unlocked(t testing.TB, db Execer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	if _, err := db.ExecContext(ctx, "BEGIN IMMEDIATE; COMMIT"); err != nil {
		t.Errorf("somebody holds a lock: %v", err)
	}
}

// serve starts a server of a fresh file, which ends with the test.
func serve(t testing.TB, params ...string) string {
	t.Helper()
	cfg, err := driver.ParseDSN(With(filepath.Join(t.TempDir(), "served.db"), params...))
	if err != nil {
		t.Fatal(err)
	}
	srv, err := hranaserver.New(cfg, hranaserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(srv)
	t.Cleanup(func() {
		h.Close()
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	return h.URL
}

// address is the DSN of the one database that all tests have.
func address() string {
	dsn := os.Getenv(urlVar)
	if token := os.Getenv(tokenVar); token != "" {
		dsn = With(dsn, "authToken="+url.QueryEscape(token))
	}
	return dsn
}

// CannotTravel tells of a value that no request to a server can hold, when that
// is where the tests run.
func CannotTravel(v any) bool {
	if !Remote() {
		return false
	}
	switch v := v.(type) {
	case string:
		return !utf8.ValidString(v)
	case float64:
		return math.IsInf(v, 0)
	}
	return false
}

// PrimaryKeyTaken tells that err is about a primary key that another row has.
// libsql-server sends SQLite's text alone, which says UNIQUE then.
func PrimaryKeyTaken(err error) bool {
	return errors.Is(err, driver.ErrConstraintPrimaryKey) || Remote() && errors.Is(err, driver.ErrConstraintUnique)
}
