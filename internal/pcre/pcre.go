package pcre

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Regexp is a pattern that both know. It is safe for concurrent use.
type Regexp struct {
	re                      *regexp.Regexp
	names                   map[string]int
	empty                   bool // it can match nothing
	dollar, caret, boundary bool
}

// Compile translates a pattern.
func Compile(pattern string) (re *Regexp, err error) {
	if !utf8.ValidString(pattern) || strings.IndexByte(pattern, 0) >= 0 {
		return nil, errors.New("the pattern is no UTF-8, or has a NUL")
	}
	p := &parser{src: pattern}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case refusal:
			re, err = nil, errors.New("the pattern has what the local functions do not support: "+string(r))
		default:
			panic(r)
		}
	}()
	empty := p.alternatives(flags{})
	if p.pos < len(p.src) {
		p.refuse("a parenthesis that ends nothing")
	}
	compiled, err := regexp.Compile(string(p.out))
	if err != nil {
		return nil, errors.New("the pattern is too large for the local functions")
	}
	return &Regexp{re: compiled, names: p.names, empty: empty, dollar: p.dollar, caret: p.caret, boundary: p.boundary}, nil
}

// check refuses a text on which PCRE2 would find something else.
func (r *Regexp) check(text []byte) error {
	if bytes.IndexByte(text, 0) >= 0 {
		return errors.New("the text has a NUL, at which a server ends it")
	}
	if !utf8.Valid(text) {
		return errors.New("the text is no UTF-8, in which a server finds nothing")
	}
	if (r.dollar || r.caret) && len(text) > 0 && text[len(text)-1] == '\n' {
		return errors.New(`the text ends with a line end, where the local functions take $ or ^ differently: use \z, or trim it`)
	}
	if r.boundary {
		for i := 0; i < len(text); {
			c, n := utf8.DecodeRune(text[i:])
			if c >= utf8.RuneSelf && unicode14().words.has(c) {
				return errors.New(`the text has letters beyond ASCII, where the local functions take \b differently`)
			}
			i += n
		}
	}
	return nil
}

// Match tells whether the text has a match.
func (r *Regexp) Match(text []byte) (bool, error) {
	if err := r.check(text); err != nil {
		return false, err
	}
	return r.re.Match(text), nil
}

// Find is where the first match of a group is, 0 for all of it; ok is false when
// PCRE2 counts fewer groups, because those to the right have matched nothing.
func (r *Regexp) Find(text []byte, group int64) (from, to int, ok bool, err error) {
	if err := r.check(text); err != nil {
		return 0, 0, false, err
	}
	at := r.re.FindSubmatchIndex(text)
	for len(at) > 0 && at[len(at)-1] < 0 {
		at = at[:len(at)-2]
	}
	if group < 0 || group >= int64(len(at)/2) {
		return 0, 0, false, nil
	}
	from, to = at[2*group], at[2*group+1]
	if from < 0 {
		return 0, 0, true, nil // it has matched nothing, but one to the right of it has
	}
	return from, to, true, nil
}

// room is how much longer than the text a server lets the result of Replace be.
const room = 1024

// Replace replaces every match; ok is false when there is none.
func (r *Regexp) Replace(text []byte, replacement string) (out []byte, ok bool, err error) {
	if err := r.check(text); err != nil {
		return nil, false, err
	}
	parts, err := r.template(replacement)
	if err != nil {
		return nil, false, err
	}
	if r.empty {
		return nil, false, errors.New("the pattern can match nothing, which the local regexp_replace does not support")
	}
	all := r.re.FindAllSubmatchIndex(text, -1)
	if len(all) == 0 {
		return nil, false, nil
	}
	last := 0
	for _, at := range all {
		out = append(out, text[last:at[0]]...)
		for _, part := range parts {
			if part.group < 0 {
				out = append(out, part.text...)
				continue
			}
			from, to := at[2*part.group], at[2*part.group+1]
			if from < 0 {
				return nil, false, errors.New("the replacement names a group that has matched nothing, with which a server replaces nothing")
			}
			out = append(out, text[from:to]...)
		}
		last = at[1]
	}
	out = append(out, text[last:]...)
	if len(out) >= len(text)+room {
		return nil, false, errors.New("the result is more than 1023 bytes longer than the text, with which a server replaces nothing")
	}
	return out, true, nil
}

// part of a replacement: a text, or a group.
type part struct {
	text  string
	group int // -1 for a text
}

// template reads a replacement: $n, ${n}, $name, ${name}, $$ and a backslash before
// what is no letter or digit, out of PCRE2_SUBSTITUTE_EXTENDED.
func (r *Regexp) template(s string) (parts []part, err error) {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return nil, errors.New("the replacement is no UTF-8, or has a NUL")
	}
	for s != "" {
		at := strings.IndexAny(s, `$\`)
		if at < 0 {
			at = len(s)
		}
		if at > 0 {
			parts, s = append(parts, part{s[:at], -1}), s[at:]
			continue
		}
		if len(s) > 1 && (s[:2] == "$$" || s[0] == '\\' && s[1] < utf8.RuneSelf && !isLetter(s[1]) && !isDigit(s[1])) {
			parts, s = append(parts, part{s[1:2], -1}), s[2:]
			continue
		}
		if s[0] == '\\' {
			return nil, errors.New(`the replacement has a backslash before a letter, a digit or nothing, which the local regexp_replace does not support`)
		}
		group, rest, ok := r.reference(s[1:])
		if !ok {
			return nil, errors.New("the replacement has a $ that names no group: write $$ for the character")
		}
		parts, s = append(parts, part{"", group}), rest
	}
	return parts, nil
}

func (r *Regexp) reference(s string) (group int, rest string, ok bool) {
	braces := strings.HasPrefix(s, "{")
	if braces {
		s = s[1:]
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		group = min(group*10+int(s[n]-'0'), 1<<20)
		n++
	}
	ok = n > 0 && group <= r.re.NumSubexp()
	if n == 0 {
		n = nameLen(s)
		group, ok = r.names[s[:n]]
	}
	rest = s[n:]
	if braces {
		ok = ok && strings.HasPrefix(rest, "}")
		rest = strings.TrimPrefix(rest, "}")
	}
	return group, rest, ok
}
