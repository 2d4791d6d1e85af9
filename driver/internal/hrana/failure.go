package hrana

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// failure is a request that has not been answered as it should. It is judged
// by what the server may have done.
type failure struct {
	what string // that failed
	err  error  // of the network or of the answer, nil for an answer that is an error

	status  int // of HTTP, 0 without an answer
	message string
	code    string
	after   time.Duration // that the server wants to be left alone

	notRun bool // nothing was sent
	final  bool // trying again is of no use
}

func (f *failure) Error() string {
	switch {
	case f.err != nil:
		return f.what + ": " + f.err.Error()
	case f.message == "":
		return "the server answered " + statusText(f.status)
	}
	return "the server answered " + statusText(f.status) + ": " + f.message
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return strconv.Itoa(status) + " " + text
	}
	return strconv.Itoa(status)
}

// noStream tells that the server does not know the stream of the baton that
// was sent, or any more. It says so before anything runs.
func (f *failure) noStream() bool {
	if f.status == http.StatusNotFound {
		return true
	}
	return f.status == http.StatusBadRequest && f.code == "STREAM_EXPIRED" || f.foreignBaton()
}

// foreignBaton tells a baton that was used before, or that is of a server that
// has been started anew since.
func (f *failure) foreignBaton() bool {
	return f.status == http.StatusBadRequest && (f.message == "Received an invalid baton" ||
		f.message == "Received a baton that has already been used" || f.message == "Stream for this baton was closed")
}

// refused tells that the server has not run anything of the request.
func (f *failure) refused(hadBaton bool) bool {
	switch f.status {
	case 0:
		return f.notRun
	case http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusNotFound, http.StatusRequestEntityTooLarge:
		return true
	}
	return f.status/100 == 3 || hadBaton && f.noStream()
}

// untouched tells that the stream is as it was before the request, as far as
// anybody knows: nothing was sent, or somebody has refused the request before it
// came to the stream. Should the stream be gone all the same, the next request
// with its baton finds out before it runs.
func (f *failure) untouched(hadBaton bool) bool {
	return f.notRun || f.refused(hadBaton) && !(hadBaton && f.noStream())
}

// busy tells a server that may take the same request later, and has not run it.
func (f *failure) busy() bool { return f.status == http.StatusTooManyRequests }

// passing tells a failure that may be over soon. The server may have run the
// request.
func (f *failure) passing() bool {
	switch f.status {
	case 0:
		return !f.notRun
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// unknown tells a failure after which nobody knows whether the server has run
// the request.
func (f *failure) unknown() bool {
	switch {
	case f.status == 0:
		return !f.notRun
	case f.status < 300:
		return true // a success, but no answer
	}
	return f.status >= 500 || f.status == http.StatusRequestTimeout
}

// engineError is what the user gets.
func (f *failure) engineError() *engine.Error {
	e := &engine.Error{Message: f.Error(), Offset: -1, Server: f.code, Cause: f.err}
	if e.Server == "" && f.status != 0 {
		e.Server = "HTTP " + strconv.Itoa(f.status)
	}
	switch f.status {
	case 0:
		e.Code = codeIO
		if f.notRun {
			e.Code = engine.CodeCantOpen
		}
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Code = engine.CodeAuth
	case http.StatusNotFound:
		e.Code = engine.CodeCantOpen
	case http.StatusTooManyRequests:
		e.Code = engine.CodeBusy
	case http.StatusRequestEntityTooLarge:
		e.Code = engine.CodeTooBig
	case http.StatusBadRequest:
		e.Code = engine.CodeError
	default:
		e.Code = codeIO
	}
	return e
}

const codeIO = 10

// cancelled is the error of a call whose context has ended, when it is known
// that nothing has come of it, or when that is not known.
func cancelled(ctx context.Context, unknown bool) *engine.Error {
	e := engine.Cancelled(ctx)
	if unknown {
		e.Hint = "the server may have run the statement: whether it did is not known"
		e.Cause = errors.Join(e.Cause, engine.CommitUnknown)
	}
	return e
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	n, err := strconv.Atoi(text)
	if err != nil {
		at, err := http.ParseTime(text)
		if err != nil {
			return 0
		}
		n = int(at.Sub(now)/time.Second) + 1
	}
	if n < 0 || n > 3600 {
		return 0
	}
	return time.Duration(n) * time.Second
}
