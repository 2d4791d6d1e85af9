// Package hist counts durations in buckets whose width grows with the duration,
// so that a percentile is known to 1/16 of itself in a fixed amount of memory.
package hist
