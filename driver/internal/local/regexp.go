//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include <stdlib.h>
#include <string.h>
#include "regexp.h"
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/gorm-libsql/libsql/internal/pcre"
)

// lqRegexp is one call of a function of regexp.c.
//
//export lqRegexp
func lqRegexp(op C.int, r *C.lq_regexp) (kind C.int) {
	defer func() {
		if p := recover(); p != nil {
			kind = say(r, C.LQ_REGEXP_ERROR, []byte(fmt.Sprint("panic: ", p)))
		}
	}()
	re, err := patterns.get(borrow(r.pattern, r.npattern))
	if err != nil {
		return say(r, C.LQ_REGEXP_REFUSED, []byte(err.Error()))
	}
	source := borrow(r.source, r.nsource)
	switch op {
	case C.LQ_REGEXP_LIKE:
		var found bool
		if found, err = re.Match(source); err == nil {
			r.from = C.int64_t(cbool(found))
			return C.LQ_REGEXP_BOOL
		}
	case C.LQ_REGEXP_REPLACE:
		var out []byte
		var found bool
		if out, found, err = re.Replace(source, string(borrow(r.replacement, r.nreplacement))); err == nil {
			if !found {
				return C.LQ_REGEXP_SOURCE
			}
			return say(r, C.LQ_REGEXP_TEXT, out)
		}
	default:
		var from, to int
		var found bool
		if from, to, found, err = re.Find(source, int64(r.group)); err == nil {
			if !found {
				return C.LQ_REGEXP_NULL
			}
			r.from, r.to = C.int64_t(from), C.int64_t(to)
			return C.LQ_REGEXP_PART
		}
	}
	return say(r, C.LQ_REGEXP_REFUSED, []byte(err.Error()))
}

// say gives C a text of its own.
func say(r *C.lq_regexp, kind C.int, text []byte) C.int {
	r.text = (*C.char)(C.malloc(C.size_t(len(text) + 1)))
	if r.text == nil {
		return C.LQ_REGEXP_NOMEM
	}
	r.ntext = C.size_t(len(text))
	copy(unsafe.Slice((*byte)(unsafe.Pointer(r.text)), len(text)), text)
	return kind
}

// borrow is memory of C, for the call.
func borrow(p *C.char, n C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), int(n))
}

// patterns are those that were compiled last, and what is wrong with them.
var patterns = patternCache{byText: map[string]compiled{}}

type patternCache struct {
	mu     sync.RWMutex
	byText map[string]compiled
	bytes  int
}

type compiled struct {
	re  *pcre.Regexp
	err error
}

// How many patterns are kept, so that a column of patterns does not fill the
// memory: most take some kilobytes, a long one of Unicode classes a few megabytes.
const maxPatterns, maxPatternBytes = 64, 64 << 10

func (c *patternCache) get(text []byte) (*pcre.Regexp, error) {
	c.mu.RLock()
	p, ok := c.byText[string(text)]
	c.mu.RUnlock()
	if ok {
		return p.re, p.err
	}
	pattern := string(text)
	p.re, p.err = pcre.Compile(pattern)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.byText) >= maxPatterns || c.bytes+len(pattern) > maxPatternBytes {
		clear(c.byText)
		c.bytes = 0
	}
	if len(pattern) <= maxPatternBytes {
		c.byText[pattern] = p
		c.bytes += len(pattern)
	}
	return p.re, p.err
}
