package hostile

import (
	"errors"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

const vectors = `CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(2)); CREATE INDEX near ON v(libsql_vector_idx(e));
INSERT INTO v VALUES (1, vector32('[1,0]')), (2, vector32('[0,1]'))`

const nearest = "SELECT id FROM vector_top_k('near', vector32('[1,0]'), 1)"

// attacks are what a defensive connection refuses, or quietly does not do.
var attacks = []struct {
	name, text, question, before string
	fails                        bool
}{
	{"writable_schema", "PRAGMA writable_schema = on; UPDATE sqlite_schema SET sql = 'CREATE TABLE t(b)' WHERE name = 't'", "SELECT sql FROM sqlite_schema WHERE name = 't'", "CREATE TABLE t(a)", true},
	{"a shadow table", "UPDATE words_config SET v = 0", "SELECT v FROM words_config", "4", true},
	{"journal_mode off", "PRAGMA journal_mode = off", "PRAGMA journal_mode", "wal", false},
	{"sqlite_dbpage", "UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 2", "SELECT hex(substr(data, 1, 1)) FROM sqlite_dbpage WHERE pgno = 2", "0D", true},
}

// A defensive connection cannot be made to damage the file; without, it can,
// and everything else works as ever.
func TestDefensive(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			for _, param := range []string{"", "?_defensive=1"} {
				db := dbtest.Open(t, dbtest.File(t)+param)
				dbtest.Exec(t, db, "CREATE TABLE t(a); CREATE VIRTUAL TABLE words USING fts5(w)")
				c := dbtest.Conn(t, db)
				_, err := c.ExecContext(background, a.text)
				got := dbtest.Text(t, c, a.question)
				if param == "" {
					if err != nil || got == a.before {
						t.Errorf("it does nothing by itself: %v, %s", err, got)
					}
					continue
				}
				if (err != nil) != a.fails || got != a.before {
					t.Errorf("%v, and then %s", err, got)
				}
				dbtest.Intact(t, c)
				dbtest.Exec(t, c, "INSERT INTO words VALUES ('one two'); INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b; DROP TABLE words; VACUUM")
			}
		})
	}
	db := dbtest.Open(t, ":memory:?_defensive=1")
	dbtest.Exec(t, db, vectors+"; UPDATE v SET e = vector32('[1,1]') WHERE id = 2; DELETE FROM v WHERE id = 2; DROP INDEX near; REINDEX")
}

// A view of an untrusted schema calls no function and no virtual table that is
// not marked harmless. vector_top_k is not, which is why the schema is trusted
// by default; the query itself may call it either way.
func TestTrustedSchema(t *testing.T) {
	path := dbtest.DSN(t)
	db := dbtest.Open(t, path)
	dbtest.Exec(t, db, vectors+"; CREATE VIEW closest AS "+nearest+"; CREATE VIEW harmless AS SELECT upper(abs(id)) FROM v")
	if got := dbtest.Text(t, db, "SELECT id FROM closest"); got != "1" {
		t.Errorf("%s", got)
	}
	for _, param := range []string{"?_trusted_schema=0", "?_pragma=trusted_schema(off)", "?_trusted_schema=no&_defensive=1"} {
		guarded := dbtest.Open(t, path+param)
		for view, code := range map[string]error{"closest": driver.ErrError, "harmless": nil} {
			_, err := guarded.Exec("SELECT * FROM " + view)
			if code == nil && err != nil || code != nil && (!errors.Is(err, code) || !strings.Contains(err.Error(), "unsafe use")) {
				t.Errorf("%s: %s: %v", param, view, err)
			}
		}
		if got := dbtest.Text(t, guarded, nearest); got != "1" {
			t.Errorf("%s", got)
		}
	}
	dbtest.Exec(t, dbtest.Open(t, path+"?_trusted_schema=0"), "INSERT INTO v VALUES (3, vector32('[1,1]'))")
}
