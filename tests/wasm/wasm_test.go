package wasm

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

func TestMain(m *testing.M) { dbtest.Main(m, nil) }

// In WebAssembly net/http is the host's fetch, which follows redirects with
// every header, unless it is told otherwise.
func TestFetch(t *testing.T) {
	if !dbtest.Long() {
		t.Skip("compiling for js/wasm takes long: set LIBSQL_TEST_LONG=1")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node to run WebAssembly")
	}
	program := filepath.Join(t.TempDir(), "program.wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./program")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	cfg, err := driver.ParseDSN(filepath.Join(t.TempDir(), "served.db"))
	require.NoError(t, err)
	srv, err := hranaserver.New(cfg, hranaserver.Options{})
	require.NoError(t, err)
	defer srv.Close()
	server := httptest.NewServer(srv)
	defer server.Close()
	var followed atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	defer thief.Close()
	mover := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusFound))
	defer mover.Close()

	out, err = exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	host := filepath.Join(strings.TrimSpace(string(out)), "lib", "wasm", "wasm_exec_node.js")
	run := exec.CommandContext(t.Context(), node, "--stack-size=8192", host, program, server.URL, mover.URL)
	run.Args[0] = "host" // of a process named node net/http expects no fetch
	out, err = run.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "D42 200\na redirect is refused\n", string(out))
	require.False(t, followed.Load())
}
