package remote

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// Frames of HTTP/2: RFC 9113, section 6.
const (
	frameData, frameHeaders, frameReset, frameSettings, framePing, frameGoAway = 0, 1, 3, 4, 6, 7

	flagEnd, flagAck, flagEndHeaders = 1, 1, 4

	noError, internalError, refusedStream = 0, 2, 7
)

// frames is a connection of a server that speaks HTTP/2 by hand.
type frames struct{ net.Conn }

func (f frames) write(kind, flags byte, stream uint32, payload ...byte) {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = append(head, flags)
	head = binary.BigEndian.AppendUint32(head, stream)
	f.Write(append(head, payload...))
}

func (f frames) reset(stream, code uint32) {
	f.write(frameReset, 0, stream, binary.BigEndian.AppendUint32(nil, code)...)
}

func (f frames) goAway(last, code uint32) {
	f.write(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, last), code)...)
}

func (f frames) answer(stream uint32, body string, whole bool) {
	f.write(frameHeaders, flagEndHeaders, stream, 0x88) // :status 200, by its number in the table
	flags := byte(0)
	if whole {
		flags = flagEnd
	}
	f.write(frameData, flags, stream, []byte(body)...)
}

// serve calls request for each that has come to its end, until that is false.
func (f frames) serve(request func(stream uint32) bool) {
	defer f.Close()
	if _, err := io.ReadFull(f, make([]byte, len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
		return
	}
	f.write(frameSettings, 0, 0)
	for head := make([]byte, 9); ; {
		if _, err := io.ReadFull(f, head); err != nil {
			return
		}
		payload := make([]byte, binary.BigEndian.Uint32(head)>>8)
		if _, err := io.ReadFull(f, payload); err != nil {
			return
		}
		kind, flags, stream := head[3], head[4], binary.BigEndian.Uint32(head[5:])
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			f.write(kind, flagAck, 0)
		case kind == framePing && flags&flagAck == 0:
			f.write(kind, flagAck, 0, payload...)
		case (kind == frameData || kind == frameHeaders) && flags&flagEnd != 0:
			if !request(stream) {
				return
			}
		}
	}
}

// What HTTP/2 says was not processed is sent again, by net/http; what it does
// not say so of is not.
func TestHTTP2(t *testing.T) {
	certified := httptest.NewTLSServer(nil)
	cert, roots := certified.TLS.Certificates, x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	certified.Close()
	for name, tt := range map[string]struct {
		first    func(f frames, stream uint32) bool // what becomes of the first request
		unknown  bool
		requests int32
		conns    int32
	}{
		"an answer":                       {func(f frames, s uint32) bool { f.answer(s, emptyAnswer, true); return true }, false, 1, 1},
		"a stream that is refused":        {func(f frames, s uint32) bool { f.reset(s, refusedStream); return true }, false, 2, 1},
		"GOAWAY before it":                {func(f frames, s uint32) bool { f.goAway(0, noError); return false }, false, 2, 2},
		"GOAWAY, and an answer":           {func(f frames, s uint32) bool { f.goAway(s, noError); f.answer(s, emptyAnswer, true); return true }, false, 1, 1},
		"GOAWAY behind it, and no answer": {func(f frames, s uint32) bool { f.goAway(s, noError); return false }, true, 1, 1},
		"GOAWAY behind it, with an error": {func(f frames, s uint32) bool { f.goAway(s, internalError); return false }, true, 1, 1},
		"a stream that is reset":          {func(f frames, s uint32) bool { f.reset(s, internalError); return true }, true, 1, 1},
		"a stream that is reset in midway": {func(f frames, s uint32) bool {
			f.answer(s, emptyAnswer[:50], false)
			f.reset(s, internalError)
			return true
		}, true, 1, 1},
		"an answer that is cut":    {func(f frames, s uint32) bool { f.answer(s, emptyAnswer[:50], false); return false }, true, 1, 1},
		"a connection that is cut": {func(f frames, s uint32) bool { return false }, true, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: cert, NextProtos: []string{"h2"}})
			require.NoError(t, err)
			var requests, conns atomic.Int32
			var wg sync.WaitGroup
			var mu sync.Mutex
			var open []net.Conn
			wg.Add(1)
			go func() {
				defer wg.Done()
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					conns.Add(1)
					mu.Lock()
					open = append(open, c)
					mu.Unlock()
					wg.Add(1)
					go func() {
						defer wg.Done()
						f := frames{c}
						f.serve(func(stream uint32) bool {
							if requests.Add(1) == 1 {
								return tt.first(f, stream)
							}
							f.answer(stream, emptyAnswer, true)
							return true
						})
					}()
				}
			}()
			db := poolAt(t, "https://"+ln.Addr().String(), func(c *driver.Config) { c.Remote.TLS = &tls.Config{RootCAs: roots} })
			_, err = db.Exec("DELETE FROM t")
			if tt.unknown {
				require.ErrorIs(t, err, driver.ErrCommitUnknown)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, tt.requests, requests.Load(), "requests")
			require.Equal(t, tt.conns, conns.Load(), "connections")
			_, err = db.Exec("DELETE FROM t") // afterwards all is well
			require.NoError(t, err)
			require.NoError(t, db.Close())
			ln.Close()
			mu.Lock()
			for _, c := range open {
				c.Close()
			}
			mu.Unlock()
			wg.Wait()
		})
	}
}
