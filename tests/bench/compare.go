package main

import (
	"fmt"
	"os"
	"regexp"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

// compare runs the workloads.
func compare(args []string) error {
	f := newField("bench", "")
	rounds := f.Int("rounds", 3, "how often each runs each workload")
	length := f.String("time", "0.2s", "how long each run takes, or a count such as 1x")
	only := f.String("workloads", "", "a regular expression of those that are run")
	f.Parse(args)
	workloads, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	a, err := f.build()
	if err != nil {
		return err
	}
	defer a.close()
	t := table{}
	for _, w := range kit.All() {
		if !workloads.MatchString(w.Name) {
			continue
		}
		best := map[string]kit.Result{}
		for range *rounds {
			for _, c := range a.takePart {
				if b, ok := best[c.name]; ok && b.NS == 0 {
					continue
				}
				var r kit.Result
				if err := a.run(c, &r, "-workload", w.Name, "-dir", a.dir, "-test.benchtime", *length); err != nil {
					if c.program == "ours" {
						return err
					}
					fmt.Fprintln(os.Stderr, err) // it cannot do this
					best[c.name] = kit.Result{}
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
