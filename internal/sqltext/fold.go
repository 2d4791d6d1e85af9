package sqltext

// EqualFold compares as SQLite does, where only ASCII letters have a case:
// strings.EqualFold would also take the Kelvin sign for a K.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}

// Lower lowers the ASCII letters, byte by byte: a name need not be UTF-8.
func Lower(s string) string {
	for i := range len(s) {
		if lowerASCII(s[i]) == s[i] {
			continue
		}
		lower := []byte(s)
		for ; i < len(lower); i++ {
			lower[i] = lowerASCII(lower[i])
		}
		return string(lower)
	}
	return s
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
