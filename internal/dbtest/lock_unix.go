//go:build unix

package dbtest

import (
	"os"
	"syscall"
)

// lockBetweenProcesses waits for the lock of the file, which the kernel gives
// back when the process ends in whatever way.
func lockBetweenProcesses() (unlock func(), err error) {
	f, err := os.OpenFile(lockPath(), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
