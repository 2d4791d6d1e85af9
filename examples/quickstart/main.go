// Quickstart reads the source of the Go standard library into a libSQL
// database, through GORM, and asks the database five questions about it:
//
//	go run github.com/gorm-libsql/libsql/examples/quickstart
//
// A second run brings the database up to date with the source. With -src it
// reads another Go source tree.
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
)

// options are what the command line says.
type options struct {
	db, src, search string
}

func main() {
	var o options
	flag.StringVar(&o.db, "db", "quickstart.db", "database `file`, made if there is none")
	flag.StringVar(&o.src, "src", "", "`directory` of Go source to read (default the standard library)")
	flag.StringVar(&o.search, "search", "safe for concurrent use", "`words` to look for in the comments of functions")
	flag.Parse()

	// Ctrl-C cancels ctx, and with it what the database is doing.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once

	progress := io.Discard
	if isTerminal(os.Stdout) && isTerminal(os.Stderr) {
		progress = os.Stderr
	}
	err := run(ctx, o, os.Stdout, progress)
	if flag.NArg() > 0 {
		err = fmt.Errorf("what is %q? See quickstart -help", flag.Arg(0))
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted; the database is as it was before")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, out, progress io.Writer) error {
	if o.src == "" {
		o.src = filepath.Join(goroot(ctx), "src")
	}
	if _, err := os.Stat(o.src); err != nil {
		return err
	}
	db, err := open(o.db)
	if err != nil {
		return err
	}
	db = db.WithContext(ctx)

	start := time.Now()
	sum, err := load(db, os.DirFS(o.src), progress)
	if err != nil {
		return closeWith(db, err)
	}
	_ = sum
	_ = start
	for i, q := range questions(o.search) {
		start := time.Now()
		answer, err := q.ask(db)
		if err != nil {
			return closeWith(db, err)
		}
		fmt.Fprintf(out, "\n%d. %s  (%s)\n\n", i+1, q.text, time.Since(start))
		answer.print(out)
	}
	return closeWith(db, nil)
}

// goroot is the directory of the Go installation.
func goroot(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if dir := strings.TrimSpace(string(out)); err == nil && dir != "" {
		return dir
	}
	return build.Default.GOROOT
}
