// Command bench compares dialects: it runs the same workloads on each, in
// turns, and prints the fastest of each with the ratios.
//
//	go run . -rounds 5 -time 0.3s -workloads 'first|create'
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

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

var (
	rounds = flag.Int("rounds", 3, "how often each runs each workload")
	length = flag.String("time", "0.2s", "how long each run takes, or a count such as 1x")
	only   = flag.String("workloads", "", "a regular expression of those that are run")
	who    = flag.String("dialects", "", "a regular expression of those that take part")
	dir    = flag.String("dir", os.TempDir(), "where the files are made")
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	workloads, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	dialects, err := regexp.Compile(*who)
	if err != nil {
		return err
	}
	bin, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(bin)
	build := exec.Command("go", "build", "-o", bin, "./ours", "./mattn", "./glebarez", "./golibsql", "./floor", "./plainc")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return err
	}
	t := table{}
	for _, w := range kit.All() {
		if !workloads.MatchString(w.Name) {
			continue
		}
		best := map[string]kit.Result{}
		for range *rounds {
			for _, c := range contestants {
				if !dialects.MatchString(c.name) {
					continue
				}
				r, err := c.run(bin, w.Name)
				if err != nil {
					best[c.name] = kit.Result{} // it cannot do this
					continue
				}
				if b, ok := best[c.name]; !ok || r.NS < b.NS {
					best[c.name] = r
				}
			}
		}
		t.add(w, best)
	}
	t.print()
	return nil
}

func (c contestant) run(bin, workload string) (r kit.Result, err error) {
	cmd := exec.Command(filepath.Join(bin, c.program), "-workload", workload, "-dir", *dir, "-test.benchtime", *length)
	cmd.Env = append(os.Environ(), c.env)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return r, fmt.Errorf("%s: %s: %w: %s", c.name, workload, err, errs.String())
	}
	return r, json.Unmarshal(out.Bytes(), &r)
}

// table collects what is printed, as Markdown.
type table struct {
	rows []row
}

type row struct {
	kit.Workload
	best map[string]kit.Result
}

func (t *table) add(w kit.Workload, best map[string]kit.Result) {
	t.rows = append(t.rows, row{w, best})
	fmt.Fprintf(os.Stderr, "%s\n", w.Name)
}

func (t *table) print() {
	fmt.Println("Nanoseconds an operation")
	t.columns(func(r kit.Result) string { return number(r.NS) })
	fmt.Println("\nTimes as fast as")
	t.ratios("libsql", "mattn", "mattn, cache on", "glebarez", "go-libsql's driver")
	fmt.Println("\nTimes as fast as, in single-process mode")
	t.ratios("single process", "mattn", "mattn, cache on")
	fmt.Println("\nThe driver's share: (time - floor) / plain C")
	t.shares()
	fmt.Println("\nAllocations and bytes an operation")
	t.columns(func(r kit.Result) string { return fmt.Sprintf("%s, %s", number(r.Allocs), number(r.Bytes)) })
}

func (t *table) columns(cell func(kit.Result) string) {
	fmt.Print("| workload |")
	for _, c := range contestants {
		fmt.Printf(" %s |", c.name)
	}
	fmt.Printf("\n|---|%s\n", strings.Repeat("---|", len(contestants)))
	for _, r := range t.rows {
		fmt.Printf("| %s |", r.Name)
		for _, c := range contestants {
			if b := r.best[c.name]; b.NS > 0 {
				fmt.Printf(" %s |", cell(b))
			} else {
				fmt.Print(" – |")
			}
		}
		fmt.Println()
	}
}

// ratios prints how often us is as fast as each of them, and the geometric
// means of all and of the reads.
func (t *table) ratios(us string, them ...string) {
	fmt.Printf("| workload | %s |\n|---|%s\n", strings.Join(them, " | "), strings.Repeat("---|", len(them)))
	type mean struct {
		sum float64
		n   int
	}
	all, reads := make([]mean, len(them)), make([]mean, len(them))
	for _, r := range t.rows {
		fmt.Printf("| %s |", r.Name)
		for i, name := range them {
			a, b := r.best[us].NS, r.best[name].NS
			if a == 0 || b == 0 {
				fmt.Print(" – |")
				continue
			}
			fmt.Printf(" %.2f |", b/a)
			if r.Schema {
				continue
			}
			all[i].sum, all[i].n = all[i].sum+math.Log(b/a), all[i].n+1
			if r.Read {
				reads[i].sum, reads[i].n = reads[i].sum+math.Log(b/a), reads[i].n+1
			}
		}
		fmt.Println()
	}
	for _, m := range []struct {
		name  string
		means []mean
	}{{"geometric mean", all}, {"geometric mean of the reads", reads}} {
		fmt.Printf("| **%s** |", m.name)
		for _, x := range m.means {
			fmt.Printf(" **%.2f** |", math.Exp(x.sum/float64(max(1, x.n))))
		}
		fmt.Println()
	}
}

func (t *table) shares() {
	fmt.Print("| workload | libsql | mattn, cache on |\n|---|---|---|\n")
	for _, r := range t.rows {
		c, floor := r.best["plain C"].NS, r.best["GORM's floor"].NS
		if c == 0 || floor == 0 {
			continue
		}
		fmt.Printf("| %s | %.2f | %.2f |\n", r.Name, (r.best["libsql"].NS-floor)/c, (r.best["mattn, cache on"].NS-floor)/c)
	}
}

// number writes three digits.
func number(f float64) string {
	switch {
	case f >= 1e6:
		return fmt.Sprintf("%.2fM", f/1e6)
	case f >= 1e5:
		return fmt.Sprintf("%.0fk", f/1e3)
	case f >= 1e4:
		return fmt.Sprintf("%.1fk", f/1e3)
	case f >= 100 || f == math.Trunc(f):
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.1f", f)
}
