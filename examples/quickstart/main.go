package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/build"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"gorm.io/gorm"
)

// options are what the command line says.
type options struct {
	db, src, search, like, profile string
}

func main() {
	var o options
	flag.StringVar(&o.db, "db", "quickstart.db", "database `file`, created if there is none, or address of a server, such as http://127.0.0.1:8080")
	flag.StringVar(&o.src, "src", "", "`directory` of Go source to read (default: the standard library)")
	flag.StringVar(&o.search, "search", "safe for concurrent use", "`words` to look for in the comments of functions")
	flag.StringVar(&o.like, "like", "strings.TrimSpace", "`function` to find others like it: package.Function or package.(*Type).Method")
	flag.StringVar(&o.profile, "profile", "", "read all again with the profiler, and show its pages at this `address`, such as 127.0.0.1:8080, until Ctrl-C")
	flag.Parse()

	// Ctrl-C cancels ctx, and with it what the database is doing.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // so a second Ctrl-C ends the program at once

	progress := io.Discard
	if isTerminal(os.Stdout) && isTerminal(os.Stderr) {
		progress = os.Stderr
	}
	err := run(ctx, o, flag.Args(), os.Stdout, progress)
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run is the program without what belongs to a process.
func run(ctx context.Context, o options, args []string, out, progress io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("unexpected argument %q: see quickstart -help", args[0])
	}
	if matchAll(o.search) == "" {
		return errors.New("-search has no words to look for")
	}
	if o.src == "" {
		o.src = filepath.Join(goroot(ctx), "src")
	}
	from, err := findSources(o.src)
	if err != nil {
		return err
	}
	db, err := open(o.db)
	if err != nil {
		return err
	}
	work := func(db *gorm.DB) error { return loadAndAsk(db, from, questions(o.search, o.like), out, progress) }
	if o.profile == "" {
		err = work(db.WithContext(ctx))
	} else {
		err = profiled(ctx, db, o.profile, out, work)
	}
	if err := closeWith(db, err); err != nil {
		return err
	}
	name, _, _ := strings.Cut(o.db, "?") // parameters may follow
	if info, err := os.Stat(name); err == nil {
		if path, err := filepath.Abs(name); err == nil {
			name = path
		}
		fmt.Fprintf(out, "\nThe database is %s (%.1f MB).\n", name, float64(info.Size())/1e6)
	}
	return nil
}

func loadAndAsk(db *gorm.DB, from tree, questions []question, out, progress io.Writer) error {
	start := time.Now()
	s, err := load(db, from, progress)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Read %s in %.2f s.\n%s\n", from.dir, time.Since(start).Seconds(), s)

	for i, q := range questions {
		start := time.Now()
		answer, err := q.ask(db)
		if err != nil {
			return err
		}
		took := time.Since(start)
		fmt.Fprintf(out, "\n%d. %s  (%.1f ms)\n\n", i+1, q.text, took.Seconds()*1000)
		answer.print(out)
	}
	return nil
}

// goroot is the directory of the Go installation.
func goroot(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
		return dir
	}
	return build.Default.GOROOT
}
