package hrana

import "strconv"

// version is one of the protocol.
type version uint8

const (
	v2 version = 2
	v3 version = 3
)

// program is a batch in the making: steps, each of which runs if its condition
// holds. The conditions are built from those below.
type program struct {
	v     version
	steps []step
}

type step struct {
	cond cond
	sql  string
	id   int32 // of the text, 0 when it is not one that is stored
	args arguments
	rows bool // they are wanted
}

// cond is a condition in JSON, "" for none.
type cond string

// ok holds when the step has run and not failed. There is no condition here
// for a step that failed: servers do not agree whether one that was skipped has
// (hence "not ok").
func ok(step int) cond {
	return cond(`{"type":"ok","step":` + strconv.Itoa(step) + `}`)
}

func not(c cond) cond { return `{"type":"not","cond":` + c + `}` }

// and holds when both do; "" holds always.
func and(a, b cond) cond {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return `{"type":"and","conds":[` + a + `,` + b + `]}`
}

const isAutocommit cond = `{"type":"is_autocommit"}`

// add appends a step and returns its number.
func (p *program) add(s step) int {
	p.steps = append(p.steps, s)
	return len(p.steps) - 1
}

// inTransaction is the fence: the condition that a transaction is open now, if
// cond holds.
//
// Version 2 has no such condition, but BEGIN fails within a transaction and
// nowhere else. One that did begin is rolled back.
func (p *program) inTransaction(c cond) cond {
	if p.v >= v3 {
		return and(c, not(isAutocommit))
	}
	probe := p.add(step{cond: c, sql: "BEGIN"})
	p.add(step{cond: ok(probe), sql: "ROLLBACK"})
	return and(c, not(ok(probe)))
}

// probe adds what tells, behind all steps, whether a transaction is open. It
// is a step in version 2 alone; version 3 has a request for it.
func (p *program) probe() int {
	if p.v >= v3 {
		return -1
	}
	n := p.add(step{sql: "BEGIN"})
	p.add(step{cond: ok(n), sql: "ROLLBACK"})
	return n
}

// size is about how many bytes the batch has as a request.
func (p *program) size() int {
	n := 200
	for i := range p.steps {
		n += 80 + len(p.steps[i].cond) + len(p.steps[i].sql) + len(p.steps[i].args)
	}
	return n
}

// append writes the batch as a request of a pipeline.
func (p *program) append(b []byte, index uint64) []byte {
	return append(p.appendSteps(append(b, `{"type":"batch","batch":`...), index), '}')
}

// appendSteps writes the batch by itself.
func (p *program) appendSteps(b []byte, index uint64) []byte {
	b = append(b, `{"steps":[`...)
	for i := range p.steps {
		s := &p.steps[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if s.cond != "" {
			b = append(b, `"condition":`...)
			b = append(append(b, s.cond...), ',')
		}
		if s.id != 0 {
			b = strconv.AppendInt(append(b, `"stmt":{"sql_id":`...), int64(s.id), 10)
		} else {
			b = appendString(append(b, `"stmt":{"sql":`...), s.sql)
		}
		b = append(b, s.args...)
		if !s.rows {
			b = append(b, `,"want_rows":false`...)
		}
		b = append(b, `}}`...)
	}
	return append(appendIndex(append(b, ']'), index), '}')
}

// appendIndex writes how new what is read must be at least.
func appendIndex(b []byte, index uint64) []byte {
	if index == 0 {
		return b
	}
	b = append(b, `,"replication_index":"`...)
	return append(strconv.AppendUint(b, index, 10), '"')
}

// fits tells that a response is one to this program.
func (p *program) fits(r *response) bool {
	if r.err != nil {
		return true
	}
	if r.kind != "batch" || r.batch == nil || len(r.batch.results) != len(p.steps) || len(r.batch.errors) != len(p.steps) {
		return false
	}
	for i, err := range r.batch.errors {
		if err != nil && r.batch.results[i] != nil {
			return false // done and failed
		}
	}
	return true
}
