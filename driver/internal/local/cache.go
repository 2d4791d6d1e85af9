package local

import (
	"container/list"
	"hash/maphash"
)

// longText is the length from which a text must come twice before it is
// kept: long texts are often made for one use.
const longText = 2048

// seenLong is how many hashes of long texts are remembered.
const seenLong = 64

// cached is what the cache needs to know of a statement.
type cached interface {
	cacheCost() int64 // bytes
	release()
}

// cache keeps compiled statements by their text, the least recently used
// going first, bounded by number and by bytes. A statement stays listed while
// it runs; whoever looks it up checks that it is free.
type cache[S cached] struct {
	maxCount  int
	maxBytes  int64
	bytes     int64
	byText    map[string]*list.Element
	order     list.List // of entry[S], most recently used first
	seen      [seenLong]uint64
	seenCount int

	hits, misses, evictions int64
}

type entry[S cached] struct {
	text string
	stmt S
	cost int64
}

// get returns the statement of the text.
func (c *cache[S]) get(text string) (s S, ok bool) {
	e, ok := c.byText[text]
	if !ok {
		return s, false
	}
	if e != c.order.Front() {
		c.order.MoveToFront(e)
	}
	return e.Value.(*entry[S]).stmt, true
}

// wants says whether a text that is not listed is worth compiling to stay.
func (c *cache[S]) wants(text string) bool {
	if c.maxCount <= 0 {
		return false
	}
	if _, ok := c.byText[text]; ok {
		return false // listed, but running: this one is for one use
	}
	if len(text) < longText {
		return true
	}
	h := hash(text)
	for _, s := range c.seen {
		if s == h {
			return true
		}
	}
	c.seen[c.seenCount%seenLong] = h
	c.seenCount++
	return false
}

// put lists the statement; it returns those that must be released for it,
// which may include the statement itself.
func (c *cache[S]) put(text string, s S) (out []S) {
	cost := s.cacheCost() + int64(len(text))
	if cost > c.maxBytes/2 {
		return []S{s}
	}
	if c.byText == nil {
		c.byText = map[string]*list.Element{}
	}
	c.byText[text] = c.order.PushFront(&entry[S]{text, s, cost})
	c.bytes += cost
	for c.order.Len() > c.maxCount || c.bytes > c.maxBytes {
		out = append(out, c.drop(c.order.Back()))
		c.evictions++
	}
	return out
}

func (c *cache[S]) drop(e *list.Element) S {
	v := c.order.Remove(e).(*entry[S])
	delete(c.byText, v.text)
	c.bytes -= v.cost
	return v.stmt
}

// clear empties the cache and returns what was in it.
func (c *cache[S]) clear() (out []S) {
	for c.order.Len() > 0 {
		out = append(out, c.drop(c.order.Back()))
	}
	return out
}

var hashSeed = maphash.MakeSeed()

func hash(text string) uint64 { return maphash.String(hashSeed, text) }
