package opening

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// settings are parameters with a value that is not the default, and what tells
// that they are in effect.
var settings = []struct{ param, question, want string }{
	{"_foreign_keys=0", "PRAGMA foreign_keys", "0"},
	{"_fk=0", "PRAGMA foreign_keys", "0"},
	{"_pragma=foreign_keys(0)", "PRAGMA foreign_keys", "0"},
	{"_busy_timeout=1234", "PRAGMA busy_timeout", "1234"},
	{"_timeout=1234", "PRAGMA busy_timeout", "1234"},
	{"_pragma=busy_timeout(1234)", "PRAGMA busy_timeout", "1234"},
	{"_journal_mode=DELETE", mode, "delete"},
	{"_journal_mode=MEMORY", mode, "memory"},
	{"_journal_mode=OFF", mode, "off"},
	{"_journal=persist", mode, "persist"},
	{"_pragma=journal_mode(truncate)", mode, "truncate"},
	{"_synchronous=EXTRA", "PRAGMA synchronous", "3"},
	{"_sync=OFF", "PRAGMA synchronous", "0"},
	{"_pragma=synchronous(2)", "PRAGMA synchronous", "2"},
	{"_auto_vacuum=full", "PRAGMA auto_vacuum", "1"},
	{"_vacuum=2", "PRAGMA auto_vacuum", "2"},
	{"_pragma=auto_vacuum(incremental)", "PRAGMA auto_vacuum", "2"},
	{"_cache_size=-321", "PRAGMA cache_size", "-321"},
	{"_pragma=cache_size(99)", "PRAGMA cache_size", "99"},
	{"_case_sensitive_like=1", "SELECT 'a' LIKE 'A'", "0"},
	{"_cslike=1", "SELECT 'a' LIKE 'A'", "0"},
	{"_pragma=case_sensitive_like(1)", "SELECT 'a' LIKE 'A'", "0"},
	{"_defer_foreign_keys=1", "PRAGMA defer_foreign_keys", "1"},
	{"_defer_fk=1", "PRAGMA defer_foreign_keys", "1"},
	{"_pragma=defer_foreign_keys(1)", "PRAGMA defer_foreign_keys", "1"},
	{"_ignore_check_constraints=1", "PRAGMA ignore_check_constraints", "1"},
	{"_pragma=ignore_check_constraints(1)", "PRAGMA ignore_check_constraints", "1"},
	{"_query_only=1", "PRAGMA query_only", "1"},
	{"_pragma=query_only(1)", "PRAGMA query_only", "1"},
	{"_recursive_triggers=1", "PRAGMA recursive_triggers", "1"},
	{"_rt=1", "PRAGMA recursive_triggers", "1"},
	{"_pragma=recursive_triggers(1)", "PRAGMA recursive_triggers", "1"},
	{"_secure_delete=fast", "PRAGMA secure_delete", "2"},
	{"_secure_delete=1", "PRAGMA secure_delete", "1"},
	{"_pragma=secure_delete(fast)", "PRAGMA secure_delete", "2"},
	{"_writable_schema=1", "PRAGMA writable_schema", "1"},
	{"_pragma=writable_schema(1)", "PRAGMA writable_schema", "1"},
	{"_pragma=analysis_limit(123)", "PRAGMA analysis_limit", "123"},
	{"_pragma=application_id(0x7f)", "PRAGMA application_id", "127"},
	{"_pragma=automatic_index(0)", "PRAGMA automatic_index", "0"},
	{"_pragma=cache_spill(0)", "PRAGMA cache_spill", "0"},
	{"_pragma=cell_size_check(1)", "PRAGMA cell_size_check", "1"},
	{"_pragma=checkpoint_fullfsync(1)", "PRAGMA checkpoint_fullfsync", "1"},
	{"_pragma=fullfsync(1)", "PRAGMA fullfsync", "1"},
	{"_pragma=journal_size_limit(5000)", "PRAGMA journal_size_limit", "5000"},
	{"_pragma=legacy_alter_table(1)", "PRAGMA legacy_alter_table", "1"},
	{"_pragma=max_page_count(5000)", "PRAGMA max_page_count", "5000"},
	{"_pragma=mmap_size(65536)", "PRAGMA mmap_size", "65536"},
	{"_pragma=optimize(2)", "SELECT 1", "1"}, // does something and keeps nothing
	{"_pragma=page_size(8192)", "PRAGMA page_size", "8192"},
	{"_pragma=read_uncommitted(1)", "PRAGMA read_uncommitted", "1"},
	{"_pragma=reverse_unordered_selects(1)", "PRAGMA reverse_unordered_selects", "1"},
	{"_pragma=temp_store(2)", "PRAGMA temp_store", "2"},
	{"_pragma=temp_store=file", "PRAGMA temp_store", "1"},
	{"_pragma=threads(3)", "PRAGMA threads", "3"},
	{"_pragma=trusted_schema(0)", "PRAGMA trusted_schema", "0"},
	{"_pragma=user_version(42)", "PRAGMA user_version", "42"},
	{"_pragma=main.user_version%3D43", "PRAGMA user_version", "43"},
	{"_pragma=wal_autocheckpoint(77)", "PRAGMA wal_autocheckpoint", "77"},
	{"_pragma=temp.cache_size(-55)", "PRAGMA temp.cache_size", "-55"},
	// Of the whole process, so of a size that is in nobody's way.
	{"_pragma=hard_heap_limit(1099511627776)", "PRAGMA hard_heap_limit", "1099511627776"},
	{"_pragma=soft_heap_limit(1099511627775)", "PRAGMA soft_heap_limit", "1099511627775"},
}

