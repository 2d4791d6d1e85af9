package callbacks

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
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
)

type pcInfo struct {
	kind pcKind
	site *site
}

// sites knows what program counters are. They are read without a lock: a
// program has a bounded number of them, and soon no new ones.
type sites struct {
	known atomic.Pointer[map[uintptr]pcInfo]
	mu    sync.Mutex
	lines map[Frame]*site // by file and line: a function that was inlined has several names
}

// found is what a walk up the stack has found.
type found struct {
	site      *site
	gorm      bool // GORM's callbacks are between: the caller is that of the query under way
	migration bool
}

// How many frames are looked at first. Walking up the stack is the dearest that
// the profiler does; it stops with the last frame that there is room for, and
// begins at the bottom again when that was not enough.
const (
	nearGORM   = 3  // from GORM's Execute on: enough for Find, Create and the like
	nearDriver = 16 // from the driver on: enough for Transaction
)

// caller finds the first line that is the program's own, in the frames that the
// caller has walked, or behind them if the room for them is full: skip is how
// many frames of its own it has left out.
func (s *sites) caller(walked []uintptr, full bool, skip int) (f found) {
	if s.look(walked, &f) || !full {
		return f
	}
	var far [32]uintptr
	for skip += len(walked); ; skip += len(far) {
		n := runtime.Callers(skip+1, far[:])
		if s.look(far[:n], &f) || n < len(far) {
			return f
		}
	}
}

func (s *sites) look(pcs []uintptr, f *found) (done bool) {
	for _, pc := range pcs {
		info := s.info(pc)
		switch info.kind {
		case pcUser:
			f.site = info.site
			return true
		case pcGORM:
			f.gorm = true
			return true
		case pcMigrator:
			f.migration = true
		}
	}
	f.site = noSite
	return false
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
