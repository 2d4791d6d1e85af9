package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

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
			all[i].add(b / a)
			if r.Read {
				reads[i].add(b / a)
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
			fmt.Printf(" %s |", x)
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
		fmt.Printf("| %s |", r.Name)
		for _, name := range []string{"libsql", "mattn, cache on"} {
			if ns := r.best[name].NS; ns > 0 {
				fmt.Printf(" %.2f |", (ns-floor)/c)
			} else {
				fmt.Print(" – |")
			}
		}
		fmt.Println()
	}
}