// encodings are apart from the other settings.
var encodings = []string{"UTF-8", "UTF-16le", "UTF-16be", "utf-16LE"}

func TestEncodingOfANewFile(t *testing.T) {
	for _, name := range encodings {
		for _, value := range []string{name, "'" + name + "'"} {
			path := dbtest.File(t)
			db := dbtest.Open(t, path+"?_pragma=encoding("+value+")")
			for range 2 {
				got, err := first(dbtest.Conn(t, db), "PRAGMA encoding")
				if err != nil || !strings.EqualFold(got, name) {
					t.Fatalf("%s: %s, %v", value, got, err)
				}
			}
			dbtest.Exec(t, db, table+"; INSERT INTO t VALUES ('größe')")
			if got := ask(t, path, "SELECT a FROM t"); got != "größe" {
				t.Errorf("%s: %q", value, got)
			}
		}
	}
}

// Each connection of a pool has each setting, on a file that is new and on one
// that is there.
func TestSettingsOfEachConnection(t *testing.T) {
	for _, s := range settings {
		if s.question == "PRAGMA mmap_size" && dbtest.OnGoVFS() {
			continue // which a VFS in Go does not have
		}
		t.Run(s.param, func(t *testing.T) {
			path := dbtest.File(t)
			for _, when := range []string{"new", "existing"} {
				db := dbtest.New(t, path+"?"+s.param)
				var conns []*sql.Conn
				for range 5 {
					conns = append(conns, dbtest.Conn(t, db))
				}
				for i, c := range conns {
					if got := dbtest.Text(t, c, s.question); got != s.want {
						t.Errorf("%s file, connection %d: %s, not %s", when, i, got, s.want)
					}
				}
				dbtest.Close(t, db)
				for _, c := range conns {
					c.Close()
				}
			}
			// And without the parameter it is a setting of the file, or none.
			if got := ask(t, path, s.question); got == s.want && !outlives(s.param) {
				t.Errorf("%s is the default", got)
			}
		})
	}
}

// outlives tells the settings that the file or the process keeps.
func outlives(param string) bool {
	for _, name := range []string{"vacuum", "application_id", "encoding", "page_size", "user_version", "heap_limit", "optimize", "journal_mode=DELETE"} {
		if strings.Contains(param, name) {
			return true
		}
	}
	return false
}

// Every PRAGMA that the document names is tried above or by itself.
func TestEveryPragmaOfTheDocumentIsTried(t *testing.T) {
	doc, err := os.ReadFile("../../docs/dsn.md")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile("(?s)takes any of\n\n(.*?)\n").FindSubmatch(doc)
	if list == nil {
		t.Fatal("docs/dsn.md has no list of PRAGMAs")
	}
	tried := "_pragma=locking_mode( _pragma=encoding("
	for _, s := range settings {
		tried += " " + s.param
	}
	pragmas := regexp.MustCompile("`([a-z_]+)`").FindAllSubmatch(list[1], -1)
	if len(pragmas) < 30 {
		t.Fatalf("%d PRAGMAs in the list", len(pragmas))
	}
	for _, m := range pragmas {
		if !strings.Contains(tried, "_pragma="+string(m[1])+"(") {
			t.Errorf("nobody tries %s", m[1])
		}
	}
}

