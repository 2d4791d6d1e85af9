package hist

import (
	"math/rand"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// Every percentile is where it is promised to be, for durations spread over
// nine decades.
func TestQuantilesAreWithinTheBound(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 50 {
		var h Histogram
		var all []time.Duration
		limit := 1 + r.Int63n(int64(time.Minute))>>r.Intn(30)
		for range 1 + r.Intn(2000) {
			d := time.Duration(r.Int63n(limit))
			all = append(all, d)
			h.Add(d)
		}
		slices.Sort(all)
		require.Equal(t, int64(len(all)), h.Count())
		for _, q := range []float64{0, 0.01, 0.5, 0.95, 0.99, 1} {
			rank := max(int(q*float64(len(all))+0.999999999), 1)
			exact, got := all[rank-1], h.Quantile(q)
			diff := max(got-exact, exact-got)
			require.LessOrEqual(t, diff, max(exact/16, 128), "%v of %d: %v, not %v", q, len(all), got, exact)
		}
	}
}

// Buckets touch, and each duration falls into its own.
func TestBuckets(t *testing.T) {
	var end time.Duration
	for i := range numBuckets {
		from, to := bounds(i)
		require.Equal(t, end, from)
		require.Equal(t, i, index(from))
		require.Equal(t, i, index(to-1))
		end = to
	}
	require.Equal(t, numBuckets-1, index(1<<62))
	require.Equal(t, 0, index(-5))
	var h, o Histogram
	require.Zero(t, h.Quantile(0.5))
	h.Add(time.Millisecond)
	o.Add(time.Millisecond)
	o.Add(time.Second)
	h.Merge(&o)
	var counts []int64
	for b := range h.Buckets() {
		counts = append(counts, b.Count)
	}
	require.Equal(t, []int64{2, 1}, counts)
	require.LessOrEqual(t, unsafe.Sizeof(h), uintptr(1200))
	for range h.Buckets() {
		break
	}
}

func BenchmarkAdd(b *testing.B) {
	var h Histogram
	for i := range b.N {
		h.Add(time.Duration(i))
	}
}
