package vfs_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
)

func TestLocks(t *testing.T) {
	var l vfs.Locks
	a, b, c := l.New(), l.New(), l.New()
	reserved := func(want bool) {
		t.Helper()
		got, err := c.CheckReservedLock()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.NoError(t, a.Lock(vfs.LockShared))
	require.NoError(t, b.Lock(vfs.LockShared))
	reserved(false)
	require.NoError(t, a.Lock(vfs.LockReserved))
	require.NoError(t, a.Lock(vfs.LockReserved))
	reserved(true)
	require.Equal(t, driver.ErrBusy, b.Lock(vfs.LockReserved))
	require.Equal(t, driver.ErrBusy, a.Lock(vfs.LockExclusive)) // b reads; a is pending now
	require.Equal(t, driver.ErrBusy, c.Lock(vfs.LockShared))
	require.NoError(t, b.Unlock(vfs.LockNone))
	require.NoError(t, a.Lock(vfs.LockExclusive))
	require.NoError(t, a.Unlock(vfs.LockShared))
	reserved(false)
	require.NoError(t, c.Lock(vfs.LockShared))
	require.NoError(t, b.Lock(vfs.LockShared))
	require.NoError(t, b.Lock(vfs.LockReserved))
	require.NoError(t, a.Unlock(vfs.LockNone))
	require.NoError(t, a.Unlock(vfs.LockNone))
	require.NoError(t, c.Unlock(vfs.LockNone))
	require.NoError(t, b.Lock(vfs.LockExclusive))
}

func TestShmLocks(t *testing.T) {
	var l vfs.Locks
	a, b := l.New(), l.New()
	const shared, exclusive, none = vfs.ShmLock | vfs.ShmShared, vfs.ShmLock | vfs.ShmExclusive, vfs.ShmUnlock
	require.NoError(t, a.ShmLock(3, 1, shared))
	require.NoError(t, b.ShmLock(3, 1, shared))
	require.Equal(t, driver.ErrBusy, a.ShmLock(3, 1, exclusive))
	require.Equal(t, driver.ErrBusy, a.ShmLock(0, 8, exclusive))
	require.NoError(t, a.ShmLock(0, 3, exclusive)) // nothing of the attempt before is left
	require.Equal(t, driver.ErrBusy, b.ShmLock(2, 1, shared))
	require.NoError(t, a.ShmLock(0, 3, none|vfs.ShmExclusive))
	require.NoError(t, b.ShmLock(2, 1, shared))
	require.NoError(t, a.ShmLock(3, 1, none|vfs.ShmShared))
	require.NoError(t, b.ShmLock(3, 1, none|vfs.ShmShared))
	require.NoError(t, a.ShmLock(3, 5, exclusive))
	require.NoError(t, a.ShmUnmap(false)) // gives all locks back
	require.NoError(t, b.ShmLock(3, 5, exclusive))
}

func TestShmMap(t *testing.T) {
	var l vfs.Locks
	a, b := l.New(), l.New()
	p, err := a.ShmMap(1, 32768, false)
	require.NoError(t, err)
	require.Nil(t, p)
	p, err = a.ShmMap(1, 32768, true)
	require.NoError(t, err)
	require.Len(t, p, 32768)
	p[5] = 7
	q, err := b.ShmMap(1, 32768, false)
	require.NoError(t, err)
	require.Same(t, &p[0], &q[0])
	first, err := b.ShmMap(0, 32768, false)
	require.NoError(t, err)
	require.Zero(t, first[5])
	require.NoError(t, a.ShmUnmap(true))
	require.EqualValues(t, 7, q[5]) // b still has it
	require.NoError(t, b.ShmUnmap(true))
	p, err = b.ShmMap(0, 32768, false)
	require.NoError(t, err)
	require.Nil(t, p)
	require.NoError(t, b.ShmUnmap(false))
}
