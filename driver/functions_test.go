package driver_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// What newer SQLite answers; tests/compat asks one.
func TestFunctionsOfNewerSQLite(t *testing.T) {
	db := open(t, ":memory:")
	for _, c := range []struct {
		expr string
		want any // nil is NULL; an error begins with !
	}{
		{"if(1, 2)", int64(2)},
		{"if(0, 2)", nil},
		{"if(NULL, 2, 3)", int64(3)},
		{"if(0, 1, '1x', 3)", int64(3)},
		{"if(0, 1, 'x', 3)", nil},
		{"if(0, 1, 0, 3, 9)", int64(9)},
		{"if(x'31', 1, 2)", int64(1)},
		{"if('0.1', 1, 2)", int64(1)},
		{"if('abc', 1, 2)", int64(2)},
		{"if(0.4, 'é', 2)", "é"},
		{"if(1, x'00ff')", []byte{0, 0xff}},
		{"json_array(if(1, json('[1]')))", "[[1]]"},
		{"if(9223372036854775807, 1.5)", 1.5},
		{"if(1)", "!wrong number of arguments to function if()"},
		{"if()", "!wrong number of arguments to function if()"},
		{"iif(0, 2)", nil},
		{"iif(1, 2)", int64(2)},
		{"iif(0, 2, 3)", int64(3)},

		{`json_pretty('{"a":[1,2,{}],"b":[],"c":{"d":null}}')`, "{\n    \"a\": [\n        1,\n        2,\n        {}\n    ],\n    \"b\": [],\n    \"c\": {\n        \"d\": null\n    }\n}"},
		{"json_pretty('[1,[2]]', '')", "[\n1,\n[\n2\n]\n]"},
		{"json_pretty('[1]', NULL)", "[\n    1\n]"},
		{"json_pretty('[true,[-1.5e3]]', char(9))", "[\n\ttrue,\n\t[\n\t\t-1.5e3\n\t]\n]"},
		{"json_pretty('[1]', 3)", "[\n31\n]"},
		{"json_pretty('[1]', x'41')", "[\nA1\n]"},
		{"json_pretty('[1]', 'x' || char(0) || 'y')", "[\nx1\n]"},
		{"json_pretty(NULL)", nil},
		{"json_pretty('bad')", "!malformed JSON"},
		{"json_pretty(x'ff')", "!malformed JSON"},
		{"json_pretty('{a:.5, b:+Infinity,c:0x1F,''d'':''it\\''s''}')", "{\n    \"a\": 0.5,\n    \"b\": 9e999,\n    \"c\": 31,\n    \"d\": \"it's\"\n}"},
		{`json_pretty(jsonb('[1,"x"]'))`, "[\n    1,\n    \"x\"\n]"},
		{"json_pretty(1)", "1"},
		{"json_pretty('[]')", "[]"},
		{"json_pretty(' { } ')", "{}"},
		{`json_pretty('"a\u0041:,[]"')`, `"a\u0041:,[]"`},
		{`json_pretty('["[,]{}\"", "\\", "é"]')`, "[\n    \"[,]{}\\\"\",\n    \"\\\\\",\n    \"é\"\n]"},
		{"json_array(json_pretty('[1]'))", `["[\n    1\n]"]`},
		{"json_pretty(1, 2, 3)", "!wrong number of arguments to function json_pretty()"},

		{"unistr(NULL)", nil},
		{"unistr('')", ""},
		{`unistr('a\\b')`, `a\b`},
		{`unistr('\0041\u00e9\+01F600\U0001F600')`, "Aé😀😀"},
		{`unistr('\x')`, "!invalid Unicode escape"},
		{`unistr('\')`, "!invalid Unicode escape"},
		{`unistr('\00')`, "!invalid Unicode escape"},
		{`unistr('\+0041')`, "!invalid Unicode escape"},
		{"unistr(12)", "12"},
		{"unistr(x'5c30303431')", "A"},
		{`hex(unistr('\0000a'))`, "0061"},
		{`hex(unistr('\D800'))`, "EDA080"},
		{`hex(unistr('\UFFFFFFFF'))`, "F7BFBFBF"},
		{`hex(unistr('\U00110000'))`, "F4908080"},
		{`hex(unistr('a' || char(0) || '\0041'))`, "61005C30303431"},
		{"unistr_quote('abc')", "'abc'"},
		{"unistr_quote('')", "''"},
		{`unistr_quote('a' || char(10) || 'b\''c')`, `unistr('a\u000ab\\''c')`},
		{`unistr_quote('a\b')`, `'a\b'`},
		{"unistr_quote(NULL)", "NULL"},
		{"unistr_quote(1.5)", "1.5"},
		{"unistr_quote(-7)", "-7"},
		{"unistr_quote(x'00')", "X'00'"},
		{"unistr_quote('a' || char(127) || char(128))", "'a\x7f\u0080'"},
		{"unistr_quote('a' || char(0) || char(1) || 'b')", "'a'"},
		{"unistr_quote('a' || char(1) || 'é')", `unistr('a\u0001é')`},

		{"log(2, 8)", 3.0}, {"log(10, '1000')", 2.9999999999999996}, {"log(1, 5)", nil}, {"log(0, 5)", nil}, {"log(2, 0)", nil}, {"log(-2, 5)", nil}, {"log(0.5, 8)", nil}, {"log(2, 'x')", nil}, {"log(2, '8x')", 3.0},
		{"log(100)", 4.605170185988092}, // the library's own: docs/sqlfunctions.md
		{"log2(8)", 3.0}, {"log2(0)", nil}, {"log2(-1)", nil}, {"log2('x')", nil}, {"log2(NULL)", nil},
		{"pow(2, 3)", 8.0}, {"pow('2', '3')", 8.0}, {"pow('a', 1)", nil}, {"typeof(pow(2, 3))", "real"}, {"pow(-8, 0.5)", nil},
		{"mod(7, 3)", 1.0}, {"mod(7.5, -2)", 1.5}, {"mod(7, 0)", nil}, {"mod('7', '3')", 1.0}, {"mod('x', 3)", nil}, {"mod(NULL, 1)", nil}, {"mod(x'31', 1)", nil},
		{"trunc(1.7)", 1.0}, {"trunc(-1.7)", -1.0}, {"trunc(3)", int64(3)}, {"trunc('3')", int64(3)}, {"trunc('1.5')", 1.0}, {"trunc('abc')", nil}, {"trunc(x'31')", nil}, {"trunc(NULL)", nil}, {"trunc(1e300)", 1e300}, {"trunc(9223372036854775807)", int64(9223372036854775807)},

		{"uuid7_timestamp_ms('018ff38a-a5c9-712d-bc80-0550b3ad41a2')", int64(1717777901001)},
		{"uuid7_timestamp_ms(x'018ff38aa5c9712dbc800550b3ad41a2')", int64(1717777901001)},
		{"uuid7_timestamp_ms('{018FF38AA5C9-712DBC800550b3ad41a2}')", int64(1717777901001)},
		{"uuid7_timestamp_ms('018ff38a-a5c9-412d-bc80-0550b3ad41a2')", nil},
		{"uuid7_timestamp_ms('018ff38a-a5c9-712d-bc80-0550b3ad41a')", nil},
		{"uuid7_timestamp_ms('018ff38a-a5c9-712d-bc80-0550b3ad41a20')", nil},
		{"uuid7_timestamp_ms('ff--0000000000700000000000000000')", nil},
		{"uuid7_timestamp_ms('ffffffff-ffff-7fff-bfff-ffffffffffff')", int64(1<<48 - 1)},
		{"uuid7_timestamp_ms(x'00')", nil},
		{"uuid7_timestamp_ms(x'')", nil},
		{"uuid7_timestamp_ms('')", nil},
		{"uuid7_timestamp_ms(7)", nil},
		{"uuid7_timestamp_ms(NULL)", nil},
	} {
		var got any
		err := db.QueryRow("SELECT " + c.expr).Scan(&got)
		if want, ok := c.want.(string); ok && strings.HasPrefix(want, "!") {
			require.ErrorIs(t, err, driver.ErrError, c.expr)
			require.EqualError(t, err, want[1:], c.expr)
			continue
		}
		require.NoError(t, err, c.expr)
		require.Equal(t, c.want, got, c.expr)
	}
}

