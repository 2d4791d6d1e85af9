package callbacks

import (
	"math/bits"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gorm-libsql/libsql/callbacks/internal/stack"
)

// site is a line of the program; there is one for each line.
type site struct{ Frame }

// noSite is where no line of the program is to be found.
var noSite = &site{}

// pcKind says whose code a program counter is in.
type pcKind uint8

const (
	pcUser    pcKind = iota
	pcSkipped        // GORM's, database/sql's, ours
	pcGORM           // GORM's own callbacks: what they call, they call for a query that is under way
	pcMigrator
	pcBatches // of GORM's FindInBatches and CreateInBatches
)

type pcInfo struct {
	kind pcKind
	site *site
}

// sites knows what program counters are. They are read without a lock: a
// program has a bounded number of them, and soon no new ones.
type sites struct {
	stacks [512]atomic.Pointer[stackInfo] // by a hash of their addresses: the last one of each
	known  atomic.Pointer[map[uintptr]pcInfo]
	mu     sync.Mutex
	lines  map[Frame]*site // by file and line: a function that was inlined has several names
}

// found is what a walk up the stack has found.
type found struct {
	site      *site
	gorm      bool // GORM's callbacks are between: the caller is that of the query under way
	migration bool
	batch     bool // GORM makes many queries of one call
}

// How many return addresses tell callers apart: as many as there are from the
// place that asks to the program's own line, and one more, because the line may
// be in a function that was inlined.
const (
	nearGORM   = 7  // from GORM's Execute on
	nearDriver = 19 // through database/sql
)

// stackInfo is what was found for a stack.
type stackInfo struct {
	found
	n    int
	near [nearDriver]uintptr // n of them
}

// caller finds the first line that is the program's own. To have the runtime
// walk up the stack is the dearest that the profiler does, so it is done once
// for what the return addresses nearest to us, which fill near, are alike for.
// skip is how many functions are ours, the one that calls caller the first.
// within stops at GORM's callbacks: else the query that they are of is none that
// is known.
func (s *sites) caller(near []uintptr, skip int, within bool) found {
	near = near[:stack.Frames(near)]
	hash := uint64(0)
	for _, pc := range near {
		hash = bits.RotateLeft64(hash, 7) ^ uint64(pc)
	}
	slot := &s.stacks[mix(hash, 0)%uint64(len(s.stacks))]
	if known := slot.Load(); known != nil && slices.Equal(known.near[:known.n], near) {
		return known.found
	}
	f, sure := s.walk(near, skip+3, within)
	if sure {
		info := &stackInfo{found: f, n: len(near)}
		copy(info.near[:], near)
		slot.Store(info)
	}
	return f
}

// walk asks the runtime. The answer is sure if it is the same for each stack
// with these nearest addresses: they reach to where it was found, or further.
func (s *sites) walk(near []uintptr, skip int, within bool) (f found, sure bool) {
	var pcs [32]uintptr
	for ; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		if at := s.look(pcs[:n], &f, within); at < n {
			// None before it is of its kind.
			kind := s.info(pcs[at]).kind
			for _, pc := range pcs[at:n] {
				sure = sure || slices.Contains(near, pc) && s.info(pc).kind == kind
			}
			return f, sure
		}
		if n < len(pcs) {
			return f, false
		}
	}
}

// look returns where it was found, or how many there are.
func (s *sites) look(pcs []uintptr, f *found, within bool) (at int) {
	for i, pc := range pcs {
		info := s.info(pc)
		switch info.kind {
		case pcUser:
			f.site = info.site
			return i
		case pcGORM:
			if within {
				f.site, f.gorm = noSite, true
				return i
			}
		case pcMigrator:
			f.migration = true
		case pcBatches:
			f.batch = true
		}
	}
	f.site = noSite
	return len(pcs)
}

func (s *sites) info(pc uintptr) pcInfo {
	if known := s.known.Load(); known != nil {
		if info, ok := (*known)[pc]; ok {
			return info
		}
	}
	return s.learn(pc)
}

func (s *sites) learn(pc uintptr) pcInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	info := pcInfo{kind: kindOf(frame.Function, frame.File)}
	if info.kind == pcUser {
		f := Frame{Function: frame.Function, File: frame.File, Line: frame.Line}
		if s.lines == nil {
			s.lines = map[Frame]*site{}
		}
		line := Frame{File: f.File, Line: f.Line}
		if s.lines[line] == nil {
			s.lines[line] = &site{f}
		}
		info.site = s.lines[line]
	}
	more := map[uintptr]pcInfo{pc: info}
	if known := s.known.Load(); known != nil {
		for pc, info := range *known {
			more[pc] = info
		}
	}
	s.known.Store(&more)
	return info
}

const module = "github.com/gorm-libsql/libsql"

// kindOf tells whose code a function is. Tests and programs of this module are
// users of it.
func kindOf(function, file string) pcKind {
	switch {
	case strings.HasPrefix(function, "gorm.io/gorm/callbacks."):
		return pcGORM
	case strings.HasPrefix(function, "gorm.io/gorm.(*DB).FindInBatches"), strings.HasPrefix(function, "gorm.io/gorm.(*DB).CreateInBatches"):
		return pcBatches
	case strings.HasSuffix(file, "_test.go"):
		return pcUser
	case strings.HasPrefix(function, module+"/migrator.") || strings.HasPrefix(function, "gorm.io/gorm/migrator."):
		return pcMigrator
	case strings.HasPrefix(function, module+"/examples/"):
		return pcUser
	case strings.HasPrefix(function, module+".") || strings.HasPrefix(function, module+"/"):
		return pcSkipped
	case strings.HasPrefix(function, "gorm.io/"), strings.HasPrefix(function, "database/sql."),
		strings.HasPrefix(function, "runtime."), strings.HasPrefix(function, "reflect."), strings.HasPrefix(function, "testing."),
		strings.HasPrefix(function, "sync."), strings.HasPrefix(function, "iter."),
		strings.HasSuffix(file, ".gen.go"): // of gorm.io/gen
		return pcSkipped
	}
	return pcUser
}
