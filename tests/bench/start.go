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
	takePart, bin, done, err := f.build()
	if err != nil {
		return err
	}
	defer done()
	work, err := os.MkdirTemp(*f.dir, "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	path := filepath.Join(work, "start.db")
	if err := takePart[0].run(bin, &struct{}{}, "file", "-path", path, "-rows", "5000"); err != nil {
		return err
	}
	all := map[string][]kit.Start{}
	for range *runs {
		for _, c := range takePart {
			var s kit.Start
			if err := c.run(bin, &s, "start", "-path", path); err != nil {
				return err
			}
			all[c.name] = append(all[c.name], s)
		}
	}
	times := grid{title: "Least and median, µs", corner: "", takePart: takePart}
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
	sizes := grid{title: "MB", corner: "", takePart: takePart}
	sizes.add("peak of resident memory", func(c contestant) string {
		_, median := spread(all[c.name], func(s kit.Start) int64 { return s.Bytes })
		return megabytes(median)
	})
	if err := binaries(&sizes, bin); err != nil {
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
func binaries(sizes *grid, bin string) error {
	work, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	for _, link := range []struct{ name, flags string }{
		{"program", ""},
		{"with `-ldflags=\"-s -w\"`", "-s -w"},
		{"with `-ldflags='-s -w -extldflags=-Wl,--gc-sections'`", "-s -w -extldflags=-Wl,--gc-sections"},
	} {
		bytes := map[string]int64{}
		for _, c := range sizes.takePart {
			path := filepath.Join(bin, c.program)
			if link.flags != "" {
				path = filepath.Join(work, c.program)
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
