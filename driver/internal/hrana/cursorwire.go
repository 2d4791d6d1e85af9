package hrana

import (
	"bufio"
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
)

// A cursor is sent in Protobuf where the server has it. Its bytes are a third
// of those of JSON, and a cursor is not compressed: rows would wait in the
// compressor. For pipelines the engine stays with JSON: libsql-server's batches
// in Protobuf have no replication index, without which a replica may not show
// what was just written.

// cursorWire is an encoding of a cursor.
type cursorWire interface {
	path() string
	contentType() []string
	// request is the body of one, of which the engine makes two kinds: steps
	// that each want the one before, and a step in a transaction.
	request(baton string, p *program, s *statement, args []driver.NamedValue, index uint64) ([]byte, error)
	// next reads the bytes of an entry, which are good until the next.
	next(r *cursor) ([]byte, error)
	head(b []byte) (answer, error)
	entry(b []byte, row []driver.Value) (entry, error)
}

// jsonWire has an entry a line.
type jsonWire struct {
	r reader
	e entry // the last one; it and the reader are used again for each line
}

func (*jsonWire) path() string          { return "/v3/cursor" }
func (*jsonWire) contentType() []string { return typeJSON }

func (*jsonWire) request(baton string, p *program, _ *statement, _ []driver.NamedValue, index uint64) ([]byte, error) {
	body := append(make([]byte, 0, p.size()), `{"baton":`...)
	if baton == "" {
		body = append(body, "null"...)
	} else {
		body = appendString(body, baton)
	}
	body = p.appendSteps(append(body, `,"batch":`...), index)
	return append(body, '}'), nil
}

// next reads a line of limited length.
func (*jsonWire) next(r *cursor) ([]byte, error) {
	r.line = r.line[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if int64(len(r.line)+len(part)) > r.c.e.opts.MaxRow {
			return nil, &tooLarge{r.c.e.opts.MaxRow}
		}
		if err == nil && len(r.line) == 0 {
			return part, nil
		}
		r.line = append(r.line, part...)
		switch {
		case err == nil:
			return r.line, nil
		case err == io.EOF && len(r.line) > 0:
			return r.line, nil // the last may have no end
		case err != bufio.ErrBufferFull:
			return nil, err
		}
	}
}

func (w *jsonWire) reader(b []byte) *reader {
	w.r.buf, w.r.pos, w.r.path, w.r.err = b, 0, w.r.path[:0], nil
	return &w.r
}

func (w *jsonWire) head(b []byte) (a answer, err error) {
	r := w.reader(b)
	r.object(func(key []byte) {
		switch string(key) {
		case "baton":
			a.baton = r.optional()
		case "base_url":
			a.base = r.optional()
		}
	})
	r.end()
	return a, r.err
}

func (w *jsonWire) entry(b []byte, row []driver.Value) (e entry, err error) {
	err = w.reader(b).entry(&w.e, row)
	return w.e, err
}

// protoWire has each entry behind its length.
type protoWire struct{}

func (protoWire) path() string          { return "/v3-protobuf/cursor" }
func (protoWire) contentType() []string { return typeProto }

var typeProto = []string{"application/x-protobuf"}

func (protoWire) request(baton string, p *program, s *statement, args []driver.NamedValue, index uint64) ([]byte, error) {
	b := make([]byte, 0, p.size())
	if baton != "" {
		b = appendField(b, 1, baton)
	}
	var err error
	b = appendNested(b, 2, func(b []byte) []byte {
		for i := range p.steps {
			b = appendNested(b, 1, func(b []byte) []byte {
				switch st := &p.steps[i]; st.cond {
				case "":
				case not(isAutocommit):
					b = appendNested(b, 1, func(b []byte) []byte { // not
						return appendNested(b, 3, func(b []byte) []byte { return append(appendKey(b, 6, kindBytes), 0) })
					})
				default: // the one before
					b = appendNested(b, 1, func(b []byte) []byte {
						return binary.AppendUvarint(appendKey(b, 1, kindVarint), uint64(i-1))
					})
				}
				return appendNested(b, 2, func(b []byte) []byte {
					b = appendField(b, 1, p.steps[i].sql)
					if i == len(p.steps)-1 && err == nil {
						b, err = appendArguments(b, s, args)
						return append(appendKey(b, 5, kindVarint), 1) // want_rows
					}
					return append(appendKey(b, 5, kindVarint), 0)
				})
			})
		}
		if index > 0 {
			b = binary.AppendUvarint(appendKey(b, 2, kindVarint), index)
		}
		return b
	})
	return b, err
}

