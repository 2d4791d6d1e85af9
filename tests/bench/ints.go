package main

import (
	"fmt"
	"strconv"
	"strings"
)

// ints is a flag with whole numbers above 0, divided by commas.
type ints []int

func (l *ints) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*l), " ", ","), "[]")
}

func (l *ints) Set(s string) error {
	*l = nil
	for field := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(field)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is no number above 0", field)
		}
		*l = append(*l, n)
	}
	return nil
}
