package hrana

import (
	"database/sql/driver"
	"math"
	"strconv"
	"unicode/utf8"
)

// answer is what a pipeline came to.
type answer struct {
	baton   string // "": the stream is gone
	base    string // where the stream goes on, "" where it was
	results []response
}

// response is the answer to one request of a pipeline: a failure, or what its
// kind has.
type response struct {
	kind       string
	err        *serverError
	batch      *batchResult
	autocommit bool
	tellsTx    bool // autocommit is there
	describe   *description
}

// serverError is an error of the protocol.
type serverError struct {
	message, code, extended string
}

// batchResult has an entry for each step. Of a step that was skipped both are nil.
type batchResult struct {
	results []*stepResult
	errors  []*serverError
	index   uint64 // the replication index, 0 unknown
}

// stepResult is what a statement did.
type stepResult struct {
	cols    []column
	width   int            // of a row, -1 without one
	values  []driver.Value // of one row after the other
	rows    int
	changes int64
	rowid   int64 // 0 unknown
	read    int64
	written int64
	millis  float64
}

type column struct{ name, decl string }

// description is what describe tells.
type description struct {
	params   []string // "" for one without a name
	cols     []column
	explain  bool
	readonly bool
}

// readAnswer reads the answer to a pipeline of so many requests.
func readAnswer(body []byte, requests int) (*answer, error) {
	r := &reader{buf: body}
	a := &answer{results: make([]response, 0, requests)}
	have := false
	r.object(func(key []byte) {
		switch string(key) {
		case "baton":
			a.baton = r.optional()
		case "base_url":
			a.base = r.optional()
		case "results":
			have = true
			r.list(func(i int) {
				if i >= requests {
					r.fail("is one more than was asked for")
					return
				}
				a.results = append(a.results, r.response())
			})
		}
	})
	r.end()
	if r.err == nil && (!have || len(a.results) != requests) {
		r.fail("has %d results for %d requests", len(a.results), requests)
	}
	return a, r.err
}

// optional reads a string or null.
func (r *reader) optional() string {
	if r.null() {
		return ""
	}
	return r.text()
}

func (r *reader) response() (out response) {
	typ := ""
	have := false
	r.object(func(key []byte) {
		switch string(key) {
		case "type":
			typ = r.text()
		case "error":
			if !r.null() {
				out.err = r.serverError()
			}
		case "response":
			if !r.null() {
				have = true
				r.inner(&out)
			}
		}
	})
	switch {
	case r.err != nil:
	case typ == "ok" && have:
		out.err = nil
	case typ == "error" && out.err != nil:
	default:
		r.fail("is neither ok nor an error")
	}
	return out
}

func (r *reader) inner(out *response) {
	// The type may come behind the result, which is read by what is in it.
	r.object(func(key []byte) {
		switch string(key) {
		case "type":
			out.kind = r.text()
		case "is_autocommit":
			out.autocommit, out.tellsTx = r.boolean(), true
		case "result":
			r.result(out)
		}
	})
}

func (r *reader) result(out *response) {
	var b batchResult
	var d description
	isBatch, isDescribe := false, false
	r.object(func(key []byte) {
		switch string(key) {
		case "step_results":
			isBatch = true
			r.list(func(int) {
				if r.null() {
					b.results = append(b.results, nil)
				} else {
					b.results = append(b.results, r.stepResult())
				}
			})
		case "step_errors":
			r.list(func(int) {
				if r.null() {
					b.errors = append(b.errors, nil)
				} else {
					b.errors = append(b.errors, r.serverError())
				}
			})
		case "replication_index":
			b.index = r.index()
		case "params":
			isDescribe = true
			r.list(func(int) {
				name := ""
				r.object(func(key []byte) {
					if string(key) == "name" {
						name = r.optional()
					}
				})
				d.params = append(d.params, name)
			})
		case "cols":
			d.cols = r.columns()
		case "is_explain":
			d.explain = r.boolean()
		case "is_readonly":
			d.readonly = r.boolean()
		}
	})
	if isBatch {
		out.batch = &batchResult{b.results, b.errors, b.index}
	}
	if isDescribe {
		out.describe = &description{d.params, d.cols, d.explain, d.readonly}
	}
}

// index reads a replication index: a string, a number or null.
func (r *reader) index() uint64 {
	return uint64(max(r.count(), 0))
}

// count reads an integer or null.
func (r *reader) count() int64 {
	if r.null() {
		return 0
	}
	return r.integer()
}

func (r *reader) serverError() *serverError {
	e := &serverError{}
	r.object(func(key []byte) {
		switch string(key) {
		case "message":
			e.message = r.optional()
		case "code":
			e.code = r.optional()
		case "extended_code":
			e.extended = r.optional()
		}
	})
	return e
}

func (r *reader) columns() (cols []column) {
	r.list(func(int) {
		var c column
		r.object(func(key []byte) {
			switch string(key) {
			case "name":
				c.name = r.optional()
			case "decltype":
				c.decl = r.optional()
			}
		})
		cols = append(cols, c)
	})
	return cols
}

