//go:build unix

package opening

import (
	"errors"
	"syscall"
)

// becomeNobody makes this process, which is root's, one of a user without
// rights.
func becomeNobody() error {
	const id = 65534
	return errors.Join(syscall.Setgroups(nil), syscall.Setgid(id), syscall.Setuid(id))
}
