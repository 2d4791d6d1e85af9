package hranaserver

import (
	"encoding/json"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// complete fails when a request that was accepted lacks what the rest of the
// server relies on.
func complete(t *testing.T, requests []streamRequest, protobuf bool) {
	for i := range requests {
		r := &requests[i]
		if err := r.check(); err != nil {
			require.False(t, protobuf, "Protobuf is checked as it is read: %v", err)
			continue
		}
		if r.Stmt != nil && r.Type == "execute" {
			completeStmt(t, r.Stmt)
		}
		if r.Batch == nil || r.Type != "batch" {
			continue
		}
		ok := make([]bool, len(r.Batch.Steps))
		for i, s := range r.Batch.Steps {
			completeStmt(t, s.Stmt)
			if s.Condition != nil && s.Condition.check(i, v3, 0) == nil {
				s.Condition.holds(ok, true)
			}
		}
	}
}

func completeStmt(t *testing.T, s *stmtRequest) {
	values := s.Args
	for _, a := range s.NamedArgs {
		require.True(t, utf8.ValidString(*a.Name))
		values = append(values, *a.Value)
	}
	for _, v := range values {
		switch v := v.v.(type) {
		case nil, int64:
		case []byte:
			require.NotNil(t, v)
		case string:
			require.True(t, utf8.ValidString(v))
		case float64:
			require.False(t, math.IsNaN(v))
		default:
			require.Fail(t, "a value of another type", "%T", v)
		}
	}
}

func FuzzPipelineJSON(f *testing.F) {
	for _, seed := range []string{
		`{"baton":null,"requests":[{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"integer","value":"1"},{"type":"blob","base64":"AA=="}],"want_rows":true}},{"type":"close"}]}`,
		`{"requests":[{"type":"batch","batch":{"steps":[{"condition":{"type":"and","conds":[{"type":"not","cond":{"type":"ok","step":0}},{"type":"is_autocommit"}]},"stmt":{"sql_id":1,"named_args":[{"name":"a","value":{"type":"float","value":1e3}}]}}]}}]}`,
		`{"requests":[{"type":"store_sql","sql_id":1,"sql":"\ud83d\ude00\u0000"},{"type":"describe","sql":"x"},{"type":"get_autocommit"}]}`,
		`{"requests":[{"type":"execute","stmt":{"args":[{"type":"text","value":"\ud800"},{"type":"null"}]}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var req pipelineRequest
		if (jsonCodec{}).readPipeline(body, &req) == nil {
			complete(t, req.Requests, false)
		}
		var cur cursorRequest
		if (jsonCodec{}).readCursor(body, &cur) == nil {
			complete(t, []streamRequest{{Type: "batch", Batch: cur.Batch}}, false)
		}
	})
}

func FuzzPipelineProto(f *testing.F) {
	f.Add([]byte("\x12\x0e\x12\x0c\x0a\x0a\x0a\x08SELECT 1"))
	f.Add([]byte("\x0a\x01x\x12\x10\x1a\x0e\x0a\x0c\x0a\x0a\x0a\x04\x1a\x02\x08\x00\x12\x02\x10\x07"))
	f.Add([]byte("\x12\x10\x12\x0e\x0a\x0c\x1a\x02\x10\x03\x22\x06\x0a\x00\x12\x02\x0a\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		var req pipelineRequest
		if (protoCodec{}).readPipeline(body, &req) == nil {
			complete(t, req.Requests, true)
		}
		var cur cursorRequest
		if (protoCodec{}).readCursor(body, &cur) == nil {
			complete(t, []streamRequest{{Type: "batch", Batch: cur.Batch}}, true)
		}
	})
}

// What is written is read by encoding/json as the same, and what it writes is
// read as the same.
func FuzzValues(f *testing.F) {
	f.Add("a\x00\"\\\u2028é", 0.1, []byte{0, 255})
	f.Add("", math.Inf(1), []byte{})
	f.Fuzz(func(t *testing.T, s string, x float64, b []byte) {
		if !utf8.ValidString(s) || math.IsNaN(x) {
			t.Skip()
		}
		var text string
		require.NoError(t, json.Unmarshal(appendString(nil, s), &text))
		require.Equal(t, s, text)
		for _, v := range []any{s, x, b, int64(math.Float64bits(x)), nil} {
			if v == x && math.IsInf(x, 0) {
				continue // it is null, which no client may send
			}
			var got value
			require.NoError(t, json.Unmarshal(appendValue(nil, v), &got))
			if f, ok := got.v.(float64); ok {
				require.Equal(t, math.Float64bits(x), math.Float64bits(f))
			} else if blob, ok := got.v.([]byte); ok {
				require.Equal(t, append([]byte{}, b...), blob)
			} else {
				require.Equal(t, v, got.v)
			}
			got = value{}
			data := protoValue(nil, v)
			require.NoError(t, got.fromProto(field{number: 1, kind: protoBytes, data: data}, 0))
		}
	})
}

// The filter takes any text.
func FuzzStatements(f *testing.F) {
	for _, seed := range []string{"EXPLAIN PRAGMA x=1", "CREATE TEMP TABLE t(x)", "WITH a AS (SELECT 1) SELECT :a, ?9", "PRAGMA main.user_version(-1)", "SELECT 1;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		st := newStatement(sql)
		if st.refused == nil {
			_, failed := st.args(&stmtRequest{Args: make([]value, len(st.params))})
			_ = failed
		}
	})
}
