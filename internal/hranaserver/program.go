package hranaserver

import (
	"context"
	"errors"
	"net/http"
)

// step is a step of a program: a statement, and whether it runs.
type step struct {
	query *query
	cond  *condition
}

// programSink takes what the steps of a program come to. A step that is not
// run is not told.
type programSink interface {
	sink
	stepBegins(ctx context.Context, step int)
	stepEnds(step int, o outcome) error
	stepFails(step int, f *failure) error
}

// steps reads a batch. A failure is that of the whole batch: nothing has run.
func (st *stream) steps(ctx context.Context, b *batchRequest, v version) ([]step, error) {
	steps := make([]step, len(b.Steps))
	for i := range b.Steps {
		q, err := st.query(b.Steps[i].Stmt)
		if err != nil {
			return nil, err
		}
		if cond := b.Steps[i].Condition; cond != nil {
			if err := cond.check(i, v, 0); err != nil {
				return nil, err
			}
			steps[i].cond = cond
		}
		steps[i].query = q
	}
	for i := range steps {
		if f := st.srv.checkSyntax(ctx, steps[i].query.statement); f != nil {
			return nil, f
		}
	}
	return steps, nil
}

// text is the SQL of a request, sent along or stored.
func (st *stream) text(sql *string, id *int32) (string, error) {
	switch {
	case sql != nil && id != nil:
		return "", protocolError("Either `sql` or `sql_id` are required, but not both")
	case sql != nil:
		return *sql, nil
	case id == nil:
		return "", protocolError("Either `sql` or `sql_id` are required")
	}
	text, ok := st.stored[*id]
	if !ok {
		return "", protocolError("SQL text %d not found", *id)
	}
	return text, nil
}

// query reads a statement and its arguments.
func (st *stream) query(req *stmtRequest) (*query, error) {
	sql, err := st.text(req.SQL, req.SQLID)
	if err != nil {
		return nil, err
	}
	s := st.srv.texts.statement(sql)
	if s.refused != nil {
		return nil, s.refused
	}
	if len(req.Args) > 0 && len(req.NamedArgs) > 0 {
		return nil, errBothArgs
	}
	return &query{statement: s, request: req, wantRows: req.WantRows == nil || *req.WantRows}, nil
}

// check finds what is wrong with the condition of the step.
func (c *condition) check(step int, v version, depth int) error {
	if depth > 100 {
		return protocolError("Cannot deserialize client message from JSON: recursion limit exceeded")
	}
	switch c.Type {
	case "ok", "error":
		if int64(*c.Step) >= int64(step) {
			return protocolError("Invalid reference to step in a batch condition")
		}
	case "not":
		return c.Cond.check(step, v, depth+1)
	case "and", "or":
		for i := range *c.Conds {
			if err := (*c.Conds)[i].check(step, v, depth+1); err != nil {
				return err
			}
		}
	case "is_autocommit":
		if v < v3 {
			return protocolError("BatchCond of type `is_autocommit` is only supported in protocol version hrana3 and higher")
		}
	}
	return nil
}

// holds evaluates the condition after the steps of which ok tells the success.
// A step that was skipped was none: for libsql-server that is an error too.
func (c *condition) holds(ok []bool, autocommit bool) bool {
	if c == nil {
		return true
	}
	switch c.Type {
	case "ok":
		return ok[*c.Step]
	case "error":
		return !ok[*c.Step]
	case "not":
		return !c.Cond.holds(ok, autocommit)
	case "and":
		for i := range *c.Conds {
			if !(*c.Conds)[i].holds(ok, autocommit) {
				return false
			}
		}
		return true
	case "or":
		for i := range *c.Conds {
			if (*c.Conds)[i].holds(ok, autocommit) {
				return true
			}
		}
		return false
	}
	return autocommit
}

// runProgram runs the steps. Its error, which is no failure of a step, ends it.
func (st *stream) runProgram(ctx context.Context, steps []step, out programSink) error {
	s := st.srv
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.mu.Lock()
	timedOut := st.stolen
	st.cancel = cancel
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		st.cancel = nil
		s.mu.Unlock()
	}()
	ok := make([]bool, len(steps))
	for i := range steps {
		if timedOut {
			if err := out.stepFails(i, st.timedOut()); err != nil {
				return err
			}
			continue
		}
		if !steps[i].cond.holds(ok, !st.inTx) {
			continue
		}
		o, err := st.runStep(ctx, i, steps[i].query, out)
		var f *failure
		switch {
		case err == nil:
			ok[i] = true
			err = out.stepEnds(i, o)
		case context.Cause(ctx) == errStolen:
			timedOut = true
			err = out.stepFails(i, st.timedOut())
		case errors.As(err, &f) && f != errTooLarge:
			err = out.stepFails(i, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (st *stream) runStep(ctx context.Context, i int, q *query, out programSink) (outcome, error) {
	args, f := q.statement.args(q.request)
	if f != nil {
		return outcome{}, f
	}
	q.args = args
	out.stepBegins(ctx, i)
	return st.run(ctx, q, out)
}

// timedOut makes sure that the transaction that was taken away is gone, and
// takes the note of it off: what runs after this program is in autocommit.
func (st *stream) timedOut() *failure {
	st.rollBackStolen()
	st.srv.mu.Lock()
	st.stolen = false
	st.srv.mu.Unlock()
	return errTxTimeout
}

// asHTTP is an error that no answer can carry as the whole answer.
func asHTTP(err error) *refusal {
	var r *refusal
	if errors.As(err, &r) {
		return r
	}
	var f *failure
	if errors.As(err, &f) {
		return internalError(f)
	}
	return statusError(http.StatusServiceUnavailable, "the request was cancelled")
}
