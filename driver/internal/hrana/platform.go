//go:build !js

package hrana

import (
	"context"
	"net"
	"net/http"
	"time"
)

// dial gives up after the time, and keeps the connection alive.
func dial(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: timeout, KeepAlive: 15 * time.Second}).DialContext
}

// platformHeader adds what a request says to net/http itself: nothing.
func platformHeader(http.Header) {}
