package hostile

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// set is a database as it lies on the disk: the file and what is beside it.
type set struct {
	name, dsn string            // dsn: the parameters that open it
	files     map[string][]byte // by what follows the path: "", "-wal", "-journal"
}

var suffixes = []string{"", "-wal", "-journal"}

// recipe makes a set.
type recipe struct {
	name, params, dsn string
	texts             []string
	open              string // run last, and the files are taken before it ends
}

const plain = `
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE, b REAL, c BLOB, d INT DEFAULT 7 CHECK (d < 1000000), e AS (a || b) STORED);
CREATE INDEX t_b ON t(b, c); CREATE INDEX t_part ON t(d) WHERE d > 3; CREATE INDEX t_expr ON t(length(c));
CREATE TABLE bare(k TEXT, n INT, v, PRIMARY KEY (k, n)) WITHOUT ROWID;
CREATE TABLE hard(i INTEGER PRIMARY KEY AUTOINCREMENT, n INT, x ANY) STRICT;
CREATE TABLE child(p INTEGER REFERENCES t(id) ON DELETE CASCADE);
CREATE TABLE gone(a, b); INSERT INTO gone SELECT value, hex(zeroblob(value * 7)) FROM generate_series(1, 60); DROP TABLE gone;
CREATE VIEW view AS SELECT t.a, bare.v FROM t LEFT JOIN bare ON bare.n = t.id;
CREATE TRIGGER after AFTER INSERT ON t BEGIN INSERT OR IGNORE INTO bare VALUES (new.a, new.id, new.c); END;
INSERT INTO t(id, a, b, c, d) SELECT value, 'row ' || value, value * 1.5, CAST(printf('%.*c', value * value % 300, 'x') AS BLOB), value % 9 FROM generate_series(1, 30);
INSERT INTO hard(n, x) SELECT value, 'x' || value FROM generate_series(1, 30); INSERT INTO child SELECT id FROM t WHERE id % 7 = 0;
UPDATE t SET c = printf('%.*c', 9000, 'long') WHERE id = 5; DELETE FROM t WHERE id % 11 = 0; ANALYZE`

const virtual = `
CREATE VIRTUAL TABLE words USING fts5(w, x); INSERT INTO words SELECT 'one two ' || value, 'three' FROM generate_series(1, 30);
CREATE VIRTUAL TABLE old USING fts4(w); INSERT INTO old SELECT 'one two ' || value FROM generate_series(1, 30);
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1); INSERT INTO boxes SELECT value, value, value + 1, value, value + 2 FROM generate_series(1, 60);
CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(3)); CREATE INDEX near ON v(libsql_vector_idx(e));
INSERT INTO v SELECT value, vector32('[' || value || ',' || (value % 7) || ',1]') FROM generate_series(1, 40)`

const vectorSet = `
CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(3)); CREATE INDEX near ON v(libsql_vector_idx(e, 'max_neighbors=4'));
INSERT INTO v SELECT value, vector32('[' || value || ',' || (value % 7) || ',1]') FROM generate_series(1, 30);
CREATE TABLE v8(id INTEGER PRIMARY KEY, e F64_BLOB(4)); CREATE INDEX near8 ON v8(libsql_vector_idx(e, 'metric=l2', 'compress_neighbors=float8', 'max_neighbors=3'));
INSERT INTO v8 SELECT value, vector64('[' || value || ',' || (value % 7) || ',1,2]') FROM generate_series(1, 12);
CREATE TABLE v1(k TEXT PRIMARY KEY, e F1BIT_BLOB(16)) WITHOUT ROWID; INSERT INTO v1 SELECT value, vector1bit('[1,-1,1,-1,1,1,1,1,' || (value - 3) || ',1,1,1,1,1,1,1]') FROM generate_series(1, 6)`

const more = `INSERT INTO t(a, c) SELECT 'more ' || value, zeroblob(90) FROM generate_series(1, 40); UPDATE bare SET v = 1; DELETE FROM hard WHERE i > 20`

