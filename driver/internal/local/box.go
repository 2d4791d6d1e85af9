//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

import (
	"time"
	"unsafe"
)

// Every value of a row is an interface, and an interface of a number or of a
// string points at memory of its own. A block of rows holds its numbers and
// string headers in arrays of exactly their number; the interfaces point into
// those, so that a block costs a few allocations instead of one a value. What
// an interface points at is never changed again.

type iface struct{ typ, data unsafe.Pointer }

func typeWord(v any) unsafe.Pointer { return (*iface)(unsafe.Pointer(&v)).typ }

var (
	int64Word   = typeWord(int64(0))
	float64Word = typeWord(float64(0))
	stringWord  = typeWord("")
	bytesWord   = typeWord([]byte(nil))
	timeWord    = typeWord(time.Time{})
)

func boxed(typ, data unsafe.Pointer) (v any) {
	*(*iface)(unsafe.Pointer(&v)) = iface{typ, data}
	return v
}

// boxSmall returns a number from 0 to 255, which all blocks share.
func boxSmall(n int32) any { return boxInt(&smallInts[n]) }

var smallInts = func() (all [256]int64) {
	for i := range all {
		all[i] = int64(i)
	}
	return all
}()

// boxInt returns *p, boxFloat the float64 whose bits are in *p. Neither may
// be written to afterwards.
func boxInt(p *int64) any      { return boxed(int64Word, unsafe.Pointer(p)) }
func boxFloat(p *int64) any    { return boxed(float64Word, unsafe.Pointer(p)) }
func boxString(p *string) any  { return boxed(stringWord, unsafe.Pointer(p)) }
func boxBytes(p *[]byte) any   { return boxed(bytesWord, unsafe.Pointer(p)) }
func boxTime(p *time.Time) any { return boxed(timeWord, unsafe.Pointer(p)) }
