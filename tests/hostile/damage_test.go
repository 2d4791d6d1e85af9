package hostile

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
)

// damage changes the content of a file in one of many ways.
type damage func(r *rand.Rand, b []byte) []byte

// damages are the ways. They are called with a copy that they may change.
var damages = []damage{
	truncated, flipped, flipped, flippedInHeader, flippedInPageHeaders, overwritten, overwritten, pagesMixed, pagesMixed,
	headerField, headerField, extended, schemaText, cellPointers, varints,
	func(r *rand.Rand, b []byte) []byte { return random(r, r.IntN(20000)) },
	func(r *rand.Rand, b []byte) []byte {
		return append(bytes.Clone(b[:min(len(b), 100)]), random(r, r.IntN(20000))...)
	},
}

// damaged is a damaged copy of the set: most often one file of it, sometimes
// several, each in one way or in a few.
func damaged(r *rand.Rand, s set) set {
	out := set{s.name, s.dsn, map[string][]byte{}}
	var present []string
	for _, suffix := range suffixes {
		if content, ok := s.files[suffix]; ok {
			out.files[suffix] = bytes.Clone(content)
			present = append(present, suffix)
		}
	}
	for range 1 + r.IntN(2) {
		suffix := present[r.IntN(len(present))]
		b := out.files[suffix]
		for range 1 + r.IntN(3) {
			if b = damages[r.IntN(len(damages))](r, b); len(b) == 0 {
				break
			}
		}
		if suffix == "-wal" && r.IntN(3) > 0 {
			signWAL(b) // or SQLite would not look at what was changed
		}
		out.files[suffix] = b
	}
	if r.IntN(20) == 0 {
		out.files["-wal"] = random(r, r.IntN(5000))
	}
	if r.IntN(20) == 0 {
		out.files["-journal"] = append([]byte{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7}, random(r, r.IntN(5000))...)
	}
	if r.IntN(20) == 0 {
		out.files["-shm"] = random(r, 32768)
	}
	return out
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func truncated(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b)+1)] }

func extended(r *rand.Rand, b []byte) []byte {
	if r.IntN(2) == 0 {
		return append(b, make([]byte, r.IntN(10000))...)
	}
	return append(b, random(r, r.IntN(10000))...)
}

func flipped(r *rand.Rand, b []byte) []byte {
	for range 1 << r.IntN(8) {
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
	}
	return b
}

func flippedInHeader(r *rand.Rand, b []byte) []byte {
	for range 1 << r.IntN(4) {
		b[r.IntN(min(len(b), 112))] ^= 1 << r.IntN(8)
	}
	return b
}

// pageSize is that of a database file, as its header says it, if that can be.
func pageSize(b []byte) int {
	if len(b) >= 100 {
		switch n := int(binary.BigEndian.Uint16(b[16:])); {
		case n == 1:
			return 65536
		case n >= 512 && n&(n-1) == 0:
			return n
		}
	}
	return 4096
}

// flippedInPageHeaders hits the first bytes of pages: their type, the first
// free block, the number of cells, where they begin, the rightmost child.
func flippedInPageHeaders(r *rand.Rand, b []byte) []byte {
	size := pageSize(b)
	for range 1 << r.IntN(4) {
		at := r.IntN(len(b)/size+1)*size + r.IntN(16)
		if at < len(b) {
			b[at] = byte(r.Uint32())
		}
	}
	return b
}

// cellPointers hits the places where a page says that its cells are, and the
// beginnings of the cells.
func cellPointers(r *rand.Rand, b []byte) []byte {
	size := pageSize(b)
	for range 1 << r.IntN(4) {
		page := r.IntN(len(b)/size+1) * size
		at := page + 8 + 2*r.IntN(20)
		if at+2 > len(b) {
			continue
		}
		cell := page + int(binary.BigEndian.Uint16(b[at:]))
		if r.IntN(2) == 0 || cell+4 > len(b) {
			binary.BigEndian.PutUint16(b[at:], uint16(r.IntN(size)))
		} else {
			b[cell+r.IntN(4)] = byte(r.Uint32())
		}
	}
	return b
}

// varints puts numbers of up to 64 bits, as SQLite writes sizes and keys, in
// places where such numbers may be.
func varints(r *rand.Rand, b []byte) []byte {
	for range 1 << r.IntN(5) {
		at := r.IntN(len(b))
		for range r.IntN(9) {
			if at < len(b) {
				b[at] = 0x80 | byte(r.Uint32())
				at++
			}
		}
	}
	return b
}

