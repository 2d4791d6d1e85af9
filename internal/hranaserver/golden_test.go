package hranaserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// The bodies that libsql-server sends, field by field.
func TestGoldenBodies(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	for _, c := range []struct{ name, request, want string }{
		{"ddl", execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE)"),
			`{"type":"ok","response":{"type":"execute","result":{"cols":[],"rows":[],"affected_row_count":0,"last_insert_rowid":null,"replication_index":"1","rows_read":1,"rows_written":3,"query_duration_ms":0}}}`},
		{"insert", execute("INSERT INTO t(name) VALUES(?)", `{"type":"text","value":"x"}`),
			`{"type":"ok","response":{"type":"execute","result":{"cols":[],"rows":[],"affected_row_count":1,"last_insert_rowid":"1","replication_index":"2","rows_read":0,"rows_written":2,"query_duration_ms":0}}}`},
		{"select", execute("SELECT id, name, 1+1 AS two FROM t"),
			`{"type":"ok","response":{"type":"execute","result":{"cols":[{"name":"id","decltype":"INTEGER"},{"name":"name","decltype":"TEXT"},{"name":"two","decltype":null}],"rows":[[{"type":"integer","value":"1"},{"type":"text","value":"x"},{"type":"integer","value":"2"}]],"affected_row_count":0,"last_insert_rowid":null,"replication_index":"2","rows_read":1,"rows_written":0,"query_duration_ms":0}}}`},
		{"error", execute("INSERT INTO t(name) VALUES('x')"),
			`{"type":"error","error":{"message":"SQLite error: UNIQUE constraint failed: t.name","code":"SQLITE_CONSTRAINT"}}`},
		{"batch", batch(step("", "SELECT 1"), step(`{"type":"error","step":0}`, "SELECT 2"), step("", "INSERT INTO t(id) VALUES(1)")),
			`{"type":"ok","response":{"type":"batch","result":{"step_results":[{"cols":[{"name":"1","decltype":null}],"rows":[[{"type":"integer","value":"1"}]],"affected_row_count":0,"last_insert_rowid":null,"replication_index":null,"rows_read":0,"rows_written":0,"query_duration_ms":0},null,null],"step_errors":[null,null,{"message":"SQLite error: UNIQUE constraint failed: t.id","code":"SQLITE_CONSTRAINT"}],"replication_index":"2"}}}`},
		{"describe", `{"type":"describe","sql":"SELECT id, 2 FROM t WHERE id = :a OR id = ?3"}`,
			`{"type":"ok","response":{"type":"describe","result":{"params":[{"name":":a"},{"name":null},{"name":"?3"}],"cols":[{"name":"id","decltype":"INTEGER"},{"name":"2","decltype":null}],"is_explain":false,"is_readonly":true}}}`},
		{"sequence", sequence("SELECT 1; SELECT 2"), `{"type":"ok","response":{"type":"sequence"}}`},
		{"store_sql", `{"type":"store_sql","sql_id":7,"sql":"SELECT 1"}`, `{"type":"ok","response":{"type":"store_sql"}}`},
		{"close_sql", `{"type":"close_sql","sql_id":7}`, `{"type":"ok","response":{"type":"close_sql"}}`},
		{"get_autocommit", `{"type":"get_autocommit"}`, `{"type":"ok","response":{"type":"get_autocommit","is_autocommit":true}}`},
		{"close", closeStream, `{"type":"ok","response":{"type":"close"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, res := k.pipe("", c.request)
			require.Equal(t, []string{c.want}, res)
		})
	}
	r := k.post("/v3/pipeline", `{"requests":[{"type":"close"}]}`)
	require.Equal(t, `{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"close"}}]}`, r.text)
	require.Equal(t, "application/json", r.typ)
}

func TestCursorGolden(t *testing.T) {
	k := serve(t, hranaserver.Options{BaseURL: "http://127.0.0.1:1"})
	k.run("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
	r := k.post("/v3/cursor", `{"batch":{"steps":[`+step("", "INSERT INTO t VALUES(5, 'a') RETURNING id")+","+
		step(`{"type":"error","step":0}`, "SELECT 2")+","+step("", "INSERT INTO t VALUES(5, 'b')")+`]}}`)
	require.Equal(t, 200, r.status)
	require.Equal(t, "text/plain", r.typ)
	require.NoError(t, r.err)
	require.Regexp(t, `^\{"baton":"[A-Za-z0-9+/]{64}","base_url":"http://127.0.0.1:1"\}
\{"type":"step_begin","step":0,"cols":\[\{"name":"id","decltype":"INTEGER"\}\]\}
\{"type":"row","row":\[\{"type":"integer","value":"5"\}\]\}
\{"type":"step_end","affected_row_count":1,"last_insert_rowid":5\}
\{"type":"step_error","step":2,"error":\{"message":"SQLite error: UNIQUE constraint failed: t.id","code":"SQLITE_CONSTRAINT"\}\}
\{"type":"replication_index","replication_index":2\}
$`, r.text)
}