func (r *reader) stepResult() *stepResult {
	s := &stepResult{width: -1}
	haveRows := false
	r.object(func(key []byte) {
		switch string(key) {
		case "cols":
			s.cols = r.columns()
		case "rows":
			if haveRows {
				r.fail("is there twice")
				return
			}
			haveRows = true
			r.rows(s)
		case "affected_row_count":
			s.changes = r.count()
		case "last_insert_rowid":
			s.rowid = r.count()
		case "rows_read":
			s.read = r.count()
		case "rows_written":
			s.written = r.count()
		case "query_duration_ms":
			if !r.null() {
				s.millis = r.float()
			}
		}
	})
	switch {
	case r.err != nil:
	case !haveRows:
		r.fail("has no rows")
	case s.rows > 0 && s.width != len(s.cols):
		r.fail("has rows of %d values and %d columns", s.width, len(s.cols))
	}
	return s
}

func (r *reader) rows(s *stepResult) {
	r.list(func(int) {
		n := r.row(&s.values)
		if s.width >= 0 && n != s.width {
			r.fail("has %d values, and the row before it %d", n, s.width)
		}
		s.width = n
		s.rows++
	})
}

// row reads a row behind values and returns how many it has.
func (r *reader) row(values *[]driver.Value) (n int) {
	r.list(func(int) {
		*values = append(*values, r.value())
		n++
	})
	return n
}

// value reads a value.
func (r *reader) value() driver.Value {
	if v, ok := r.usualValue(); ok {
		return v
	}
	return r.anyValue()
}

// usualValue reads one that is written as servers do, with its type first and
// nothing between its words. It fails without a trace where that is not so, or
// where there is something wrong with it.
func (r *reader) usualValue() (v driver.Value, ok bool) {
	r.peek()
	b := r.buf[r.pos:]
	const integer, text, float = `{"type":"integer","value":"`, `{"type":"text","value":"`, `{"type":"float","value":`
	const null, blob = `{"type":"null"}`, `{"type":"blob","base64":"`
	var n int // of the bytes up to what is behind the value's text
	switch {
	case hasPrefix(b, integer):
		if n = ends(b, len(integer)); n > 0 {
			v, ok = parseInt(b[len(integer):n])
		}
	case hasPrefix(b, text):
		if n = ends(b, len(text)); n > 0 {
			if s := b[len(text):n]; utf8.Valid(s) {
				v, ok = string(s), true
			}
		}
	case hasPrefix(b, null):
		r.pos += len(null)
		return nil, true
	case hasPrefix(b, blob):
		if n = ends(b, len(blob)); n > 0 {
			s, err := decodeBlob(b[len(blob):n])
			v, ok = s, err == nil
		}
	case hasPrefix(b, float):
		sub := reader{buf: b, pos: len(float)}
		if number := sub.number(); sub.err == nil && sub.pos < len(b) && b[sub.pos] == '}' {
			if f, err := strconv.ParseFloat(string(number), 64); err == nil {
				r.pos += sub.pos + 1
				return f, true
			}
		}
	}
	if ok {
		r.pos += n + len(`"}`)
	}
	return v, ok
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// ends is where the quote is that ends a value's text without escapes, 0 when
// there is none.
func ends(b []byte, from int) int {
	for i := from; i+1 < len(b); i++ {
		switch c := b[i]; {
		case c == '"' && b[i+1] == '}':
			return i
		case c == '"', c == '\\', c < ' ':
			return 0
		}
	}
	return 0
}

// anyValue reads a value in whatever order its fields are.
func (r *reader) anyValue() (v driver.Value) {
	const (
		none = iota
		null
		text // as it stands
	)
	typ, number, state := "", 0.0, none
	var raw, blob []byte
	haveNumber, haveBlob := false, false
	r.object(func(key []byte) {
		switch string(key) {
		case "type":
			typ = kindOf(r.stringBytes())
		case "value":
			switch r.peek() {
			case '"':
				raw, state = r.stringBytes(), text
			case 'n':
				r.null()
				state = null
			default:
				raw, state = r.number(), text
				haveNumber = true
			}
		case "base64":
			blob, haveBlob = r.stringBytes(), true
		}
	})
	if r.err != nil {
		return nil
	}
	switch {
	case typ == "null":
		return nil
	case typ == "integer" && state == text:
		n, ok := parseInt(raw)
		if !ok {
			r.fail("is no 64-bit integer")
		}
		return n
	case typ == "float" && state == null:
		return math.NaN() // an infinity, for which JSON has no number; which one is lost
	case typ == "float" && haveNumber:
		number = r.parseFloat(raw)
		return number
	case typ == "text" && state == text && !haveNumber:
		return string(raw)
	case typ == "blob" && haveBlob:
		b, err := decodeBlob(blob)
		if err != nil {
			r.fail("is no base64")
			return nil
		}
		return b
	}
	r.fail("is no value")
	return nil
}

func (r *reader) parseFloat(text []byte) float64 {
	sub := reader{buf: text}
	f := sub.float()
	if sub.err != nil {
		r.fail("is a number that is too large")
	}
	return f
}

// kindOf is the type of a value, without an allocation for those that are known.
func kindOf(b []byte) string {
	for _, known := range [...]string{"integer", "text", "null", "float", "blob"} {
		if string(b) == known {
			return known
		}
	}
	return "?"
}
