//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "vfs.h"
*/
import "C"

import (
	"sync"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// failures keeps what VFSes in Go have failed with until the statement that
// fails because of it asks: the library only passes codes on. Most are never
// asked for, so only the last few are kept.
var failures failureList

type failureList struct {
	sync.Mutex
	last uint64
	kept [64]struct {
		number  uint64
		failure *engine.VFSFailure
	}
}

func (l *failureList) keep(f *engine.VFSFailure) uint64 {
	l.Lock()
	defer l.Unlock()
	l.last++
	at := &l.kept[l.last%uint64(len(l.kept))]
	at.number, at.failure = l.last, f
	return l.last
}

// take returns the failure of that number and forgets it.
func (l *failureList) take(number uint64) *engine.VFSFailure {
	if number == 0 {
		return nil
	}
	l.Lock()
	defer l.Unlock()
	at := &l.kept[number%uint64(len(l.kept))]
	if at.number != number {
		return nil
	}
	f := at.failure
	at.number, at.failure = 0, nil
	return f
}

// addVFSFailure adds to an error what a VFS in Go has said about it.
func (c *conn) addVFSFailure(e *engine.Error) {
	f := failures.take(uint64(c.p.vfs_failure))
	if f == nil || f.Err == nil {
		return
	}
	e.Cause = f.Err
	if e.Hint == "" {
		e.Hint = f.Err.Error()
	}
}
