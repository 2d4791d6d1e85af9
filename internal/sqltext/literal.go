package sqltext

// The tokens that take more than a look at two bytes: everything in quotes,
// numbers and named parameters. None of them reaches past a NUL byte, because
// SQLite's text ends there.

// Properties of a byte, see byteClass.
const (
	spaceByte uint8 = 1 << iota // what sqlite3Isspace takes
	digitByte                   // 0 to 9
	hexByte                     // 0 to 9, a to f, A to F
	identByte                   // what may stand inside a bare word: letter, digit, _, $, 0x80 and up
)

var byteClass = classifyBytes()

func classifyBytes() (class [256]uint8) {
	// The vertical tab goes on with a space but cannot start one: it is in
	// sqlite3Isspace, and missing in the table that picks the kind of token.
	for _, c := range " \t\n\v\f\r" {
		class[c] |= spaceByte
	}
	for c := '0'; c <= '9'; c++ {
		class[c] |= digitByte | hexByte | identByte
	}
	for c := 'a'; c <= 'z'; c++ {
		upper := c - 'a' + 'A'
		class[c] |= identByte
		class[upper] |= identByte
		if c <= 'f' {
			class[c] |= hexByte
			class[upper] |= hexByte
		}
	}
	class['_'] |= identByte
	class['$'] |= identByte
	for c := 0x80; c <= 0xFF; c++ {
		class[c] |= identByte
	}
	return class
}

// byteAt returns the byte at pos, and 0 behind the end, as in a C string.
func byteAt(sql string, pos int) byte {
	if pos < len(sql) {
		return sql[pos]
	}
	return 0
}

// span returns the offset of the first byte from pos on that lacks the property.
func span(sql string, pos int, property uint8) int {
	for pos < len(sql) && byteClass[sql[pos]]&property != 0 {
		pos++
	}
	return pos
}

// scanQuoted reads what stands between two equal quotes, where a doubled quote
// stands for itself.
func scanQuoted(sql string, pos int) (Kind, int) {
	quote := sql[pos]
	for pos++; pos < len(sql) && sql[pos] != 0; pos++ {
		if sql[pos] != quote {
			continue
		}
		if byteAt(sql, pos+1) != quote {
			if quote == '\'' {
				return String, pos + 1
			}
			return QuotedIdent, pos + 1
		}
		pos++
	}
	return Illegal, pos
}

// scanBracketed reads [a name], where no bracket can be escaped.
func scanBracketed(sql string, pos int) (Kind, int) {
	for pos++; pos < len(sql) && sql[pos] != 0; pos++ {
		if sql[pos] == ']' {
			return QuotedIdent, pos + 1
		}
	}
	return Illegal, pos
}

// scanBlob reads x'00ff'. With anything but pairs of hexadecimal digits the
// token is illegal, and still runs to the closing quote.
func scanBlob(sql string, pos int) (Kind, int) {
	start := pos + len("x'")
	pos = span(sql, start, hexByte)
	if byteAt(sql, pos) == '\'' && (pos-start)%2 == 0 {
		return Blob, pos + 1
	}
	for pos < len(sql) && sql[pos] != 0 {
		pos++
		if sql[pos-1] == '\'' {
			break
		}
	}
	return Illegal, pos
}

// scanNumber reads a number. A word glued to it makes the whole illegal; only
// behind a hexadecimal number a word may start at once.
func scanNumber(sql string, pos int) (Kind, int) {
	if sql[pos] == '0' && byteAt(sql, pos+1)|0x20 == 'x' && byteClass[byteAt(sql, pos+2)]&hexByte != 0 {
		return Number, span(sql, pos+3, hexByte)
	}
	pos = span(sql, pos, digitByte)
	if byteAt(sql, pos) == '.' {
		pos = span(sql, pos+1, digitByte)
	}
	if byteAt(sql, pos)|0x20 == 'e' {
		exponent := pos + 1
		if sign := byteAt(sql, exponent); sign == '+' || sign == '-' {
			exponent++
		}
		if byteClass[byteAt(sql, exponent)]&digitByte != 0 {
			pos = span(sql, exponent, digitByte)
		}
	}
	if end := span(sql, pos, identByte); end > pos {
		return Illegal, end
	}
	return Number, pos
}

// scanNamedParam reads :name, @name, $name and #name. For the sake of Tcl a
// name may hold "::" and end in "(…)", whatever its first byte.
func scanNamedParam(sql string, pos int) (Kind, int) {
	named := false
	for pos++; ; {
		c := byteAt(sql, pos)
		switch {
		case byteClass[c]&identByte != 0:
			named = true
			pos = span(sql, pos, identByte)
			continue
		case c == ':' && byteAt(sql, pos+1) == ':':
			pos += 2
			continue
		case c == '(' && named:
			return scanParamSuffix(sql, pos)
		case named:
			return Param, pos
		}
		return Illegal, pos
	}
}

// scanParamSuffix reads the "(…)" of a parameter, which may hold any byte but a
// blank.
func scanParamSuffix(sql string, pos int) (Kind, int) {
	for pos++; pos < len(sql) && sql[pos] != 0; pos++ {
		if sql[pos] == ')' {
			return Param, pos + 1
		}
		if byteClass[sql[pos]]&spaceByte != 0 {
			break
		}
	}
	return Illegal, pos
}
