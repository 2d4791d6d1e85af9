package bystander

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRegister(t *testing.T) {
	a, b := new(int), new(int)
	failed := errors.New("failed")
	require.ErrorIs(t, Register(a, func() error {
		require.True(t, Registers(a))
		require.False(t, Registers(b))
		return failed
	}), failed)
	require.False(t, Registers(a))
	require.Panics(t, func() { _ = Register(a, func() error { panic("in a registration") }) })
	require.False(t, Registers(a))
}
