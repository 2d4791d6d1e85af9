package hranaserver_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

const (
	invalidBaton = "Received an invalid baton"
	reusedBaton  = "Received a baton that has already been used"
)

func TestBatons(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	other := serve(t, hranaserver.Options{})
	foreign, _ := other.pipe("", execute("SELECT 1"))

	first, _ := k.pipe("", execute("BEGIN"), execute("INSERT INTO t VALUES(1)"))
	require.Len(t, first, 64)
	flipped := "B" + first[1:]
	if first[0] == 'B' {
		flipped = "C" + first[1:]
	}
	for name, baton := range map[string]string{"no base64": "%", "short": "AAAA", "forged": flipped, "foreign": foreign,
		"padded": first + "=", "empty text": " "} {
		r := k.post("/v3/pipeline", pipelineBody(baton, execute("INSERT INTO t VALUES(2)")))
		require.Equal(t, []any{400, "text/plain", invalidBaton}, []any{r.status, r.typ, r.text}, name)
	}
	second, res := k.pipe(first, execute("SELECT count(*) FROM t"))
	require.NotEqual(t, first, second)
	require.Equal(t, `{"type":"integer","value":"1"}`, firstValue(t, res[0]))
	for _, path := range []string{"/v3/pipeline", "/v2/pipeline"} {
		r := k.post(path, pipelineBody(first, execute("INSERT INTO t VALUES(3)")))
		require.Equal(t, []any{400, "text/plain", reusedBaton}, []any{r.status, r.typ, r.text})
	}
	r := k.post("/v3/cursor", `{"baton":"`+first+`","batch":{"steps":[]}}`)
	require.Equal(t, reusedBaton, r.text)
	// The stream has survived all that.
	third, res := k.pipe(second, execute("SELECT count(*) FROM t"))
	require.Equal(t, `{"type":"integer","value":"1"}`, firstValue(t, res[0]))
	none, _ := k.pipe(third, closeStream)
	require.Empty(t, none)
	r = k.post("/v3/pipeline", pipelineBody(third, execute("SELECT 1")))
	require.Equal(t, invalidBaton, r.text, "a stream that was closed is unknown")
	require.EqualValues(t, 0, k.srv.Counters().OpenStreams)
	require.Equal(t, `{"type":"integer","value":"0"}`, k.value("SELECT count(*) FROM t"), "closing rolls back")
}

func TestOneOfTwoRequestsWithABatonWins(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	for range 20 {
		baton, _ := k.pipe("", execute("SELECT 1"))
		var replies [4]reply
		var wg sync.WaitGroup
		for i := range replies {
			wg.Add(1)
			go func() {
				defer wg.Done()
				replies[i] = k.post("/v3/pipeline", pipelineBody(baton, execute("INSERT INTO t VALUES(1)")))
			}()
		}
		wg.Wait()
		won := 0
		for _, r := range replies {
			if r.status == 200 {
				won++
				next, _ := readPipeline(t, r.text)
				k.pipe(next, closeStream)
			} else {
				require.Equal(t, []any{400, reusedBaton}, []any{r.status, r.text})
			}
		}
		require.Equal(t, 1, won)
	}
	require.Equal(t, `{"type":"integer","value":"20"}`, k.value("SELECT count(*) FROM t"))
	require.EqualValues(t, 60, k.srv.Counters().BatonReuses)
}

