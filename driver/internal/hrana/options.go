package hrana

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Options say which database it is and how it is reached.
type Options struct {
	URL           *url.URL // http or https, without user and parameters
	Token         string   // "" for none
	TokenFunc     func(context.Context) (string, error)
	EncryptionKey string // of the server's file, in base64
	Namespace     string // "" leaves it to the host name

	RoundTripper  http.RoundTripper // nil: one of the engine's own
	TLS           *tls.Config
	DialTimeout   time.Duration // 0 is none, as for those below
	HeaderTimeout time.Duration
	IdleTimeout   time.Duration

	MaxRow       int64 // bytes
	MaxHeader    int64
	MaxErrorBody int64

	NoForeignKeys bool
	Loc           *time.Location
	StoredValues  bool // no bools and times
	Tracer        *engine.TracerSlot
}

// secret tells that requests have something in them that nobody else may see.
func (o *Options) secret() bool { return o.Token != "" || o.TokenFunc != nil || o.EncryptionKey != "" }

// Loopback tells a host that the network does not get to see.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