// Who asks for nothing gets the defaults of the document, on each connection.
func TestDefaultsOfEachConnection(t *testing.T) {
	for journal, want := range map[string]string{"WAL": "1", "DELETE": "2"} {
		path := dbtest.File(t)
		run(t, path+"?_journal_mode="+journal, table)
		db := dbtest.Open(t, path)
		for range 5 {
			c := dbtest.Conn(t, db)
			for question, want := range map[string]string{
				mode: strings.ToLower(journal), "PRAGMA synchronous": want, "PRAGMA foreign_keys": "1", "PRAGMA busy_timeout": "5000",
				"PRAGMA query_only": "0", "PRAGMA locking_mode": "normal", `SELECT "nothing"`: "nothing",
			} {
				if got := dbtest.Text(t, c, question); got != want {
					t.Errorf("%s: %s: %s, not %s", journal, question, got, want)
				}
			}
		}
	}
}

// The form of a file is that of its first connection: later ones ask in vain.
func TestFormOfANewFile(t *testing.T) {
	for _, size := range []int{512, 1024, 8192, 65536} {
		for vacuum := range 3 {
			path := dbtest.File(t)
			run(t, fmt.Sprintf("%s?_pragma=page_size(%d)&_auto_vacuum=%d&_synchronous=OFF", path, size, vacuum), table,
				"INSERT INTO t SELECT randomblob(1000) FROM generate_series(1, 300)", "DELETE FROM t WHERE rowid > 10")
			header := read(t, path)
			got := int(binary.BigEndian.Uint16(header[16:]))
			if got == 1 {
				got = 65536
			}
			if got != size || len(header)%size != 0 {
				t.Errorf("page size %d of %d bytes, not %d", got, len(header), size)
			}
			if hasRoot := binary.BigEndian.Uint32(header[52:]) != 0; hasRoot != (vacuum != 0) {
				t.Errorf("auto_vacuum %d was asked for", vacuum)
			}
			if incremental := binary.BigEndian.Uint32(header[64:]) != 0; incremental != (vacuum == 2) {
				t.Errorf("auto_vacuum %d was asked for", vacuum)
			}
			db := dbtest.Open(t, path+"?_pragma=page_size(2048)&_auto_vacuum=1&_pragma=encoding('UTF-16be')")
			for question, want := range map[string]string{"PRAGMA page_size": fmt.Sprint(size), "PRAGMA auto_vacuum": fmt.Sprint(vacuum), "PRAGMA encoding": "UTF-8"} {
				if got := dbtest.Text(t, db, question); got != want {
					t.Errorf("%s of an existing file: %s, not %s", question, got, want)
				}
			}
			if free := dbtest.Int(t, db, "PRAGMA freelist_count"); (free == 0) != (vacuum == 1) {
				t.Errorf("auto_vacuum %d: %d free pages", vacuum, free)
			}
			dbtest.Intact(t, db)
		}
	}
}

// What shapes a new file does so in whatever order it is given.
func TestOrderOfWhatShapesANewFile(t *testing.T) {
	const size, vacuum, journal = "_pragma=page_size(1024)", "_auto_vacuum=full", "_journal_mode=DELETE"
	for _, params := range [][]string{{size, vacuum}, {vacuum, size}, {journal, size, vacuum}, {journal, vacuum, size}} {
		path := dbtest.File(t)
		run(t, path+"?"+strings.Join(params, "&"), table)
		if got := ask(t, path, "SELECT page_size || ' ' || auto_vacuum FROM pragma_page_size, pragma_auto_vacuum"); got != "1024 1" {
			t.Errorf("%q: page size and auto_vacuum are %s", params, got)
		}
	}
}

