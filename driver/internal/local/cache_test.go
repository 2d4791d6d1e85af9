package local

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// fake is a compiled statement.
type fake struct {
	name string
	cost int64
}

func (f *fake) cacheCost() int64 { return f.cost }
func (f *fake) release()         {}

func newCache(count int, bytes int64) *cache[*fake] {
	return &cache[*fake]{maxCount: count, maxBytes: bytes}
}

// enlist lists a statement as a connection does and names those that must go.
func enlist(t *testing.T, c *cache[*fake], name string, cost int64) (out []string) {
	t.Helper()
	if !c.wants(name) {
		t.Fatalf("the cache does not want %.20q", name)
	}
	for _, f := range c.put(name, &fake{name, cost}) {
		out = append(out, f.name)
	}
	c.check(t)
	return out
}

// check adds up what the cache counts.
func (c *cache[S]) check(t *testing.T) {
	t.Helper()
	var bytes int64
	n := 0
	for e := c.order.Front(); e != nil; e = e.Next() {
		v := e.Value.(*entry[S])
		bytes += v.cost
		n++
		if c.byText[v.text] != e {
			t.Fatalf("%q is listed twice", v.text)
		}
	}
	if bytes != c.bytes || n != len(c.byText) || bytes > c.maxBytes || n > c.maxCount {
		t.Fatalf("%d statements of %d bytes; counted %d, %d; at most %d, %d", n, bytes, len(c.byText), c.bytes, c.maxCount, c.maxBytes)
	}
}

func TestCacheDropsTheLeastRecentlyUsed(t *testing.T) {
	c := newCache(3, 1<<20)
	for _, name := range []string{"a", "b", "c"} {
		if out := enlist(t, c, name, 10); out != nil {
			t.Fatal(out)
		}
	}
	if s, ok := c.get("a"); !ok || s.name != "a" {
		t.Fatal(s, ok)
	}
	if out := enlist(t, c, "d", 10); !slices.Equal(out, []string{"b"}) {
		t.Fatal(out)
	}
	if _, ok := c.get("b"); ok {
		t.Fatal("b is still listed")
	}
	if out := enlist(t, c, "b", 10); !slices.Equal(out, []string{"c"}) {
		t.Fatal(out)
	}
	left := c.clear()
	c.check(t)
	if len(left) != 3 {
		t.Fatal(left)
	}
	if _, ok := c.get("a"); ok {
		t.Fatal("the cache is not empty")
	}
	enlist(t, c, "a", 1)
}

func TestCacheIsBoundedInBytes(t *testing.T) {
	c := newCache(100, 1000)
	for i := range 20 {
		enlist(t, c, fmt.Sprint("text ", i), 94) // 100 with the text, or 101
	}
	if n := c.order.Len(); n != 9 {
		t.Fatalf("%d statements in 1000 bytes", n)
	}
	if out := enlist(t, c, "half", 496); len(out) != 5 {
		t.Fatal(out)
	}
	// More than half of the room is not kept, and drives nobody out.
	before := c.order.Len()
	if out := enlist(t, c, "large", 600); !slices.Equal(out, []string{"large"}) || c.order.Len() != before {
		t.Fatal(out, c.order.Len())
	}
}

func TestCacheOfNothing(t *testing.T) {
	if newCache(0, 1000).wants("a") {
		t.Fatal("a cache of no statements wants one")
	}
	c := newCache(10, 0)
	if out := enlist(t, c, "a", 1); !slices.Equal(out, []string{"a"}) {
		t.Fatal(out)
	}
}

func TestCacheWantsNoTextTwice(t *testing.T) {
	c := newCache(10, 1000)
	enlist(t, c, "a", 1)
	if c.wants("a") {
		t.Fatal("a is listed already")
	}
}

// A long text is kept when it comes again, unless too many others came between.
func TestCacheKeepsLongTextsOnSecondUse(t *testing.T) {
	c := newCache(10, 1<<20)
	long := func(i int) string { return fmt.Sprint(i, strings.Repeat("x", longText)) }
	short := strings.Repeat("x", longText-1)
	if !c.wants(short) || c.wants(short+"x") || !c.wants(short+"x") {
		t.Fatal("the limit is elsewhere")
	}
	if c.wants(long(0)) {
		t.Fatal("wanted at first sight")
	}
	for i := 1; i < seenLong; i++ {
		c.wants(long(i))
	}
	if !c.wants(long(0)) {
		t.Fatal("forgotten too early")
	}
	c.wants(long(seenLong))
	if c.wants(long(0)) {
		t.Fatal("remembered for ever")
	}
}
