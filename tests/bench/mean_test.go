package main

import "testing"

func TestMean(t *testing.T) {
	var m mean
	if got := m.String(); got != "–" {
		t.Errorf("the mean of nothing is %s", got)
	}
	m.add(1)
	m.add(4)
	if got := m.String(); got != "**2.00**" {
		t.Errorf("the mean of 1 and 4 is %s", got)
	}
}
