//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"
	"io"
	"math"
	"strings"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Rows that one crossing fetches: few at first, because most queries want
// few, then many.
const (
	firstBlock = 16
	nextBlock  = 128
)

// rows are the rows of a text, one statement after the other.
type rows struct {
	c    *conn
	ctx  context.Context
	s    *stmt // the statement that runs; nil between and after statements
	cols []engine.Column
	// plain: no column is a bool or a time.
	plain bool

	sql, rest string // of a text with several statements
	args      *argText

	block
	more   bool // the statement has not ended
	result engine.Result
	err    error // of the next block
}

// block is a run of rows, copied out of C.
type block struct {
	types    []byte // a code for each cell
	nums     []int64
	lens     []int32
	data     []byte
	strs     []string
	blobs    [][]byte
	times    []timeCell
	long     [][]byte
	typesBuf [48]byte
	lensBuf  [16]int32
}

type timeCell struct {
	t      time.Time
	isTime bool
	text   string // what is no time
}

// Query runs the text up to its first statement that returns rows.
func (c *conn) Query(ctx context.Context, sql string, args []driver.NamedValue) (engine.Rows, error) {
	if c.p == nil {
		return nil, driver.ErrBadConn
	}
	r := &rows{c: c, ctx: ctx}
	s := c.lookup(sql)
	rest := ""
	if s == nil {
		if skip, err := c.checkLost(classifyVerb(sql)); skip {
			return r, err
		}
		var err error
		if s, rest, err = c.compileText(sql); err != nil {
			return nil, err
		} else if s == nil {
			return r, checkNone(args)
		}
	}
	if rest == "" {
		args, err := arrange(s, args)
		if err != nil {
			c.unused(s)
			return nil, err
		}
		if err := r.start(s, args); err != nil {
			return nil, err
		}
		return r, nil
	}
	t, err := newText(sql, args)
	if err != nil {
		s.release()
		return nil, err
	}
	r.sql, r.rest, r.args = sql, rest, t
	if err := r.runTo(s); err != nil && err != io.EOF {
		return nil, err
	}
	return r, nil
}

// runTo runs s and the statements after it up to the first that returns rows.
func (r *rows) runTo(s *stmt) error {
	for s != nil {
		part, err := r.args.take(s)
		if err != nil {
			s.release()
			return err
		}
		if !s.rowless() {
			if err := r.start(s, part); err != nil {
				return inText(err, r.sql, r.rest, s)
			}
			return nil
		}
		res, err := r.c.execStmt(r.ctx, s, part)
		if err != nil {
			return inText(err, r.sql, r.rest, s)
		}
		add(&r.result, res)
		if s, r.rest, err = r.c.compileNext(r.rest); err != nil {
			err = inText(err, r.sql, r.rest, nil)
			r.rest = ""
			return err
		}
	}
	return io.EOF
}

// start begins a statement and fetches its first block.
func (r *rows) start(s *stmt, args []driver.NamedValue) error {
	c := r.c
	if skip, err := c.checkLost(s.verb); skip {
		c.unused(s)
		return err
	}
	if err := c.enter(r.ctx, s); err != nil {
		c.unused(s)
		return err
	}
	if len(args) > 0 {
		if err := s.pack(args); err != nil {
			c.unused(s)
			c.leaveWrite()
			return err
		}
	}
	cols, err := s.columns() // before the run: which texts are times must be known
	if err != nil {
		c.unused(s)
		c.leaveWrite()
		return err
	}
	s.running = true
	r.s, r.cols, r.plain, r.more = s, cols, s.plain, true
	c.cursors = append(c.cursors, r)
	return r.fetch(C.LQ_START, firstBlock)
}

// fetch gets the next block.
func (r *rows) fetch(flags, maxrow int) error {
	c, s := r.c, r.s
	done, err := c.step(r.ctx, s, flags, maxrow)
	if err == nil {
		r.result.Rows += int64(c.p.nrow)
		if !s.haveCol {
			// Read the block first: reading the columns overwrites nothing of it.
			if r.cols, err = s.columns(); err == nil {
				r.plain = s.plain
			}
		}
		r.read()
	}
	if done || err != nil {
		r.finish(err == nil)
	}
	return err
}

// finish notes the end of the statement, which has been reset.
func (r *rows) finish(ok bool) {
	c, s := r.c, r.s
	r.more = false
	if ok {
		add(&r.result, c.outcome(s))
	}
	c.forget(r)
	c.retire(s)
	c.leaveWrite()
	r.s = nil
}

// forget takes the rows out of the open ones.
func (c *conn) forget(r *rows) {
	for i := len(c.cursors) - 1; i >= 0; i-- {
		if c.cursors[i] == r {
			c.cursors = append(c.cursors[:i], c.cursors[i+1:]...)
			return
		}
	}
}