func TestUUIDFunctionsOfTheServers(t *testing.T) {
	db := open(t, dbtest.DSN(t))
	for name, version := range map[string]string{"uuid4": "4", "gen_random_uuid": "4", "uuid7": "7"} {
		form := regexp.MustCompile("^[0-9a-f]{8}-[0-9a-f]{4}-" + version + "[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
		seen := map[string]bool{}
		for range 100 {
			seen[dbtest.Text(t, db, "SELECT "+name+"()")] = true
		}
		require.Len(t, seen, 100, name)
		for u := range seen {
			require.Regexp(t, form, u, name)
		}
		dbtest.Exec(t, db, fmt.Sprintf("CREATE TABLE %[1]s(id TEXT PRIMARY KEY DEFAULT (%[1]s()), b BLOB DEFAULT (uuid_blob(%[1]s())), n INT); INSERT INTO %[1]s(n) VALUES (1), (2), (3)", name))
		require.Equal(t, int64(3), dbtest.Int(t, db, "SELECT count(DISTINCT id) + 0 * sum(length(b) = 16) FROM "+name))
		_, err := db.Exec(fmt.Sprintf("CREATE TABLE g(x, y AS (%s()))", name))
		require.ErrorContains(t, err, "non-deterministic")
	}
	before := time.Now().UnixMilli()
	ms := dbtest.Int(t, db, "SELECT uuid7_timestamp_ms(uuid7())")
	require.LessOrEqual(t, before, ms)
	require.LessOrEqual(t, ms, time.Now().UnixMilli())
	require.Equal(t, ms, dbtest.Int(t, db, "SELECT uuid7_timestamp_ms(uuid_blob(?))", fmt.Sprintf("%08x-%04x-7000-8000-000000000000", ms>>16, ms&0xffff)))
	dbtest.Exec(t, db, "CREATE INDEX by_time ON uuid7(uuid7_timestamp_ms(id))")
	dbtest.Intact(t, db)
}

// They may stand where the flags say, on every connection, and in the schema of
// files that are not trusted.
func TestFunctionsInSchemas(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := open(t, "file:"+dbtest.File(t)+"?_trusted_schema=0")
	dbtest.Exec(t, db, `
		CREATE TABLE t(j, p AS (json_pretty(j, '')) STORED, u TEXT DEFAULT (uuid4()), c CHECK (if(c > 0, 1, c IS NULL, 1, 0)));
		CREATE INDEX i ON t(unistr(j), iif(c, j));
		CREATE VIEW v AS SELECT unistr_quote(p) AS q FROM t;
		INSERT INTO t(j, c) VALUES ('[1]', 7)`)
	_, err := db.Exec("INSERT INTO t(j, c) VALUES ('[1]', -1)")
	require.ErrorIs(t, err, driver.ErrConstraint)
	for range 3 {
		conn := dbtest.Conn(t, db)
		defer conn.Close()
		require.Equal(t, "unistr('[\\u000a1\\u000a]')", dbtest.Text(t, conn, "SELECT q FROM v"))
	}
	dbtest.Intact(t, db)
}

// Arguments of if() are all computed, where newer SQLite leaves out those that do
// not count: that can only be an error more, and never another result.
func TestIfComputesAll(t *testing.T) {
	db := open(t, ":memory:")
	var n int
	require.ErrorContains(t, db.QueryRow("SELECT if(1, 1, json('bad'))").Scan(&n), "malformed JSON")
	require.NoError(t, db.QueryRow("SELECT iif(1, 1, json('bad'))").Scan(&n), "the library's own leaves it out")
}

func TestFunctionsOfConcurrentConnections(t *testing.T) {
	db := open(t, dbtest.DSN(t))
	done := make(chan error, 8)
	for range cap(done) {
		go func() {
			for range 50 {
				var a, b string
				if err := db.QueryRowContext(context.Background(), "SELECT uuid7(), json_pretty('[1,2]', uuid4())").Scan(&a, &b); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range cap(done) {
		require.NoError(t, <-done)
	}
}

func TestGoFunctionsShadowTheDriversFunctions(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db := openConfig(t, func(cfg *driver.Config) {
		cfg.OnConnect = func(_ context.Context, c *driver.Conn) error {
			return errors.Join(c.Func("uuid4", func() int { return 4 }), c.Func("regexp_like", func(a, b string) string { return a + b }))
		}
	})
	require.Equal(t, int64(4), dbtest.Int(t, db, "SELECT uuid4()"))
	require.Equal(t, "a(", dbtest.Text(t, db, "SELECT regexp_like('a', '(')"))
	require.Len(t, dbtest.Text(t, db, "SELECT uuid7()"), 36)
}
