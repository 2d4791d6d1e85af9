package leaktest

import (
	"flag"
	"path/filepath"
)

// profileTargets returns the files of a CPU profile and of a trace, if the go
// command asked for them: package testing never closes those, so they stay open
// until the garbage collector or the end of the process comes by.
func profileTargets() []string {
	var targets []string
	for _, name := range []string{"test.cpuprofile", "test.trace"} {
		path := flagValue(name)
		if path == "" {
			continue
		}
		if dir := flagValue("test.outputdir"); dir != "" && !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		// The kernel names a descriptor by its absolute path without symbolic links.
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if abs, err := filepath.Abs(path); err == nil {
			targets = append(targets, abs)
		}
	}
	return targets
}

// isFuzzWorker reports whether the go command runs this process to try inputs. It
// is known once the flags are parsed, which m.Run has done.
func isFuzzWorker() bool { return flagValue("test.fuzzworker") == "true" }

// flagValue returns the value of a flag of the test binary, "" if it has none.
func flagValue(name string) string {
	f := flag.Lookup(name)
	if f == nil {
		return ""
	}
	return f.Value.String()
}
