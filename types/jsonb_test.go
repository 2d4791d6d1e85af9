package types

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Each text is what its JSONB is read as, and the JSONB is what SQLite makes of
// the text.
func TestJSONBIsSQLites(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `-0`, `5`, `-17`, `123456789012345678901234567890`,
		`1.5`, `-0.0`, `1e5`, `1E-400`, `9.0e+999`, `123.4560`,
		`""`, `"abc"`, `"a'b"`, `"é😀"`, `"a\"b\\c\/d\b\f\n\r\t"`, `"\u0000\u2028\ud83d\ude00\ud800"`,
		`[]`, `{}`, `[1,2]`, `{"a":1}`, `{"":{"a":[{}]},"a":null,"a":true}`,
		`"` + strings.Repeat("x", 11) + `"`, `"` + strings.Repeat("x", 12) + `"`, `"` + strings.Repeat("x", 255) + `"`,
		`"` + strings.Repeat("x", 256) + `"`, `"` + strings.Repeat("x", 65535) + `"`, `"` + strings.Repeat("x", 65536) + `"`,
		`[` + strings.Repeat("12,", 100_000) + `3]`,
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
		strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000),
	} {
		sameAsSQLite(t, db, text)
	}
}

func sameAsSQLite(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	var want []byte
	require.NoError(t, db.QueryRow("SELECT jsonb(?)", text).Scan(&want), "%.100s", text)
	got, err := encodeJSONB([]byte(text))
	require.NoError(t, err, "%.100s", text)
	if !bytes.Equal(want, got) {
		t.Fatalf("%.100s\nwant %.200x\ngot  %.200x", text, want, got)
	}
	back, err := decodeJSONB(got)
	require.NoError(t, err, "%.100s", text)
	require.Equal(t, text, string(back))
}

