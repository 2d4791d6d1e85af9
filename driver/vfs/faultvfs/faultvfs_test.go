package faultvfs_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/vfs/faultvfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.NeedsFile, nil) }

func system(t testing.TB) vfs.VFS {
	t.Helper()
	v, err := vfs.Find("")
	require.NoError(t, err)
	return v
}

func register(t testing.TB, v vfs.VFS) {
	t.Helper()
	require.NoError(t, vfs.Register("faults", v))
	t.Cleanup(func() { require.NoError(t, vfs.Unregister("faults")) })
}

const writing = vfs.OpenReadWrite | vfs.OpenCreate

// opened opens a file that is closed at the end of the test.
func opened(t *testing.T, v vfs.VFS, path string, kind vfs.OpenFlag) vfs.File {
	t.Helper()
	f, _, err := v.Open(path, writing|kind)
	require.NoError(t, err)
	return f
}

func TestFaults(t *testing.T) {
	v := faultvfs.New(system(t))
	f := opened(t, v, filepath.Join(t.TempDir(), "a"), vfs.OpenMainDB)
	defer f.Close()
	write := func(text string, off int64) (int, error) { return f.WriteAt([]byte(text), off) }

	v.Inject(faultvfs.Fault{Op: faultvfs.Write, N: 2})
	_, err := write("ab", 0)
	require.NoError(t, err)
	_, err = write("cd", 0)
	require.ErrorIs(t, err, faultvfs.ErrInjected)
	_, err = write("ef", 2)
	require.NoError(t, err)
	require.Equal(t, 1, v.Fired())
	require.EqualValues(t, 3, v.Count(faultvfs.Write))

	p := make([]byte, 4)
	_, err = f.ReadAt(p, 0)
	require.NoError(t, err)
	require.Equal(t, "abef", string(p))

	v.Clear()
	require.Zero(t, v.Count(faultvfs.Write))
	v.Inject(faultvfs.Fault{Op: faultvfs.Write, Times: -1, Growing: true, Err: driver.ErrFull})
	_, err = write("ghij", 0)
	require.NoError(t, err)
	for range 3 {
		n, err := write("klmn", 1)
		require.ErrorIs(t, err, driver.ErrFull)
		require.ErrorIs(t, err, faultvfs.ErrInjected)
		require.Zero(t, n)
	}
	require.Equal(t, 3, v.Fired())

	v.Clear()
	v.Inject(faultvfs.Fault{Op: faultvfs.Write, Short: true})
	n, err := write("1234", 0)
	require.ErrorIs(t, err, faultvfs.ErrInjected)
	require.Equal(t, 2, n)
	v.Inject(faultvfs.Fault{Op: faultvfs.Read, Short: true, Times: 2})
	for range 2 {
		n, err = f.ReadAt(p, 0)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, 2, n)
		require.Equal(t, "12", string(p[:n]))
	}
	_, err = f.ReadAt(p, 0)
	require.NoError(t, err)
	require.Equal(t, "12ij", string(p))

	v.Clear()
	v.Inject(faultvfs.Fault{Op: faultvfs.Read, Match: func(c faultvfs.Call) bool { return c.Off == 2 && c.Len == 1 && c.Flags&vfs.OpenMainDB != 0 }})
	_, err = f.ReadAt(p, 0)
	require.NoError(t, err)
	_, err = f.ReadAt(p[:1], 2)
	require.ErrorIs(t, err, faultvfs.ErrInjected)
	require.ErrorContains(t, err, "Read ")
}

// A call that gives back does so even if it fails.
func TestCallsThatGiveBack(t *testing.T) {
	v := faultvfs.New(system(t))
	path := filepath.Join(t.TempDir(), "a")
	a, b := opened(t, v, path, vfs.OpenMainDB), opened(t, v, path, vfs.OpenMainDB)
	require.NoError(t, a.Lock(vfs.LockShared))
	require.NoError(t, a.Lock(vfs.LockReserved))
	v.Inject(faultvfs.Fault{Op: faultvfs.Unlock})
	require.ErrorIs(t, a.Unlock(vfs.LockNone), faultvfs.ErrInjected)
	require.NoError(t, b.Lock(vfs.LockShared))
	require.NoError(t, b.Lock(vfs.LockReserved))
	v.Inject(faultvfs.Fault{Op: faultvfs.Close})
	require.ErrorIs(t, a.Close(), faultvfs.ErrInjected)
	require.NoError(t, b.Close()) // the package's leak check finds what is not closed
}

func TestOps(t *testing.T) {
	names := map[string]bool{}
	for _, op := range faultvfs.Ops() {
		names[op.String()] = true
	}
	require.Len(t, names, 16)
	require.Equal(t, "Op(200)", faultvfs.Op(200).String())
}

