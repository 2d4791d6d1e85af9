package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxRows and maxWidth keep a table small enough to read.
const maxRows, maxWidth = 10, 100

// table is an answer to print. Numbers are flush right, text flush left.
type table struct {
	header []string
	rows   [][]any // of string and int
}

func (t *table) add(cells ...any) { t.rows = append(t.rows, cells) }

func (t *table) print(w io.Writer) {
	if len(t.rows) == 0 {
		fmt.Fprintln(w, "   none")
		return
	}
	shown := t.rows[:min(maxRows, len(t.rows))]
	lines := [][]string{t.header}
	for _, row := range shown {
		line := make([]string, len(row))
		for i, cell := range row {
			if n, ok := cell.(int); ok {
				line[i] = thousands(n)
			} else {
				line[i] = cell.(string)
			}
		}
		lines = append(lines, line)
	}
	widths := make([]int, len(t.header))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, cell := range line {
			width := -widths[i]
			if _, ok := shown[0][i].(int); ok {
				width = widths[i]
			}
			fmt.Fprintf(&b, "   %*s", width, cell)
		}
		fmt.Fprintln(w, clip(strings.TrimRight(b.String(), " "), maxWidth))
	}
	if more := len(t.rows) - len(shown); more > 0 {
		fmt.Fprintf(w, "   … and %s more\n", thousands(more))
	}
}

// clip cuts s to a width of at most n.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimRight(string(r[:n-1]), " ") + "…"
	}
	return s
}

// thousands writes 1234567 as 1,234,567.
func thousands[T int | int64](n T) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// isTerminal tells a terminal from a file or a pipe.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
