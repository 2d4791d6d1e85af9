package hranaserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// Each value that goes in comes out: as it is, or, where two spellings are the
// same value, as libsql-server spells it.
func TestValues(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	for in, out := range map[string]string{
		`{"type":"null"}`: "",
		`{"type":"integer","value":"-9223372036854775808"}`: "",
		`{"type":"integer","value":"9223372036854775807"}`:  "",
		`{"type":"integer","value":"9007199254740993"}`:     "",
		`{"type":"integer","value":"007"}`:                  `{"type":"integer","value":"7"}`,
		`{"type":"float","value":0.1}`:                      "",
		`{"type":"float","value":1}`:                        `{"type":"float","value":1.0}`,
		`{"type":"float","value":-0.0}`:                     `{"type":"float","value":-0.0}`,
		`{"type":"float","value":5e-324}`:                   "",
		`{"type":"float","value":1.7976931348623157e+308}`:  "",
		`{"type":"float","value":1e21}`:                     `{"type":"float","value":1e+21}`,
		`{"type":"float","value":0.30000000000000004}`:      "",
		`{"type":"text","value":""}`:                        "",
		`{"type":"text","value":"a\u0000b"}`:                "",
		`{"type":"text","value":"\u0001\t\n\r\"\\\/"}`:      `{"type":"text","value":"\u0001\t\n\r\"\\/"}`,
		"{\"type\":\"text\",\"value\":\"<>&\u2028😀é\"}":     "",
		`{"type":"text","value":"\ud83d\ude00"}`:            `{"type":"text","value":"😀"}`,
		`{"type":"text","value":"2024-01-02 03:04:05"}`:     "",
		`{"type":"blob","base64":""}`:                       "",
		`{"type":"blob","base64":"AA"}`:                     "",
		`{"type":"blob","base64":"AA=="}`:                   `{"type":"blob","base64":"AA"}`,
		`{"type":"blob","base64":"AQI"}`:                    "",
		`{"type":"blob","base64":"AQI="}`:                   `{"type":"blob","base64":"AQI"}`,
		`{"type":"blob","base64":"+/+/"}`:                   "",
		`{"value":"1","type":"integer","extra":[1]}`:        `{"type":"integer","value":"1"}`,
	} {
		if out == "" {
			out = in
		}
		require.Equal(t, out, k.value("SELECT ?", in), in)
	}
	// Whatever a column says of its type, the value is what is stored.
	k.run("CREATE TABLE t(b BOOLEAN, d DATETIME)", "INSERT INTO t VALUES(1, '2024-01-02')")
	require.Equal(t, `{"type":"integer","value":"1"}`, k.value("SELECT b FROM t"))
	require.Equal(t, `{"type":"text","value":"2024-01-02"}`, k.value("SELECT d FROM t"))
	require.Equal(t, `{"type":"float","value":null}`, k.value("SELECT 1e999"), "JSON has no infinity")
}

func TestRefusedBodies(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	for _, arg := range []string{
		`{"type":"integer","value":1}`, `{"type":"integer","value":"1.5"}`, `{"type":"integer","value":"9223372036854775808"}`,
		`{"type":"integer","value":"\u0031"}`, `{"type":"integer"}`, `{"type":"integer","value":""}`,
		`{"type":"float","value":"1"}`, `{"type":"float","value":null}`, `{"type":"float","value":1e999}`, `{"type":"float"}`,
		`{"type":"text"}`, `{"type":"text","value":1}`, `{"type":"text","value":"\ud800"}`, `{"type":"text","value":"\udc00x"}`,
		`{"type":"text","value":"\ud800\u0041"}`, "{\"type\":\"text\",\"value\":\"\xff\"}",
		`{"type":"blob"}`, `{"type":"blob","base64":"A"}`, `{"type":"blob","base64":"_-_-"}`, `{"type":"blob","base64":"AA\/A"}`,
		`{"type":"blob","base64":"AA==="}`, `{"type":"number","value":1}`, `{}`, `1`, `null1`,
	} {
		r := k.post("/v3/pipeline", pipelineBody("", execute("SELECT ?", arg)))
		require.Equal(t, 400, r.status, arg)
		require.Equal(t, "text/plain", r.typ, arg)
		require.Contains(t, r.text, "Cannot deserialize client message from JSON: ", arg)
	}
	for _, body := range []string{
		``, `{`, `[]`, `null x`, `{}`, `{"requests":null}`, `{"requests":[{}]}`, `{"requests":[{"type":"nothing"}]}`,
		`{"requests":[{"type":"execute"}]}`, `{"requests":[{"type":"batch"}]}`, `{"requests":[{"type":"batch","batch":{}}]}`,
		`{"requests":[{"type":"batch","batch":{"steps":[{}]}}]}`, `{"requests":[{"type":"close_sql"}]}`,
		`{"Requests":[]}`, `{"requests":[{"Type":"close"}]}`, `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1","ſql":""}}]}`,
		`{"requests":[{"type":"store_sql","sql_id":1}]}`, `{"requests":[{"type":"store_sql","sql":"x"}]}`,
		`{"requests":[{"type":"close"}]} {}`, `{"baton":1,"requests":[]}`, `{"requests":[{"type":"close_sql","sql_id":3000000000}]}`,
		`{"requests":[` + batch(step(`{"type":"xor"}`, "SELECT 1")) + `]}`, `{"requests":[` + batch(step(`{"type":"ok"}`, "SELECT 1")) + `]}`,
		`{"requests":[` + batch(step(`{"type":"not"}`, "SELECT 1")) + `]}`, `{"requests":[` + batch(step(`{"type":"and"}`, "SELECT 1")) + `]}`,
		`{"requests":[{"type":"execute","stmt":{"sql":"SELECT :a","named_args":[{"value":{"type":"null"}}]}}]}`,
		`{"requests":[{"type":"execute","stmt":{"sql":"SELECT :a","named_args":[{"name":"a"}]}}]}`,
	} {
		r := k.post("/v3/pipeline", body)
		require.Equal(t, 400, r.status, body)
		require.Equal(t, "text/plain", r.typ)
		require.NotEmpty(t, r.text)
	}
	_, res := k.pipe("", `{ "type" : "execute", "stmt" : { "sql" : "SELECT '\u0041'" , "other" : "\"" } }`, closeStream)
	require.Equal(t, `{"type":"text","value":"A"}`, firstValue(t, res[0]))
	require.EqualValues(t, 1, k.srv.Counters().Streams, "none of these opens a stream")
	r := k.post("/v3/cursor", `{"baton":null}`)
	require.Equal(t, 400, r.status)
}