func overwritten(r *rand.Rand, b []byte) []byte {
	at := r.IntN(len(b))
	part := b[at:min(len(b), at+1+r.IntN(600))]
	switch r.IntN(3) {
	case 0:
		clear(part)
	case 1:
		copy(part, bytes.Repeat([]byte{0xff}, len(part)))
	default:
		copy(part, random(r, len(part)))
	}
	return b
}

// pagesMixed copies a page over another, so that trees have circles and pages
// of other trees.
func pagesMixed(r *rand.Rand, b []byte) []byte {
	size := pageSize(b)
	n := len(b) / size
	if n < 2 {
		return b
	}
	for range 1 + r.IntN(3) {
		from, to := r.IntN(n)*size, r.IntN(n)*size
		copy(b[to:to+size], b[from:from+size])
	}
	return b
}

// headerField gives a number of the header a value from its edges.
func headerField(r *rand.Rand, b []byte) []byte {
	if len(b) < 100 {
		return b
	}
	// https://www.sqlite.org/fileformat.html#the_database_header
	fields := []struct{ at, size int }{{16, 2}, {18, 1}, {19, 1}, {20, 1}, {21, 1}, {24, 4}, {28, 4}, {32, 4}, {36, 4}, {40, 4}, {44, 4}, {48, 4}, {52, 4}, {56, 4}, {60, 4}, {64, 4}, {68, 4}, {92, 4}, {96, 4}}
	for range 1 + r.IntN(3) {
		f := fields[r.IntN(len(fields))]
		values := []uint32{0, 1, 2, 3, 0x7f, 0xff, 0x200, 0x1000, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, uint32(len(b) / pageSize(b)), r.Uint32()}
		v := values[r.IntN(len(values))]
		switch f.size {
		case 1:
			b[f.at] = byte(v)
		case 2:
			binary.BigEndian.PutUint16(b[f.at:], uint16(v))
		default:
			binary.BigEndian.PutUint32(b[f.at:], v)
			if f.at == 24 { // the change counter, or the size in the header would not count
				binary.BigEndian.PutUint32(b[92:], v)
			}
		}
	}
	return b
}

var words = []string{"INTEGER", "TEXT", "PRIMARY KEY", "UNIQUE", "CREATE", "TABLE", "INDEX", "VIEW", "TRIGGER", "VIRTUAL", "fts5", "rtree", "libsql_vector_idx", "F32_BLOB", "WHERE", "SELECT", "(", ")", ",", "t", "v"}

// schemaText puts a word where another one of the same length, or shorter, is:
// the schema is kept as text.
func schemaText(r *rand.Rand, b []byte) []byte {
	for range 1 + r.IntN(3) {
		from, to := words[r.IntN(len(words))], words[r.IntN(len(words))]
		at := bytes.Index(b, []byte(from))
		if at < 0 {
			continue
		}
		for range r.IntN(5) {
			if next := bytes.Index(b[at+1:], []byte(from)); next >= 0 {
				at += 1 + next
			}
		}
		part := b[at : at+len(from)]
		copy(part, bytes.Repeat([]byte{' '}, len(part)))
		copy(part, to)
	}
	return b
}

// signWAL makes the checksums of a WAL right:
// https://www.sqlite.org/fileformat2.html#checksum_algorithm.
func signWAL(b []byte) {
	if len(b) < 32 {
		return
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[3]&1 != 0 {
		order = binary.BigEndian
	}
	var s0, s1 uint32
	sum := func(part []byte) {
		for i := 0; i+8 <= len(part); i += 8 {
			s0 += order.Uint32(part[i:]) + s1
			s1 += order.Uint32(part[i+4:]) + s0
		}
	}
	write := func(at int) {
		binary.BigEndian.PutUint32(b[at:], s0)
		binary.BigEndian.PutUint32(b[at+4:], s1)
	}
	sum(b[:24])
	write(24)
	size := int(binary.BigEndian.Uint32(b[8:]))
	if size < 512 || size > 65536 {
		return
	}
	for at := 32; at+24+size <= len(b); at += 24 + size {
		copy(b[at+8:at+16], b[16:24])
		sum(b[at : at+8])
		sum(b[at+24 : at+24+size])
		write(at + 16)
	}
}
