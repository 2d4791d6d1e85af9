package remote

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// raw is a server that answers with bytes, so that they may be wrong.
type raw struct {
	net.Listener
	conns, requests atomic.Int32

	mu   sync.Mutex
	open map[net.Conn]bool
}

// rawServer answers each request by a function, which returns false to have the
// connection closed.
func rawServer(t testing.TB, answer func(c net.Conn, r *http.Request, body string) bool) *raw {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := &raw{Listener: ln, open: map[net.Conn]bool{}}
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			srv.conns.Add(1)
			srv.mu.Lock()
			srv.open[c] = true
			srv.mu.Unlock()
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer srv.hangUp(c)
				for in := bufio.NewReader(c); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return
					}
					srv.requests.Add(1)
					if !answer(c, r, string(body)) {
						return
					}
				}
			}()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		srv.hangUpAll()
		wg.Wait()
	})
	return srv
}

func (s *raw) hangUp(c net.Conn) {
	c.Close()
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
}

// hangUpAll closes every connection.
func (s *raw) hangUpAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		c.Close()
	}
}

// pool opens a pool on the server, with the engine's own transport.
func (s *raw) pool(t testing.TB, change ...func(*driver.Config)) *sql.DB {
	t.Helper()
	return poolAt(t, "http://"+s.Addr().String(), change...)
}

func poolAt(t testing.TB, address string, change ...func(*driver.Config)) *sql.DB {
	t.Helper()
	cfg, err := driver.ParseDSN(address)
	require.NoError(t, err)
	for _, f := range change {
		f(cfg)
	}
	c, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(c)
	t.Cleanup(func() { db.Close() })
	return db
}

// ok is a whole answer with that body.
func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// reset has the connection closed with an RST.
func reset(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }
