package dbtest

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

const (
	longVar  = "LIBSQL_TEST_LONG"
	childVar = "LIBSQL_TEST_CHILD"
	// divided by the unit separator, which no path and no DSN of a test has
	childArgsVar = "LIBSQL_TEST_CHILD_ARGS"
)

// Long tells that the long versions of the tests were asked for.
func Long() bool { return os.Getenv(longVar) != "" }

// Main is the TestMain of a package: it runs the tests and fails when they
// leave goroutines or descriptors behind. In a child process that [Start]
// began it runs the child of that name instead.
func Main(m *testing.M, children map[string]func(args []string) error, opts ...leaktest.Option) {
	if err := setVFS(); err != nil && !errors.Is(err, driver.ErrUnsupported) {
		fmt.Println(err)
		os.Exit(1)
	}
	if name := os.Getenv(childVar); name != "" {
		child := children[name]
		if child == nil {
			child = func([]string) error { return errors.New("no such child") }
		}
		args := strings.Split(os.Getenv(childArgsVar), "\x1f")
		if err := child(args); err != nil {
			fmt.Fprintf(os.Stderr, "child %s: %v\n", name, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	switch err := warm(); {
	case errors.Is(err, driver.ErrUnsupported):
		fmt.Println("not run:", err)
		os.Exit(0)
	case err != nil:
		fmt.Println(err)
		os.Exit(1)
	}
	leaktest.Main(m, opts...)
}

// MainLocal is [Main] for a package whose tests are all about local databases:
// with LIBSQL_TEST_URL none of them runs.
func MainLocal(m *testing.M, why Reason, children map[string]func(args []string) error, opts ...leaktest.Option) {
	if Remote() && os.Getenv(childVar) == "" {
		fmt.Println("not run: local only:", why)
		os.Exit(0)
	}
	Main(m, children, opts...)
}

// warm loads the library, whose threads and descriptors stay for good.
func warm() error {
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Ping()
}

// Child is a process that runs a function of this test binary.
type Child struct {
	*exec.Cmd
	Stdin  io.WriteCloser
	lines  *bufio.Scanner
	stderr bytes.Buffer
	ended  bool
}

// Start starts a child of [Main] with its arguments. It is killed at the end
// of the test if it still runs.
func Start(t testing.TB, name string, args ...string) *Child {
	t.Helper()
	return StartCmd(t, exec.CommandContext(context.Background(), os.Args[0], "-test.run=^$"), name, args...)
}

// StartCmd starts a child by a command of the caller's own making.
func StartCmd(t testing.TB, cmd *exec.Cmd, name string, args ...string) *Child {
	t.Helper()
	c := &Child{Cmd: cmd}
	cmd.Env = append(os.Environ(), childVar+"="+name, childArgsVar+"="+strings.Join(args, "\x1f"))
	cmd.Stderr = &c.stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stdin, c.lines = in, bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

// StartTogether starts children that print "ready" and then wait for a line,
// and gives it to all of them once all are ready.
func StartTogether(t testing.TB, n int, name string, args ...string) (all []*Child) {
	t.Helper()
	for range n {
		c := Start(t, name, args...)
		c.Expect(t, "ready")
		all = append(all, c)
	}
	for _, c := range all {
		c.Say("go")
	}
	return all
}

// Line returns the next line that the child prints; false when it has ended.
func (c *Child) Line() (string, bool) {
	ok := c.lines.Scan()
	return c.lines.Text(), ok
}

// Expect waits for the child to print just that line.
func (c *Child) Expect(t testing.TB, line string) {
	t.Helper()
	got, ok := c.Line()
	if !ok || got != line {
		c.Kill()
		t.Fatalf("the child printed %q, not %q; its standard error: %s", got, line, c.stderr.String())
	}
}

// Say writes a line to the child.
func (c *Child) Say(line string) { fmt.Fprintln(c.Stdin, line) }

// Kill ends the child with SIGKILL. What it has printed can still be read.
func (c *Child) Kill() {
	if c.ended {
		return
	}
	c.ended = true
	c.Process.Kill()
	for c.lines.Scan() { // so that nobody who calls Line later waits
	}
	c.Wait()
}

// Done waits for the child to end and fails the test if it ended badly.
func (c *Child) Done(t testing.TB) {
	t.Helper()
	c.Stdin.Close()
	for c.lines.Scan() {
	}
	c.ended = true
	if err := c.Wait(); err != nil {
		t.Errorf("child: %v: %s", err, c.stderr.String())
	}
}
