package types

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Where memory is little-endian, the numbers of a vector are its blob already:
// one copy instead of a loop.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// float32Bytes is a copy of the numbers as bytes.
func float32Bytes(v []float32) []byte {
	if littleEndian {
		return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))...)
	}
	b := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(x))
	}
	return b
}

// getFloat32 reads as many numbers as v has.
func getFloat32(v []float32, b []byte) {
	if littleEndian {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v)), b)
		return
	}
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
}
