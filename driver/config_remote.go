package driver

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/driver/internal/hrana"
)

// RemoteOptions say how the server of a remote database is reached. They have
// no DSN parameters; the zero value of each field is its default.
type RemoteOptions struct {
	// RoundTripper makes the HTTP requests, for tests or a service mesh, say. The
	// timeouts, TLS and MaxHeader are then its own affair. It must not send a
	// request twice. Default: an http.Transport of the connector's, with HTTP/2
	// where it is offered and the proxy of the environment
	// ([http.ProxyFromEnvironment]).
	RoundTripper http.RoundTripper

	// TLS is the configuration of TLS, with a root or a client certificate of your
	// own, say. Default: that of package crypto/tls.
	TLS *tls.Config

	// Namespace is the database on a server that has several and is not told by
	// the host name which one is meant (the header x-namespace of libsql-server).
	// Default: none, the host name says it.
	Namespace string

	// DialTimeout is how long connecting may take, TCP and TLS each. Default: 10 s.
	DialTimeout time.Duration
	// HeaderTimeout is how long the server may take for a statement before its
	// answer begins. What a write has done is not known then. Default: no limit
	// but the context's; a peer that has gone is noticed anyway.
	HeaderTimeout time.Duration
	// IdleTimeout is how long a network connection is kept for reuse. Default: 90 s.
	IdleTimeout time.Duration

	// MaxRow is how many bytes a row, and the answer to a statement, may have as
	// JSON. Default: 64 MiB.
	MaxRow int64
	// MaxHeader is how many bytes the header of an answer may have. Default: 1 MiB.
	MaxHeader int64
	// MaxErrorBody is how many bytes of the text of an error are read. Default: 64 KiB.
	MaxErrorBody int64
}

// The defaults of RemoteOptions that are not zero.
const (
	defaultDialTimeout  = 10 * time.Second
	defaultIdleTimeout  = 90 * time.Second
	defaultMaxRow       = 64 << 20
	defaultMaxHeader    = 1 << 20
	defaultMaxErrorBody = 64 << 10
)

func orDefault[T int64 | time.Duration](value, byDefault T) T {
	if value == 0 {
		return byDefault
	}
	return value
}

// isZero compares field by field, because an interface may not be comparable.
func (o *RemoteOptions) isZero() bool {
	return o.RoundTripper == nil && o.TLS == nil && o.Namespace == "" &&
		o.DialTimeout == 0 && o.HeaderTimeout == 0 && o.IdleTimeout == 0 &&
		o.MaxRow == 0 && o.MaxHeader == 0 && o.MaxErrorBody == 0
}

func (o *RemoteOptions) check() error {
	return firstConflict(
		conflict{o.DialTimeout < 0 || o.HeaderTimeout < 0 || o.IdleTimeout < 0, "Config.Remote has a timeout that is negative"},
		conflict{o.MaxRow < 0 || o.MaxHeader < 0 || o.MaxErrorBody < 0, "Config.Remote has a limit that is negative"},
		conflict{!headerSafe(o.Namespace), "Config.Remote.Namespace contains a space, a control character or a character outside ASCII"},
	)
}

// newRemote returns the engine of the database at c.URL.
func (c *Config) newRemote(tracer *engine.TracerSlot) (engine.Engine, error) {
	u, problem := parseRemote(c.URL)
	if problem != "" {
		return nil, fmt.Errorf("libsql: the URL %s", problem)
	}
	u.Scheme = map[string]string{"libsql": "https", "https": "https", "wss": "https", "http": "http", "ws": "http"}[u.Scheme]
	if c.DisableTLS {
		u.Scheme = "http"
	}
	if c.TxLock == Concurrent {
		return nil, fmt.Errorf("libsql: _txlock=concurrent is %w: servers have no BEGIN CONCURRENT", ErrUnsupported)
	}
	r := &c.Remote
	return hrana.New(hrana.Options{
		URL: u, Token: c.AuthToken, TokenFunc: c.AuthTokenFunc, EncryptionKey: c.RemoteEncryptionKey, Namespace: r.Namespace,
		RoundTripper: r.RoundTripper, TLS: r.TLS,
		DialTimeout: orDefault(r.DialTimeout, defaultDialTimeout), HeaderTimeout: r.HeaderTimeout,
		IdleTimeout: orDefault(r.IdleTimeout, defaultIdleTimeout),
		MaxRow:      orDefault(r.MaxRow, defaultMaxRow), MaxHeader: orDefault(r.MaxHeader, defaultMaxHeader),
		MaxErrorBody:  orDefault(r.MaxErrorBody, defaultMaxErrorBody),
		NoForeignKeys: !c.ForeignKeys, Loc: c.Loc, StoredValues: c.StoredValues, Tracer: tracer,
	}), nil
}
