//go:build unix

package dbtest

import (
	"errors"
	"syscall"
)

// BecomeNobody makes this process, which is root's, one of a user without
// rights.
func BecomeNobody() error {
	const id = 65534
	return errors.Join(syscall.Setgroups(nil), syscall.Setgid(id), syscall.Setuid(id))
}
