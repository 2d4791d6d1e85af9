// Package pcre finds, by package regexp, what PCRE2 10.42 with PCRE2_UTF and
// PCRE2_UCP would find: the regular expressions of Turso's servers. It takes the
// patterns of both and refuses, with an error that says why, those that only PCRE2
// has (look-around, back references, possessive quantifiers and the like), those
// that the two understand differently, and the texts on which they would differ.
package pcre
