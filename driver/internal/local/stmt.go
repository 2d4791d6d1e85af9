//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "local.h"
*/
import "C"

import (
	"database/sql/driver"
	"fmt"
	"math"
	"strings"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/bind"
	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/timetext"
)

// stmt is one compiled statement.
type stmt struct {
	c        *conn
	p        *C.lq_stmt
	text     string // of this statement
	verb     sqltext.Verb
	readonly bool
	queues   bool // it waits for its turn to write
	keep     keep
	running  bool
	evicted  bool // release it when it has run
	guarded  bool // its run ends the savepoint around it
	watched  bool // a context of its own cancels it
	watch    watch

	traced     *engine.Tracing  // whom its runs are counted for, nil for nobody
	spent      time.Duration    // in the library, in this run and in compiling for it
	reprepares int64            // that were told
	total      *engine.Counters // where counts go that were before a tracer; nil: nowhere

	params  []string // names with their prefix, "" for those without
	haveCol bool
	cols    []engine.Column
	plain   bool // no column is a bool or a time
}

// keep says who releases a statement.
type keep uint8

const (
	oneUse  keep = iota // whoever compiled it, after its run
	inCache             // the cache
	owned               // its prepared handle or the connection
)

func (s *stmt) NParam() int { return int(s.p.nparam) }

// rowless tells that no run of the statement returns a row.
func (s *stmt) rowless() bool { return s.p.ncol == 0 }

// endsTx tells that the statement may end a transaction by its own meaning.
func (s *stmt) endsTx() bool {
	return s.verb == sqltext.Commit || s.verb == sqltext.Rollback || s.verb == sqltext.Release
}

// countsChanges tells that sqlite3_changes is about this statement.
func (s *stmt) countsChanges() bool {
	return s.verb == sqltext.Insert || s.verb == sqltext.Update || s.verb == sqltext.Delete
}

func (s *stmt) cacheCost() int64 { return int64(C.lq_memory(s.p)) }

func (s *stmt) release() {
	if s.running {
		s.evicted = true
		return
	}
	if s.p != nil {
		delete(s.c.live, s)
		s.watch.stop()
		C.lq_finalize(s.p)
		s.p = nil
	}
}

// paramNames returns the parameters' names with their prefix; "" for "?".
func (s *stmt) ParamNames() []string {
	if s.params == nil {
		s.params = make([]string, s.NParam())
		for i := range s.params {
			s.params[i] = C.GoString(C.lq_param_name(s.p, C.int(i+1)))
		}
	}
	return s.params
}

// columns returns what the result looks like. It is asked for once, and again
// after a change of the schema.
func (s *stmt) columns() ([]engine.Column, error) {
	if s.haveCol {
		return s.cols, nil
	}
	n := int(C.lq_columns(s.p))
	if n < 0 {
		return nil, errNoMemory
	}
	meta := C.GoStringN((*C.char)(unsafe.Pointer(s.c.p.meta.p)), C.int(s.c.p.meta.n))
	cols, times := make([]engine.Column, n), make([]byte, n)
	s.plain = true
	anyTime := false
	for i := range cols {
		name, rest, _ := strings.Cut(meta, "\x00")
		decl, rest, _ := strings.Cut(rest[1:], "\x00")
		meta = rest
		cols[i] = s.c.db.column(name, decl)
		if cols[i].Kind != engine.Plain {
			s.plain = false
		}
		if cols[i].Kind == engine.Time {
			times[i], anyTime = 1, true
		}
	}
	var flags *C.uchar
	if anyTime {
		flags = (*C.uchar)(unsafe.Pointer(unsafe.SliceData(times)))
	}
	if C.lq_set_times(s.p, flags, C.int(n)) == 0 {
		return nil, errNoMemory
	}
	s.cols, s.haveCol = cols, true
	return cols, nil
}

const argSize = C.sizeof_lq_arg

// argsRoom is what packed arguments take.
func argsRoom(args []driver.NamedValue) int {
	size := len(args) * argSize
	for i := range args {
		switch v := args[i].Value.(type) {
		case string:
			size += len(v)
		case []byte:
			size += len(v)
		case time.Time:
			size += timeRoom
		}
	}
	return size
}

// pack writes the arguments to memory of the statement, from where they are
// bound without another copy. It takes one for each parameter.
func (s *stmt) pack(args []driver.NamedValue) error {
	size := argsRoom(args)
	base := unsafe.Pointer(s.p.args)
	if size > int(s.p.args_cap) {
		if base = unsafe.Pointer(C.lq_args_room(s.p, C.size_t(size))); base == nil {
			return errNoMemory
		}
	}
	return packArgs(base, size, args)
}

// packArgs writes the arguments to the size bytes from base on.
func packArgs(base unsafe.Pointer, size int, args []driver.NamedValue) error {
	cells := unsafe.Slice((*C.lq_arg)(base), len(args))
	bytes := unsafe.Slice((*byte)(base), size)[len(args)*argSize : len(args)*argSize]
	for i := range args {
		var err error
		if bytes, err = packOne(&cells[i], bytes, args[i].Value); err != nil {
			return bind.Bad(args[i], err)
		}
	}
	return nil
}

// timeRoom is more than any time takes as text.
const timeRoom = 48

// packOne writes a value behind bytes, which has room for it.
func packOne(cell *C.lq_arg, bytes []byte, value driver.Value) ([]byte, error) {
	at := len(bytes)
	cell.n = 0
	switch v := value.(type) {
	case nil:
		cell._type = C.SQLITE_NULL
		return bytes, nil
	case int64:
		cell._type, cell.v = C.SQLITE_INTEGER, C.int64_t(v)
		return bytes, nil
	case bool:
		cell._type, cell.v = C.SQLITE_INTEGER, 0
		if v {
			cell.v = 1
		}
		return bytes, nil
	case float64:
		if math.IsNaN(v) {
			return nil, bind.ErrNaN
		}
		cell._type, cell.v = C.SQLITE_FLOAT, C.int64_t(math.Float64bits(v))
		return bytes, nil
	case string:
		cell._type = C.SQLITE_TEXT
		bytes = append(bytes, v...)
	case []byte:
		if v == nil {
			cell._type = C.SQLITE_NULL
			return bytes, nil
		}
		cell._type = C.SQLITE_BLOB
		bytes = append(bytes, v...)
	case time.Time:
		cell._type = C.SQLITE_TEXT
		var err error
		if bytes, err = timetext.Append(bytes, v); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("type %T is not supported", value)
	}
	n := len(bytes) - at
	if n > math.MaxInt32 {
		return nil, &engine.Error{Code: engine.CodeTooBig, Offset: -1, Message: "string or blob too big"}
	}
	cell.v, cell.n = C.int64_t(at), C.uint32_t(n)
	return bytes, nil
}
