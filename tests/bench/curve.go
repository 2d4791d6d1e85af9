package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

// curve shows what more goroutines do together.
func curve(args []string) error {
	f := newField("curve", "^(libsql|single process|mattn|mattn, cache on|glebarez)$")
	goroutines := ints{1, 2, 4, 8, 16, 32, 64}
	f.Var(&goroutines, "goroutines", "how many")
	rounds := f.Int("rounds", 3, "how often each is measured")
	length := f.Duration("time", 300*time.Millisecond, "how long each measurement takes")
	idle := f.Int("idle", 0, "how many connections the pool keeps; 0 is the default of database/sql, 2")
	f.Parse(args)
	a, err := f.build()
	if err != nil {
		return err
	}
	defer a.close()
	for _, write := range []bool{false, true} {
		name := "Point reads"
		if write {
			name = "Creates"
		}
		speed := grid{title: name + " per second", corner: "goroutines", takePart: a.takePart}
		wait := grid{title: name + ": the longest took, ms", corner: "goroutines", takePart: a.takePart}
		for _, n := range goroutines {
			best := map[string]kit.Curve{}
			for range *rounds {
				for _, c := range a.takePart {
					var r kit.Curve
					if err := a.run(c, &r, "curve", "-dir", a.dir, fmt.Sprintf("-write=%t", write), "-goroutines", strconv.Itoa(n), "-idle", strconv.Itoa(*idle), "-time", length.String()); err != nil {
						return err
					}
					if b := best[c.name]; r.PerSecond > b.PerSecond {
						best[c.name] = r
					}
				}
			}
			speed.add(strconv.Itoa(n), func(c contestant) string { return number(best[c.name].PerSecond) })
			wait.add(strconv.Itoa(n), func(c contestant) string { return number(best[c.name].Longest) })
			fmt.Fprintf(os.Stderr, "%s, %d\n", name, n)
		}
		speed.print()
		if write {
			// Reads wait as long for the scheduler of Go, on a driver that
			// does nothing too.
			wait.print()
		}
	}
	return nil
}
