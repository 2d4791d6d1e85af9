//go:build unix

package vectors

import (
	"syscall"
	"time"
)

// cpu is the processor time that the process has taken: other programs on the
// machine do not count in it.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
