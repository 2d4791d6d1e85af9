// Command trips counts the requests of the same GORM work through this module's
// engine, libsql-client-go and go-libsql's remote connector, at a server that
// takes its time for each as a network does, and prints them side by side. It
// fails when this module's engine needs more than another anywhere.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
	"github.com/gorm-libsql/libsql/tests/hranaclients/trips/work"
)

// Two of the clients register a driver of the same name. Without the engine for
// local databases, nothing of go-libsql is in the program of the other.
var clients = []struct{ name, dir, tags string }{
	{"this module", "remote", "libsql_nolocal"}, {"libsql-client-go", "clientgo", "libsql_nolocal"}, {"go-libsql", "golibsql", ""},
}

func main() {
	latency := flag.Duration("latency", 50*time.Millisecond, "how long each request waits for its answer")
	flag.Parse()
	more, err := run(*latency)
	if err != nil {
		fmt.Fprintln(os.Stderr, "trips:", err)
	}
	if err != nil || more {
		os.Exit(1)
	}
}

func run(latency time.Duration) (more bool, err error) {
	dir, err := os.MkdirTemp("", "trips")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	var all [][]work.Piece
	for _, c := range clients {
		bin := filepath.Join(dir, c.dir)
		build := exec.Command("go", "build", "-tags", c.tags, "-o", bin, "github.com/gorm-libsql/libsql/tests/hranaclients/trips/"+c.dir)
		if out, err := build.CombinedOutput(); err != nil {
			return false, fmt.Errorf("%s: %w: %s", c.name, err, out)
		}
		done, err := measure(bin, latency)
		if err != nil {
			return false, fmt.Errorf("%s: %w", c.name, err)
		}
		all = append(all, done)
	}
	return show(all), nil
}

// show prints a table and tells whether the first client needs more requests
// than another.
func show(all [][]work.Piece) (more bool) {
	fmt.Printf("%-60s", "requests, time")
	for _, c := range clients {
		fmt.Printf(" %20s", c.name)
	}
	fmt.Println()
	var failed []string
	for i, ours := range all[0] {
		fmt.Printf("%-60s", ours.Name)
		for j, done := range all {
			p := done[i]
			if p.Error == "" {
				fmt.Printf(" %5d %14s", p.Requests, p.Took.Round(100*time.Microsecond))
			} else {
				fmt.Printf(" %20s", "fails")
				failed = append(failed, clients[j].name+": "+p.Name+": "+p.Error)
			}
			if j == 0 && p.Error != "" || p.Error == "" && ours.Requests > p.Requests && !ours.Alone {
				more = true
				fmt.Print(" !")
			}
		}
		fmt.Println()
	}
	for _, line := range failed {
		fmt.Println(line)
	}
	return more
}

// measure has a client do the work at a server of its own.
func measure(bin string, latency time.Duration) (done []work.Piece, err error) {
	dir, err := os.MkdirTemp("", "trips")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cfg, err := driver.ParseDSN(filepath.Join(dir, "served.db"))
	if err != nil {
		return nil, err
	}
	srv, err := hranaserver.New(cfg, hranaserver.Options{})
	if err != nil {
		return nil, err
	}
	defer srv.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &http.Server{Handler: &slow{next: srv, latency: latency}}
	defer h.Close()
	go h.Serve(l)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, "http://"+l.Addr().String())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	dec := json.NewDecoder(bytes.NewReader(out))
	for dec.More() {
		var p work.Piece
		if derr := dec.Decode(&p); derr != nil {
			return nil, errors.Join(err, derr)
		}
		done = append(done, p)
	}
	return done, err
}

// slow is a server behind a network, which counts its requests. It says how
// many there were when it has been quiet for a while: one of the clients sends
// its last ones while nobody waits for them.
type slow struct {
	next    http.Handler
	latency time.Duration

	mu       sync.Mutex
	requests int
	running  int
	last     time.Time
}

func (s *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/requests" {
		fmt.Fprint(w, strconv.Itoa(s.whenQuiet()))
		return
	}
	s.note(1)
	defer s.note(-1)
	time.Sleep(s.latency)
	s.next.ServeHTTP(w, r)
}

func (s *slow) note(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running += n
	s.requests += max(n, 0)
	s.last = time.Now()
}

func (s *slow) whenQuiet() int {
	const quiet = 100 * time.Millisecond
	for {
		s.mu.Lock()
		n, left := s.requests, quiet-time.Since(s.last)
		if s.running > 0 {
			left = quiet
		}
		s.mu.Unlock()
		if left <= 0 {
			return n
		}
		time.Sleep(left)
	}
}
