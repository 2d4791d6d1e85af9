package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func init() {
	children["ours first"] = func() error { return errors.Join(useOurs(), useTheirs(), useOurs()) }
	children["theirs first"] = func() error { return errors.Join(useTheirs(), useOurs(), useTheirs()) }
	children["theirs open"] = func() error {
		db, err := sql.Open("libsql", ":memory:")
		if err != nil {
			return err
		}
		defer db.Close()
		return errors.Join(db.Ping(), useOurs(), db.Ping(), useTheirs())
	}
	children["at once"] = func() error {
		errs := make([]error, 8)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range errs {
			wg.Add(1)
			go func() {
				defer wg.Done()
				<-start
				for range 5 {
					if i%2 == 0 {
						errs[i] = errors.Join(errs[i], useOurs())
					} else {
						errs[i] = errors.Join(errs[i], useTheirs())
					}
				}
			}()
		}
		close(start)
		wg.Wait()
		return errors.Join(errs...)
	}
}

func useOurs() error   { return use(driver.Name, ":memory:") }
func useTheirs() error { return use("libsql", ":memory:") }

// use makes a table and reads it back, on one connection.
func use(name, dsn string) error {
	ctx := context.Background()
	db, err := sql.Open(name, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer c.Close()
	for _, text := range []string{"CREATE TABLE t(a)", "INSERT INTO t VALUES (1), (2), (3)"} {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	var sum int
	if err := c.QueryRowContext(ctx, "SELECT sum(a) FROM t").Scan(&sum); err != nil || sum != 6 {
		return fmt.Errorf("%s: %d, %w", name, sum, err)
	}
	return nil
}

// Both drivers initialise one library, and it aborts the process when that is done in the wrong order. So each order has a process.
func TestBesideGoLibsql(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	needsLibrary(t)
	self, err := os.Executable()
	require.NoError(t, err)
	for name := range children {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := osexec.CommandContext(withTimeout(t), self)
			cmd.Env = append(os.Environ(), childVar+"="+name)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, string(out))
			require.Empty(t, strings.ReplaceAll(string(out), "warning: GOCOVERDIR not set, no coverage data emitted\n", ""))
		})
	}
	require.NoError(t, useOurs())
	require.NoError(t, useTheirs())
}

// A file that one of the drivers wrote is read by the other, in one process.
func TestFileOfGoLibsql(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	needsLibrary(t)
	path := filepath.Join(t.TempDir(), "a.db")
	theirs, err := sql.Open("libsql", "file:"+path)
	require.NoError(t, err)
	defer theirs.Close()
	_, err = theirs.Exec("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
	require.NoError(t, err)
	ours := open(t, path)
	for i := range 10 {
		do := []*sql.DB{ours, theirs}[i%2].Exec
		_, err := do("INSERT INTO t(v) VALUES (?)", i)
		require.NoError(t, err)
	}
	for _, db := range []*sql.DB{ours, theirs} {
		var n, sum int
		require.NoError(t, db.QueryRow("SELECT count(*), sum(v) FROM t").Scan(&n, &sum))
		require.Equal(t, [2]int{10, 45}, [2]int{n, sum})
	}
}