func (protoWire) next(r *cursor) ([]byte, error) {
	n, err := binary.ReadUvarint(r.in)
	switch {
	case err != nil:
		return nil, err
	case n > uint64(max(r.c.e.opts.MaxRow, 0)):
		return nil, &tooLarge{r.c.e.opts.MaxRow}
	}
	if uint64(cap(r.line)) < n {
		return r.longEntry(n)
	}
	r.line = r.line[:n]
	if _, err = io.ReadFull(r.in, r.line); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return r.line, err
}

// longEntry reads an entry for which the memory grows as it comes: there may be
// less of it than its length says.
func (r *cursor) longEntry(n uint64) (b []byte, err error) {
	const step = 1 << 20
	b = r.line[:0]
	for n > 0 && err == nil {
		k := int(min(n, step))
		from := len(b)
		b = append(b, make([]byte, k)...)
		_, err = io.ReadFull(r.in, b[from:])
		n -= uint64(k)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	r.line = b
	return b, err
}

func (protoWire) head(b []byte) (a answer, err error) {
	r := &protoReader{what: "the head"}
	r.texts(b, &a.baton, &a.base)
	return a, r.err
}

func (protoWire) entry(b []byte, row []driver.Value) (entry, error) { return readProtoEntry(b, row) }

// post asks for the rows: in Protobuf, unless the server is known not to have
// it. What is in a stream already is not the place to find out.
func (r *cursor) post(ctx context.Context, address, baton string, p *program, s *statement, args []driver.NamedValue) (*http.Response, error) {
	has := r.c.e.protobuf.Load()
	if has == serves || has == servesPerhaps && r.own {
		r.wire = protoWire{}
		resp, err := r.postIn(ctx, address, baton, p, s, args)
		if err == nil && resp.Header.Get("Content-Type") == "application/octet-stream" {
			r.c.e.protobuf.Store(serves)
			return resp, nil
		}
		var f *failure
		switch {
		case err == nil:
			resp.Body.Close() // a server that answers whatever it is asked
		case !r.own, !errors.As(err, &f), !f.noSuchEndpoint():
			return nil, err
		}
		r.c.e.protobuf.Store(servesNot)
	}
	r.wire = &jsonWire{}
	return r.postIn(ctx, address, baton, p, s, args)
}

// noSuchEndpoint tells what a server may say of an address that it does not have.
func (f *failure) noSuchEndpoint() bool {
	switch f.status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	case http.StatusNotImplemented:
		return true
	}
	return f.status/100 == 4
}

// Whether the server serves Protobuf is known when it was asked.
const (
	servesPerhaps = iota
	serves
	servesNot
)

// postIn asks in an encoding, and again where that is safe.
func (r *cursor) postIn(ctx context.Context, address, baton string, p *program, s *statement, args []driver.NamedValue) (*http.Response, error) {
	body, err := r.wire.request(baton, p, s, args, r.c.e.index.Load())
	if err != nil {
		return nil, &failure{what: "the request cannot be made", err: err, notRun: true, final: true}
	}
	t := r.c.e.http
	for again := (retry{}); ; {
		token, err := t.currentToken(ctx, nil)
		if err != nil {
			return nil, err
		}
		resp, err := t.post(ctx, address+r.wire.path(), token, body, r.wire.contentType(), true)
		if err == nil {
			r.token = token
			return resp, nil
		}
		t.hideIn(nil, err, token)
		if err := again.again(ctx, t, err, token, r.own); err != nil {
			return nil, err
		}
	}
}
