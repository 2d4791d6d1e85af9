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
	"slices"
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

// arena is where a command runs: who takes part, where their programs are, and
// a directory for files that ends with it, whatever the programs leave there.
type arena struct {
	takePart []contestant
	bin, dir string
	made     []string
}

func (a *arena) close() {
	for _, dir := range a.made {
		os.RemoveAll(dir)
	}
}

// build makes the programs of those that take part.
func (f field) build() (a *arena, err error) {
	dialects, err := regexp.Compile(*f.who)
	if err != nil {
		return nil, err
	}
	a = &arena{bin: *f.bin}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if a.dir, err = a.temp(*f.dir); err != nil {
		return nil, err
	}
	if a.bin == "" {
		if a.bin, err = a.temp(""); err != nil {
			return nil, err
		}
	}
	// The slash makes it a directory, also when there is but one program.
	build := []string{"build", "-o", a.bin + string(filepath.Separator)}
	for _, c := range contestants {
		if !dialects.MatchString(c.name) {
			continue
		}
		a.takePart = append(a.takePart, c)
		if p := "./" + c.program; !slices.Contains(build, p) {
			build = append(build, p)
		}
	}
	if len(a.takePart) == 0 {
		return nil, fmt.Errorf("no dialect is called %q", *f.who)
	}
	return a, goTool(build...)
}

func (a *arena) temp(in string) (string, error) {
	dir, err := os.MkdirTemp(in, "bench")
	if err == nil {
		a.made = append(a.made, dir)
	}
	return dir, err
}

func goTool(args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// run runs the program of a contestant and reads what it prints into result.
func (a *arena) run(c contestant, result any, args ...string) error {
	cmd := exec.Command(filepath.Join(a.bin, c.program), args...)
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
