package main

import (
	"hash/fnv"
	"math"
	"strings"
	"unicode"

	"github.com/gorm-libsql/libsql/types"
)

// dims is how many numbers stand for a comment. The tag of Entry.Embedding
// says the same.
const dims = 128

// embed turns a text into a vector, so that texts with the same words get
// vectors of a small angle. It stands for a language model: each word, and each
// pair of words, counts in a dimension and with a sign that its hash chooses.
func embed(text string) types.Vector {
	v := make(types.Vector, dims)
	last := ""
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if commonWords[word] {
			continue
		}
		word = strings.TrimSuffix(word, "s")
		count(v, word, 1)
		if last != "" {
			count(v, last+" "+word, 0.5)
		}
		last = word
	}
	var length float64
	for _, x := range v {
		length += float64(x) * float64(x)
	}
	if length == 0 {
		return nil // no word: no vector
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(length))
	}
	return v
}

func count(v types.Vector, feature string, weight float32) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(feature))
	sum := h.Sum32()
	if sum&1 == 0 {
		weight = -weight
	}
	v[sum>>1%dims] += weight
}

// commonWords say nothing about what a function does.
var commonWords = func() map[string]bool {
	m := map[string]bool{}
	for _, word := range strings.Fields("a an and are as at be by for from if in into is it its not of on or that the then this to when which with") {
		m[word] = true
	}
	return m
}()
