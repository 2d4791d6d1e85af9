package leaktest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

// RSS returns the resident set of the process in bytes: the memory it occupies
// now, that of C libraries included, which the Go runtime's own numbers leave out.
// The kernel counts in pages and per thread, so it lags by some hundred kilobytes.
//
// It reads /proc/self/statm (https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html)
// and so knows Linux only; elsewhere the error is [errors.ErrUnsupported].
func RSS() (int64, error) {
	if runtime.GOOS != "linux" {
		return 0, fmt.Errorf("leaktest: resident set on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("leaktest: resident set: %w", err)
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0, fmt.Errorf("leaktest: resident set: /proc/self/statm is %q", text)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("leaktest: resident set: %w", err)
	}
	return pages * int64(os.Getpagesize()), nil
}