// A text of the result that is not UTF-8 cannot be sent.
func TestInvalidUTF8InAResult(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	for path, body := range map[string]string{
		"/v3/pipeline": pipelineBody("", execute("SELECT CAST(x'ff' AS TEXT)")),
		"/v3/cursor":   `{"batch":{"steps":[` + step("", "SELECT CAST(x'ff' AS TEXT)") + `]}}`,
	} {
		r := k.post(path, body)
		if path == "/v3/pipeline" {
			require.Equal(t, 500, r.status)
			require.Contains(t, r.text, `{"error":"Internal Error: `)
		} else {
			require.Equal(t, 200, r.status)
			require.Error(t, r.err, "the body is broken off")
		}
	}
	require.Equal(t, `{"type":"blob","base64":"/w"}`, k.value("SELECT CAST(CAST(x'ff' AS TEXT) AS BLOB)"))
}

func TestArguments(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	one, two := `{"type":"integer","value":"1"}`, `{"type":"integer","value":"2"}`
	named := func(sql string, pairs ...string) string {
		var list []string
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, `{"name":`+quote(pairs[i])+`,"value":`+pairs[i+1]+`}`)
		}
		return `{"type":"execute","stmt":{"sql":` + quote(sql) + `,"named_args":[` + strings.Join(list, ",") + `]}}`
	}
	for _, c := range []struct{ request, want, code string }{
		{execute("SELECT ?2 || ?1 || ?2", one, two), "212", ""},
		{execute("SELECT ? || ?", one, two), "12", ""},
		{execute("SELECT ?", one, two), "", "ARGS_INVALID"},
		{execute("SELECT ? || ?", one), "", "ARGS_INVALID"},
		{execute("SELECT ?3", one), "", "ARGS_INVALID"},
		{execute("SELECT :a", one), "", "ARGS_INVALID"},
		{named("SELECT :a || @a || $a", "a", one), "111", ""},
		{named("SELECT :a || @a", ":a", one, "@a", two), "12", ""},
		{named("SELECT :a || @a", ":a", one, "a", two), "12", ""},
		{named("SELECT :a", "@a", one), "", "ARGS_INVALID"},
		{named("SELECT :a", "b", one), "", "ARGS_INVALID"},
		{named("SELECT ?", "1", one), "", "ARGS_INVALID"},
		{`{"type":"execute","stmt":{"sql":"SELECT ?, :a","args":[` + one + `],"named_args":[{"name":"a","value":` + one + `}]}}`, "", "ARGS_BOTH_POSITIONAL_AND_NAMED"},
		{`{"type":"execute","stmt":{"sql":"SELECT 1 || '', NULL","sql_id":null,"args":null,"named_args":null,"want_rows":null,"replication_index":null}}`, "1", ""},
		{`{"type":"execute","stmt":{"sql":"SELECT '9'","replication_index":"18446744073709551615"}}`, "9", ""},
		{`{"type":"execute","stmt":{"sql":"SELECT '9'","replication_index":7,"future":{}}}`, "9", ""},
	} {
		_, res := k.pipe("", c.request, closeStream)
		require.Equal(t, c.code, code(t, res[0]), c.request)
		if c.code == "" {
			require.Equal(t, `{"type":"text","value":"`+c.want+`"}`, firstValue(t, res[0]), c.request)
		}
	}
	_, res := k.pipe("", execute("EXPLAIN SELECT ?"), closeStream)
	require.Empty(t, code(t, res[0]))
	many := make([]string, 900)
	for i := range many {
		many[i] = fmt.Sprintf(`{"type":"integer","value":"%d"}`, i)
	}
	require.Equal(t, `{"type":"integer","value":"404550"}`, k.value("SELECT "+strings.Repeat("?+", 899)+"?", many...))
}