// JSON5, which only SQLite's jsonb() makes, is read as json() reads it.
func TestJSON5IsReadAsSQLiteReadsIt(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	for _, text := range []string{
		`{a:1,b:'x',c:0x10,d:+1,e:.5,f:Infinity,}`, `[-0x1F,0XABCDEF0123456789,0x10000000000000000,+0x7]`,
		`[.5,-.5,5.,-5.,5.e3,.5e-3,+.5,+5.,5.e+3]`, `[NaN,-Infinity,+Infinity,inf]`,
		`'a"b'`, `'it\'s'`, "'a\\\nc\\\r\nd'", `"\x41\0\'"`, "'a\\\u2028b\\\u2029c'", "/* c */ [1, // d\n 2]",
		`{'é':1,$_:2,"\u0061":3}`,
	} {
		var blob []byte
		var want string
		require.NoError(t, db.QueryRow("SELECT jsonb(?1), json(jsonb(?1))", text).Scan(&blob, &want), text)
		got, err := decodeJSONB(blob)
		require.NoError(t, err, text)
		require.Equal(t, want, string(got), text)
		require.True(t, json.Valid(got), want)
	}
	// SQLite's json() and its ->> do not agree on \v. U+000B is right.
	var blob []byte
	require.NoError(t, db.QueryRow(`SELECT jsonb('"\v"')`).Scan(&blob))
	got, err := decodeJSONB(blob)
	require.NoError(t, err)
	require.Equal(t, `"\u000b"`, string(got))
	// What json_quote, json_object and the edits make: raw texts.
	var want string
	require.NoError(t, db.QueryRow(`SELECT b, json(b) FROM (SELECT jsonb_set(jsonb_object('a', char(1,9,10,34,92,127)), '$."q\u0022"', 1.5e300, '$."x\u003fy"', null) AS b)`).
		Scan(&blob, &want))
	got, err = decodeJSONB(blob)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func TestMalformedJSONBIsAnError(t *testing.T) {
	for blob, why := range map[string]string{
		"":                     "an element is missing",
		"11ff":                 "a null or bool is longer than a byte",
		"c000":                 "a null or bool is longer than a byte",
		"10":                   "an element is longer than what is there",
		"c3":                   "a header is cut off",
		"f300000000":           "a header is cut off",
		"f3ffffffffffffffff31": "an element is longer than what is there",
		"fb8000000000000000":   "an element is longer than what is there",
		"0d":                   "an element has the type 13",
		"0000":                 "there are 1 bytes behind the document",
		"1378":                 `"x" is no number`,
		"03":                   `"" is no number`,
		"233037":               `"07" is no number`,
		"33312e35":             `"1.5" is no number`,
		"1535":                 `"5" is no number`,
		"343078":               "an element is longer than what is there",
		"34307867":             `"0xg" is no hexadecimal number`,
		"162e":                 `"." is no number`,
		"1722":                 "a text has an unescaped '\"'",
		"175c":                 `a text has an unescaped '\\'`,
		"1801":                 `a text has an unescaped '\x01'`,
		"185c":                 "a text has a bad escape, \"\\\\\"",
		"285c78":               "a text has a bad escape, \"\\\\x\"",
		"295c78":               "a text has a bad escape, \"\\\\x\"",
		"395ce280":             "a text has a bad escape, \"\\\\\\xe2\\x80\"",
		"2c0000":               "a label is no text",
		"2c1761":               "an element is missing",
		"1b2b":                 "an element is longer than what is there",
	} {
		b, err := hex.DecodeString(blob)
		require.NoError(t, err)
		_, err = decodeJSONB(b)
		require.EqualError(t, err, "libsql: malformed JSONB: "+why, blob)
	}
}

func TestJSONBHasADepth(t *testing.T) {
	_, err := encodeJSONB([]byte(strings.Repeat("[", 1001) + strings.Repeat("]", 1001)))
	require.EqualError(t, err, "libsql: JSONB: the document is deeper than 1000 levels")
	blob := []byte{jsonbArray}
	for range decodeDepth - 1 {
		blob = append(appendJSONBHeader(nil, jsonbArray, len(blob)), blob...)
	}
	_, err = decodeJSONB(blob)
	require.NoError(t, err)
	blob = append(appendJSONBHeader(nil, jsonbArray, len(blob)), blob...)
	_, err = decodeJSONB(blob)
	require.EqualError(t, err, "libsql: malformed JSONB: it is deeper than 10000 levels")
}

// Only encoding/json's texts are encoded. Others are errors, not wrong blobs.
func TestOtherTextsAreNotEncoded(t *testing.T) {
	for _, text := range []string{"", " ", "1 ", "[1, 2]", "nul", "nulll", "[", "[1", "[1,", "[1,]", "[,1]", "{", `{"a"`, `{"a":`, `{"a":1`, `{a:1}`,
		`{"a":1,}`, `"`, `"a`, `"\`, `"\x"`, `"\u12"`, "\"\n\"", "01", "-", "1.", ".5", "1e", "1e+", "--1", "0x1", "]", "'a'", "[1 2]", `{"a":1"b":2}`} {
		_, err := encodeJSONB([]byte(text))
		require.Error(t, err, text)
	}
}

func randomText(r *rand.Rand, depth int) string {
	v := randomValue(r, depth)
	b, err := encode(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func randomValue(r *rand.Rand, depth int) any {
	n := 9
	if depth == 0 {
		n = 7
	}
	switch r.IntN(n) {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return json.Number([]string{"0", "-0", "7", "-12345678901234567890", "1.50", "1e400", "-2.5E-7"}[r.IntN(7)])
	case 3:
		return r.Int64() >> r.IntN(64)
	case 4:
		return r.NormFloat64() * 1e10
	case 5, 6:
		return randomString(r)
	case 7:
		list := make([]any, r.IntN(6))
		for i := range list {
			list[i] = randomValue(r, depth-1)
		}
		return list
	}
	m := map[string]any{}
	for range r.IntN(6) {
		m[randomString(r)] = randomValue(r, depth-1)
	}
	return m
}

func randomString(r *rand.Rand) string {
	var b strings.Builder
	alphabet := []rune("ab.\"'\\[]$?@ \t\n\x01\x00\x7fé😀<&>\u2028")
	for range r.IntN(1 << r.IntN(7)) {
		b.WriteRune(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func TestRandomDocumentsAreSQLites(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	n := 500
	if dbtest.Long() {
		n = 100_000
	}
	for i := range n {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		sameAsSQLite(t, db, randomText(r, 5))
	}
}

func FuzzDecodeJSONB(f *testing.F) {
	for _, seed := range []string{"00", "4c17611331", "4b13311332", "35312e35", "bc89615c7530303366621331", "f3ffffffffffffffff31", "eb0fffffff", "295c78", "34307867", "162e"} {
		b, _ := hex.DecodeString(seed)
		f.Add(b)
	}
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	f.Fuzz(func(t *testing.T, blob []byte) {
		got, err := decodeJSONB(blob)
		if err != nil {
			return
		}
		if len(got) > 6*len(blob)+8 || cap(got) > 16*len(blob)+64 {
			t.Fatalf("%d bytes, with room for %d, of %d", len(got), cap(got), len(blob))
		}
		if !json.Valid(got) {
			t.Fatalf("%x: no JSON: %q", blob, got)
		}
		if bytes.Contains(blob, []byte(`\v`)) {
			return
		}
		var valid bool
		var want string
		if err := db.QueryRow("SELECT json_valid(?1, 8), json(?1)", blob).Scan(&valid, &want); err != nil {
			t.Fatalf("%x: SQLite: %v; here %q", blob, err, got)
		}
		if valid && want != string(got) {
			t.Fatalf("%x: SQLite %q, here %q", blob, want, got)
		}
	})
}

func FuzzEncodeJSONB(f *testing.F) {
	for i := range 20 {
		f.Add([]byte(randomText(rand.New(rand.NewPCG(2, uint64(i))), 4)))
	}
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	f.Fuzz(func(t *testing.T, text []byte) {
		var compact bytes.Buffer
		if json.Compact(&compact, text) != nil {
			if blob, err := encodeJSONB(text); err == nil {
				t.Fatalf("%q is no JSON and makes %x", text, blob)
			}
			return
		}
		if bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) < maxDepth {
			sameAsSQLite(t, db, compact.String())
		}
	})
}
