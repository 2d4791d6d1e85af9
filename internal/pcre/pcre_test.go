package pcre

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// answer is what PCRE2 10.42 said: the library that a server has in it, with the
// options and the room that a server gives it.
type answer struct {
	Pattern, Text, Replacement string
	Invalid                    bool
	Groups                     [][2]int // up to the last that matched; those before it that did not are empty
	Replaced                   *string
}

func answers(t testing.TB) (all []answer) {
	f, err := os.Open("testdata/pcre2.jsonl")
	require.NoError(t, err)
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var a answer
		require.NoError(t, json.Unmarshal(lines.Bytes(), &a))
		all = append(all, a)
	}
	return all
}

// Random patterns and texts come out as PCRE2 found them, or are refused.
func TestAnswersOfPCRE2(t *testing.T) {
	found, replaced, refused := 0, 0, 0
	for _, a := range answers(t) {
		re, err := Compile(a.Pattern)
		if a.Invalid {
			require.Error(t, err, a.Pattern)
			continue
		}
		if err != nil {
			refused++
			continue
		}
		var groups [][2]int
		for group := int64(0); ; group++ {
			from, to, ok, err := re.Find([]byte(a.Text), group)
			if err != nil {
				groups = a.Groups
				refused++
				break
			}
			if !ok {
				break
			}
			groups = append(groups, [2]int{from, to})
			found++
		}
		require.Equal(t, a.Groups, groups, "%q in %q", a.Pattern, a.Text)
		if match, err := re.Match([]byte(a.Text)); err == nil {
			require.Equal(t, len(a.Groups) > 0, match, "%q in %q", a.Pattern, a.Text)
		}
		out, ok, err := re.Replace([]byte(a.Text), a.Replacement)
		if err != nil {
			continue
		}
		require.Equal(t, a.Replaced != nil, ok, "%q in %q by %q", a.Pattern, a.Text, a.Replacement)
		if ok {
			require.Equal(t, *a.Replaced, string(out), "%q in %q by %q", a.Pattern, a.Text, a.Replacement)
			replaced++
		}
	}
	require.Greater(t, found, 200)
	require.Greater(t, replaced, 25)
	require.Less(t, refused, 350)
}

func TestRefusedPatterns(t *testing.T) {
	for pattern, says := range map[string]string{
		"a\x00": "NUL", "\xff": "UTF-8", "(": "without its end", ")": "ends nothing", "[a": "without its end", "[]": "without its end",
		"*": "nothing that repeats", "{2}": "nothing that repeats", "^*": "nothing that repeats", "(?i)+": "nothing that repeats", `\b?`: "nothing that repeats",
		"a**": "behind a quantifier", "a{2}{3}": "behind a quantifier", "a++": "possessive", "a{2}+": "possessive", "a{3,2}": "{3,2}", "a{1001}": "{1001}", "a{,2}": "{,2}",
		"(a*)*": "match nothing", "(?:|a)+": "match nothing", `(\b){2}`: "match nothing",
		"(?=a)": "look-ahead", "(?!a)": "look-ahead", "(?<=a)": "look-behind", "(?<!a)": "look-behind",
		"(?>a)": "(?>", "(?|a)": "(?|", "(?#a)": "(?#", "(?x) a": "(?x", "(?R)": "(?R", "(?1)": "(?1", "(?P=a)": "(?P", "(?": "without its end", "(?i": "without its end", "(?i--s:a)": "flags", "(*F)": "verb",
		"(?<a>b)(?<a>c)": "two groups", "(?<1>b)": "name", "(?<é>b)": "name", "(?<a": "name", "(?'a>b)": "name", "(?<" + strings.Repeat("n", 33) + ">a)": "name",
		`\`: "backslash", `\1`: `\1`, `\0`: `\0`, `\K`: `\K`, `\R`: `\R`, `\pL`: `\p`, `\Qa\E`: `\Q`, `\é`: `\é`, `\x1`: `\x`, `\x{}`: `\x`, `\x{110000}`: `\x`, `\x{d800}`: `\x`, `\x{0}`: `\x`, `\x{fffffffff}`: `\x`, `\x{41`: `\x`,
		"[b-a]": "ends before", `[a-\d]`: "ends with a class", `[\d-a]`: "begins with a class", "[[:alpha:]-z]": "begins with a class", "[a-c-e]": "hyphen", "[[:punct:]]": "[:punct:]", "[[.a.]]": "[.", "[[=a=]]": "[=", "[[:a]": "[:", "[[:]": "[:", `[\B]`: `\B`, "[a-": "without its end", "[a-[": "without its end",
		"(?i)\ua64b": "(?i)", "(?i)[\u3042-\u3044]": "(?i)", strings.Repeat("(", 201): "nested", `\w{1000}`: "too large", "((a{1000}){1000}){1000}": "too large",
	} {
		_, err := Compile(pattern)
		require.ErrorContains(t, err, says, pattern)
	}
}

func TestBracesThatAreNone(t *testing.T) {
	for _, pattern := range []string{"{", "{a}", "a{b", "}", "]", "a{}", "{x,1}"} {
		re, err := Compile(pattern)
		require.NoError(t, err, pattern)
		from, to, ok, err := re.Find([]byte("-"+pattern+"-"), 0)
		require.NoError(t, err)
		require.True(t, ok, pattern)
		require.Equal(t, []int{1, 1 + len(pattern)}, []int{from, to}, pattern)
	}
}

func TestSets(t *testing.T) {
	u := unicode14()
	require.Len(t, u.words, 734)
	for r := rune(1); r < 0x2000; r++ {
		require.Equal(t, unicode.Is(unicode.Nd, r), u.digits.has(r), "%x", r)
		if r != 0x0cf3 && r != 0x1c89 && r != 0x1c8a && r != 0x088f && r != 0x0c5c && r != 0x0cdc { // newer than Unicode 14
			require.Equal(t, unicode.In(r, unicode.L, unicode.N) || r == '_', u.words.has(r), "%x", r)
		}
	}
	require.Empty(t, not(not(nil)))
	require.Equal(t, u.words, not(not(u.words)))
	require.False(t, u.alnums.has('_'))
	require.Equal(t, set{{'a', 'c'}, {'e', 'e'}}, minus(set{{'a', 'e'}}, set{{'d', 'd'}}))
}

// Whatever is taken, package regexp takes, too, and nothing panics.
func FuzzCompile(f *testing.F) {
	for _, a := range answers(f) {
		f.Add(a.Pattern, a.Text, a.Replacement)
	}
	f.Fuzz(func(t *testing.T, pattern, text, replacement string) {
		if len(pattern) > 200 || len(text) > 200 {
			return
		}
		re, err := Compile(pattern)
		if err != nil {
			return
		}
		match, err := re.Match([]byte(text))
		if err != nil {
			return
		}
		from, to, ok, err := re.Find([]byte(text), 0)
		require.NoError(t, err)
		require.Equal(t, match, ok)
		require.True(t, 0 <= from && from <= to && to <= len(text))
		out, replaced, err := re.Replace([]byte(text), replacement)
		if err == nil {
			require.Equal(t, match, replaced)
			require.Less(t, len(out), len(text)+room)
		}
		quoted, err := Compile(regexp.QuoteMeta(text))
		if err == nil && text != "" {
			_, to, ok, err := quoted.Find([]byte(text), 0)
			require.NoError(t, err)
			require.True(t, ok && to == len(text))
		}
	})
}
