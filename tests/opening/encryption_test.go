package opening

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// marker is what must not be found in an encrypted file.
const marker = "a text that nobody else may read"

// holds tells which files of a directory hold a text, in the clear or as
// UTF-16.
func holds(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	var wide []byte
	for i := range len(text) {
		wide = append(wide, text[i], 0)
	}
	for _, name := range names(t, dir) {
		if b := read(t, filepath.Join(dir, name)); bytes.Contains(b, []byte(text)) || bytes.Contains(b, wide) {
			found = append(found, name)
		}
	}
	return found
}

func TestEncryptedConnections(t *testing.T) {
	path := dbtest.File(t)
	a, b := dbtest.Open(t, path+keyed), dbtest.Open(t, "file:"+escaped(path)+keyed+"&_txlock=deferred")
	dbtest.Exec(t, a, table)
	if err := write8(a, b, 20); err != nil {
		t.Error(err)
	}
	var conns []*sql.Conn
	for range 5 {
		conns = append(conns, dbtest.Conn(t, a), dbtest.Conn(t, b))
	}
	for _, c := range conns {
		if n := dbtest.Int(t, c, count); n != 160 {
			t.Errorf("%d rows", n)
		}
		if got := dbtest.Text(t, c, mode); got != "wal" {
			t.Errorf("journal mode %s", got)
		}
		c.Close()
	}
	isOneQueue(t, a, b)
	succeeded(t, inChild(t, self, path+keyed, count)[0], "160")
	failed(t, inChild(t, self, path, count)[0], driver.ErrNotADB)
	dbtest.Intact(t, a)
}

// Neither the file nor its journals hold what is in the database, while it is
// written and afterwards, nor the key.
func TestEncryptedFilesHoldNoText(t *testing.T) {
	for _, journal := range []string{"WAL", "DELETE", "PERSIST", "TRUNCATE"} {
		for _, vfs := range []string{"", "&_single_process=1", "&vfs=multipleciphers-unix"} {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.db")
			none := func(when string) {
				t.Helper()
				for _, text := range []string{marker, secret, "CREATE TABLE", "SQLite format 3"} {
					if found := holds(t, dir, text); found != nil {
						t.Errorf("%s%s: %s: %q has %q", journal, vfs, when, found, text)
					}
				}
			}
			db := dbtest.Open(t, path+keyed+"&_journal_mode="+journal+vfs)
			db.SetMaxOpenConns(1)
			dbtest.Exec(t, db, "PRAGMA cache_size = 2; "+table+"; INSERT INTO t SELECT '"+marker+"' FROM generate_series(1, 1000)")
			none("written")
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			dbtest.Exec(t, tx, "UPDATE t SET a = a || ' again'; DELETE FROM t WHERE rowid % 2")
			if len(names(t, dir)) < 2 {
				t.Error("there is no journal to look into")
			}
			none("in a transaction")
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
			dbtest.Close(t, db)
			none("closed")
			if n := ask(t, path+keyed, "SELECT count(*) FROM t WHERE a = '"+marker+" again'"); n != "500" {
				t.Errorf("%s rows", n)
			}
			// The same without a key does hold it, or the search is blind.
			run(t, filepath.Join(dir, "plain.db"), table, "INSERT INTO t VALUES ('"+marker+"')")
			if found := holds(t, dir, marker); len(found) != 1 || found[0] != "plain.db" {
				t.Errorf("the text is in %q", found)
			}
		}
	}
}

// A key that does not fit is an error that leaves the file as it is.
func TestWrongKey(t *testing.T) {
	for _, journal := range journals {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.db")
		run(t, path+journal+"&encryptionKey=the-right-one", table, insert)
		for _, param := range []string{"", "?mode=ro", "?immutable=1", "?_journal_mode=DELETE&_auto_vacuum=1", "?_single_process=1", "?vfs=unix"} {
			refused(t, dir, path+param, driver.ErrNotADB, path, "then set encryptionKey")
		}
		for _, param := range []string{"", "&mode=ro", "&immutable=1", "&_journal_mode=WAL", "&_single_process=1"} {
			refused(t, dir, path+keyed+param, driver.ErrNotADB, path, "encryptionKey is not its key")
		}
		for _, nearly := range []string{"The-right-one", "the-right-one%20", "the-right-on", "the-right-one%01"} {
			refused(t, dir, path+"?encryptionKey="+nearly, driver.ErrNotADB, path, "encryptionKey is not its key")
		}
		if n := ask(t, path+"?encryptionKey=the-right-one", count); n != "1" {
			t.Errorf("%s rows", n)
		}
	}
}

// A file in use is not harmed by who has another key, and its user goes on.
func TestWrongKeyBesideTheRightOne(t *testing.T) {
	path := dbtest.File(t)
	db := dbtest.Open(t, path+keyed)
	dbtest.Exec(t, db, table)
	for range 3 {
		others := with(path, "", "?encryptionKey=another")
		for i, answers := range onEach(t, self, others, count) {
			failed(t, answers[0], driver.ErrNotADB)
			if err := errOf(t, others[i]); !errors.Is(err, driver.ErrNotADB) {
				t.Errorf("%v", err)
			}
		}
		dbtest.Exec(t, db, insert)
	}
	dbtest.Intact(t, db)
	dbtest.Close(t, db)
	if n := ask(t, path+keyed, count); n != "3" {
		t.Errorf("%s rows", n)
	}
}

// errOf is why a database cannot be opened.
func errOf(t *testing.T, dsn string) error {
	t.Helper()
	db := dbtest.New(t, dsn)
	defer dbtest.Close(t, db)
	return db.Ping()
}

// A database in the clear is not encrypted by opening it with a key.
func TestKeyForADatabaseInTheClear(t *testing.T) {
	for _, journal := range journals {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.db")
		run(t, path+journal, table, insert)
		for _, param := range []string{"", "&mode=rw", "&mode=ro", "&immutable=1", "&_journal_mode=DELETE", "&_single_process=1"} {
			refused(t, dir, path+keyed+param, driver.ErrNotADB, path, "it is no encrypted database")
		}
		run(t, path, insert)
		if n := ask(t, path, count); n != "2" {
			t.Errorf("%s rows", n)
		}
		// Nor while it is in use.
		db := dbtest.Open(t, path)
		dbtest.Exec(t, db, insert)
		if err := errOf(t, path+keyed); !errors.Is(err, driver.ErrNotADB) {
			t.Errorf("%v", err)
		}
		dbtest.Exec(t, db, insert)
		if n := dbtest.Int(t, db, count); n != 4 {
			t.Errorf("%d rows", n)
		}
		dbtest.Intact(t, db)
	}
}

// Keys are bytes, of any length, and none is another.
func TestKeysAreTakenAsTheyAre(t *testing.T) {
	path := dbtest.File(t)
	keys := []string{"k", "K", "kk", "x'6b'", "0x6b", "%01", "%01%01", "a%0Ab", "a", "%FF%FE", "gr%C3%B6%C3%9Fe", "a%20b", "a%2Bb", "raw%3A6b", "%27", string(bytes.Repeat([]byte("long"), 300))}
	for i, key := range keys {
		if i > 0 {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		run(t, path+"?encryptionKey="+key, table, insert)
		if n := ask(t, path+"?encryptionKey="+key, count); n != "1" {
			t.Errorf("%s: %s rows", key, n)
		}
		for _, other := range keys {
			if other == key {
				continue
			}
			if err := errOf(t, path+"?encryptionKey="+other); !errors.Is(err, driver.ErrNotADB) {
				t.Errorf("the key %q opens a file of the key %q: %v", other, key, err)
			}
		}
	}
}
