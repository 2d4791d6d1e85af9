package pcre

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser translates a pattern. Whatever flags say is written out, so that package
// regexp needs none.
type parser struct {
	src   string
	pos   int
	out   writer
	names map[string]int
	depth int
	size  int // with the repetitions written out

	groups   int
	dollar   bool // the end may be before a last line end, which is not so here
	caret    bool // a line begins behind a line end, but for the last
	boundary bool // words matter, beyond those of ASCII
}

type flags struct{ fold, dotAll, multiline bool }

// refusal is why a pattern or text is not taken.
type refusal string

func (p *parser) refuse(format string, args ...any) { panic(refusal(fmt.Sprintf(format, args...))) }

const maxDepth = 200 // as PCRE2's own limit of 250, with room

// alternatives reads up to the end of the group, and tells whether it can match
// nothing.
func (p *parser) alternatives(f flags) (empty bool) {
	if p.depth++; p.depth > maxDepth {
		p.refuse("groups are nested too deeply")
	}
	defer func() { p.depth-- }()
	current := true
	for p.pos < len(p.src) {
		switch p.src[p.pos] {
		case ')':
			return empty || current
		case '|':
			p.pos++
			p.out.char('|')
			empty, current = empty || current, true
			continue
		}
		if !p.item(&f) {
			current = false
		}
	}
	return empty || current
}

// item reads an atom with its quantifier.
func (p *parser) item(f *flags) (empty bool) {
	start, size := len(p.out), p.size
	leaf := p.src[p.pos] != '('
	empty, repeats := p.atom(f)
	if leaf {
		p.grow(len(p.out) - start)
	}
	low, high, ok := p.quantifier()
	if !ok {
		return empty
	}
	p.grow((p.size - size) * (max(low, high, 1) - 1))
	if !repeats {
		p.refuse("a quantifier that stands behind nothing that repeats")
	}
	if empty && high != 1 && !(low == 0 && high == 0) {
		p.refuse("a repetition of what can match nothing")
	}
	lazy := false
	if p.pos < len(p.src) {
		switch p.src[p.pos] {
		case '?':
			lazy = true
			p.pos++
		case '+':
			p.refuse("possessive quantifiers")
		}
	}
	if _, _, again := p.quantifier(); again {
		p.refuse("a quantifier behind a quantifier")
	}
	p.out = slices.Insert(p.out, start, []byte("(?:")...)
	p.out.text("){" + strconv.Itoa(low) + ",")
	if high >= 0 {
		p.out.text(strconv.Itoa(high))
	}
	p.out.char('}')
	if lazy {
		p.out.char('?')
	}
	return empty || low == 0
}

// maxSize is of a pattern with its repetitions written out. \w has 13,000 bytes.
const maxSize = 4 << 20

func (p *parser) grow(n int) {
	if p.size += n; p.size > maxSize {
		p.refuse("repetitions that make it too large")
	}
}

// quantifier reads one; high is -1 without an end.
func (p *parser) quantifier() (low, high int, ok bool) {
	if p.pos >= len(p.src) {
		return 0, 0, false
	}
	switch p.src[p.pos] {
	case '*':
		p.pos++
		return 0, -1, true
	case '+':
		p.pos++
		return 1, -1, true
	case '?':
		p.pos++
		return 0, 1, true
	case '{':
		end := strings.IndexByte(p.src[p.pos:], '}')
		inner := ""
		if end > 0 {
			inner = p.src[p.pos+1 : p.pos+end]
		}
		if inner == "" || strings.Trim(inner, "0123456789, ") != "" {
			return 0, 0, false // a brace like any character
		}
		from, to, isRange := strings.Cut(inner, ",")
		low, err := strconv.Atoi(from)
		high = low
		if isRange {
			high = -1
			if to != "" && err == nil {
				high, err = strconv.Atoi(to)
			}
		}
		if err != nil || low > 1000 || high > 1000 || high >= 0 && high < low {
			p.refuse("the quantifier {%s}", inner)
		}
		p.pos += end + 1
		return low, high, true
	}
	return 0, 0, false
}

// atom reads what a quantifier may stand behind; repeats: and that may.
func (p *parser) atom(f *flags) (empty, repeats bool) {
	c := p.src[p.pos]
	switch c {
	case '(':
		return p.group(f)
	case '[':
		p.class(*f)
		return false, true
	case '.':
		p.pos++
		if f.dotAll {
			set{{0, 0x10ffff}}.class(&p.out)
		} else {
			not(set{{'\n', '\n'}}).class(&p.out)
		}
		return false, true
	case '^':
		p.pos++
		if f.multiline {
			p.caret = true
			p.out.text("(?m:^)")
		} else {
			p.out.text(`\A`)
		}
		return true, false
	case '$':
		p.pos++
		if f.multiline {
			p.out.text("(?m:$)")
		} else {
			p.end()
		}
		return true, false
	case '\\':
		return p.escape(*f)
	case '*', '+', '?', '{':
		if _, _, ok := p.quantifier(); ok {
			p.refuse("a quantifier that stands behind nothing that repeats")
		}
	}
	r, n := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += n
	p.literal(r, *f)
	return false, true
}

