package hrana

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
)

// transport posts requests to one server.
type transport struct {
	rt   http.RoundTripper
	own  *http.Transport // nil when the program has given its own
	opts *Options

	asking chan struct{}          // held by who asks TokenFunc
	token  atomic.Pointer[string] // that it gave last
}

func newTransport(o *Options) *transport {
	t := &transport{rt: o.RoundTripper, opts: o, asking: make(chan struct{}, 1)}
	if t.rt == nil {
		t.own = &http.Transport{
			Proxy:       proxy,
			DialContext: dial(o.DialTimeout),
			// A stream of a request each: as many connections stay as goroutines
			// of a pool may want at a time.
			MaxIdleConnsPerHost:    256,
			IdleConnTimeout:        o.IdleTimeout,
			TLSHandshakeTimeout:    o.DialTimeout,
			TLSClientConfig:        o.TLS.Clone(), // net/http adds its protocols to it
			ResponseHeaderTimeout:  o.HeaderTimeout,
			MaxResponseHeaderBytes: o.MaxHeader,
			ForceAttemptHTTP2:      true,
			// A peer that has gone without a word is noticed, however long a
			// statement may run.
			HTTP2: &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
		}
		t.rt = t.own
	}
	return t
}

// close lets go of the connections that nobody uses.
func (t *transport) close() {
	if rt, ok := t.rt.(interface{ CloseIdleConnections() }); ok {
		rt.CloseIdleConnections()
	}
}

// proxy is that of the environment. Its address may have a password, so what is
// wrong with it is not told.
func proxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errBadProxy
	}
	return u, nil
}

var errBadProxy = errors.New("the proxy of the environment is no address")

// currentToken is what to show to the server. With stale, which the server has
// refused, it is asked for anew, by one goroutine for all.
func (t *transport) currentToken(ctx context.Context, stale *string) (string, error) {
	if t.opts.TokenFunc == nil {
		return t.opts.Token, nil
	}
	if token := t.goodToken(stale); token != "" {
		return token, nil
	}
	select {
	case t.asking <- struct{}{}:
		defer func() { <-t.asking }()
	case <-ctx.Done():
		return "", noToken(ctx.Err())
	}
	if token := t.goodToken(stale); token != "" {
		return token, nil
	}
	token, err := t.opts.TokenFunc(ctx)
	switch {
	case err != nil:
		return "", noToken(err)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", noToken(errBadToken)
	}
	t.token.Store(&token)
	return token, nil
}

// goodToken is the last token, "" if there is none or it is stale.
func (t *transport) goodToken(stale *string) string {
	token := t.token.Load()
	if token == nil || stale != nil && *stale == *token {
		return ""
	}
	return *token
}

func noToken(err error) error {
	return &failure{err: err, what: "no token", notRun: true, final: true}
}

var errBadToken = errors.New("the token contains a space, a control character or a character outside ASCII")

// clientVersion is what servers count their clients by.
var clientVersion = []string{"libsql-remote-go-gorm"}

var typeJSON = []string{"application/json"}

// post sends a body and returns the answer's, which the caller closes. One that
// is read while it comes must not wait in a compressor.
func (t *transport) post(ctx context.Context, url, token string, body []byte, typ []string, flowing bool) (*http.Response, error) {
	var connected atomic.Bool
	if t.own != nil {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	}
	// net/http knows a bytes.Reader, and sends it along with the header.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, &failure{err: plainURLError(err), what: "the request cannot be made", notRun: true, final: true}
	}
	h := req.Header
	h["Content-Type"], h["X-Libsql-Client-Version"] = typ, clientVersion
	platformHeader(h)
	if flowing {
		h.Set("Accept-Encoding", "identity")
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	if t.opts.EncryptionKey != "" {
		h.Set("X-Turso-Encryption-Key", t.opts.EncryptionKey)
	}
	if t.opts.Namespace != "" {
		h.Set("X-Namespace", t.opts.Namespace)
	}
	// There is no http.Client: a redirect is no answer of a database, and
	// following it would show the token to somebody else, or make a GET of the
	// request.
	resp, err := t.rt.RoundTrip(req)
	if err == nil && (resp == nil || resp.Body == nil) {
		err = errNoAnswer // of a transport of the program's own
	}
	if err != nil {
		notRun := neverConnected(err) || t.own != nil && !connected.Load()
		return nil, &failure{err: plainURLError(err), what: "the server cannot be reached", notRun: notRun, final: neverWill(err)}
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, t.refused(resp)
	}
	return resp, nil
}

var errNoAnswer = errors.New("the RoundTripper returned no answer")

// plainURLError is the error without the address, which is none of a log's
// business.
func plainURLError(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// refused reads an answer that is an error: JSON of two shapes, or a text.
func (t *transport) refused(resp *http.Response) error {
	f := &failure{status: resp.StatusCode, after: retryAfter(resp.Header, time.Now())}
	if f.status == http.StatusSwitchingProtocols {
		return f // its body is the connection, which no context ends
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, t.opts.MaxErrorBody))
	f.message, f.code = errorBody(resp.Header.Get("Content-Type"), body)
	if resp.StatusCode/100 == 3 {
		f.message = "the server redirects"
		if to, err := resp.Location(); err == nil {
			f.message += " to " + to.Scheme + "://" + to.Host + ", which is not followed"
		}
	}
	return f
}

// errorBody finds the message and the code, if any, of an error's body.
func errorBody(contentType string, body []byte) (message, code string) {
	r := &reader{buf: body}
	r.object(func(key []byte) {
		switch string(key) {
		case "message":
			message = r.optional()
		case "code":
			code = r.optional()
		case "error":
			if r.peek() == '"' {
				message = r.text()
			} else if r.peek() == '{' {
				e := r.serverError()
				message, code = e.message, e.code
			}
		}
	})
	if r.end(); r.err == nil && message != "" {
		return message, code
	}
	switch media, _, _ := mime.ParseMediaType(contentType); media {
	case "text/html":
		return "", "" // a proxy's page
	case typeProto[0]:
		e := new(protoReader).serverError(body)
		return plainText([]byte(e.message)), plainText([]byte(e.code))
	}
	return plainText(body), ""
}

// plainText is the beginning of a text without control characters.
func plainText(body []byte) string {
	const most = 500
	text := strings.ToValidUTF8(string(body[:min(len(body), most)]), "")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text))
}

// neverConnected tells an error before anything of the request was sent: there
// was no connection. When net/http loses one that it has reused before it has
// written to it, it makes another by itself, and that may fail. Of a transport
// of the program's own nothing else is known.
func neverConnected(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") || errors.As(err, &dns) || neverWill(err)
}

// neverWill tells a server that TLS does not take for the one that it should
// be, or that speaks no TLS. Nothing is sent to such a one.
func neverWill(err error) bool {
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &cert) || errors.As(err, &record)
}