func TestExpiry(t *testing.T) {
	k := serve(t, hranaserver.Options{StreamExpiry: 100 * time.Millisecond, LockWait: 10 * time.Second, TxLimit: time.Hour})
	k.run("CREATE TABLE t(x)")
	baton, _ := k.pipe("", execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES(1)"))
	k.run("INSERT INTO t VALUES(2)") // gets the lock when the stream has expired
	r := k.post("/v3/pipeline", pipelineBody(baton, execute("COMMIT")))
	require.Equal(t, []any{400, "application/json", `{"message":"The stream has expired due to inactivity","code":"STREAM_EXPIRED"}`},
		[]any{r.status, r.typ, r.text})
	require.Equal(t, `{"type":"integer","value":"2"}`, k.value("SELECT max(x) + min(x) - 2 FROM t"))
	require.EqualValues(t, 1, k.srv.Counters().Expired)
	require.EqualValues(t, 0, k.srv.Counters().OpenStreams)
}

// Tests of clients need not wait.
func TestExpireAndForget(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	baton, _ := k.pipe("", execute("BEGIN"), execute("INSERT INTO t VALUES(1)"))
	k.srv.Expire()
	r := k.post("/v3/pipeline", pipelineBody(baton, execute("COMMIT")))
	require.Contains(t, r.text, "STREAM_EXPIRED")
	baton, _ = k.pipe("", execute("BEGIN"), execute("INSERT INTO t VALUES(1)"))
	k.srv.Forget()
	r = k.post("/v3/pipeline", pipelineBody(baton, execute("COMMIT")))
	require.Equal(t, invalidBaton, r.text)
	require.Equal(t, `{"type":"integer","value":"0"}`, k.value("SELECT count(*) FROM t"))
}

func TestMaxStreams(t *testing.T) {
	k := serve(t, hranaserver.Options{MaxStreams: 2, OpenWait: 20 * time.Millisecond})
	a, _ := k.pipe("", execute("SELECT 1"))
	k.pipe("", execute("SELECT 1"))
	r := k.post("/v3/pipeline", pipelineBody("", execute("SELECT 1")))
	require.Equal(t, []any{429, "application/json", `{"error":"Timed out while opening database connection"}`}, []any{r.status, r.typ, r.text})
	k.pipe(a, closeStream)
	k.pipe("", execute("SELECT 1"), closeStream)
	require.EqualValues(t, 1, k.srv.Counters().OpenStreams)
}

// What a stream has set does not reach the next.
func TestAStreamLeavesNothingBehind(t *testing.T) {
	k := serve(t, hranaserver.Options{MaxStreams: 1})
	for _, set := range []string{"PRAGMA foreign_keys = OFF", "EXPLAIN PRAGMA foreign_keys = OFF", "EXPLAIN QUERY PLAN PRAGMA foreign_keys(0)"} {
		testLeavesNothingBehind(k, set)
	}
}

func testLeavesNothingBehind(k *kit, set string) {
	t := k.T
	b, _ := k.pipe("", execute(set), execute("BEGIN"))
	_, res := k.pipe(b, execute("PRAGMA foreign_keys"), `{"type":"get_autocommit"}`, closeStream)
	require.Equal(t, `{"type":"integer","value":"0"}`, firstValue(t, res[0]))
	require.Contains(t, res[1], `"is_autocommit":false`)
	_, res = k.pipe("", execute("PRAGMA foreign_keys"), `{"type":"get_autocommit"}`, closeStream)
	require.Equal(t, `{"type":"integer","value":"1"}`, firstValue(t, res[0]))
	require.Contains(t, res[1], `"is_autocommit":true`)
}

func TestStoredSQL(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	store := func(id int32, sql string) string {
		return `{"type":"store_sql","sql_id":` + itoa(id) + `,"sql":` + quote(sql) + `}`
	}
	stored := func(id int32) string { return `{"type":"execute","stmt":{"sql_id":` + itoa(id) + `}}` }
	b, res := k.pipe("", store(0, "SELECT 5"), stored(0), batch(`{"stmt":{"sql_id":0}}`),
		`{"type":"describe","sql_id":0}`, `{"type":"sequence","sql_id":0}`, `{"type":"close_sql","sql_id":0}`, `{"type":"close_sql","sql_id":9}`)
	for i, r := range res {
		require.Contains(t, r, `"type":"ok"`, i)
	}
	require.Equal(t, `{"type":"integer","value":"5"}`, firstValue(t, res[1]))
	b, res = k.pipe(b, store(1, strings.Repeat("x", 5000)), store(2, strings.Repeat("x", 5001)), store(3, strings.Repeat("é", 2501)))
	require.Equal(t, []string{"", "SQL_STORE_TOO_LARGE", "SQL_STORE_TOO_LARGE"}, []string{code(t, res[0]), code(t, res[1]), code(t, res[2])})
	var all []string
	for i := range int32(50) {
		all = append(all, store(100+i, "SELECT 1"))
	}
	b, res = k.pipe(b, all...)
	require.Empty(t, code(t, res[48]))
	require.Equal(t, "SQL_STORE_TOO_MANY", code(t, res[49]), "one was there already")
	require.NotEmpty(t, b)
	for _, c := range []struct{ request, want string }{
		{store(100, "SELECT 2"), "SQL text 100 already exists"},
		{stored(7), "SQL text 7 not found"},
		{`{"type":"execute","stmt":{"sql":"SELECT 1","sql_id":100}}`, "Either `sql` or `sql_id` are required, but not both"},
		{`{"type":"execute","stmt":{}}`, "Either `sql` or `sql_id` are required"},
		{`{"type":"describe"}`, "Either `sql` or `sql_id` are required"},
		{`{"type":"sequence","sql":"","sql_id":1}`, "Either `sql` or `sql_id` are required, but not both"},
	} {
		b, _ := k.pipe("", store(100, "SELECT 1"))
		r := k.post("/v3/pipeline", pipelineBody(b, execute("SELECT 1"), c.request))
		require.Equal(t, []any{400, "text/plain", c.want}, []any{r.status, r.typ, r.text})
		r = k.post("/v3/pipeline", pipelineBody(b, execute("SELECT 1")))
		require.Equal(t, invalidBaton, r.text, "the stream has gone with it")
	}
}

func TestCloseComesLast(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	r := k.post("/v3/pipeline", pipelineBody("", execute("INSERT INTO t VALUES(1)"), closeStream, execute("SELECT 1")))
	require.Equal(t, []any{400, "Stream for this baton was closed"}, []any{r.status, r.text})
	require.Equal(t, `{"type":"integer","value":"1"}`, k.value("SELECT count(*) FROM t"), "what came before has run")
	_, res := k.pipe("", closeStream, closeStream)
	require.Len(t, res, 2)
}

func itoa(n int32) string {
	var b []byte
	if n == 0 {
		return "0"
	}
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// A client that hangs up ends its statement, its transaction and its stream.
func TestHangingUpEndsThePipeline(t *testing.T) {
	seen := make(chan struct{}, 10)
	k := serve(t, hranaserver.Options{StreamExpiry: time.Hour, Observe: func(*http.Request, []byte) { seen <- struct{}{} }})
	k.run("CREATE TABLE t(x)")
	baton, _ := k.pipe("", execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES(1)"))
	<-seen
	<-seen
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-seen
		cancel()
	}()
	req, err := http.NewRequestWithContext(ctx, "POST", k.http.URL+"/v3/pipeline",
		strings.NewReader(pipelineBody(baton, execute("SELECT max(i) FROM ("+endless+")"), execute("INSERT INTO t VALUES(2)"), execute("COMMIT"))))
	require.NoError(t, err)
	resp, err := k.http.Client().Do(req)
	if err == nil {
		resp.Body.Close()
	}
	require.ErrorIs(t, err, context.Canceled)
	require.Eventually(t, func() bool { return k.srv.Counters().OpenStreams == 0 }, time.Minute, 5*time.Millisecond)
	require.Equal(t, `{"type":"integer","value":"0"}`, k.value("SELECT count(*) FROM t"))
}
