package hrana

import (
	"context"
	"net"
	"net/http"
	"time"
)

// dial is nil: net/http uses the Fetch API of the host, unless it is given a
// function of its own (https://pkg.go.dev/net/http#Transport).
func dial(time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return nil
}

// platformHeader makes a redirect an error. Fetch would follow it, with the
// encryption key in the header.
func platformHeader(h http.Header) { h.Set("js.fetch:redirect", "error") }
