package hranaserver_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

const endless = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT i, 'some text of a row' FROM n"

func cursorBody(baton string, steps ...string) string {
	b := "null"
	if baton != "" {
		b = quote(baton)
	}
	return `{"baton":` + b + `,"batch":{"steps":[` + strings.Join(steps, ",") + `]}}`
}

// open posts to the cursor and reads its first line.
func (k *kit) open(ctx context.Context, body string) (baton string, lines *bufio.Reader, done func()) {
	k.Helper()
	req, err := http.NewRequestWithContext(ctx, "POST", k.http.URL+"/v3/cursor", strings.NewReader(body))
	require.NoError(k, err)
	resp, err := k.http.Client().Do(req)
	require.NoError(k, err)
	require.Equal(k, 200, resp.StatusCode)
	lines = bufio.NewReader(resp.Body)
	first, err := lines.ReadString('\n')
	require.NoError(k, err)
	baton, _ = readPipeline(k, first)
	return baton, lines, func() { resp.Body.Close() }
}

// The first line comes before the batch has ended, the rows while it runs; a
// client that goes away stops it.
func TestCursorStreams(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	ctx, cancel := context.WithCancel(context.Background())
	baton, lines, done := k.open(ctx, cursorBody("", step("", "INSERT INTO t VALUES(1)"), step("", endless)))
	require.NotEmpty(t, baton)
	for range 10_000 {
		_, err := lines.ReadString('\n')
		require.NoError(t, err)
	}
	cancel()
	done()
	// The stream outlives the cursor, and is free once that has stopped.
	b, res := k.pipe(baton, execute("SELECT count(*) FROM t"), closeStream)
	require.Empty(t, b)
	require.Equal(t, `{"type":"integer","value":"1"}`, firstValue(t, res[0]))
}

func TestCursorOfManyRows(t *testing.T) {
	k := serve(t, hranaserver.Options{MaxResponse: 1000})
	r := k.post("/v3/cursor", cursorBody("", step("", "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 50000) SELECT i FROM n")))
	require.NoError(t, r.err)
	lines := strings.Split(strings.TrimSpace(r.text), "\n")
	require.Len(t, lines, 50_004)
	require.Equal(t, `{"type":"row","row":[{"type":"integer","value":"50000"}]}`, lines[50_001])
	require.Contains(t, lines[50_003], "replication_index")
}

func TestCursorInATransaction(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	baton, _ := k.pipe("", execute("BEGIN"), execute("INSERT INTO t VALUES(1)"))
	r := k.post("/v3/cursor", cursorBody(baton, step("", "SELECT * FROM t"), step(`{"type":"is_autocommit"}`, "SELECT 'autocommit'")))
	require.Contains(t, r.text, `{"type":"row","row":[{"type":"integer","value":"1"}]}`)
	require.NotContains(t, r.text, "autocommit'")
	baton, _ = readPipeline(t, strings.SplitN(r.text, "\n", 2)[0])
	_, res := k.pipe(baton, execute("COMMIT"), closeStream)
	require.Empty(t, code(t, res[0]))
	require.Equal(t, `{"type":"integer","value":"1"}`, k.value("SELECT count(*) FROM t"))
}

// The time of a stream runs while its cursor sends: the transaction goes when
// the cursor has ended, and not under its rows.
func TestAStreamExpiresBehindItsCursor(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.run("CREATE TABLE t(x)")
	baton, _ := k.pipe("", execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES(1)"))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	baton, lines, done := k.open(ctx, cursorBody(baton, step("", endless)))
	k.srv.Expire()
	r := k.post("/v3/pipeline", pipelineBody(baton, execute("COMMIT")))
	require.Contains(t, r.text, "STREAM_EXPIRED")
	for range 5000 {
		_, err := lines.ReadString('\n')
		require.NoError(t, err)
	}
	cancel()
	done()
	k.run("INSERT INTO t VALUES(2)")
	require.Equal(t, `{"type":"integer","value":"2"}`, k.value("SELECT sum(x) FROM t"))
}

// A client that stops reading does not keep the lock for ever.
func TestACursorLosesItsLock(t *testing.T) {
	k := serve(t, hranaserver.Options{TxLimit: 20 * time.Millisecond})
	k.run("CREATE TABLE t(x)")
	baton, _ := k.pipe("", execute("BEGIN IMMEDIATE"), execute("INSERT INTO t VALUES(1)"))
	_, lines, done := k.open(context.Background(), cursorBody(baton, step("", endless), step("", "SELECT 'never'")))
	defer done()
	k.run("INSERT INTO t VALUES(2)")
	last := ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		if !strings.HasPrefix(line, `{"type":"row"`) {
			last += line
		}
	}
	require.Contains(t, last, `{"type":"step_error","step":0,"error":{"message":"Transaction timed out","code":"TRANSACTION_TIMEOUT"}}`)
	require.Contains(t, last, `{"type":"step_error","step":1,"error":{"message":"Transaction timed out","code":"TRANSACTION_TIMEOUT"}}`)
	require.NotContains(t, last, "never")
	require.Contains(t, last, "replication_index")
	require.Equal(t, `{"type":"integer","value":"2"}`, k.value("SELECT sum(x) FROM t"))
}

// Closing the server ends what runs.
func TestCloseEndsCursors(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	_, lines, done := k.open(context.Background(), cursorBody("", step("", endless)))
	defer done()
	closed := make(chan error, 1)
	go func() { closed <- k.srv.Close() }()
	for {
		if _, err := lines.ReadString('\n'); err != nil {
			break
		}
	}
	require.NoError(t, <-closed)
	require.Equal(t, 503, k.post("/v3/pipeline", pipelineBody("", execute("SELECT 1"))).status)
}
