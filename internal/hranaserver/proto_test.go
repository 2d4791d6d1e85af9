package hranaserver_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// Protobuf by hand, so that nothing of the server's own is asked whether it is
// right.

func msg(parts ...string) string { return strings.Join(parts, "") }

func tag(number, kind int) string { return string(binary.AppendUvarint(nil, uint64(number<<3|kind))) }

func varint(number int, n uint64) string {
	return tag(number, 0) + string(binary.AppendUvarint(nil, n))
}

func bytesField(number int, s string) string {
	return tag(number, 2) + string(binary.AppendUvarint(nil, uint64(len(s)))) + s
}

func double(number int, f float64) string {
	return tag(number, 1) + string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)))
}

// dump prints a message that has been encoded: the numbers of its fields, and
// within parentheses those of the messages that the paths in inner are of.
func dump(t require.TestingT, b []byte, path string, inner map[string]bool) string {
	var out []string
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		require.Positive(t, n)
		b = b[n:]
		here := fmt.Sprintf("%s%d", path, key>>3)
		switch key & 7 {
		case 0:
			v, n := binary.Uvarint(b)
			require.Positive(t, n)
			b = b[n:]
			out = append(out, fmt.Sprintf("%d:%d", key>>3, v))
		case 1:
			out = append(out, fmt.Sprintf("%d:%v", key>>3, math.Float64frombits(binary.LittleEndian.Uint64(b))))
			b = b[8:]
		case 2:
			size, n := binary.Uvarint(b)
			require.Positive(t, n)
			b = b[n:]
			if inner[here] {
				out = append(out, fmt.Sprintf("%d(%s)", key>>3, dump(t, b[:size], here+".", inner)))
			} else {
				out = append(out, fmt.Sprintf("%d:%q", key>>3, b[:size]))
			}
			b = b[size:]
		default:
			require.Fail(t, "a wire type that nobody uses")
		}
	}
	return strings.Join(out, " ")
}

func paths(list string) map[string]bool {
	m := map[string]bool{}
	for _, p := range strings.Fields(list) {
		m[p] = true
	}
	return m
}

var pipelinePaths = paths(`3 3.1 3.2 3.1.1 3.1.2 3.1.3 3.1.4 3.1.5 3.1.6 3.1.7 3.1.8 3.1.2.1 3.1.2.1.1 3.1.2.1.2 3.1.2.1.2.1
	3.1.3.1 3.1.3.1.1 3.1.3.1.2 3.1.3.1.1.2 3.1.3.1.2.2 3.1.3.1.1.2.1 3.1.3.1.1.2.2 3.1.3.1.1.2.2.1 3.1.5.1 3.1.5.1.1 3.1.5.1.2`)

func (k *kit) proto(baton string, requests ...string) string {
	k.Helper()
	body := ""
	if baton != "" {
		body = bytesField(1, baton)
	}
	for _, r := range requests {
		body += bytesField(2, r)
	}
	r := k.post("/v3-protobuf/pipeline", body)
	require.Equal(k, 200, r.status, r.text)
	require.Equal(k, "application/x-protobuf", r.typ)
	return dump(k, []byte(r.text), "", pipelinePaths)
}

func protoStmt(sql string, args ...string) string {
	s := bytesField(1, sql)
	for _, a := range args {
		s += bytesField(3, a)
	}
	return s
}

