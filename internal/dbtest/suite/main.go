package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const (
	urlVar = "LIBSQL_TEST_URL"
	// onServer is what dbtest logs for a test whose database is at a server.
	onServer = "its database is at a server"
	module   = "github.com/gorm-libsql/libsql"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
}

// counts are those of the tests of a package; subtests are part of theirs.
type counts struct{ passed, failed, skipped, served int }

func run(packages []string) error {
	if len(packages) == 0 {
		return errors.New("no packages: see go help packages")
	}
	local, err := test(packages, "")
	if err != nil {
		return err
	}
	url := os.Getenv(urlVar)
	if url == "" {
		url = "hranaserver"
	}
	remote, err := test(packages, url)
	if err != nil {
		return err
	}
	fmt.Println("| package | local: passed | skipped | at a server: passed | of them with a database there | skipped |")
	fmt.Println("| --- | --- | --- | --- | --- | --- |")
	var names []string
	for name := range remote {
		names = append(names, name)
	}
	slices.Sort(names)
	var l, r counts
	for _, name := range names {
		a, b := local[name], remote[name]
		row("`"+strings.TrimPrefix(strings.TrimPrefix(name, module), "/")+"`", a, b)
		l, r = l.plus(a), r.plus(b)
	}
	row("all", l, r)
	if n := l.failed + r.failed; n > 0 {
		return fmt.Errorf("%d tests failed", n)
	}
	return nil
}

func row(name string, local, remote counts) {
	if name == "``" {
		name = "the root"
	}
	fmt.Printf("| %s | %d | %d | %d | %d | %d |\n", name, local.passed, local.skipped, remote.passed, remote.served, remote.skipped)
}

func (c counts) plus(d counts) counts {
	return counts{c.passed + d.passed, c.failed + d.failed, c.skipped + d.skipped, c.served + d.served}
}

// test runs the tests of the packages, and counts them by package. Packages
// none of whose tests run are left out.
func test(packages []string, url string) (map[string]counts, error) {
	args := []string{"test", "-short", "-count=1", "-json"}
	if url != "" && url != "hranaserver" {
		args = append(args, "-p", "1") // there is one database
	}
	cmd := exec.Command("go", append(args, packages...)...)
	cmd.Env = append(os.Environ(), urlVar+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	all, err := count(bufio.NewReader(out))
	if err != nil {
		return nil, errors.Join(err, cmd.Wait())
	}
	var failed *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	return all, nil
}

// count reads what go test -json writes: https://pkg.go.dev/cmd/test2json.
func count(out *bufio.Reader) (map[string]counts, error) {
	all, served := map[string]counts{}, map[string]bool{}
	for d := json.NewDecoder(out); d.More(); {
		var e struct{ Action, Package, Test, Output string }
		if err := d.Decode(&e); err != nil {
			return nil, err
		}
		test, _, part := strings.Cut(e.Test, "/")
		if test == "" {
			continue
		}
		key := e.Package + " " + test
		served[key] = served[key] || strings.Contains(e.Output, onServer)
		if part {
			continue
		}
		c := all[e.Package]
		switch e.Action {
		case "pass":
			c.passed++
			if served[key] {
				c.served++
			}
		case "skip":
			c.skipped++
		case "fail":
			c.failed++
			fmt.Fprintln(os.Stderr, "failed:", key)
		default:
			continue
		}
		all[e.Package] = c
	}
	return all, nil
}
