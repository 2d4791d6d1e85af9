package local

import (
	"context"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Options describe a database and the settings of each connection to it.
type Options struct {
	Path       string // of a file, or its name in a VFS that has names of its own; "" for memory
	MemoryName string // with Path "": the name that the process shares, "" for a database of this engine alone

	ReadOnly  bool // open read-only
	Create    bool // create the file when it is missing
	Immutable bool
	NoLock    bool
	PSOW      *bool  // nil is the VFS's own
	VFS       string // "" is the default

	Key           []byte                                // encryption key, nil for none
	KeyFunc       func(context.Context) ([]byte, error) // gives the key instead
	SingleProcess bool
	FileFunctions bool // readfile, writefile, fsdir
	Extensions    bool // load_extension
	DQS           bool // double-quoted string literals
	Defensive     bool
	TrustedSchema bool
	Limits        map[int]int // by SQLite's number

	BusyTimeout time.Duration
	JournalMode string // "": WAL for a new file, as it is for an old one
	Synchronous string // "": NORMAL under WAL, else FULL; OFF in memory
	ForeignKeys bool
	TxMode      engine.TxMode // that transactions will begin in: it must be one that the library has
	Pragmas     []Pragma      // in order, after the above

	StmtCacheSize  int
	StmtCacheBytes int64
	Loc            *time.Location // of times that are read, nil as stored
	StoredValues   bool           // the declared type makes nothing of a value
	Tracer         *engine.TracerSlot
}

// Pragma is a setting that each new connection gets.
type Pragma struct{ Name, Value string }
