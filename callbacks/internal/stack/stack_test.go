package stack

import (
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:noinline
func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	deep(n-1, f)
	runtime.KeepAlive(&n)
}

// grow makes the stack move.
//
//go:noinline
func grow(n int) byte {
	var b [1024]byte
	if n > 0 {
		b[n%1024] = grow(n - 1)
	}
	return b[0]
}

// The addresses are those that the runtime tells, in their order, but for
// functions that were inlined.
func TestFramesAreTheRuntimes(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		require.Zero(t, Frames(make([]uintptr, 4)))
		return
	}
	require.Zero(t, Frames(nil))
	done := make(chan bool)
	for _, depth := range []int{0, 1, 5, 40, 500} {
		go func() {
			defer func() { done <- true }()
			deep(depth, func() {
				grow(depth)
				var ours, theirs [600]uintptr
				n := Frames(ours[:])
				all := theirs[:runtime.Callers(1, theirs[:])]
				if n < depth {
					t.Errorf("%d frames of %d calls", n, depth)
				}
				at := 0
				for _, pc := range ours[1:n] { // the first is of this very line
					i := slices.Index(all[at:], pc)
					if i < 0 {
						f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
						t.Errorf("at depth %d: %s:%d is not what called", depth, f.File, f.Line)
						return
					}
					at += i + 1
				}
				if few := Frames(ours[:2]); few != 2 {
					t.Errorf("%d of 2", few)
				}
			})
		}()
		<-done
	}
}

func BenchmarkFrames(b *testing.B) {
	deep(20, func() {
		var pcs [7]uintptr
		for range b.N {
			Frames(pcs[:])
		}
	})
}
