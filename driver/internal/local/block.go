//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"database/sql/driver"
	"strings"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// block is a run of rows, copied out of C.
type block struct {
	types []byte // a code for each cell
	nums  []int64
	lens  []int32
	data  []byte
	strs  []string
	blobs [][]byte
	times []time.Time
	texts []string // of time columns, that are no times
	long  [][]byte

	// Types and lengths are nothing that values point at, so that their
	// memory serves all blocks.
	typesMem []byte
	lensMem  []int32
	typesBuf [48]byte
	lensBuf  [16]int32
}

// noTime marks the text of a time column that is no time.
const noTime = 32

// read copies the block out of the connection's memory, which the next call
// overwrites. What the values will point at is allocated at its exact size.
func (r *rows) read() {
	p := r.c.p
	b := &r.block
	if b.typesMem == nil {
		b.typesMem, b.lensMem = b.typesBuf[:0], b.lensBuf[:0]
	}
	b.types = copyTo(b.typesMem[:0], p.types)
	b.lens = append(b.lensMem[:0], words[int32](p.lens)...)
	b.typesMem, b.lensMem = b.types, b.lens
	b.nums, b.data, b.strs, b.blobs, b.times, b.texts, b.long = nil, nil, nil, nil, nil, nil, nil
	if p.nums.n > 0 {
		b.nums = append(make([]int64, 0, p.nums.n/8), words[int64](p.nums)...)
	}
	if p.bytes.n > 0 {
		b.data = copyTo(make([]byte, 0, p.bytes.n), p.bytes)
	}
	if p.ntext > 0 {
		b.strs = make([]string, 0, p.ntext)
	}
	if p.nblob > 0 {
		b.blobs = make([][]byte, 0, p.nblob)
	}
	if p.ntime > 0 {
		b.times = make([]time.Time, 0, p.ntime)
	}
	if p.ntime > 0 || p.nlong > 0 {
		b.readApart(words[byte](p.tbytes), r.c.db.opts.Loc)
	}
}

// readApart walks the cells for those whose bytes are not in data: texts that
// are times are read as such, long cells are copied, each apart, so that one
// that is kept does not keep the block.
func (b *block) readApart(tbytes []byte, loc *time.Location) {
	num, ln := 0, 0
	for i, t := range b.types {
		switch t {
		case C.SQLITE_INTEGER, C.SQLITE_FLOAT:
			num++
		case C.SQLITE_TEXT, C.SQLITE_BLOB, C.SQLITE_INTEGER | C.LQ_SMALL:
			ln++
		case C.SQLITE_TEXT | C.LQ_TIME:
			n := b.lens[ln]
			ln++
			text := unsafe.String(unsafe.SliceData(tbytes), n)
			tbytes = tbytes[n:]
			if at, ok := engine.TimeFromText(text, loc); ok {
				b.times = append(b.times, at)
			} else {
				b.types[i] = t | noTime
				b.texts = append(b.texts, strings.Clone(text))
			}
		case C.SQLITE_TEXT | C.LQ_LONG, C.SQLITE_BLOB | C.LQ_LONG:
			src := unsafe.Slice((*byte)(cPointer(&b.nums[num])), b.lens[ln])
			b.long = append(b.long, append([]byte(nil), src...))
			num++
			ln++
		}
	}
}

// cPointer reads an address of C's memory from where it was packed.
func cPointer(p *int64) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(p)) }

func copyTo(dst []byte, src C.lq_buf) []byte { return append(dst, words[byte](src)...) }

// words are the packed words of a buffer.
func words[T byte | int32 | int64](b C.lq_buf) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(b.p)), uintptr(b.n)/unsafe.Sizeof(t))
}

// cell takes the next cell of the block.
func (b *block) cell(t byte) driver.Value {
	switch t {
	case C.SQLITE_INTEGER:
		p := &b.nums[0]
		b.nums = b.nums[1:]
		return boxInt(p)
	case C.SQLITE_INTEGER | C.LQ_SMALL:
		n := b.lens[0]
		b.lens = b.lens[1:]
		return boxSmall(n)
	case C.SQLITE_FLOAT:
		p := &b.nums[0]
		b.nums = b.nums[1:]
		return boxFloat(p)
	case C.SQLITE_TEXT:
		d := b.bytes()
		b.strs = append(b.strs, unsafe.String(unsafe.SliceData(d), len(d)))
		return boxString(&b.strs[len(b.strs)-1])
	case C.SQLITE_BLOB:
		b.blobs = append(b.blobs, b.bytes())
		return boxBytes(&b.blobs[len(b.blobs)-1])
	case C.SQLITE_TEXT | C.LQ_TIME:
		p := &b.times[0]
		b.times = b.times[1:]
		b.lens = b.lens[1:]
		return boxTime(p)
	case C.SQLITE_TEXT | C.LQ_TIME | noTime:
		p := &b.texts[0]
		b.texts = b.texts[1:]
		b.lens = b.lens[1:]
		return boxString(p)
	case C.SQLITE_TEXT | C.LQ_LONG:
		d := b.longCell()
		return unsafe.String(unsafe.SliceData(d), len(d))
	case C.SQLITE_BLOB | C.LQ_LONG:
		return b.longCell()
	}
	return nil
}

// bytes takes the bytes of the next text or blob. An empty one is not nil.
func (b *block) bytes() []byte {
	n := b.lens[0]
	b.lens = b.lens[1:]
	if n == 0 {
		return []byte{}
	}
	d := b.data[:n:n]
	b.data = b.data[n:]
	return d
}

func (b *block) longCell() []byte {
	d := b.long[0]
	b.long = b.long[1:]
	b.nums = b.nums[1:]
	b.lens = b.lens[1:]
	return d
}
