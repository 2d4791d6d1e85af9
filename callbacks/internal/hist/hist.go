package hist

import (
	"iter"
	"math/bits"
	"time"
)

// A power of two is cut into eight buckets. With the middle of a bucket for all
// that is in it, a duration is at most 1/16 away from what it is taken for;
// those in the first bucket, below 128 ns, at most 128 ns.
const (
	perOctave  = 8
	subBits    = 3
	smallest   = 7 // 2^7 ns
	largest    = 42
	numBuckets = 1 + (largest-smallest)*perOctave // the last is of all from 2^42 ns, 73 minutes, on
)

// Histogram counts durations. The zero value is empty. It takes 1,124 bytes and
// is not safe for concurrent use.
type Histogram struct {
	counts [numBuckets]uint32
}

// Add counts a duration.
func (h *Histogram) Add(d time.Duration) { h.counts[index(d)]++ }

// Merge adds what another one has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
}

// Count is how many durations were counted.
func (h *Histogram) Count() (n int64) {
	for _, c := range h.counts {
		n += int64(c)
	}
	return n
}

// Quantile is the duration that the part q of all, from 0 to 1, is no longer
// than; 0 of an empty histogram.
func (h *Histogram) Quantile(q float64) time.Duration {
	total := h.Count()
	if total == 0 {
		return 0
	}
	rank := int64(q * float64(total))
	if float64(rank) < q*float64(total) || rank == 0 {
		rank++
	}
	for i, c := range h.counts {
		if rank -= int64(c); rank <= 0 && c > 0 {
			from, to := bounds(i)
			return from + (to-from)/2
		}
	}
	return 0
}

// Bucket is how many durations were at least From and below To.
type Bucket struct {
	From, To time.Duration
	Count    int64
}

// Buckets are those that are not empty, the shortest durations first.
func (h *Histogram) Buckets() iter.Seq[Bucket] {
	return func(yield func(Bucket) bool) {
		for i, c := range h.counts {
			if c == 0 {
				continue
			}
			from, to := bounds(i)
			if !yield(Bucket{from, to, int64(c)}) {
				return
			}
		}
	}
}

func index(d time.Duration) int {
	if d < 1<<smallest {
		return 0
	}
	octave := bits.Len64(uint64(d)) - 1
	if octave >= largest {
		return numBuckets - 1
	}
	return 1 + (octave-smallest)*perOctave + int(uint64(d)>>(octave-subBits)&(perOctave-1))
}

func bounds(i int) (from, to time.Duration) {
	if i == 0 {
		return 0, 1 << smallest
	}
	octave, sub := (i-1)/perOctave+smallest, time.Duration((i-1)%perOctave)
	width := time.Duration(1) << (octave - subBits)
	from = time.Duration(1)<<octave + sub*width
	return from, from + width
}