func (p *parser) end() {
	p.dollar = true
	p.out.text(`\z`)
}

func (p *parser) literal(r rune, f flags) {
	if !f.fold {
		writeRune(&p.out, r)
		return
	}
	p.folded(span{r, r}).class(&p.out)
}

func (p *parser) folded(a span) set {
	s, ok := fold(a)
	if !ok {
		p.refuse("(?i) with %q", string(a.low))
	}
	return normal(s)
}

// group reads what begins with a parenthesis.
func (p *parser) group(f *flags) (empty, repeats bool) {
	p.pos++
	inner := *f
	rest := p.src[p.pos:]
	switch {
	case strings.HasPrefix(rest, "*"):
		p.refuse("(* and a verb")
	case !strings.HasPrefix(rest, "?"):
		p.capture("")
	case strings.HasPrefix(rest, "?:"):
		p.pos += 2
		p.out.text("(?:")
	case strings.HasPrefix(rest, "?<=") || strings.HasPrefix(rest, "?<!"):
		p.refuse("look-behind (%.3s", rest)
	case strings.HasPrefix(rest, "?=") || strings.HasPrefix(rest, "?!"):
		p.refuse("look-ahead (%.2s", rest)
	case strings.HasPrefix(rest, "?<"):
		p.named(2, '>')
	case strings.HasPrefix(rest, "?P<"):
		p.named(3, '>')
	case strings.HasPrefix(rest, "?'"):
		p.named(2, '\'')
	default:
		p.pos++
		if !p.setFlags(&inner) {
			*f = inner // up to the end of the group around it
			return true, false
		}
		p.out.text("(?:")
	}
	empty = p.alternatives(inner)
	if p.pos >= len(p.src) {
		p.refuse("a group without its end")
	}
	p.pos++
	p.out.char(')')
	return empty, true
}

func (p *parser) capture(name string) {
	p.groups++
	if name != "" {
		if _, twice := p.names[name]; twice {
			p.refuse("two groups of the name %s", name)
		}
		if p.names == nil {
			p.names = map[string]int{}
		}
		p.names[name] = p.groups
	}
	p.out.char('(')
}

func (p *parser) named(skip int, end byte) {
	p.pos += skip
	n := nameLen(p.src[p.pos:])
	if n == 0 || n > 32 || p.pos+n >= len(p.src) || p.src[p.pos+n] != end {
		p.refuse("the name of a group")
	}
	name := p.src[p.pos : p.pos+n]
	p.pos += n + 1
	p.capture(name)
}

