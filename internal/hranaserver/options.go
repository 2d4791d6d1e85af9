package hranaserver

import (
	"crypto/ed25519"
	"net/http"
	"time"
)

// Options are what a [Server] keeps to. The zero value is a server without
// authentication that has the limits of libsql-server.
type Options struct {
	// Token is what a client must show as a bearer token. Empty: anyone may do
	// everything, unless there are JWTKeys.
	Token string
	// JWTKeys are the keys of which one must have signed the JSON web token that
	// a client shows (EdDSA). Its claims a and p say whether it may only read.
	JWTKeys []ed25519.PublicKey
	// Origins are those of web pages whose requests are served, as a browser sends
	// them ("https://app.example"); "*" is every one. Default: every one if a token
	// is asked for, and else none, since each page that a browser on this machine
	// has open could use the server.
	Origins []string
	// ReadOnly lets nobody write.
	ReadOnly bool

	// StreamExpiry is how long a stream is kept that nobody uses. Default: 10 s.
	StreamExpiry time.Duration
	// TxLimit is how long a transaction may hold the write lock once another
	// connection wants it. Default: 5 s.
	TxLimit time.Duration
	// LockWait is how long a statement waits for the write lock. Default: 60 s.
	LockWait time.Duration
	// MaxStreams is how many streams may be open; each has a connection.
	// Default: 128.
	MaxStreams int
	// OpenWait is how long a request waits for one of them. Default: 1 s.
	OpenWait time.Duration
	// MaxRequest is how many bytes a request may have. Default: 64 MiB.
	MaxRequest int64
	// MaxResponse is how many bytes the result of a statement or a batch may have
	// in a pipeline; all of a pipeline together may have four times as many. A
	// cursor has no limit. Default: 10 MB.
	MaxResponse int64
	// MaxRow is how many bytes a value or row may have. Default: SQLite's own, 1 GB.
	MaxRow int

	// BaseURL is what each answer tells the client to send the next request of
	// the stream to. Default: none.
	BaseURL string
	// Cloud makes the server behave as Turso Cloud documents where that differs
	// from libsql-server: a stream that is not in a transaction is closed with each
	// answer, a baton that is no good is 404, errors have extended codes, want_rows
	// is heeded, store_sql replaces.
	Cloud bool
	// NoV3 serves version 2 of the protocol alone.
	NoV3 bool
	// NoProtobuf does not serve Protobuf: /v3-protobuf is 404.
	NoProtobuf bool

	// Observe, if not nil, is called with each request before it is served.
	Observe func(r *http.Request, body []byte)
}

func (o *Options) setDefaults() {
	setDefault(&o.StreamExpiry, 10*time.Second)
	setDefault(&o.TxLimit, 5*time.Second)
	setDefault(&o.LockWait, time.Minute)
	setDefault(&o.MaxStreams, 128)
	setDefault(&o.OpenWait, time.Second)
	setDefault(&o.MaxRequest, 64<<20)
	setDefault(&o.MaxResponse, 10_000_000)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
