package types

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The loops are what the copies are.
func TestVectorsOnBigEndianMachines(t *testing.T) {
	if !littleEndian {
		t.Skip("the loops are all there is")
	}
	v := Vector{1, -2.5, 3e-39, 4}
	fast, err := v.Value()
	require.NoError(t, err)
	littleEndian = false
	defer func() { littleEndian = true }()
	slow, err := v.Value()
	require.NoError(t, err)
	require.Equal(t, fast, slow)
	var back Vector
	require.NoError(t, back.Scan(slow))
	require.Equal(t, v, back)
}

// The work without the memory for its outcome.
func BenchmarkVectorCopy(b *testing.B) {
	v := make(Vector, 1536)
	blob := make([]byte, 4*len(v))
	b.SetBytes(int64(len(blob)))
	for b.Loop() {
		getFloat32(v, blob)
		if !allFinite(blob) {
			b.Fatal("zeros are finite")
		}
	}
}
