package hranaserver

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Fault is what goes wrong with a request. Its zero value changes nothing; what
// is set happens in the order of the fields.
type Fault struct {
	// On chooses the requests; nil chooses all that post. Nth is the first of
	// them that fails, counted from 1 and from the time of Inject; 0 is 1. Times is
	// how many fail, one after the other; 0 is 1, and a negative number all.
	On    func(r *http.Request, body []byte) bool
	Nth   int
	Times int

	// Delay is waited before anything is done, or until the client has gone.
	Delay time.Duration
	// Expire expires every stream that no request uses, as [Server.Expire] does.
	Expire bool
	// ResetBefore closes the connection without having run the request.
	ResetBefore bool
	// Before answers with this status, without having run the request.
	Before int
	// Twice runs the request a second time, as a network that delivers it twice
	// does. The client gets the first answer.
	Twice bool
	// After answers with this status although the request has run.
	After int
	// Header and Body are those of Before and After.
	Header http.Header
	Body   string
	// Baton is put in the place of the baton of the answer, if it has one.
	Baton string
	// Edit makes another body of the answer's: a malformed one, say.
	Edit func(body []byte) []byte
	// DelayAfter is waited before the answer is sent.
	DelayAfter time.Duration
	// ResetAfter closes the connection without an answer.
	ResetAfter bool
	// Cut closes the connection after this many bytes of the answer's body, of
	// which the length was announced; 0 cuts nothing, -1 before the first.
	Cut int
}

type armedFault struct {
	Fault
	seen int
}

type faultList struct {
	mu    sync.Mutex
	armed []*armedFault
}

// Inject has faults happen to requests that come from now on. When several are
// due for one request it is the first of them.
func (s *Server) Inject(faults ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	for _, f := range faults {
		s.faults.armed = append(s.faults.armed, &armedFault{Fault: f})
	}
}

// ClearFaults takes back what was injected and has not happened.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.armed = nil
}

// next is the fault that happens to the request, nil for none.
func (l *faultList) next(r *http.Request, body []byte) (due *Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.armed {
		if f.On == nil && r.Method != http.MethodPost || f.On != nil && !f.On(r, body) {
			continue
		}
		f.seen++
		nth, times := max(f.Nth, 1), f.Times
		if times == 0 {
			times = 1
		}
		if due == nil && f.seen >= nth && (times < 0 || f.seen < nth+times) {
			due = &f.Fault
		}
	}
	return due
}

func (f *Fault) serve(s *Server, w http.ResponseWriter, r *http.Request, body []byte) {
	if !wait(r, f.Delay) {
		panic(http.ErrAbortHandler)
	}
	if f.Expire {
		s.Expire()
	}
	if f.ResetBefore {
		panic(http.ErrAbortHandler)
	}
	if f.Before != 0 {
		f.answer(w, f.Before)
		return
	}
	if f.plain() {
		s.serve(w, r, body)
		return
	}
	rec := &recorder{header: http.Header{}, status: http.StatusOK}
	s.serve(rec, r, body)
	if f.Twice {
		s.serve(&recorder{header: http.Header{}}, r, body)
	}
	if !wait(r, f.DelayAfter) || f.ResetAfter {
		panic(http.ErrAbortHandler)
	}
	if f.After != 0 {
		f.answer(w, f.After)
		return
	}
	f.pass(w, rec)
}

// plain tells a fault that does not touch the answer.
func (f *Fault) plain() bool {
	return !f.Twice && f.After == 0 && f.Baton == "" && f.Edit == nil && f.DelayAfter == 0 && !f.ResetAfter && f.Cut == 0
}

func (f *Fault) answer(w http.ResponseWriter, status int) {
	for name, values := range f.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	w.Write([]byte(f.Body))
}

// pass sends the recorded answer, as far as it is to come.
func (f *Fault) pass(w http.ResponseWriter, rec *recorder) {
	out := rec.body.Bytes()
	for name, values := range rec.header {
		w.Header()[name] = values
	}
	if f.Baton != "" {
		out = replaceBaton(out, f.Baton)
	}
	if f.Edit != nil {
		out = f.Edit(out)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.WriteHeader(rec.status)
	if f.Cut == 0 {
		w.Write(out)
		return
	}
	w.Write(out[:min(max(f.Cut, 0), len(out))])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// replaceBaton changes the baton at the head of an answer in JSON.
func replaceBaton(out []byte, baton string) []byte {
	const head = `{"baton":"`
	if !bytes.HasPrefix(out, []byte(head)) {
		return out
	}
	end := bytes.IndexByte(out[len(head):], '"')
	return append(append([]byte(head), baton...), out[len(head)+end:]...)
}

// wait waits; false when the client has gone.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return r.body.Write(p) }
func (r *recorder) Flush()                      {}