// nameLen is the length of the name that s begins with.
func nameLen(s string) (n int) {
	for n < len(s) && (s[n] == '_' || isLetter(s[n]) || n > 0 && isDigit(s[n])) {
		n++
	}
	return n
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// setFlags reads i, m and s, on or off, and tells whether they are a group's own.
func (p *parser) setFlags(f *flags) (group bool) {
	on, any := true, false
	for ; p.pos < len(p.src); p.pos++ {
		switch p.src[p.pos] {
		case 'i':
			f.fold = on
		case 'm':
			f.multiline = on
		case 's':
			f.dotAll = on
		case '-':
			if !on {
				p.refuse("flags")
			}
			on = false
		case ':', ')':
			if !any {
				p.refuse("(?)")
			}
			p.pos++
			return p.src[p.pos-1] == ':'
		default:
			p.refuse("what begins with (?%s", firstRune(p.src[p.pos:]))
		}
		any = true
	}
	p.refuse("a group without its end")
	return false
}

func firstRune(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// escape reads a backslash outside a class.
func (p *parser) escape(f flags) (empty, repeats bool) {
	if s, ok := p.classEscape(); ok {
		s.class(&p.out)
		return false, true
	}
	if p.pos+1 < len(p.src) {
		switch c := p.src[p.pos+1]; c {
		case 'b', 'B':
			p.pos += 2
			p.boundary = true
			p.out.text(`\` + string(c))
			return true, false
		case 'A', 'z':
			p.pos += 2
			p.out.text(`\` + string(c))
			return true, false
		case 'Z':
			p.pos += 2
			p.end()
			return true, false
		}
	}
	p.literal(p.charEscape(), f)
	return false, true
}

// classEscape reads \d and the like.
func (p *parser) classEscape() (set, bool) {
	if p.pos+1 >= len(p.src) {
		return nil, false
	}
	t := unicode14()
	var s set
	switch p.src[p.pos+1] | 0x20 {
	case 'd':
		s = t.digits
	case 's':
		s = t.spaces
	case 'w':
		s = t.words
	default:
		return nil, false
	}
	if p.src[p.pos+1]&0x20 == 0 {
		s = not(s)
	}
	p.pos += 2
	return s, true
}

// charEscape reads a backslash that stands for a character.
func (p *parser) charEscape() rune {
	p.pos++
	if p.pos >= len(p.src) {
		p.refuse("a backslash at the end")
	}
	c := p.src[p.pos]
	p.pos++
	switch c {
	case 'a':
		return '\a'
	case 'e':
		return 0x1b
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'x':
		return p.hex()
	}
	if c >= utf8.RuneSelf || isLetter(c) || isDigit(c) {
		p.refuse(`\%s`, firstRune(p.src[p.pos-1:]))
	}
	return rune(c)
}

// hex reads two digits, or any number of them in braces.
func (p *parser) hex() rune {
	digits := ""
	if rest := p.src[p.pos:]; strings.HasPrefix(rest, "{") {
		if end := strings.IndexByte(rest, '}'); end > 0 {
			digits = rest[1:end]
			p.pos += end + 1
		}
	} else if len(rest) >= 2 {
		digits = rest[:2]
		p.pos += 2
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || n == 0 || !utf8.ValidRune(rune(n)) || n > 0x10ffff {
		p.refuse(`\x without two digits, or without a character`)
	}
	return rune(n)
}

// class reads what is in brackets.
func (p *parser) class(f flags) {
	p.pos++
	negated := strings.HasPrefix(p.src[p.pos:], "^")
	if negated {
		p.pos++
	}
	var all set
	for first := true; ; first = false {
		if p.pos >= len(p.src) {
			p.refuse("a class without its end")
		}
		rest := p.src[p.pos:]
		if rest[0] == ']' && !first {
			break
		}
		if s, ok := p.posix(); ok {
			all = append(all, s...)
			p.noRange()
			continue
		}
		if rest[0] == '\\' {
			if s, ok := p.classEscape(); ok {
				all = append(all, s...)
				p.noRange()
				continue
			}
		}
		if rest[0] == '-' && !first && !strings.HasPrefix(rest, "-]") {
			p.refuse("a hyphen within a class that is no range: write it last")
		}
		low := p.member()
		high := low
		if next := p.src[p.pos:]; strings.HasPrefix(next, "-") && !strings.HasPrefix(next, "-]") {
			p.pos++
			if p.pos >= len(p.src) || strings.HasPrefix(p.src[p.pos:], "[") {
				p.refuse("a range without its end")
			}
			if _, ok := p.classEscape(); ok {
				p.refuse("a range that ends with a class")
			}
			if high = p.member(); high < low {
				p.refuse("a range that ends before it begins")
			}
		}
		if f.fold {
			all = append(all, p.folded(span{low, high})...)
		} else {
			all = append(all, span{low, high})
		}
	}
	p.pos++
	all = normal(all)
	if negated {
		all = not(all)
	}
	all.class(&p.out)
}

// noRange refuses a class as the beginning of a range.
func (p *parser) noRange() {
	if rest := p.src[p.pos:]; strings.HasPrefix(rest, "-") && !strings.HasPrefix(rest, "-]") {
		p.refuse("a range that begins with a class")
	}
}

// member reads one character of a class.
func (p *parser) member() rune {
	if p.src[p.pos] == '\\' {
		if strings.HasPrefix(p.src[p.pos:], `\b`) {
			p.pos += 2
			return '\b'
		}
		return p.charEscape()
	}
	r, n := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += n
	return r
}

// posix reads [:alpha:] and the like.
func (p *parser) posix() (set, bool) {
	rest := p.src[p.pos:]
	if len(rest) < 2 || rest[0] != '[' || !strings.ContainsRune(":.=", rune(rest[1])) {
		return nil, false
	}
	end := 2 + strings.Index(rest[2:], ":]")
	if rest[1] != ':' || end < 2 {
		p.refuse("%s within a class: write a backslash before the bracket", rest[:2])
	}
	name := rest[2:end]
	t := unicode14()
	s, known := map[string]set{
		"alpha": t.letters, "alnum": t.alnums, "digit": t.digits, "space": t.spaces, "word": t.words,
		"ascii": {{0, 0x7f}}, "xdigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}},
	}[strings.TrimPrefix(name, "^")]
	if !known {
		p.refuse("the class [:%s:]", name)
	}
	if strings.HasPrefix(name, "^") {
		s = not(s)
	}
	p.pos += end + 2
	return s, true
}