var recipes = []recipe{
	{"rollback", "_journal_mode=DELETE&_pragma=page_size(1024)", "", []string{plain}, ""},
	{"virtual", "_journal_mode=DELETE", "", []string{virtual}, ""},
	{"small pages", "_journal_mode=DELETE&_pragma=page_size(512)&_auto_vacuum=full", "", []string{plain}, ""},
	{"large pages", "_journal_mode=DELETE&_pragma=page_size(65536)&_pragma=encoding(UTF-16le)", "", []string{plain}, ""},
	{"wal", "_pragma=wal_autocheckpoint(0)&_pragma=page_size(2048)", "", []string{plain, "PRAGMA wal_checkpoint(TRUNCATE)", more}, "SELECT 1"},
	{"all in the wal", "_pragma=page_size(1024)&_pragma=wal_autocheckpoint(0)", "", []string{plain}, "SELECT 1"},
	{"virtual in the wal", "_pragma=wal_autocheckpoint(0)", "", []string{virtual}, "SELECT 1"},
	{"hot journal", "_journal_mode=DELETE&_cache_size=3&_pragma=cache_spill(1)", "", []string{plain}, "BEGIN; " + more},
	{"vectors", "_journal_mode=DELETE&_pragma=page_size(1024)", "", []string{vectorSet}, ""},
	{"encrypted", "encryptionKey=k&_journal_mode=DELETE&_pragma=page_size(1024)", "encryptionKey=k", []string{plain, "DELETE FROM t WHERE id > 12 OR id = 5; DELETE FROM hard WHERE i > 5; VACUUM"}, ""},
}

// cook makes the set of a recipe in a directory of its own.
func (r recipe) cook(dir string) (set, error) {
	path := filepath.Join(dir, "made.db")
	db, err := sql.Open(driver.Name, path+"?_synchronous=OFF&"+r.params)
	if err != nil {
		return set{}, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, text := range r.texts {
		if _, err := db.Exec(text); err != nil {
			return set{}, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	if r.open == "" {
		if err := db.Close(); err != nil {
			return set{}, err
		}
	} else {
		conn, err := db.Conn(background)
		if err != nil {
			return set{}, err
		}
		defer conn.Close()
		if _, err := conn.ExecContext(background, r.open); err != nil {
			return set{}, err
		}
	}
	s := set{name: r.name, dsn: r.dsn, files: map[string][]byte{}}
	for _, suffix := range suffixes {
		content, err := os.ReadFile(path + suffix)
		if err == nil && len(content) > 0 {
			s.files[suffix] = content
		}
	}
	return s, nil
}

const setsFile = "testdata/sets.zip"

var cookFlag = flag.Bool("hostile.cook", false, "make "+setsFile+" anew")

// TestCook writes the sets to a file, when it is asked to. They are kept there
// and not made for each run, because no two are equal: keys, checksums and
// vector indexes begin with random numbers.
func TestCook(t *testing.T) {
	if !*cookFlag {
		t.Skip("-hostile.cook is not set")
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, r := range recipes {
		s, err := r.cook(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, suffix := range suffixes {
			if s.files[suffix] == nil {
				continue
			}
			w, err := z.Create(r.name + "/made.db" + suffix)
			if err == nil {
				_, err = w.Write(s.files[suffix])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(setsFile, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readSets reads what TestCook has written.
func readSets() ([]set, error) {
	z, err := zip.OpenReader(setsFile)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var all []set
	for _, r := range recipes {
		s := set{name: r.name, dsn: r.dsn, files: map[string][]byte{}}
		for _, suffix := range suffixes {
			f, err := z.Open(r.name + "/made.db" + suffix)
			if err != nil {
				continue
			}
			s.files[suffix], err = io.ReadAll(f)
			f.Close()
			if err != nil {
				return nil, err
			}
		}
		if s.files[""] == nil && s.files["-wal"] == nil {
			return nil, errors.New(r.name + " is not in " + setsFile)
		}
		all = append(all, s)
	}
	return all, nil
}

// The sets are whole, and hold what they are said to.
func TestSets(t *testing.T) {
	all, err := readSets()
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		if (recipes[i].open != "") != (len(s.files) > 1) {
			t.Errorf("%s has %d files", s.name, len(s.files))
		}
		dsn, err := s.lay(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		db := dbtest.Open(t, dsn)
		dbtest.Intact(t, db)
		if n := dbtest.Int(t, db, "SELECT count(*) FROM sqlite_schema"); n < 7 {
			t.Errorf("%s has %d things", s.name, n)
		}
	}
}
