package hrana

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The body of an error never is one itself, and its text has no end of control
// characters.
func FuzzErrorBody(f *testing.F) {
	for _, body := range []string{
		`{"message":"m","code":"c"}`, `{"error":"e"}`, `{"error":{"message":"m","code":null}}`, "plain\ntext\x00\u009b", "<html>", `{"error":5}`, `{"error":`, "\xff",
	} {
		f.Add("application/json", body)
		f.Add("text/html; charset=\"", body)
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		message, code := errorBody(contentType, []byte(body))
		fail := &failure{status: 400, message: message, code: code}
		require.NotEmpty(t, fail.engineError().Message)
		fail.noStream()
		if !json.Valid([]byte(body)) {
			require.Empty(t, code)
			require.LessOrEqual(t, len(message), 500*3)
		}
	})
}

// What is skipped is taken if it is JSON, and not otherwise; two things that
// encoding/json takes are not: half a character, and what is not UTF-8.
func FuzzSkip(f *testing.F) {
	for _, text := range []string{`{}`, `[1,-0.5e+7,true,false,null,"\u00e4\n"]`, `{"a":{"b":[[]]},"a":""}`, `01`, `[1,]`, `{"a"}`, ` 1 `, `"\ud83d\ude00"`, "\"\x7f\"", `nul`, `-`, `1.`, `1e`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := &reader{buf: []byte(text)}
		r.peek()
		r.skip()
		r.end()
		valid := json.Valid([]byte(text))
		if r.err == nil {
			require.True(t, valid, text)
			require.Empty(t, r.path)
			return
		}
		if !valid || strings.Count(text, "[")+strings.Count(text, "{") > maxDepth {
			return
		}
		for _, known := range []string{"is not UTF-8", "holds half a character"} {
			if strings.Contains(r.err.Error(), known) {
				return
			}
		}
		require.NoError(t, r.err, text)
	})
}