// end stops the statement before its last row. What it wrote is committed
// here.
func (r *rows) end() error {
	if r.s == nil {
		return nil
	}
	c, s := r.c, r.s
	wasOpen := !c.autocommit()
	failed := C.lq_end(s.p) == C.LQ_FAIL
	var err error
	if failed {
		err = c.failure(s.text)
	}
	c.settled(s, wasOpen, err)
	r.finish(err == nil)
	return err
}

// abandon ends the rows for good; what they would still have run is dropped.
func (r *rows) abandon() {
	r.rest = ""
	r.end()
	r.types = nil
	r.c.forget(r)
}

// Columns are those of the statement that runs.
func (r *rows) Columns() []engine.Column { return r.cols }

// Result sums up what ran so far.
func (r *rows) Result() engine.Result { return r.result }

// Close stops the statement and runs those that are left.
func (r *rows) Close() error {
	err := r.end()
	r.types = nil
	for err == nil && r.rest != "" && r.c.p != nil {
		if err = r.NextResultSet(); err == nil {
			err = r.end()
		}
	}
	r.rest = ""
	if err == io.EOF {
		return nil
	}
	return err
}

// HasNextResultSet tells whether statements are left; they may still turn
// out to return no rows.
func (r *rows) HasNextResultSet() bool { return r.rest != "" }

// NextResultSet runs up to the next statement that returns rows.
func (r *rows) NextResultSet() error {
	if err := r.end(); err != nil {
		return err
	}
	r.types, r.err, r.cols = nil, nil, nil
	if r.rest == "" {
		return io.EOF
	}
	if r.c.p == nil {
		return driver.ErrBadConn
	}
	s, rest, err := r.c.compileNext(r.rest)
	if err != nil {
		err = inText(err, r.sql, r.rest, nil)
		r.rest = ""
		return err
	}
	r.rest = rest
	if err = r.runTo(s); err != nil && err != io.EOF {
		r.rest = ""
	}
	return err
}

// read copies the block out of the connection's memory, which the next call
// overwrites. What the values will point at is allocated at its exact size.
func (r *rows) read() {
	p := r.c.p
	b := &r.block
	b.types = copyTo(b.typesBuf[:0], p.types)
	b.lens = append(b.lensBuf[:0], words[int32](p.lens)...)
	b.nums, b.data, b.strs, b.blobs, b.times, b.long = nil, nil, nil, nil, nil, nil
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
		b.times = make([]timeCell, 0, p.ntime)
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
	for _, t := range b.types {
		switch t {
		case C.SQLITE_INTEGER, C.SQLITE_FLOAT:
			num++
		case C.SQLITE_TEXT, C.SQLITE_BLOB:
			ln++
		case C.SQLITE_TEXT | C.LQ_TIME:
			n := b.lens[ln]
			ln++
			text := unsafe.String(unsafe.SliceData(tbytes), n)
			tbytes = tbytes[n:]
			cell := timeCell{}
			if cell.t, cell.isTime = engine.TimeFromText(text, loc); !cell.isTime {
				cell.text = strings.Clone(text)
			}
			b.times = append(b.times, cell)
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

// Next fills dest with the next row.
func (r *rows) Next(dest []driver.Value) error {
	for len(r.types) == 0 {
		if !r.more {
			return io.EOF
		}
		if err := r.fetch(0, nextBlock); err != nil {
			return err
		}
		if len(r.types) == 0 && !r.more {
			return io.EOF
		}
	}
	types := r.types[:len(dest)]
	r.types = r.types[len(dest):]
	for i, t := range types {
		v := r.cell(t)
		if !r.plain {
			v = r.convert(i, v)
		}
		dest[i] = v
	}
	return nil
}

// cell takes the next cell of the block.
func (b *block) cell(t byte) driver.Value {
	switch t {
	case C.SQLITE_INTEGER:
		p := &b.nums[0]
		b.nums = b.nums[1:]
		return boxInt(p)
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
		cell := &b.times[0]
		b.times = b.times[1:]
		b.lens = b.lens[1:]
		if cell.isTime {
			return boxTime(&cell.t)
		}
		return boxString(&cell.text)
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

// convert gives a value of a bool or time column its Go type.
func (r *rows) convert(i int, v driver.Value) driver.Value {
	if i >= len(r.cols) {
		return v
	}
	switch r.cols[i].Kind {
	case engine.Bool:
		if n, ok := v.(int64); ok && (n == 0 || n == 1) {
			return n == 1
		}
	case engine.Time:
		return asTime(v, r.c.db.opts.Loc)
	}
	return v
}

func asTime(v driver.Value, loc *time.Location) driver.Value {
	var t time.Time
	ok := false
	switch v := v.(type) {
	case int64:
		t, ok = engine.TimeFromInt(v, loc)
	case float64:
		if !math.IsNaN(v) {
			t, ok = engine.TimeFromFloat(v, loc)
		}
	case string:
		t, ok = engine.TimeFromText(v, loc)
	}
	if !ok {
		return v
	}
	return t
}