// The mode of a new file is the one that was asked for, also for others; only
// WAL is a mode of the file itself.
func TestJournalModeOfANewFile(t *testing.T) {
	for _, asked := range []string{"DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF", "WAL"} {
		path := dbtest.File(t)
		db := dbtest.Open(t, path+"?_journal_mode="+asked)
		dbtest.Exec(t, db, table+"; "+insert)
		inWAL := asked == "WAL"
		if format := read(t, path)[18]; (format == 2) != inWAL {
			t.Errorf("%s: the header says format %d", asked, format)
		}
		if exists(path+"-wal") != inWAL {
			t.Errorf("%s: a log: %v", asked, !inWAL)
		}
		want := map[bool]string{true: "wal", false: "delete"}[inWAL]
		if got := ask(t, path, mode); got != want {
			t.Errorf("%s: for others it is %s", asked, got)
		}
		if n := dbtest.Int(t, db, count); n != 1 {
			t.Errorf("%s: %d rows", asked, n)
		}
	}
}

// A file keeps its mode, unless another one is asked for.
func TestJournalModeOfAnExistingFile(t *testing.T) {
	for _, has := range []string{"WAL", "DELETE"} {
		for _, asked := range []string{"", "DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF", "WAL"} {
			path := dbtest.File(t)
			run(t, path+"?_journal_mode="+has, table, insert)
			dsn, want := path, strings.ToLower(has)
			if asked != "" {
				dsn, want = path+"?_journal_mode="+asked, strings.ToLower(asked)
			}
			db := dbtest.Open(t, dsn)
			if got := dbtest.Text(t, db, mode); got != want {
				t.Errorf("%s asks a file in mode %s for %s: it is %s", dsn, has, asked, got)
			}
			if n := dbtest.Int(t, db, count); n != 1 {
				t.Errorf("%d rows", n)
			}
			dbtest.Exec(t, db, insert)
		}
	}
}

// WAL is left by who has the file alone. Who does not, waits and gives up.
func TestJournalModeOfAFileInUse(t *testing.T) {
	path := dbtest.File(t)
	user := dbtest.Open(t, path)
	dbtest.Exec(t, user, table+"; "+insert)
	var err error
	dbtest.Soon(t, "giving up", func() {
		db := dbtest.New(t, path+"?_journal_mode=DELETE&_busy_timeout=50")
		err = db.Ping()
		dbtest.Close(t, db)
	})
	var e *driver.Error
	if !errors.As(err, &e) || e.Code != driver.ErrBusy || e.Waited > 4*time.Second || !strings.Contains(err.Error(), path) {
		t.Errorf("%#v", err)
	}
	dbtest.Exec(t, user, insert)
	time.AfterFunc(50*time.Millisecond, func() { user.Close() })
	dbtest.Soon(t, "waiting until nobody has it", func() {
		if got := ask(t, path+"?_journal_mode=DELETE&_busy_timeout=20000", mode); got != "delete" {
			t.Errorf("%s", got)
		}
	})
}

// Without locks there is no WAL.
func TestNoLock(t *testing.T) {
	path := dbtest.File(t)
	dsn := path + "?nolock=1"
	run(t, dsn, table, insert)
	if got := ask(t, dsn, mode); got != "delete" {
		t.Errorf("journal mode %s", got)
	}
	child := holder(t, path, "BEGIN EXCLUSIVE")
	if n := ask(t, dsn, count); n != "1" {
		t.Errorf("%s rows", n)
	}
	child.Say("go")
	child.Done(t)
}

// EXCLUSIVE locks out everybody else, the connections of the pool included.
func TestLockingMode(t *testing.T) {
	for _, param := range []string{"_locking_mode=EXCLUSIVE", "_locking=exclusive", "_pragma=locking_mode(exclusive)"} {
		for _, journal := range journals {
			path := dbtest.File(t)
			run(t, path+journal, table)
			db := dbtest.Open(t, path+"?_busy_timeout=20&"+param)
			conn := dbtest.Conn(t, db)
			if got := dbtest.Text(t, conn, "PRAGMA locking_mode"); got != "exclusive" {
				t.Errorf("locking mode %s", got)
			}
			dbtest.Exec(t, conn, insert)
			if _, err := db.Exec(insert); !errors.Is(err, driver.ErrBusy) {
				t.Errorf("another connection of the pool: %v", err)
			}
			failed(t, inChild(t, self, path+"?_busy_timeout=20", insert)[0], driver.ErrBusy)
			dbtest.Exec(t, conn, insert)
			conn.Close()
			dbtest.Close(t, db)
			if n := ask(t, path, count); n != "2" {
				t.Errorf("%s rows", n)
			}
		}
	}
}
