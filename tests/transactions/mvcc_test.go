package transactions

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// refused checks that an error says that there is no MVCC, and what there is.
func refused(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, driver.ErrUnsupported) {
		t.Fatalf("%s: %v does not wrap ErrUnsupported", what, err)
	}
	var e *driver.Error
	if !errors.As(err, &e) || !strings.Contains(e.Hint, "no MVCC mode and no BEGIN CONCURRENT") || !strings.Contains(e.Hint, "IMMEDIATE") {
		t.Errorf("%s: the message does not help: %v", what, err)
	}
}

// Who asks for MVCC in a DSN does not get another mode: the database does not
// open, and nothing is left behind.
func TestMVCCByDSN(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for _, param := range []string{
		"_txlock=concurrent", "_txlock=CONCURRENT", "_journal_mode=mvcc", "_journal=WAL2", "_journal_mode=experimental_mvcc",
		"_pragma=journal_mode(mvcc)", "_pragma=journal_mode='mvcc'", "_txlock=concurrent&_journal_mode=mvcc&_single_process=1", "encryptionKey=k&_journal_mode=mvcc",
	} {
		t.Run(strings.ReplaceAll(param, "=", " "), func(t *testing.T) {
			path := dbtest.DSN(t)
			refused(t, "a new file", dbtest.Open(t, path+"?"+param).Ping())
			if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
			if strings.Contains(param, "encryptionKey") {
				return
			}
			if !strings.Contains(param, "_single_process") {
				refused(t, "in memory", dbtest.Open(t, ":memory:?"+param).Ping())
			}
			for _, mode := range []string{"wal", "delete"} {
				db := dbtest.Open(t, path+mode+"?_journal_mode="+mode)
				dbtest.Exec(t, db, "CREATE TABLE t(a)")
				dbtest.Close(t, db)
				refused(t, mode, dbtest.Open(t, path+mode+"?"+param).Ping())
				if got := dbtest.Text(t, dbtest.Open(t, path+mode), "PRAGMA journal_mode"); got != mode {
					t.Errorf("the journal mode was %s and is %s", mode, got)
				}
			}
		})
	}
}

// The same by a Config that is built in Go.
func TestMVCCByConfig(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for _, change := range []func(*driver.Config){
		func(c *driver.Config) { c.JournalMode = "MVCC" },
		func(c *driver.Config) { c.TxLock = driver.Concurrent },
	} {
		cfg, err := driver.ParseDSN(dbtest.File(t))
		if err != nil {
			t.Fatal(err)
		}
		change(cfg)
		connector, err := driver.NewConnector(cfg)
		if err != nil {
			t.Fatal(err)
		}
		db := sql.OpenDB(connector)
		refused(t, cfg.String(), db.Ping())
		dbtest.Close(t, db)
	}
	remote, err := driver.ParseDSN("libsql://host?_txlock=concurrent")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := driver.NewConnector(remote); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("remote: %v", err)
	}
}

var mvccTexts = []string{
	"BEGIN CONCURRENT", "begin /* several */ concurrent transaction", "SELECT 1; BEGIN\nCONCURRENT; COMMIT",
	"PRAGMA journal_mode = mvcc", "PRAGMA journal_mode('MVCC')", "pragma main . journal_mode=experimental_mvcc", `PRAGMA "journal_mode" = "wal2"`,
	"SELECT 1; PRAGMA journal_mode=mvcc; SELECT 2", "PRAGMA mvcc_checkpoint_threshold = 100", "PRAGMA mvcc_checkpoint_threshold",
}

