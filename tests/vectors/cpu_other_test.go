//go:build !unix

package vectors

import "time"

var begun = time.Now()

// cpu is the time on the clock, where nothing better is to be had.
func cpu() time.Duration { return time.Since(begun) }
