//go:build !unix

package dbtest

import "errors"

// BecomeNobody is an error where there are no users.
func BecomeNobody() error { return errors.New("there are no users here") }
