//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"encoding/binary"
	"testing"
)

// vectorParams are the parameters of an index as libSQL keeps them.
func vectorParams(pairs ...uint64) (b []byte) {
	for i := 0; i < len(pairs); i += 2 {
		b = binary.LittleEndian.AppendUint64(append(b, byte(pairs[i])), pairs[i+1])
	}
	return b
}

// Blocks as libSQL itself has made them.
func TestVectorLayout(t *testing.T) {
	for _, tt := range []struct {
		format, kind, dims, compress, block uint64
		edges                               int64
	}{
		{3, float32Vector, 3, 0, 256, 8},
		{3, float64Vector, 5, float8Vector, 256, 6},
		{3, float1Vector, 16, 0, 288, 15},
		{3, float8Vector, 6, 0, 320, 9},
		{1, float32Vector, 3, 0, 256, 8},
	} {
		b := vectorParams(1, tt.format, 2, 1, 3, tt.kind, 4, tt.dims, 5, 1, 6, tt.block, 7, 0, 8, 70, 9, 200)
		if tt.compress != 0 {
			b = append(b, vectorParams(11, tt.compress)...)
		}
		if got, ok := parseVectorParams(b); !ok || got.edges != tt.edges || got.block != int64(tt.block) {
			t.Errorf("%+v: %+v, %v", tt, got, ok)
		}
	}
}

// No parameters make a layout whose neighbours do not fit into the block.
func FuzzVectorParams(f *testing.F) {
	f.Add(vectorParams(1, 3, 2, 1, 3, 1, 4, 3, 5, 1, 6, 256, 7, 0, 8, 70, 9, 200))
	f.Add(vectorParams(1, 1, 2, 1, 3, 6, 4, 65536, 5, 2, 6, 128<<20, 8, 1, 9, 1, 11, 3))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, ok := parseVectorParams(b)
		if ok && (l.edges < 1 || l.edges*17 > l.block) {
			t.Errorf("%x: %+v", b, l)
		}
	})
}
