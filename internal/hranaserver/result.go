package hranaserver

import (
	"context"
	"database/sql/driver"
)

// What the server answers, whatever it is encoded in.

type pipelineResponse struct {
	baton, baseURL string // "" for none
	results        []streamResult
}

// streamResult is the answer to a request of a pipeline: of its type, one of
// the fields is set; or failed.
type streamResult struct {
	typ        string
	failed     *failure
	execute    *stmtResult
	batch      *batchResult
	describe   *description
	autocommit bool
}

type stmtResult struct {
	cols        []column
	values      []driver.Value // of all rows, one after the other
	rows        int
	outcome     outcome
	index       *uint64 // of the replication
	bytes, most int64
}

type batchResult struct {
	results []*stmtResult
	errors  []*failure
	index   *uint64
}

type description struct {
	params   []string
	cols     []column
	explain  bool
	readOnly bool
}

func (r *stmtResult) begin(cols []column) error {
	r.cols = cols
	return nil
}

// row keeps a row, unless the answer would be too large: blobs are counted as
// they are, as libsql-server does.
func (r *stmtResult) row(values []driver.Value) error {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			r.bytes += int64(len(v))
		case []byte:
			r.bytes += int64(len(v))
		}
		r.bytes += 30
	}
	if r.bytes > r.most {
		return errTooLarge
	}
	r.values = append(r.values, values...)
	r.rows++
	return nil
}

// collector is the sink of a program whose results are answered at once.
type collector struct {
	batchResult
	st      *stream
	now     *stmtResult
	most    int64
	used    int64
	discard bool // keep no rows
}

func (st *stream) newCollector(steps int) *collector {
	return &collector{batchResult: batchResult{results: make([]*stmtResult, steps), errors: make([]*failure, steps)},
		st: st, most: min(st.srv.opts.MaxResponse, st.room)}
}

func (c *collector) stepBegins(context.Context, int) { c.now = &stmtResult{most: c.most - c.used} }
func (c *collector) begin(cols []column) error       { return c.now.begin(cols) }

func (c *collector) row(values []driver.Value) error {
	if c.discard {
		return nil
	}
	return c.now.row(values)
}

func (c *collector) stepEnds(i int, o outcome) error {
	c.now.outcome = o
	c.results[i] = c.now
	c.used += c.now.bytes
	c.st.room -= c.now.bytes
	return nil
}

func (c *collector) stepFails(i int, f *failure) error {
	c.errors[i] = f
	return nil
}

// version is that of the protocol.
type version int

const (
	v2 version = 2
	v3 version = 3
)
