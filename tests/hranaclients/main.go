// Command hranaclients runs clients that nobody here wrote against
// cmd/hranaserver: the same operations through each, and every value compared.
// See README.md.
package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/tests/hranaclients/kit"
)

//go:embed operations.json
var operations []byte

// operation is one that clients do, and what must come of it. What is not set
// may be anything.
type operation struct {
	kit.Operation
	Columns  []string       `json:"columns"`
	Rows     [][]*kit.Value `json:"rows"`
	Affected *int64         `json:"affected"`
	LastID   *string        `json:"lastid"`
	Fails    string         `json:"fails"` // is in the error
	Only     []string       `json:"only"`  // clients; none is all
	// Known are clients that get it wrong by themselves, with the reason.
	Known map[string]string `json:"known"`
}

// client is a program that takes operations; an error says why it cannot be
// had here.
type client struct {
	name  string
	build func(work, cache string) ([]string, error) // the command, which gets the URL as its last argument
}

func main() {
	cache := flag.String("cache", "", "`directory` for the packages of npm and PyPI (default: one in the user's cache)")
	verbose := flag.Bool("v", false, "print every operation")
	only := flag.String("run", "", "run only the clients whose name contains this")
	flag.Parse()
	ok, err := run(*cache, *only, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hranaclients:", err)
		os.Exit(1)
	}
	if !ok {
		os.Exit(1)
	}
}

func run(cache, only string, verbose bool) (ok bool, err error) {
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return false, err
		}
		cache = filepath.Join(dir, "libsql-hranaclients")
	}
	work, err := os.MkdirTemp("", "hranaclients")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(work)
	server := filepath.Join(work, "hranaserver")
	if err := command("../..", "go", "build", "-o", server, "./cmd/hranaserver"); err != nil {
		return false, err
	}
	var ops []operation
	if err := json.Unmarshal(operations, &ops); err != nil {
		return false, err
	}
	ok = true
	passed, failed := 0, 0
	fmt.Printf("%-28s %6s %6s %6s\n", "client", "passed", "known", "failed")
	for _, c := range clients {
		if !strings.Contains(c.name, only) {
			continue
		}
		argv, err := c.build(work, cache)
		if err != nil {
			fmt.Printf("%-28s not run: %v\n", c.name, firstLine(err))
			continue
		}
		t := try(c, argv, server, work, ops, verbose)
		fmt.Printf("%-28s %6d %6d %6d\n%s", c.name, t.passed, t.known, t.failed, t.report.String())
		passed, failed = passed+t.passed, failed+t.failed
	}
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	return failed == 0, nil
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return line
}

// tally is how a client has done.
type tally struct {
	passed, known, failed int
	report                strings.Builder
}

func (t *tally) fail(format string, args ...any) {
	t.failed++
	fmt.Fprintf(&t.report, "    FAIL  "+format+"\n", args...)
}

// try runs a client against a server of its own.
func try(c client, argv []string, server, work string, all []operation, verbose bool) *tally {
	t := &tally{}
	var ops []operation
	for _, op := range all {
		if len(op.Only) == 0 || contains(op.Only, c.name) {
			ops = append(ops, op)
		}
	}
	dir, err := os.MkdirTemp(work, "db")
	if err != nil {
		t.fail("%v", err)
		return t
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	url, stop, err := start(ctx, server, filepath.Join(dir, "served.db"))
	if err != nil {
		t.fail("%v", err)
		return t
	}
	defer stop()
	in, err := json.Marshal(ops)
	if err != nil {
		t.fail("%v", err)
		return t
	}
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], url)...)
	var out, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &stderr
	ended := cmd.Run()
	dec := json.NewDecoder(&out)
	for i := range ops {
		var res kit.Result
		if err := dec.Decode(&res); err != nil {
			t.fail("%s: the client ended: %v: %v: %s", ops[i].Name, ended, err, stderr.String())
			return t
		}
		wrong := ops[i].check(&res)
		reason, known := ops[i].Known[c.name]
		switch {
		case known && wrong == "":
			t.fail("%s: passes: delete it from what is known (%s)", ops[i].Name, reason)
		case known:
			t.known++
			fmt.Fprintf(&t.report, "    known %s: %s\n", ops[i].Name, reason)
		case wrong != "":
			t.fail("%s: %s", ops[i].Name, wrong)
		default:
			t.passed++
			if verbose {
				fmt.Fprintf(&t.report, "    ok    %s\n", ops[i].Name)
			}
		}
	}
	return t
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// start starts a server and waits until it says where it listens.
func start(ctx context.Context, server, db string) (url string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, server, "-db", db, "-addr", "127.0.0.1:0", "-token", "secret")
	out, err := cmd.StderrPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "serving "); ok {
			go func() {
				for lines.Scan() {
				}
			}()
			return url, stop, nil
		}
	}
	stop()
	return "", nil, fmt.Errorf("the server said nothing")
}

// check tells what is wrong with the result, "" for nothing.
func (op *operation) check(res *kit.Result) string {
	switch {
	case op.Fails != "" && !strings.Contains(res.Error, op.Fails):
		return fmt.Sprintf("the error is %q, not %q", res.Error, op.Fails)
	case op.Fails != "":
		return ""
	case res.Error != "":
		return "error: " + res.Error
	case op.Affected != nil && (res.Affected == nil || *op.Affected != *res.Affected):
		return fmt.Sprintf("%s rows were changed, not %d", show(res.Affected), *op.Affected)
	case op.LastID != nil && (res.LastID == nil || *op.LastID != *res.LastID):
		return fmt.Sprintf("the rowid is %s, not %s", show(res.LastID), *op.LastID)
	case op.Columns != nil && strings.Join(op.Columns, "|") != strings.Join(res.Columns, "|"):
		return fmt.Sprintf("the columns are %q", res.Columns)
	case op.Rows == nil:
		return ""
	case len(op.Rows) != len(res.Rows):
		return fmt.Sprintf("%d rows, not %d", len(res.Rows), len(op.Rows))
	}
	for i, row := range op.Rows {
		if len(row) != len(res.Rows[i]) {
			return fmt.Sprintf("%d columns, not %d", len(res.Rows[i]), len(row))
		}
		for j, want := range row {
			if !same(want, res.Rows[i][j]) {
				return fmt.Sprintf("row %d column %d is %s, not %s", i, j, show(res.Rows[i][j]), show(want))
			}
		}
	}
	return ""
}

func show(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// same compares values; floats bit by bit.
func same(a, b *kit.Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Float != nil && b.Float != nil {
		x, err1 := strconv.ParseFloat(*a.Float, 64)
		y, err2 := strconv.ParseFloat(*b.Float, 64)
		return err1 == nil && err2 == nil && x == y && (1/x > 0) == (1/y > 0)
	}
	return show(a) == show(b)
}

// command runs a program in a directory; its error has what it said.
func command(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(out))
	}
	return nil
}
