package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gorm-libsql/libsql/tests/bench/kit"
)

// start shows what a program takes until its first answer, and how large it is.
func start(args []string) error {
	f := newField("start", "^(libsql|mattn|glebarez|GORM's floor)$")
	runs := f.Int("runs", 50, "how often each is started")
	f.Parse(args)
	a, err := f.build()
	if err != nil {
		return err
	}
	defer a.close()
	path := filepath.Join(a.dir, "start.db")
	if err := a.run(a.takePart[0], &struct{}{}, "file", "-path", path, "-rows", "5000"); err != nil {
		return err
	}
	all := map[string][]kit.Start{}
	for range *runs {
		for _, c := range a.takePart {
			var s kit.Start
			if err := a.run(c, &s, "start", "-path", path); err != nil {
				return err
			}
			all[c.name] = append(all[c.name], s)
		}
	}
	times := grid{title: "Least and median, µs", corner: "", takePart: a.takePart}
	for _, step := range []struct {
		name string
		of   func(kit.Start) float64
	}{
		{"process to main", func(s kit.Start) float64 { return s.Main }},
		{"open", func(s kit.Start) float64 { return s.Open }},
		{"first query", func(s kit.Start) float64 { return s.First }},
		{"second query", func(s kit.Start) float64 { return s.Second }},
		{"**process to first answer**", func(s kit.Start) float64 { return s.Answer }},
	} {
		times.add(step.name, func(c contestant) string {
			least, median := spread(all[c.name], step.of)
			return number(least) + ", " + number(median)
		})
	}
	times.print()
	sizes := grid{title: "MB", corner: "", takePart: a.takePart}
	sizes.add("peak of resident memory", func(c contestant) string {
		_, median := spread(all[c.name], func(s kit.Start) int64 { return s.Bytes })
		return megabytes(median)
	})
	if err := binaries(a, &sizes); err != nil {
		return err
	}
	sizes.print()
	return nil
}

func spread[T cmp.Ordered](runs []kit.Start, of func(kit.Start) T) (least, median T) {
	var all []T
	for _, s := range runs {
		all = append(all, of(s))
	}
	slices.Sort(all)
	return all[0], all[len(all)/2]
}

// binaries adds how large the programs are, as they come and stripped.
func binaries(a *arena, sizes *grid) error {
	for _, link := range []struct{ name, flags string }{
		{"program", ""},
		{"with `-ldflags=\"-s -w\"`", "-s -w"},
		{"with `-ldflags='-s -w -extldflags=-Wl,--gc-sections'`", "-s -w -extldflags=-Wl,--gc-sections"},
	} {
		bytes := map[string]int64{}
		for _, c := range a.takePart {
			path := filepath.Join(a.bin, c.program)
			if link.flags != "" {
				path = filepath.Join(a.dir, c.program)
				if err := goTool("build", "-ldflags", link.flags, "-o", path, "./"+c.program); err != nil {
					return err
				}
			}
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			bytes[c.name] = info.Size()
		}
		sizes.add(link.name, func(c contestant) string { return megabytes(bytes[c.name]) })
		fmt.Fprintln(os.Stderr, link.name)
	}
	return nil
}