// Who asks for it in SQL is told so, however the text is run, and the mode
// stays, and so does what was open.
func TestMVCCBySQL(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	dbtest.Each(t, func(t *testing.T, _ dbtest.Kind, db *sql.DB) {
		conn := dbtest.Conn(t, db)
		mode := dbtest.Text(t, conn, "PRAGMA journal_mode")
		for _, text := range mvccTexts {
			_, err := conn.ExecContext(background, text)
			refused(t, text, err)
			if strings.Contains(strings.ToLower(text), "concurrent") && !strings.Contains(err.Error(), "syntax error") {
				t.Errorf("%s: %v", text, err)
			}
			refused(t, text, queryErr(conn, text))
			refused(t, text, preparedErr(conn, text))
			if got := dbtest.Text(t, conn, "PRAGMA journal_mode"); got != mode {
				t.Fatalf("%s: the journal mode was %s and is %s", text, mode, got)
			}
			unlocked(t, conn) // and no transaction is open
		}
		_, err := db.BeginTx(driver.WithTxMode(background, driver.Concurrent), nil)
		refused(t, "BeginTx", err)
		refused(t, "a batch", driver.With(background, conn, func(c *driver.Conn) error {
			_, err := c.BatchStmts(background, []driver.BatchStmt{{SQL: "PRAGMA journal_mode = mvcc"}}, driver.BatchOptions{NoTransaction: true})
			return err
		}))
		refused(t, "a statement", driver.With(background, conn, func(c *driver.Conn) error {
			_, err := c.Statement(background, "BEGIN CONCURRENT")
			return err
		}))
		unlocked(t, conn)
	})
}

func queryErr(conn *sql.Conn, text string) error {
	rows, err := conn.QueryContext(context.Background(), text)
	if err != nil {
		return err
	}
	for rows.NextResultSet() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

func preparedErr(conn *sql.Conn, text string) error {
	st, err := conn.PrepareContext(context.Background(), text)
	if err != nil {
		return err
	}
	defer st.Close()
	_, err = st.Exec()
	return err
}

// What only looks like it is not refused.
func TestNoMVCCAskedFor(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	db := dbtest.Open(t, dbtest.DSN(t))
	for _, text := range []string{
		"PRAGMA journal_mode", "PRAGMA journal_mode = wal", "PRAGMA journal_mode = nonsense", "PRAGMA unheard_of", "BEGIN; COMMIT",
		"CREATE TABLE concurrent(mvcc)", "SELECT mvcc FROM concurrent", "INSERT INTO concurrent VALUES ('BEGIN CONCURRENT; PRAGMA journal_mode=mvcc')",
	} {
		dbtest.Exec(t, db, text)
	}
	if _, err := db.Exec("BEGIN SIDEWAYS"); err == nil || errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("%v", err)
	}
}

// Turso Database marks the files of its MVCC mode in their header, and SQLite
// leaves such files alone. The error says what they are.
func TestFileOfMVCC(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for name, tt := range map[string]struct {
		write, read byte
		opens       bool // to be read
	}{"Turso's MVCC": {255, 255, false}, "unreadable": {1, 3, false}, "unwritable": {3, 2, true}, "unwritable MVCC": {255, 1, true}} {
		t.Run(name, func(t *testing.T) {
			path := dbtest.DSN(t)
			db := dbtest.Open(t, path+"?_journal_mode=DELETE")
			dbtest.Exec(t, db, "CREATE TABLE t(a); "+insert)
			dbtest.Close(t, db)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			content[18], content[19] = tt.write, tt.read
			binary.BigEndian.PutUint32(content[92:], binary.BigEndian.Uint32(content[24:]))
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			err = dbtest.Open(t, path).Ping()
			var e *driver.Error
			if !errors.As(err, &e) || !strings.Contains(e.Hint, "MVCC") || !strings.Contains(e.Hint, "format") {
				t.Errorf("%v", err)
			}
			if tt.opens && e.Code != driver.ErrReadOnly || !tt.opens && e.Code != driver.ErrNotADB {
				t.Errorf("code %d", e.Code)
			}
			reader := dbtest.Open(t, path+"?mode=ro")
			if err := reader.Ping(); (err == nil) != tt.opens || err != nil && !strings.Contains(err.Error(), "MVCC") {
				t.Errorf("to read: %v", err)
			}
			if tt.opens {
				if n := count(t, reader); n != 1 {
					t.Errorf("%d rows", n)
				}
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(content) {
				t.Error("the file has changed")
			}
		})
	}
}
