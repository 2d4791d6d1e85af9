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
	takePart, bin, done, err := f.build()
	if err != nil {
		return err
	}
	defer done()
	for _, do := range []struct{ name, flag string }{{"Point reads", "-write=false"}, {"Creates", "-write=true"}} {
		speed := grid{title: do.name + " per second", corner: "goroutines", takePart: takePart}
		wait := grid{title: do.name + ": the longest of all, ms", corner: "goroutines", takePart: takePart}
		for _, n := range goroutines {
			best := map[string]kit.Curve{}
			for range *rounds {
				for _, c := range takePart {
					var r kit.Curve
					if err := c.run(bin, &r, "curve", "-dir", *f.dir, do.flag, "-goroutines", strconv.Itoa(n), "-idle", strconv.Itoa(*idle), "-time", length.String()); err != nil {
						return err
					}
					if b := best[c.name]; r.PerSecond > b.PerSecond {
						best[c.name] = r
					}
				}
			}
			speed.add(strconv.Itoa(n), func(c contestant) string { return number(best[c.name].PerSecond) })
			wait.add(strconv.Itoa(n), func(c contestant) string { return number(best[c.name].Longest) })
			fmt.Fprintf(os.Stderr, "%s, %d\n", do.name, n)
		}
		speed.print()
		wait.print()
	}
	return nil
}
