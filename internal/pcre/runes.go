package pcre

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A set is ranges of code points, in order and without neighbours.
type set []span

type span struct{ low, high rune }

// tables are the classes that depend on Unicode.
type tables struct{ digits, spaces, words, letters, alnums set }

var unicode14 = sync.OnceValue(func() *tables {
	t := &tables{digits: decode(digitsText), spaces: decode(spacesText), words: decode(wordsText), letters: decode(lettersText)}
	t.alnums = minus(t.words, set{{'_', '_'}})
	return t
})

func decode(text string) (s set) {
	var at rune
	numbers := strings.Fields(text)
	for i := 0; i+1 < len(numbers); i += 2 {
		gap, _ := strconv.ParseInt(numbers[i], 36, 32)
		more, _ := strconv.ParseInt(numbers[i+1], 36, 32)
		low := at + rune(gap)
		at = low + rune(more)
		s = append(s, span{low, at})
	}
	return s
}

func (s set) has(r rune) bool {
	_, found := slices.BinarySearchFunc(s, r, func(a span, r rune) int {
		switch {
		case a.high < r:
			return -1
		case a.low > r:
			return 1
		}
		return 0
	})
	return found
}

// normal puts ranges in order and joins those that touch.
func normal(s set) set {
	slices.SortFunc(s, func(a, b span) int { return int(a.low - b.low) })
	var out set
	for _, a := range s {
		if n := len(out); n > 0 && a.low <= out[n-1].high+1 {
			out[n-1].high = max(out[n-1].high, a.high)
			continue
		}
		out = append(out, a)
	}
	return out
}

// not is every other code point.
func not(s set) set {
	var out set
	next := rune(0)
	for _, a := range s {
		if a.low > next {
			out = append(out, span{next, a.low - 1})
		}
		next = a.high + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, span{next, unicode.MaxRune})
	}
	return out
}

func minus(a, b set) set { return not(normal(append(slices.Clone(not(a)), b...))) }

// foldable is below which case pairs are as old as Unicode and do not change.
const foldable = 0x590

// fold adds the other cases of the code points of a literal range.
func fold(a span) (set, bool) {
	s := set{a}
	if a.high >= foldable {
		if a.low != a.high || unicode.SimpleFold(a.low) != a.low {
			return nil, false
		}
		return s, true
	}
	for r := a.low; r <= a.high; r++ {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			s = append(s, span{f, f})
		}
	}
	return s, true
}

// class writes a set as package regexp reads it, whatever its flags.
func (s set) class(b *writer) {
	if len(s) == 0 {
		b.text(`[^\x00-\x{10FFFF}]`)
		return
	}
	b.char('[')
	for _, a := range s {
		writeRune(b, a.low)
		if a.high > a.low {
			b.char('-')
			writeRune(b, a.high)
		}
	}
	b.char(']')
}

func writeRune(b *writer, r rune) {
	if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		b.char(byte(r))
		return
	}
	b.text(`\x{`)
	b.text(strconv.FormatInt(int64(r), 16))
	b.char('}')
}

// writer is a pattern of package regexp.
type writer []byte

func (w *writer) text(s string) { *w = append(*w, s...) }
func (w *writer) char(c byte)   { *w = append(*w, c) }
