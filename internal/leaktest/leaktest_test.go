package leaktest_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// What begins the report of Main and of Check.
const mainSays, checkSays = "leaktest: the tests passed, but", "leaktest: the test left behind"

// outcomes are what comes of the cases of childCases.
var outcomes = []struct {
	child   string
	flags   []string
	fails   bool
	says    []string // what the output must have
	silent  []string // what the output must not have
	onLinux bool     // the case needs /proc/self/fd, or to remove an open file
}{
	{child: "nothing", silent: []string{"leaktest:"}},
	{child: "nothing, profiled", silent: []string{"leaktest:"},
		flags: []string{"-test.cpuprofile=cpu", "-test.trace=trace"}},
	{child: "goroutine", fails: true,
		says:   []string{mainSays, packagePath + ".blockForever", "created by "},
		silent: []string{"descriptor", "testing.tRunner("}},
	{child: "goroutine ignored"},
	{child: "another goroutine ignored", fails: true, says: []string{"blockForever"}},
	{child: "goroutine about to end"},
	{child: "file", fails: true, onLinux: true,
		says: []string{mainSays, "descriptor ", leakedName}, silent: []string{"goroutine "}},
	{child: "file ignored", onLinux: true},
	{child: "socket", fails: true, onLinux: true, says: []string{"descriptor ", "socket:["}},
	{child: "file about to be closed", onLinux: true},
	{child: "all closed"},
	{child: "signal"},
	{child: "process"},
	{child: "failed test", fails: true, says: []string{"failed on purpose"}, silent: []string{"leaktest:"}},
	{child: "fuzz worker", silent: []string{"leaktest:"}},
	{child: "check", fails: true,
		says: []string{"--- FAIL: TestChild", checkSays, "blockForever"}, silent: []string{mainSays}},
	{child: "check of a file", fails: true, onLinux: true,
		says: []string{checkSays, "descriptor ", leakedName}, silent: []string{mainSays, "goroutine "}},
	{child: "check of a closed file"},
	{child: "check of parallel subtests"},
	{child: "check of a failed test", fails: true, silent: []string{"leaktest:"}},
}

// Each case runs in a process of its own, since a leak is to end the process.
func TestMainAndCheck(t *testing.T) {
	if os.Getenv(childVar) != "" {
		t.Skip("runs in the parent")
	}
	dir := "-test.outputdir=" + t.TempDir()
	for _, tt := range outcomes {
		t.Run(tt.child, func(t *testing.T) {
			if tt.onLinux && runtime.GOOS != "linux" {
				t.Skip("descriptors are compared on Linux only")
			}
			t.Parallel()
			out, code := runChild(t, tt.child, append(tt.flags, dir)...)
			if failed := code != 0; failed != tt.fails || failed && code != 1 {
				t.Errorf("exit code %d", code)
			}
			for _, s := range tt.says {
				if !strings.Contains(out, s) {
					t.Errorf("the output lacks %q", s)
				}
			}
			for _, s := range tt.silent {
				if strings.Contains(out, s) {
					t.Errorf("the output has %q", s)
				}
			}
			if t.Failed() {
				t.Log(out)
			}
		})
	}
}

// runChild runs one case and returns what it printed and its exit code.
func runChild(t *testing.T, name string, flags ...string) (out string, code int) {
	t.Helper()
	flags = append(flags, "-test.run=^TestChild$")
	cmd := exec.CommandContext(t.Context(), os.Args[0], flags...)
	cmd.Env = append(os.Environ(), childVar+"="+name)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}
