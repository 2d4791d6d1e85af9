package main

import (
	"fmt"
	"strings"
)

// grid is a table with a column for each that takes part.
type grid struct {
	title, corner string
	takePart      []contestant
	rows          []string
}

func (g *grid) add(name string, cell func(c contestant) string) {
	row := "| " + name + " |"
	for _, c := range g.takePart {
		row += " " + cell(c) + " |"
	}
	g.rows = append(g.rows, row)
}

func (g *grid) print() {
	if g.title != "" {
		fmt.Printf("\n%s\n\n", g.title)
	}
	fmt.Printf("| %s |", g.corner)
	for _, c := range g.takePart {
		fmt.Printf(" %s |", c.name)
	}
	fmt.Printf("\n|---|%s\n", strings.Repeat("---|", len(g.takePart)))
	for _, row := range g.rows {
		fmt.Println(row)
	}
}
