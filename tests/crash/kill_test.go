package crash

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// variant is a kind of database and a way to write it.
type variant struct {
	name, store, params string
	// beside: the parent has the file open with a snapshot while the child is
	// killed, so that the database goes on. Otherwise whoever opens the file
	// next recovers it.
	beside bool
}

var variants = []variant{
	{"default", "sql", "", false},
	{"gorm", "gorm", "", false},
	{"default beside a reader", "sql", "", true},
	{"delete", "sql", "?_journal_mode=DELETE", false},
	{"encrypted", "sql", "?encryptionKey=secret", false},
	{"single process", "sql", "?_single_process=1", false},
	{"delete without waiting for the disk", "sql", "?_journal_mode=DELETE&_synchronous=OFF", false},
}

// killsOfAFile is how many processes die on one file before there is a new one.
const killsOfAFile = 6

// figures sum up what a run has seen.
type figures struct {
	kills, early  int // early: before the first acknowledgement
	commits, rows int // acknowledged
	unasked       int // commits that are there and were not acknowledged
	// to open the file after a kill, and to write then
	slowest, slowestWrite time.Duration
}

func (f *figures) add(g figures) {
	f.kills += g.kills
	f.early += g.early
	f.commits += g.commits
	f.rows += g.rows
	f.unasked += g.unasked
	f.slowest = max(f.slowest, g.slowest)
	f.slowestWrite = max(f.slowestWrite, g.slowestWrite)
}

func (f figures) String() string {
	return fmt.Sprintf("%d kills, %d of them before the first commit; %d commits acknowledged, with %d rows; "+
		"%d commits are there without; opened in at most %v, written to in at most %v",
		f.kills, f.early, f.commits, f.rows, f.unasked, f.slowest, f.slowestWrite)
}

func TestKills(t *testing.T) {
	var all figures
	for i, v := range variants {
		n := kills() / len(variants)
		if i < kills()%len(variants) {
			n++
		}
		if n == 0 {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			f := v.run(t, n)
			t.Log(f)
			all.add(f)
		})
	}
	t.Log(all)
	if all.commits == 0 && all.kills > 20 { // a few may all come early, by chance
		t.Error("nothing was written")
	}
}

// run kills n processes.
func (v variant) run(t *testing.T, n int) (f figures) {
	for done := 0; done < n && !t.Failed(); done += killsOfAFile {
		l := &ledger{dsn: "file:" + dbtest.File(t) + v.params}
		for range min(killsOfAFile, n-done) {
			if v.beside {
				l.survive(t, func() { l.kill(t, v.store) })
			} else {
				l.kill(t, v.store)
			}
			if l.check(t); t.Failed() {
				break
			}
		}
		f.add(l.figures)
	}
	return f
}

// ledger is what the parent knows of a file.
type ledger struct {
	dsn   string
	acked [writers]int // the last commit of each writer
	figures
}

// kill starts a child and kills it at a random moment: after a time since its
// start, which may be before it has opened the file, or since its first commit.
func (l *ledger) kill(t *testing.T, store string) {
	t.Helper()
	c := dbtest.Start(t, "write", store, l.dsn)
	first, ended := make(chan struct{}), make(chan struct{})
	var failure string
	commits := 0
	go func() {
		defer close(ended)
		for line, ok := c.Line(); ok; line, ok = c.Line() {
			if strings.HasPrefix(line, "failed: ") {
				failure = line
				continue
			}
			l.note(t, line)
			if commits++; commits == 1 {
				close(first)
			}
		}
	}()
	wait := time.Duration(rand.IntN(60_000)) * time.Microsecond
	if rand.IntN(4) > 0 {
		select {
		case <-first:
		case <-ended:
		}
	}
	time.Sleep(wait)
	c.Process.Kill()
	<-ended
	c.Kill()
	if failure != "" {
		t.Fatalf("the child ended by itself: %s", failure)
	}
	if s := c.ProcessState.String(); s != "signal: killed" {
		t.Fatalf("the child ended by itself: %s", s)
	}
	l.kills++
	if commits == 0 {
		l.early++
	}
}

// note keeps an acknowledgement.
func (l *ledger) note(t *testing.T, line string) {
	var writer, seq int
	if _, err := fmt.Sscanf(line, "%d %d", &writer, &seq); err != nil || writer >= writers || seq != l.acked[writer]+1 {
		t.Errorf("after %v the child said %q", l.acked, line)
		return
	}
	l.acked[writer] = seq
	l.commits++
	if hasRows(writer) {
		l.rows += len(rowsOf(writer, seq))
	}
}

// survive runs fn while this process has the file open and reads it; what it
// reads stays as it was, and the rows of the killed process appear afterwards.
func (l *ledger) survive(t *testing.T, fn func()) {
	t.Helper()
	db := dbtest.Open(t, l.dsn)
	defer db.Close()
	dbtest.Exec(t, db, schema)
	conn := dbtest.Conn(t, db)
	defer conn.Close()
	const state = "SELECT (SELECT count(*) FROM entries) || ' ' || (SELECT total(seq) FROM slots)"
	dbtest.Exec(t, conn, "BEGIN")
	before := dbtest.Text(t, conn, state)
	fn()
	if after := dbtest.Text(t, conn, state); after != before {
		t.Errorf("the snapshot changed from %s to %s", before, after)
	}
	dbtest.Exec(t, conn, "COMMIT")
	l.look(t, db)
}

// check opens the file as a program does that is started anew. The write may
// be the one that moves the log into the file and waits for the disk, which
// is no matter of the kill.
func (l *ledger) check(t *testing.T) {
	t.Helper()
	db := dbtest.Open(t, l.dsn)
	start := time.Now()
	dbtest.Int(t, db, "SELECT count(*) FROM sqlite_schema")
	d := time.Since(start)
	if l.slowest = max(l.slowest, d); d > 20*time.Second { // a lock that stays would be an error, of the busy timeout
		t.Errorf("opening the file took %v", d)
	}
	start = time.Now()
	dbtest.Exec(t, db, "CREATE TABLE IF NOT EXISTS probe(n); INSERT INTO probe VALUES (1)")
	l.slowestWrite = max(l.slowestWrite, time.Since(start))
	l.look(t, db)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
