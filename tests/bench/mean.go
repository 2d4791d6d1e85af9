package main

import (
	"fmt"
	"math"
)

// mean is a geometric mean.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(x float64) { m.sum, m.n = m.sum+math.Log(x), m.n+1 }

// String is – where nothing was added: 1.00 would be a claim.
func (m mean) String() string {
	if m.n == 0 {
		return "–"
	}
	return fmt.Sprintf("**%.2f**", math.Exp(m.sum/float64(m.n)))
}
