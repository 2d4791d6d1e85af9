package faultvfs

import (
	"errors"
	"fmt"

	"github.com/gorm-libsql/libsql/driver/vfs"
)

// Op is a kind of call.
type Op uint8

// The kinds: the methods of vfs.VFS, vfs.File and vfs.SharedMemory.
const (
	Open Op = iota
	Delete
	Access
	FullPathname
	Close
	Read
	Write
	Truncate
	Sync
	Size
	Lock
	Unlock
	CheckReservedLock
	ShmMap
	ShmLock
	ShmUnmap
	numOps
)

var opNames = [numOps]string{"Open", "Delete", "Access", "FullPathname", "Close", "Read", "Write", "Truncate", "Sync", "Size",
	"Lock", "Unlock", "CheckReservedLock", "ShmMap", "ShmLock", "ShmUnmap"}

// Ops are all kinds.
func Ops() (all []Op) {
	for op := range numOps {
		all = append(all, op)
	}
	return all
}

// String is the name of the method.
func (op Op) String() string {
	if op < numOps {
		return opNames[op]
	}
	return fmt.Sprintf("Op(%d)", uint8(op))
}

// Call is one call of the VFS or of a file.
type Call struct {
	Op    Op
	Name  string       // of the file
	Flags vfs.OpenFlag // that it is or was opened with; 0 for Delete, Access and FullPathname
	Off   int64        // of Read and Write
	Len   int          // of Read and Write, in bytes
}

// Fault is what is to happen to some calls of a kind.
//
// A call that gives something back, such as Close and Unlock, is carried out
// and fails then; any other fails in place of being carried out.
type Fault struct {
	Op Op
	// N is which call, from now on, is the first to fail: 1 is the next one,
	// and so is 0.
	N int
	// Times is how many calls fail from then on: 0 is one, a negative number
	// all until [VFS.Clear].
	Times int
	// Match, if not nil, tells which calls of the kind the fault is about; no
	// others are counted. It must not call the VFS.
	Match func(Call) bool
	// Growing is for Write: only those are counted that make the file larger,
	// as those are which a full disk fails.
	Growing bool

	// Err is what the call fails with beside [ErrInjected]: a driver.Code such
	// as driver.ErrFull, or any error. Nil leaves the code to the kind of the
	// call, such as SQLITE_IOERR_READ for Read.
	Err error
	// Short lets Read and Write do the first half before they fail.
	Short bool
	// PowerCut lets the power go in the midst of the call, as
	// [VFS.PowerCut] does.
	PowerCut bool
}

var (
	// ErrInjected is wrapped by the error of every call that a [Fault] has
	// made fail.
	ErrInjected = errors.New("injected fault")
	// ErrPowerCut is wrapped by the error of every call between the power cut
	// and [VFS.Restart].
	ErrPowerCut = errors.New("the power is off")
)

// armed is a fault that waits for its calls.
type armed struct {
	Fault
	seen, failed int
}

// hit tells whether the fault is about the call, and due.
func (a *armed) hit(c Call) bool {
	if a.Op != c.Op || a.Match != nil && !a.Match(c) {
		return false
	}
	a.seen++
	if a.seen < max(a.N, 1) || a.Times >= 0 && a.failed >= max(a.Times, 1) {
		return false
	}
	a.failed++
	return true
}

func (a *armed) error(c Call) error {
	switch {
	case a.Err != nil:
		return fmt.Errorf("%w: %s %s: %w", ErrInjected, c.Op, c.Name, a.Err)
	default:
		return fmt.Errorf("%w: %s %s", ErrInjected, c.Op, c.Name)
	}
}
