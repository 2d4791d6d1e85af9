package main

import "testing"

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{7: "7", 1000: "1,000", 10_020_003: "10,020,003"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) is %s", n, got)
		}
	}
}

func TestInts(t *testing.T) {
	var l ints
	if err := l.Set("1,20"); err != nil || l.String() != "1,20" {
		t.Error(l.String(), err)
	}
	for _, s := range []string{"", "0", "1,", "x"} {
		if l.Set(s) == nil {
			t.Errorf("%q is a list of numbers", s)
		}
	}
}