// The requests: close 1, execute 2, batch 3, sequence 4, describe 5, store_sql
// 6, close_sql 7, get_autocommit 8.
func TestProtobuf(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)")
	execute := func(stmt string) string { return bytesField(2, bytesField(1, stmt)) }
	closed := bytesField(1, "")
	args := []string{bytesField(1, ""), varint(2, 3), varint(2, 1<<64-1), double(3, 0.1), double(3, math.Inf(1)), bytesField(4, "a\x00é"), bytesField(5, "\xff\x00"), bytesField(5, "")}
	got := k.proto("", execute(protoStmt("SELECT ?,?,?,?,?,?,?,?", args...)), closed)
	require.Contains(t, got, `2(1(1:"") 1(2:3) 1(2:18446744073709551615) 1(3:0.1) 1(3:+Inf) 1(4:"a\x00é") 1(5:"\xff\x00") 1(5:""))`)
	require.True(t, strings.HasSuffix(got, `3(1(1()))`), got)

	require.Regexp(t, `^3\(1\(2\(1\(3:1 4:14 5:2 6:1 7:2 8:[0-9.e-]+\)\)\)\) 3\(1\(1\(\)\)\)$`, k.proto("", execute(protoStmt("INSERT INTO t VALUES(7, 'a')")), closed))
	require.Equal(t, `3(2(1:"SQLite error: UNIQUE constraint failed: t.x" 2:"SQLITE_CONSTRAINT")) 3(1(1()))`, k.proto("", execute(protoStmt("INSERT INTO t VALUES(8, 'a')")), closed))
	named := bytesField(1, "SELECT :a AS n") + bytesField(4, bytesField(1, "a")+bytesField(2, varint(2, 14)))
	require.Contains(t, k.proto("", execute(named), closed), `1(1:"n") 2(1(2:14))`)

	// A batch: a step that is skipped is in neither map, the keys are there when 0.
	step := func(cond, sql string) string {
		s := bytesField(2, protoStmt(sql))
		if cond != "" {
			s = bytesField(1, cond) + s
		}
		return bytesField(1, s)
	}
	ok0, err0 := varint(1, 0), varint(2, 0)
	batch := msg(step("", "SELECT 1"), step(err0, "SELECT 2"), step(ok0, "SELECT nocolumn"), step(bytesField(3, ok0), "SELECT 3"),
		step(bytesField(4, bytesField(1, ok0)+bytesField(1, bytesField(6, ""))), "SELECT 4"), step(bytesField(5, bytesField(1, err0)), "SELECT 5"))
	got = k.proto("", bytesField(3, bytesField(1, batch)), closed)
	require.Regexp(t, `^3\(1\(3\(1\(1\(1:0 2\(1\(1:"1"\) 2\(1\(2:2\)\) 8:[0-9.e-]+\)\) 1\(1:4 2\(1\(1:"4"\) 2\(1\(2:8\)\) 8:[0-9.e-]+\)\) 2\(1:2 2\(1:"SQL input error: no such column: nocolumn \(at offset 7\)" 2:"SQL_INPUT_ERROR"\)\)\)\)\)\) 3`, got)

	require.Equal(t, `3(1(5(1(1(1:":a") 1() 1(1:"?3") 2(1:"id" 2:"INTEGER") 2(1:"1") 4:1)))) 3(1(4())) 3(1(8(1:1))) 3(1(1()))`,
		k.proto("", bytesField(5, bytesField(1, "SELECT id, 1 FROM t WHERE id IN (:a, ?3)")), bytesField(4, bytesField(1, "SELECT 1; SELECT 2")), bytesField(8, ""), closed))
	require.Regexp(t, `^1:"[^"]{64}" 3\(1\(6\(\)\)\) 3\(1\(2\(.*1\(2:10\).*\) 3\(1\(7\(\)\)\)$`,
		k.proto("", bytesField(6, varint(1, 1<<64-5)+bytesField(2, "SELECT 5")), execute(varint(2, 1<<64-5)), bytesField(7, varint(1, 1<<64-5))))

	// Texts as everywhere for what is refused, but for an error of the protocol.
	r := k.post("/v3-protobuf/pipeline", bytesField(1, "x"))
	require.Equal(t, []any{400, invalidBaton}, []any{r.status, r.text})
	baton, _ := k.pipe("", `{"type":"get_autocommit"}`)
	k.srv.Expire()
	r = k.post("/v3-protobuf/pipeline", bytesField(1, baton))
	require.Equal(t, []any{400, "application/x-protobuf"}, []any{r.status, r.typ})
	require.Equal(t, `1:"The stream has expired due to inactivity" 2:"STREAM_EXPIRED"`, dump(t, []byte(r.text), "", nil))
}

func TestProtobufCursor(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(id INTEGER PRIMARY KEY)")
	steps := bytesField(1, bytesField(2, protoStmt("INSERT INTO t VALUES(5) RETURNING id"))) + bytesField(1, bytesField(2, protoStmt("SELECT nocolumn")))
	r := k.post("/v3-protobuf/cursor", bytesField(2, steps))
	require.Equal(t, []any{200, "application/octet-stream"}, []any{r.status, r.typ})
	b, entries := []byte(r.text), []string{}
	for len(b) > 0 {
		size, n := binary.Uvarint(b)
		require.Positive(t, n)
		inner := paths("1 1.2 2 3 3.2 4 4.1 6")
		if len(entries) == 0 {
			inner = nil
		}
		entries = append(entries, dump(t, b[n:n+int(size)], "", inner))
		b = b[n+int(size):]
	}
	require.Regexp(t, `^1:"[^"]{64}"$`, entries[0])
	require.Equal(t, []string{`1(2(1:"id" 2:"INTEGER"))`, `4(1(2:10))`, `2(1:1 2:10)`, `3(1:1 2(1:"SQL input error: no such column: nocolumn (at offset 7)" 2:"SQL_INPUT_ERROR"))`, `6(1:2)`}, entries[1:])
}

func TestMalformedProtobuf(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	request := func(r string) string { return bytesField(2, r) }
	arg := func(v string) string {
		return request(bytesField(2, bytesField(1, bytesField(1, "SELECT ?")+bytesField(3, v))))
	}
	deep := varint(1, 0)
	for range 200 {
		deep = bytesField(3, deep)
	}
	for name, body := range map[string]string{
		"cut length": "\x0a", "cut bytes": "\x0a\x05ab", "cut varint": "\x10\x80", "field 0": "\x00\x00", "group": "\x0b", "huge length": "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"baton a number": varint(1, 1), "baton not UTF-8": bytesField(1, "\xff"), "no type": request(""), "unknown type": request(bytesField(9, "")),
		"no value": arg(""), "unknown value": arg(bytesField(9, "")), "integer as text": arg(bytesField(2, "1")), "short double": arg(tag(3, 5) + "abcd"),
		"NaN": arg(double(3, math.NaN())), "text not UTF-8": arg(bytesField(4, "\xff")), "named without value": request(bytesField(2, bytesField(1, bytesField(4, bytesField(1, "a"))))),
		"condition without type": request(bytesField(3, bytesField(1, bytesField(1, bytesField(1, ""))))),
		"deep condition":         request(bytesField(3, bytesField(1, bytesField(1, bytesField(1, deep))))),
		"no statement":           request(bytesField(2, "")),
	} {
		r := k.post("/v3-protobuf/pipeline", body)
		require.Equal(t, []any{400, "text/plain"}, []any{r.status, r.typ}, name)
		require.NotEmpty(t, r.text)
	}
	require.Equal(t, 400, k.post("/v3-protobuf/cursor", "\x0a").status)
	require.Equal(t, 200, k.post("/v3-protobuf/pipeline", "").status, "no request is none")
	require.Equal(t, 200, k.post("/v3-protobuf/pipeline", varint(15, 1)+tag(14, 5)+"abcd").status, "unknown fields are ignored")
}
