package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

// growth shows what changes when the table is larger. All read one file.
func growth(args []string) error {
	f := newField("growth", "^(libsql|single process|mattn, cache on)$")
	sizes := ints{1_000, 100_000, 10_000_000}
	f.Var(&sizes, "sizes", "how many rows; 10,000,000 take 1.2 GB of -dir")
	rounds := f.Int("rounds", 3, "how often each is measured")
	length := f.Duration("time", 300*time.Millisecond, "how long each measurement takes at least")
	f.Parse(args)
	a, err := f.build()
	if err != nil {
		return err
	}
	defer a.close()
	tables := []struct {
		grid
		of func(kit.Growth) string
	}{
		{grid{title: "A point read, ns"}, func(g kit.Growth) string { return number(g.Point) }},
		{grid{title: "A row of a scan, ns"}, func(g kit.Growth) string { return number(g.Scan) }},
		{grid{title: "Peak of resident memory after the point reads, MB"}, func(g kit.Growth) string { return megabytes(g.PointBytes) }},
		{grid{title: "Peak of resident memory after the scan, MB"}, func(g kit.Growth) string { return megabytes(g.ScanBytes) }},
	}
	for _, size := range sizes {
		best, err := grow(a, size, *rounds, *length)
		if err != nil {
			return err
		}
		for i := range tables {
			t := &tables[i]
			t.corner, t.takePart = "rows", a.takePart
			t.add(thousands(size), func(c contestant) string { return t.of(best[c.name]) })
		}
	}
	for i := range tables {
		tables[i].print()
	}
	return nil
}

// grow measures one size: the fastest of the rounds and the most memory.
func grow(a *arena, size, rounds int, length time.Duration) (map[string]kit.Growth, error) {
	path, rows := filepath.Join(a.dir, "growth.db"), strconv.Itoa(size)
	defer os.Remove(path) // the largest takes 1.2 GB
	if err := a.run(a.takePart[0], &struct{}{}, "file", "-path", path, "-rows", rows); err != nil {
		return nil, err
	}
	best := map[string]kit.Growth{}
	for range rounds {
		for _, c := range a.takePart {
			var g kit.Growth
			if err := a.run(c, &g, "growth", "-path", path, "-rows", rows, "-time", length.String()); err != nil {
				return nil, err
			}
			if b, ok := best[c.name]; ok {
				g.Point, g.Scan = min(g.Point, b.Point), min(g.Scan, b.Scan)
				g.PointBytes, g.ScanBytes = max(g.PointBytes, b.PointBytes), max(g.ScanBytes, b.ScanBytes)
			}
			best[c.name] = g
		}
	}
	fmt.Fprintf(os.Stderr, "%s rows\n", thousands(size))
	return best, nil
}
