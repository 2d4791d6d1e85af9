package web_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/web"
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
	require.NoError(t, cmd.Start())
	require.NoError(t, errors.Join(fromUs.Close(), toUs.Close()))
	b := &browser{t: t, in: in, waiting: map[int]chan reply{}, events: map[string]chan struct{}{}}
	read := make(chan struct{})
	go func() { defer close(read); b.read(out) }()
	t.Cleanup(func() {
		_ = in.Close() // it ends when its pipe does
		end := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		end.Stop()
		<-read
		_ = out.Close()
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
	b.loads(func() {
		var went struct{ ErrorText string }
		b.call("Page.navigate", map[string]any{"url": url}, &went)
		require.Empty(b.t, went.ErrorText)
	})
}

// loads waits for the page that lead goes to.
func (b *browser) loads(lead func()) {
	b.t.Helper()
	loaded := make(chan struct{})
	b.mu.Lock()
	b.events["Page.loadEventFired"] = loaded
	b.mu.Unlock()
	lead()
	select {
	case <-loaded:
	case <-time.After(2 * time.Minute):
		require.Fail(b.t, "the page does not load")
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

// In a real browser: the policy stops nothing that the pages need, nothing is
// wider than a phone, dark is dark, the script renews the page, and without
// script the page renews itself.
func TestInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds to start")
	}
	b := startBrowser(t)
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1}, 50)
	busy(t, db)
	require.NoError(t, db.Exec("CREATE TABLE `"+strings.Repeat("long", 40)+"`(x)").Error)
	require.Error(t, db.Exec("SELECT `"+strings.Repeat("long", 40)+"` FROM nowhere").Error)
	server := httptest.NewServer(web.Handler(p, web.Config{AllowReset: true}))
	defer server.Close()
	list := append([]string{"shape?id=" + shapeID(t, p, ordersOfCustomer), "shape?id=" + shapeID(t, p, "SELECT `long")}, pages...)

	for scheme, width := range map[string]int{"light": 390, "dark": 1000} {
		b.scheme(scheme)
		b.size(width, 800, 1)
		for _, page := range list {
			b.open(server.URL + "/" + page)
			require.Empty(t, b.complaints(), page)
			require.Equal(t, "", b.eval(tooWide), "%s is wider than %d", page, width)
			require.Equal(t, "", b.eval(unreadable), "%s in %s", page, scheme)
		}
		want := "rgb(251, 251, 250)"
		if scheme == "dark" {
			want = "rgb(16, 18, 20)"
		}
		require.Equal(t, want, b.eval("getComputedStyle(document.body).backgroundColor"))
	}

	b.open(server.URL + "/shapes")
	require.Equal(t, false, b.eval(`document.body.innerText.includes("sqlite_version")`))
	require.NoError(t, db.Exec("SELECT sqlite_version()").Error)
	require.Equal(t, true, b.eval(until(`document.body.innerText.includes("sqlite_version")`)), "the script renews the page")
	b.eval(`document.getElementById("toggle").click()`)
	require.Equal(t, true, b.eval(until(`document.getElementById("toggle").innerText == "paused"`)))

	b.loads(func() { b.eval(`setTimeout(function () { document.querySelector("footer button").click() })`) }) // posts, and comes back
	require.Equal(t, "/", b.eval(`location.pathname`))
	require.Less(t, p.Report().Total.Count, int64(5), "it was reset")
	require.Empty(t, b.complaints())

	// What was scrolled stays where it is when the page renews itself; at first
	// a timeline shows its newest end, and the navigation the page.
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error { return tx.Exec("DELETE FROM orders WHERE id < 3").Error }))
	b.size(390, 800, 1)
	atTheEnd := `(function (e) { var r = e.getBoundingClientRect(); return e.scrollWidth > e.clientWidth && Math.abs(e.firstElementChild.getBoundingClientRect().right - r.right) < 2; })(document.querySelector(".newest"))`
	inSight := `(function (r) { return r.left >= 16 && r.right <= innerWidth; })(document.querySelector("nav [aria-current]").getBoundingClientRect())`
	b.open(server.URL + "/transactions")
	require.Equal(t, true, b.eval(until(`document.querySelector(".newest")`)+`.then(Boolean)`))
	require.Equal(t, true, b.eval(atTheEnd))
	require.Equal(t, true, b.eval(inSight))
	b.eval(`document.querySelector(".newest").scrollLeft = -50; document.querySelector("main").firstElementChild.id = "old"`)
	require.Equal(t, true, b.eval(until(`!document.getElementById("old")`)), "it has renewed itself")
	require.Equal(t, -50.0, b.eval(`document.querySelector(".newest").scrollLeft`))

	b.script(false)
	for _, page := range []string{"", "transactions", "slow", "advice"} {
		b.open(server.URL + "/" + page)
		require.Equal(t, true, b.eval(inSight), page)
	}
	b.open(server.URL + "/transactions")
	require.Equal(t, true, b.eval(atTheEnd))
	b.open(server.URL + "/")
	require.Equal(t, "5", b.eval(`document.querySelector("noscript meta").content`))
	require.Equal(t, "Throughput", b.eval(`document.querySelector(".tile .name").textContent`))
	b.open(server.URL + "/?live=off")
	require.Equal(t, nil, b.eval(`document.querySelector("noscript meta")`))
	require.Equal(t, "paused", b.eval(`document.getElementById("toggle").textContent`))
}

// until waits for a condition in the browser, for a minute at most.
func until(condition string) string {
	return `new Promise(function (done) {
		var tries = 0, timer = setInterval(function () {
			if (` + condition + ` || ++tries > 600) { clearInterval(timer); done(` + condition + `); }
		}, 100);
	})`
}

// tooWide names what makes the page scroll sideways.
const tooWide = `(function () {
	var root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return "";
	return Array.from(document.querySelectorAll("body *")).filter(function (e) {
		return e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".scroll, nav, .plan");
	}).map(function (e) { return e.tagName + "." + e.className; }).join(" ") || "something";
})()`

// unreadable names text whose contrast is below 4.5, which WCAG 2 asks for.
const unreadable = `(function () {
	function rgb(s) { var m = s.match(/[\d.]+/g).map(Number); return m.length < 4 || m[3] > 0 ? m : null; }
	function light(c) {
		var l = c.slice(0, 3).map(function (v) { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
		return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
	}
	var bad = {};
	document.querySelectorAll("body *").forEach(function (e) {
		var text = Array.from(e.childNodes).some(function (n) { return n.nodeType == 3 && n.textContent.trim(); });
		if (!text || e.closest("svg, noscript, script")) return;
		for (var at = e, back = null; at && !back; at = at.parentElement) back = rgb(getComputedStyle(at).backgroundColor);
		var a = light(rgb(getComputedStyle(e).color)), b = light(back || [255, 255, 255]);
		if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) bad[e.tagName + "." + e.className] = e.textContent.trim().slice(0, 20);
	});
	return Object.keys(bad).map(function (k) { return k + ": " + bad[k]; }).join(", ");
})()`
