package web_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// browser is a headless Chromium, spoken to by the DevTools protocol over a
// pair of pipes: https://chromedevtools.github.io/devtools-protocol/.
type browser struct {
	t       testing.TB
	in      io.WriteCloser
	session string

	mu      sync.Mutex
	last    int
	waiting map[int]chan reply
	events  map[string]chan struct{} // closed by the next event of the name
	console []string                 // what the browser complains of
	closed  error
}

type reply struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startBrowser skips the test on a machine without Chromium.
func startBrowser(t testing.TB) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium on this machine: apt-get install chromium")
	}
	fromUs, in, err := os.Pipe()
	require.NoError(t, err)
	out, toUs, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--no-first-run", "--disable-extensions", "--disable-background-networking", "--remote-debugging-pipe",
		"--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{fromUs, toUs} // 3 and 4
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	require.NoError(t, errors.Join(fromUs.Close(), toUs.Close()))
	b := &browser{t: t, in: in, waiting: map[int]chan reply{}, events: map[string]chan struct{}{}}
	read := make(chan struct{})
	go func() { defer close(read); b.read(out) }()
	t.Cleanup(func() {
		_ = in.Close() // it ends when its pipe does
		end := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		end.Stop()
		<-read
		_ = out.Close()
		if t.Failed() {
			t.Log(stderr.String())
		}
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Log", "Runtime"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func (b *browser) read(from io.Reader) {
	r := bufio.NewReader(from)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			b.mu.Lock()
			b.closed = err
			for _, c := range b.waiting {
				close(c)
			}
			b.waiting = nil
			b.mu.Unlock()
			return
		}
		var m reply
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		switch {
		case m.ID > 0:
			if c := b.waiting[m.ID]; c != nil {
				delete(b.waiting, m.ID)
				c <- m
			}
		case m.Method == "Log.entryAdded", m.Method == "Runtime.exceptionThrown":
			b.console = append(b.console, string(m.Params))
		default:
			if c := b.events[m.Method]; c != nil {
				delete(b.events, m.Method)
				close(c)
			}
		}
		b.mu.Unlock()
	}
}

// call calls a method of the protocol.
func (b *browser) call(method string, params any, into any) {
	b.t.Helper()
	c := make(chan reply, 1)
	b.mu.Lock()
	require.NoError(b.t, b.closed)
	b.last++
	id := b.last
	b.waiting[id] = c
	b.mu.Unlock()
	if params == nil {
		params = struct{}{}
	}
	text, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params, "sessionId": b.session})
	require.NoError(b.t, err)
	if b.session == "" {
		text = bytes.Replace(text, []byte(`,"sessionId":""`), nil, 1)
	}
	_, err = b.in.Write(append(text, 0))
	require.NoError(b.t, err)
	select {
	case m, ok := <-c:
		require.True(b.t, ok, "the browser has ended")
		require.Nil(b.t, m.Error, "%s: %+v", method, m.Error)
		if into != nil {
			require.NoError(b.t, json.Unmarshal(m.Result, into))
		}
	case <-time.After(2 * time.Minute):
		require.Fail(b.t, "the browser does not answer "+method)
	}
}

// open goes to a page and waits until it is there.
func (b *browser) open(url string) {
	b.t.Helper()
	loaded := make(chan struct{})
	b.mu.Lock()
	b.events["Page.loadEventFired"] = loaded
	b.mu.Unlock()
	var went struct{ ErrorText string }
	b.call("Page.navigate", map[string]any{"url": url}, &went)
	require.Empty(b.t, went.ErrorText)
	select {
	case <-loaded:
	case <-time.After(2 * time.Minute):
		require.Fail(b.t, "the page does not load: "+url)
	}
}

// size is that of the screen. A phone's is narrow.
func (b *browser) size(width, height int, scale float64) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600}, nil)
}

func (b *browser) scheme(name string) {
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": name}}}, nil)
}

func (b *browser) script(on bool) {
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": !on}, nil)
}

// eval is the value of an expression of JavaScript, which works with the
// page's own script off too.
func (b *browser) eval(expression string) any {
	b.t.Helper()
	var out struct {
		Result           struct{ Value any }
		ExceptionDetails any
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &out)
	require.Nil(b.t, out.ExceptionDetails)
	return out.Result.Value
}

// shoot takes a picture of the page's first height pixels.
func (b *browser) shoot() []byte {
	var out struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &out)
	png, err := base64.StdEncoding.DecodeString(out.Data)
	require.NoError(b.t, err)
	return png
}

// complaints are what the browser has logged since the last call: violations
// of the policy, errors of script.
func (b *browser) complaints() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Join(b.console, "\n")
	b.console = nil
	return all
}

var _ = fmt.Sprint
