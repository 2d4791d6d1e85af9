package leaks

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

var moveFlag = flag.Int64("move", 256, "how many MiB to move through one pool")

// Values that go into a database and come out again leave nothing behind in
// the process, however many they are and whatever their size: texts and blobs
// that are copied with their block, that are copied apart, and that fail.
//
// glibc has a heap for every thread and keeps what is freed in them, up and
// down by 30 MiB with no end to it. So it happens in a process with one heap,
// where large values are given back at once.
func TestMove(t *testing.T) {
	const child = "LIBSQL_TEST_MOVE"
	if os.Getenv(child) != "" {
		move(t, *moveFlag*mib)
		return
	}
	want := *moveFlag
	if testing.Short() {
		want = min(want, 64)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestMove$", "-test.v", "-test.timeout=0", "-move="+strconv.FormatInt(want, 10))
	cmd.Env = append(os.Environ(), child+"=1", "MALLOC_ARENA_MAX=1", "MALLOC_MMAP_THRESHOLD_=65536", "MALLOC_TRIM_THRESHOLD_=65536")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}

func move(t *testing.T, want int64) {
	db := dbtest.New(t, "file:"+filepath.Join(t.TempDir(), "move.db")+"?_synchronous=OFF")
	defer dbtest.Close(t, db)
	dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB, s TEXT, at DATETIME)")
	mover := newMover(db)
	mover.move(t, want/8) // what a pool in use has
	before := now()
	for mover.moved < want {
		mover.move(t, want/8)
		t.Logf("%.1f GiB moved: %v", float64(mover.moved)/1024/mib, now())
	}
	before.back(t, 10*mib)
}

// mover writes and reads on two goroutines at once.
type mover struct {
	db    *sql.DB
	blob  []byte
	mu    sync.Mutex
	moved int64
}

func newMover(db *sql.DB) *mover {
	m := &mover{db: db, blob: make([]byte, 3*mib)}
	for i := range m.blob {
		m.blob[i] = byte('a' + rand.IntN(26))
	}
	return m
}

func (m *mover) add(n int) {
	m.mu.Lock()
	m.moved += int64(n)
	m.mu.Unlock()
}

// move moves at least so many bytes.
func (m *mover) move(t *testing.T, n int64) {
	t.Helper()
	end := m.moved + n
	errs := make(chan error, 2)
	for w := range 2 {
		go func() {
			for {
				m.mu.Lock()
				enough := m.moved >= end
				m.mu.Unlock()
				if enough {
					errs <- nil
					return
				}
				if err := m.round(w); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
}

// round writes rows of a size, reads them in several ways, and deletes them.
func (m *mover) round(w int) error {
	sizes := []int{0, 10, 300, 5_000, 100_000, len(m.blob)}
	size := sizes[rand.IntN(len(sizes))]
	rows := max(1, min(2000, 2*mib/(size+1)))
	ctx := context.Background()
	first := int64(w)<<32 + rand.Int64N(1<<30)
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	st, err := tx.Prepare("INSERT INTO t VALUES (?, ?, ?, '2024-01-02 03:04:05')")
	if err != nil {
		return err
	}
	for i := range rows {
		if _, err := st.Exec(first+int64(i), m.blob[:size], string(m.blob[:size/2])); err != nil {
			return err
		}
		m.add(size + size/2)
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	between := []any{first, first + int64(rows)}
	var b []byte
	var s string
	var at any
	all, err := m.db.Query("SELECT b, s, at FROM t WHERE id BETWEEN ? AND ?", between...)
	if err != nil {
		return err
	}
	for n := 0; all.Next(); n++ {
		if err := all.Scan(&b, &s, &at); err != nil {
			return err
		}
		if len(b) != size || len(s) != size/2 {
			return fmt.Errorf("%d and %d bytes, not %d", len(b), len(s), size)
		}
		m.add(size + size/2)
		if n > rows/2 && size%7 == 0 {
			break // the rest is never read
		}
	}
	if err := all.Close(); err != nil {
		return err
	}
	// A failure with much text in it, and a text that never repeats.
	if _, err := m.db.Exec(fmt.Sprintf("INSERT INTO t(id, s) VALUES (%d, ?); INSERT INTO t(id, s) VALUES (%[1]d, ?)", first), s, s); err == nil {
		return fmt.Errorf("%d is there twice", first)
	}
	_, err = m.db.Exec("DELETE FROM t WHERE id BETWEEN ? AND ?", between...)
	return err
}

// Many databases that are open and do nothing cost no goroutine, no thread,
// and little memory.
func TestIdleDatabases(t *testing.T) {
	count := 1000
	if testing.Short() {
		count = 200
	}
	for name, dsn := range map[string]func(i int) string{
		"memory": func(int) string { return ":memory:" },
		"file": func() func(int) string {
			dir := t.TempDir()
			return func(i int) string { return "file:" + filepath.Join(dir, fmt.Sprint(i)) + "?_synchronous=OFF" }
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			use := func(dsn string) *sql.DB {
				db := dbtest.New(t, dsn)
				dbtest.Exec(t, db, table)
				dbtest.Exec(t, db, insert, "a")
				dbtest.Int(t, db, "SELECT count(*) FROM t")
				return db
			}
			dbtest.Close(t, use(dsn(count)))
			before := now()
			goroutines, threads := runtime.NumGoroutine(), entries("/proc/self/task")
			var all []*sql.DB
			for i := range count {
				all = append(all, use(dsn(i)))
			}
			full := now()
			each := float64(full.rss-before.rss) / float64(count) / 1024
			t.Logf("%d databases: %.0f KiB each, %d threads more", count, each, entries("/proc/self/task")-threads)
			if each > 1024 && !instrumented {
				t.Errorf("%.0f KiB for each of the databases", each)
			}
			// One goroutine of database/sql for each pool, and none of ours.
			if n := runtime.NumGoroutine() - goroutines; n > count {
				t.Errorf("%d goroutines for %d databases", n, count)
			}
			if n := entries("/proc/self/task") - threads; n > 8 { // the Go runtime's own
				t.Errorf("%d threads for %d databases", n, count)
			}
			for _, db := range all {
				dbtest.Close(t, db)
			}
			before.back(t, (full.rss-before.rss)/3) // what malloc cannot give back
		})
	}
}
