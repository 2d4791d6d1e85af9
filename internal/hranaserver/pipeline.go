package hranaserver

import (
	"context"
	"errors"

	libsql "github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Limits of the texts that a stream stores.
const (
	maxStored     = 50
	maxStoredSize = 5000
)

// pipelineResults is how many results of the largest size a pipeline may have.
const pipelineResults = 4

// pipeline answers requests that run one after the other on one stream. Its
// error is the whole answer: what has run is lost to the client.
func (s *Server) pipeline(ctx context.Context, req *pipelineRequest, v version) (*pipelineResponse, error) {
	for i := range req.Requests {
		if err := req.Requests[i].check(); err != nil {
			return nil, err
		}
	}
	st, err := s.acquire(ctx, req.Baton)
	if err != nil {
		return nil, err
	}
	released := false
	defer func() {
		if !released {
			st.drop()
		}
	}()
	st.room = pipelineResults * s.opts.MaxResponse
	resp := &pipelineResponse{baseURL: s.opts.BaseURL, results: make([]streamResult, len(req.Requests))}
	for i := range req.Requests {
		err := st.serve(ctx, &req.Requests[i], v, &resp.results[i])
		var f *failure
		switch {
		case errors.As(err, &f):
			resp.results[i] = streamResult{failed: f}
		case err != nil:
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err // nobody will come back for the stream
	}
	released = true
	resp.baton = st.release()
	return resp, nil
}

func (st *stream) serve(ctx context.Context, req *streamRequest, v version, out *streamResult) error {
	out.typ = req.Type
	st.srv.count.request(req.Type)
	if st.conn == nil && req.Type != "close" && req.Type != "close_sql" {
		return errStreamClosed
	}
	switch req.Type {
	case "close":
		st.closeConn()
		return nil
	case "execute":
		return st.execute(ctx, req.Stmt, out)
	case "batch":
		return st.batch(ctx, req.Batch, v, out)
	case "sequence":
		return st.sequence(ctx, req)
	case "describe":
		return st.describe(ctx, req, out)
	case "store_sql":
		return st.store(*req.SQLID, *req.SQL)
	case "close_sql":
		delete(st.stored, *req.SQLID)
		return nil
	}
	if v < v3 {
		return protocolError("The `get_autocommit` request is only supported in protocol version hrana3 and higher")
	}
	st.rollBackStolen()
	out.autocommit = !st.inTx
	return nil
}

func (st *stream) execute(ctx context.Context, req *stmtRequest, out *streamResult) error {
	q, err := st.query(req)
	if err != nil {
		return err
	}
	c := st.newCollector(1)
	if err := st.runProgram(ctx, []step{{query: q}}, c); err != nil {
		return err
	}
	if f := c.errors[0]; f != nil {
		return f
	}
	out.execute = c.results[0]
	out.execute.index = st.srv.replicationIndex()
	return nil
}

func (st *stream) batch(ctx context.Context, req *batchRequest, v version, out *streamResult) error {
	steps, err := st.steps(ctx, req, v)
	if err != nil {
		return err
	}
	c := st.newCollector(len(steps))
	if err := st.runProgram(ctx, steps, c); err != nil {
		return err
	}
	out.batch = &c.batchResult
	out.batch.index = st.srv.replicationIndex()
	return nil
}

// sequence runs the statements of a text up to the first that fails.
func (st *stream) sequence(ctx context.Context, req *streamRequest) error {
	text, err := st.text(req.SQL, req.SQLID)
	if err != nil {
		return err
	}
	var steps []step
	for i, part := range sqltext.Split(text) {
		s := st.srv.texts.statement(part.Text(text))
		if s.refused != nil {
			return s.refused
		}
		if f := st.srv.checkSyntax(ctx, s); f != nil {
			return f
		}
		next := step{query: &query{statement: s, request: &stmtRequest{}}}
		if i > 0 {
			before := uint32(i - 1)
			next.cond = &condition{Type: "ok", Step: &before}
		}
		steps = append(steps, next)
	}
	c := st.newCollector(len(steps))
	c.discard = true
	if err := st.runProgram(ctx, steps, c); err != nil {
		return err
	}
	for _, f := range c.errors {
		if f != nil {
			return f
		}
	}
	return nil
}

func (st *stream) store(id int32, sql string) error {
	_, used := st.stored[id]
	switch {
	case used && !st.srv.opts.Cloud:
		return protocolError("SQL text %d already exists", id)
	case len(st.stored) >= maxStored:
		return &failure{Message: "The server already stores 50 SQL texts, it cannot store more", Code: "SQL_STORE_TOO_MANY"}
	case len(sql) > maxStoredSize:
		return &failure{Message: "The statement is too large to be stored", Code: "SQL_STORE_TOO_LARGE"}
	}
	if st.stored == nil {
		st.stored = map[int32]string{}
	}
	st.stored[id] = sql
	return nil
}

// describe compiles the first statement of a text. What acts when it is
// compiled is told by its kind.
func (st *stream) describe(ctx context.Context, req *streamRequest, out *streamResult) error {
	text, err := st.text(req.SQL, req.SQLID)
	if err != nil {
		return err
	}
	text = text[:sqltext.First(text)]
	found, err := st.dc.Describe(ctx, text)
	if errors.Is(err, libsql.ErrUnsupported) {
		out.describe = &description{explain: sqltext.Classify(text).Verb == sqltext.Explain}
		return nil
	}
	if err != nil {
		return describeFailure(st.srv.failure(err))
	}
	d := &description{explain: found.Explain != 0, readOnly: found.ReadOnly}
	for _, p := range found.Params {
		d.params = append(d.params, p.Name)
	}
	for _, c := range found.Columns {
		d.cols = append(d.cols, column{c.Name, c.DeclType})
	}
	out.describe = d
	return nil
}

// describeFailure has no SQL_PARSE_ERROR: libsql-server asks SQLite at once.
func describeFailure(err error) error {
	var f *failure
	if errors.As(err, &f) && f.Code == "SQL_PARSE_ERROR" {
		return &failure{Message: "SQL input error: " + f.Message[len("SQL string could not be parsed: "):], Code: "SQL_INPUT_ERROR", Extended: f.Extended}
	}
	return err
}
