package migrating

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// migrateChild migrates the file to the models of a work when it gets a line:
// DSN, work. It prints each step, and "done".
func migrateChild(args []string) error {
	db, err := openWith(args[0], func(e migrator.Event) { fmt.Printf("%s: %s\n", e.Table, e.Step) })
	if err != nil {
		return err
	}
	p, err := db.DB()
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Ping(); err != nil {
		return err
	}
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	if err := db.AutoMigrate(works[args[1]]...); err != nil {
		return err
	}
	fmt.Println("done")
	bufio.NewScanner(os.Stdin).Scan()
	return nil
}

// kills is how many processes the run kills.
func kills() int {
	switch {
	case *killsFlag > 0:
		return *killsFlag
	case dbtest.Long():
		return 500
	case testing.Short():
		return 5
	}
	return 15
}

// A kind of kill: the work, and the kind of file.
var killed = []struct{ name, work, params string }{
	{"rebuild", "rebuild", ""},
	{"native", "native", ""},
	{"several", "several", ""},
	{"several, delete", "several", "?_journal_mode=DELETE"},
	{"rebuild, encrypted", "rebuild", "?encryptionKey=secret"},
}

// killedRows makes a file that does not fit into the cache, so that a
// transaction writes before it commits.
const killedRows = 20_000

// A process that is killed while it migrates leaves the old schema or the new
// one, and every row.
func TestKill(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	var kill, old, done int
	after := map[string]int{}
	for i, k := range killed {
		n := kills() / len(killed)
		if i < kills()%len(killed) {
			n++
		}
		if n == 0 {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			v := newVictim(t, k.work, k.params)
			for range n {
				at, isNew := v.kill(t)
				kill++
				after[at]++
				if isNew {
					done++
				} else {
					old++
				}
			}
		})
	}
	t.Logf("%d kills: %d left the old schema, %d the new one", kill, old, done)
	var lines []string
	for at, n := range after {
		lines = append(lines, fmt.Sprintf("%4d after %s", n, at))
	}
	slices.Sort(lines)
	t.Log("\n" + strings.Join(lines, "\n"))
}

// victim is a file to migrate again and again.
type victim struct {
	work, params, dir string
	file              []byte
	old, new          state
	took              []time.Duration // from each step to the next; the first from the start
}

// newVictim makes the file, and lets a process migrate a copy to its end.
func newVictim(t *testing.T, work, params string) *victim {
	v := &victim{work: work, params: params, dir: t.TempDir()}
	path := filepath.Join(v.dir, "old.db")
	db := dbtest.New(t, "file:"+path+params)
	c := dbtest.Conn(t, db)
	makeShop(t, c, killedRows)
	v.old = look(t, c)
	require.NoError(t, c.Close())
	dbtest.Close(t, db)
	var err error
	v.file, err = os.ReadFile(path)
	require.NoError(t, err)

	dsn := v.copy(t)
	child := dbtest.Start(t, "migrate", dsn, work)
	child.Expect(t, "ready")
	child.Say("go")
	for at := time.Now(); ; {
		line, ok := child.Line()
		require.True(t, ok, "the child ended by itself")
		v.took = append(v.took, time.Since(at))
		at = time.Now()
		if line == "done" {
			break
		}
	}
	child.Done(t)
	db = dbtest.New(t, dsn)
	v.new = look(t, db)
	dbtest.Close(t, db)
	require.NotEqual(t, v.old.schema, v.new.schema)
	require.Equal(t, v.old.rows, v.new.rows)
	return v
}

// copy makes the file as it was, in the place of the last copy.
func (v *victim) copy(t *testing.T) (dsn string) {
	t.Helper()
	path := filepath.Join(v.dir, "copy.db")
	for _, rest := range []string{"", "-wal", "-shm", "-journal"} {
		require.NoError(t, os.RemoveAll(path+rest))
	}
	require.NoError(t, os.WriteFile(path, v.file, 0o600))
	return "file:" + path + v.params
}

// kill kills a process at a random moment after a random step of it. It
// returns the last step that it told, and whether the schema is new.
func (v *victim) kill(t *testing.T) (last string, isNew bool) {
	t.Helper()
	dsn := v.copy(t)
	child := dbtest.Start(t, "migrate", dsn, v.work)
	child.Expect(t, "ready")
	child.Say("go")
	n := rand.IntN(len(v.took))
	if rand.IntN(3) == 0 {
		n = len(v.took) - 1 // the commit, which nothing tells of
	}
	last = "start"
	for range n {
		line, ok := child.Line()
		require.True(t, ok, "the child ended by itself")
		last = line
	}
	// Longer than the step took, because it takes longer at times.
	time.Sleep(time.Duration(rand.Int64N(int64(v.took[n])*3/2 + 1)))
	child.Process.Kill()
	for line, ok := child.Line(); ok; line, ok = child.Line() {
		last = line
	}
	child.Kill()
	require.Equal(t, "signal: killed", child.ProcessState.String())

	db, err := openWith(dsn, nil)
	require.NoError(t, err)
	defer dbtest.Close(t, pool(t, db))
	got := look(t, pool(t, db))
	intact(t, pool(t, db))
	if isNew = got.schema != v.old.schema; isNew {
		require.Equal(t, v.new.schema, got.schema, "neither the old schema nor the new one, after %s", last)
	}
	require.Equal(t, v.old.rows, got.rows, "after %s", last)
	require.NoError(t, db.AutoMigrate(works[v.work]...))
	require.Equal(t, v.new, look(t, pool(t, db)))
	if last == "done" {
		require.True(t, isNew, "the migration was done and is gone")
	}
	return last, isNew
}
