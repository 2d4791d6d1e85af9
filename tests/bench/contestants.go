package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

// contestant is a program, with what is in its environment.
type contestant struct {
	name, program, env string
}

var contestants = []contestant{
	{"libsql", "ours", ""},
	{"single process", "ours", "SINGLE=1"},
	{"mattn", "mattn", ""},
	{"mattn, cache on", "mattn", "CACHE=1"},
	{"glebarez", "glebarez", ""},
	{"go-libsql's driver", "golibsql", ""},
	{"GORM's floor", "floor", ""},
	{"plain C", "plainc", ""},
}

// field is who takes part in a command, and where.
type field struct {
	*flag.FlagSet
	who, dir, bin *string
}

// newField has the flags that all commands have. The dialects are a regular
// expression.
func newField(command, dialects string) field {
	flags := flag.NewFlagSet(command, flag.ExitOnError)
	return field{
		flags,
		flags.String("dialects", dialects, "a regular expression of those that take part"),
		flags.String("dir", os.TempDir(), "where the files are made"),
		flags.String("bin", "", "where the programs are built and left, for the next command; without it they are removed"),
	}
}

// build makes the programs of those that take part. The caller calls done in
// the end.
func (f field) build() (takePart []contestant, bin string, done func(), err error) {
	dialects, err := regexp.Compile(*f.who)
	if err != nil {
		return nil, "", nil, err
	}
	build := []string{"build", "-o"}
	bin, done = *f.bin, func() {}
	if bin == "" {
		if bin, err = os.MkdirTemp("", "bench"); err != nil {
			return nil, "", nil, err
		}
		done = func() { os.RemoveAll(bin) }
	}
	// The slash makes it a directory, also when there is but one program.
	build = append(build, bin+string(filepath.Separator))
	built := map[string]bool{}
	for _, c := range contestants {
		if !dialects.MatchString(c.name) {
			continue
		}
		takePart = append(takePart, c)
		if !built[c.program] {
			build, built[c.program] = append(build, "./"+c.program), true
		}
	}
	if len(takePart) == 0 {
		done()
		return nil, "", nil, fmt.Errorf("no dialect is called %q", *f.who)
	}
	if err := goTool(build...); err != nil {
		done()
		return nil, "", nil, err
	}
	return takePart, bin, done, nil
}

func goTool(args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// run runs the program of a contestant and reads what it prints into result.
func (c contestant) run(bin string, result any, args ...string) error {
	cmd := exec.Command(filepath.Join(bin, c.program), args...)
	cmd.Env = append(os.Environ(), c.env, now())
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %q: %w: %s", c.name, args, err, errs.String())
	}
	return json.Unmarshal(out.Bytes(), result)
}

// now is the variable of [kit.Started].
func now() string { return fmt.Sprintf("%s=%d", kit.Started, time.Now().UnixNano()) }
