package hranaserver

import (
	"net/http"
	"slices"
)

// A browser says of which origin the page is that sends a request, and sends
// some of them even if the answer is not for the page to see. A page has no
// business here unless it has a token to show, or its origin is expected.

// fromPage sees to what the browser of a page wants to know; true when the
// request has been answered.
func (s *Server) fromPage(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
		return false
	case !s.expects(origin):
		s.answerError(w, statusError(http.StatusForbidden, "Requests of web pages of "+origin+" are not expected here"))
		return true
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Add("Vary", "Origin")
	if r.Method != http.MethodOptions {
		return false
	}
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	if names := r.Header.Get("Access-Control-Request-Headers"); names != "" {
		h.Set("Access-Control-Allow-Headers", names) // "*" would leave out Authorization
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

func (s *Server) expects(origin string) bool {
	if s.opts.Origins == nil {
		return s.asksForTokens()
	}
	return slices.Contains(s.opts.Origins, origin) || slices.Contains(s.opts.Origins, "*")
}
