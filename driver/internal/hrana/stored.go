package hrana

import "strconv"

// A stream keeps texts that are stored in it, by numbers, so that one which is
// sent again need not be. Storing rides in the request that uses the text. It
// saves upload and nothing else: the server compiles the statement each time.

// The limits are those of libsql-server: what breaks them makes a statement
// refer to a text that is not there, which ends the stream.
const (
	mostStored     = 50
	mostStoredSize = 5000
)

// What storing a text costs, in the request and the answer, and what is left
// of each use of it, in bytes.
const (
	storeCost = 120
	useCost   = 12
)

// longText is the size from which a text that a transaction sends again is
// taken for one that it will send a third time. Below, neither side's time is
// any less.
const longText = 2000

// texts are those that a stream was sent.
type texts struct {
	ids  map[string]int32 // of those that are stored
	seen map[string]bool  // long ones, sent once
}

// Whether the server stores texts is known when it has. The first is sent
// along with what uses it nonetheless.
const (
	storesPerhaps = iota
	stores
	storesNot
)

// shorten has the program's texts stored where that pays, and its steps use
// those that are.
func (c *conn) shorten(p *plan, keeps bool) {
	if c.baton == "" {
		c.texts = texts{}
	}
	state := c.e.stores.Load()
	switch {
	case state == storesNot:
		return
	case len(p.own) == 1 && len(p.steps[p.own[0]].sql) < longText && c.texts.ids == nil:
		return // as nearly always
	}
	uses := make(map[string]int, 1)
	for _, at := range p.own {
		uses[p.steps[at].sql]++
	}
	for _, at := range p.own {
		s := &p.steps[at]
		id := c.texts.ids[s.sql]
		if id == 0 {
			id = p.stored[s.sql]
		}
		if id == 0 && c.worthStoring(p, s.sql, uses[s.sql], keeps) {
			if p.stored == nil {
				p.stored = map[string]int32{}
			}
			p.store = append(p.store, s.sql)
			id = int32(len(c.texts.ids) + len(p.store))
			p.stored[s.sql] = id
		}
		if state == stores {
			s.id = id
		}
	}
}

func (c *conn) worthStoring(p *plan, sql string, uses int, keeps bool) bool {
	switch {
	case len(sql) > mostStoredSize, len(c.texts.ids)+len(p.store) >= mostStored:
		return false
	case len(sql)*(uses-1) > storeCost+useCost*uses:
		return true
	case !keeps || len(sql) < longText:
		return false
	case c.texts.seen[sql]:
		return true
	}
	if c.texts.seen == nil {
		c.texts.seen = map[string]bool{}
	}
	if len(c.texts.seen) < mostStored {
		c.texts.seen[sql] = true
	}
	return false
}

// appendStores writes the requests that store texts.
func (p *plan) appendStores(b []byte) []byte {
	for _, sql := range p.store {
		b = strconv.AppendInt(append(b, `{"type":"store_sql","sql_id":`...), int64(p.stored[sql]), 10)
		b = append(appendString(append(b, `,"sql":`...), sql), "},"...)
	}
	return b
}

// took notes what the server has stored, and returns the other responses.
func (c *conn) took(p *plan, rs []response) []response {
	for i, sql := range p.store {
		if rs[i].err != nil {
			c.e.stores.Store(storesNot)
			continue
		}
		c.e.stores.CompareAndSwap(storesPerhaps, stores)
		if c.texts.ids == nil {
			c.texts.ids = map[string]int32{}
		}
		c.texts.ids[sql] = p.stored[sql]
	}
	return rs[len(p.store):]
}

// refusedTexts notes a server that has refused a request with texts to store.
func (c *conn) refusedTexts(p *plan) {
	if p != nil && len(p.store) > 0 {
		c.e.stores.Store(storesNot)
	}
}