func TestPowerCut(t *testing.T) {
	read := func(path string) string {
		data, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return "none"
		}
		require.NoError(t, err)
		return string(data)
	}
	// before the cut: what happens to a file that holds "old text" and is synced
	for _, c := range []struct {
		name    string
		do      func(v vfs.VFS, f vfs.File, path string)
		all     string // what is left when all is lost
		nothing string
	}{
		{"written", func(v vfs.VFS, f vfs.File, path string) { f.WriteAt([]byte("new"), 0) }, "old text", "new text"},
		{"synced", func(v vfs.VFS, f vfs.File, path string) { f.WriteAt([]byte("new"), 0); f.Sync(vfs.SyncNormal) }, "new text", "new text"},
		{"grown", func(v vfs.VFS, f vfs.File, path string) { f.WriteAt([]byte("!"), 10) }, "old text", "old text\x00\x00!"},
		{"truncated", func(v vfs.VFS, f vfs.File, path string) { f.Truncate(3) }, "old text", "old"},
		{"truncated and synced", func(v vfs.VFS, f vfs.File, path string) { f.Truncate(3); f.Sync(vfs.SyncNormal) }, "old", "old"},
		{"deleted", func(v vfs.VFS, f vfs.File, path string) { v.Delete(path, false) }, "old text", "none"},
		{"deleted for good", func(v vfs.VFS, f vfs.File, path string) { v.Delete(path, true) }, "none", "none"},
		{"deleted, and a new journal synced", func(v vfs.VFS, f vfs.File, path string) {
			v.Delete(path, false)
			other := filepath.Join(filepath.Dir(path), "b")
			os.WriteFile(other, nil, 0o600)
			j := opened(t, v, other+"-journal", vfs.OpenMainJournal)
			j.Sync(vfs.SyncNormal)
			j.Close()
		}, "none", "none"},
		{"made anew", func(v vfs.VFS, f vfs.File, path string) {
			v.Delete(path, false)
			g := opened(t, v, path, vfs.OpenMainDB)
			g.WriteAt([]byte("other"), 0)
			g.Close()
		}, "old text", "other"},
		{"made anew and synced", func(v vfs.VFS, f vfs.File, path string) {
			v.Delete(path, false)
			g := opened(t, v, path, vfs.OpenMainDB)
			g.WriteAt([]byte("other"), 0)
			g.Sync(vfs.SyncNormal)
			g.Close()
		}, "other", "other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for loss, want := range map[faultvfs.Loss]string{faultvfs.LoseAll: c.all, faultvfs.LoseNothing: c.nothing} {
				path := filepath.Join(t.TempDir(), "a")
				require.NoError(t, os.WriteFile(path, []byte("old text"), 0o600))
				v := faultvfs.NewWithPowerCuts(system(t), 1)
				f := opened(t, v, path, vfs.OpenMainDB)
				c.do(v, f, path)
				v.PowerCut()
				_, err := f.WriteAt([]byte("late"), 0)
				require.ErrorIs(t, err, faultvfs.ErrPowerCut)
				require.ErrorIs(t, v.Delete(path, true), faultvfs.ErrPowerCut)
				require.ErrorContains(t, v.Restart(loss), "1 files are open")
				require.ErrorIs(t, f.Close(), faultvfs.ErrPowerCut)
				require.NoError(t, v.Restart(loss))
				require.Equal(t, want, read(path))
			}
		})
	}
	require.Error(t, faultvfs.New(system(t)).Restart(faultvfs.LoseAll))
}

// By chance a write is there, is not, or some of its sectors are; a seed says
// which.
func TestTornWrites(t *testing.T) {
	outcome := func(seed uint64) string {
		path := filepath.Join(t.TempDir(), "a")
		old, fresh := bytes.Repeat([]byte("o"), 4096), bytes.Repeat([]byte("n"), 4096)
		require.NoError(t, os.WriteFile(path, old, 0o600))
		v := faultvfs.NewWithPowerCuts(system(t), seed)
		f := opened(t, v, path, vfs.OpenMainDB)
		v.Inject(faultvfs.Fault{Op: faultvfs.Write, PowerCut: true})
		_, err := f.WriteAt(fresh, 0)
		require.ErrorIs(t, err, faultvfs.ErrPowerCut)
		f.Close()
		require.NoError(t, v.Restart(faultvfs.LoseSome))
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		var sectors []byte
		for at := 0; at < len(data); at += 512 {
			require.Equal(t, bytes.Repeat(data[at:at+1], 512), data[at:at+512])
			sectors = append(sectors, data[at])
		}
		return string(sectors)
	}
	seen := map[string]int{}
	for seed := range uint64(60) {
		got := outcome(seed)
		require.Equal(t, got, outcome(seed))
		switch got {
		case "oooooooo", "nnnnnnnn":
			seen[got[:1]]++
		default:
			seen["torn"]++
		}
	}
	require.Len(t, seen, 3, fmt.Sprint(seen))
}

func TestDatabase(t *testing.T) {
	v := faultvfs.NewWithPowerCuts(system(t), 7)
	register(t, v)
	path := dbtest.File(t)
	db := dbtest.New(t, path+"?vfs=faults&_synchronous=FULL")
	dbtest.Exec(t, db, "CREATE TABLE t(x); INSERT INTO t VALUES (1)")
	v.Inject(faultvfs.Fault{Op: faultvfs.Sync, PowerCut: true})
	_, err := db.Exec("INSERT INTO t VALUES (2)")
	require.ErrorIs(t, err, driver.ErrIO)
	require.ErrorIs(t, err, faultvfs.ErrPowerCut)
	_, err = db.Exec("INSERT INTO t VALUES (3)")
	require.ErrorIs(t, err, faultvfs.ErrPowerCut)
	db.Close()
	require.NoError(t, v.Restart(faultvfs.LoseAll))
	after := dbtest.Open(t, path+"?vfs=faults")
	require.EqualValues(t, 1, dbtest.Int(t, after, "SELECT count(*) FROM t"))
	dbtest.Intact(t, after)
}
