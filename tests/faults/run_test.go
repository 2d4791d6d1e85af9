package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/vfs/faultvfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// mode is how the database is written.
type mode struct{ name, params string }

// The pages are small and so is the cache, so that there is more to fail.
const small = "&_pragma=page_size(1024)&_cache_size=10&_pragma=cache_spill(5)"

var (
	wal       = mode{"wal", "&_synchronous=FULL" + small}
	walNormal = mode{"wal, synchronous normal", "&_synchronous=NORMAL" + small}
	journal   = mode{"delete", "&_journal_mode=DELETE&_synchronous=FULL" + small}
	journalEx = mode{"delete, synchronous extra", "&_journal_mode=DELETE&_synchronous=EXTRA" + small}
	truncate  = mode{"truncate", "&_journal_mode=TRUNCATE&_synchronous=FULL" + small}
)

// figures sum up runs.
type figures struct {
	runs, fired int
	reached     int // runs in which an error reached the caller
	commits     int // acknowledged, and found
}

func (f *figures) add(g figures) {
	f.runs += g.runs
	f.fired += g.fired
	f.reached += g.reached
	f.commits += g.commits
}

func (f figures) String() string {
	return fmt.Sprintf("%d runs with %d faults, of which %d reached the caller and the others changed nothing; %d acknowledged commits, all of them found",
		f.runs, f.fired, f.reached, f.commits)
}

// fast is a directory of the test where syncing costs nothing, if there is one.
func fast(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "faults")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

var vfsNumber atomic.Int64

// bench is a file on a VFS with faults.
type bench struct {
	t      *testing.T
	faults *faultvfs.VFS
	name   string
	dir    string
	files  int
	path   string
	params string
}

func newBench(t *testing.T, m mode, seed uint64) *bench {
	base, err := vfs.Find("")
	require.NoError(t, err)
	b := &bench{t: t, faults: faultvfs.New(base), dir: fast(t), params: m.params}
	if seed > 0 {
		b.faults = faultvfs.NewWithPowerCuts(base, seed)
	}
	b.name = fmt.Sprint("faults", vfsNumber.Add(1))
	require.NoError(t, vfs.Register(b.name, b.faults))
	t.Cleanup(func() { require.NoError(t, vfs.Unregister(b.name)) })
	return b
}

// fresh begins a new file and removes the last one.
func (b *bench) fresh() {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		os.Remove(b.path + suffix)
	}
	b.files++
	b.path = filepath.Join(b.dir, fmt.Sprint(b.files, ".db"))
	b.faults.Clear()
}

func (b *bench) dsn() string { return b.path + "?vfs=" + b.name + b.params }

// ours tells that an error is one of a fault.
func ours(err error) bool {
	return errors.Is(err, faultvfs.ErrInjected) || errors.Is(err, faultvfs.ErrPowerCut)
}

// retries is how often a step may fail.
const retries = 4

// persist does the work with the fault, and every step that fails again.
func (b *bench) persist(f faultvfs.Fault) (figures, error) {
	b.fresh()
	b.faults.Inject(f)
	fig := figures{runs: 1}
	reached := false
	note := func(err error) error {
		reached = true
		if !ours(err) && !errors.Is(err, f.Err) {
			return fmt.Errorf("an error that is not the fault's: %w", err)
		}
		if f.Times < 0 {
			fig.fired += b.faults.Fired()
			b.faults.Clear() // the disk has room again
		}
		return nil
	}
	var db *gorm.DB
	var close func() error
	for try := 0; ; try++ {
		opened, pool, err := openGORM(b.dsn())
		if err == nil {
			db, close = opened, pool.Close
			break
		}
		if pool != nil {
			pool.Close()
		}
		if bad := note(err); bad != nil || try == retries {
			return fig, fmt.Errorf("opening: %w", errors.Join(bad, err))
		}
	}
	defer func() { close() }()
	for _, s := range work() {
		for try := 0; ; try++ {
			err := s.do(db)
			if err == nil {
				break
			}
			if bad := note(err); bad != nil || try == retries {
				return fig, fmt.Errorf("%s: %w", s.name, errors.Join(bad, err))
			}
		}
	}
	err := close()
	close = func() error { return nil }
	if err != nil {
		if bad := note(err); bad != nil {
			return fig, fmt.Errorf("closing: %w", bad)
		}
	}
	fig.fired += b.faults.Fired()
	if reached {
		fig.reached++
	}
	last, err := look(b.t, b.path)
	if err == nil && last != lastWork {
		err = fmt.Errorf("the last commit is %d, and %d were acknowledged", last, lastWork)
	}
	fig.commits += last
	return fig, err
}

// sample is which n of the runs are made: all in the long form, and else fewer
// and fewer, since the first calls are the most various.
func sample(n int) int {
	if dbtest.Long() {
		return n + 1
	}
	return 2*n + 1
}

// each makes runs with the fault in the n-th call, until one meets none.
func (b *bench) each(f faultvfs.Fault) (sum figures) {
	for n := 1; !b.t.Failed(); n = sample(n) {
		f.N = n
		fig, err := b.persist(f)
		if err != nil {
			b.t.Errorf("%s %d: %v", f.Op, n, err)
			var e *driver.Error
			if errors.As(err, &e) {
				b.t.Logf("%+v", *e)
			}
		}
		if fig.fired == 0 {
			return sum
		}
		sum.add(fig)
	}
	return sum
}

func TestErrors(t *testing.T) {
	var all figures
	for _, m := range []mode{wal, journal, truncate} {
		t.Run(m.name, func(t *testing.T) {
			for _, op := range faultvfs.Ops() {
				t.Run(op.String(), func(t *testing.T) {
					f := newBench(t, m, 0).each(faultvfs.Fault{Op: op})
					t.Log(f)
					all.add(f)
				})
			}
		})
	}
	t.Log("errors:", all)
}

// Half of a read or a write is done before it fails.
func TestHalfDone(t *testing.T) {
	var all figures
	for _, m := range []mode{wal, journal} {
		for _, op := range []faultvfs.Op{faultvfs.Read, faultvfs.Write} {
			t.Run(m.name+"/"+op.String(), func(t *testing.T) {
				f := newBench(t, m, 0).each(faultvfs.Fault{Op: op, Short: true})
				t.Log(f)
				all.add(f)
			})
		}
	}
	t.Log("half done:", all)
}

// From the n-th write that makes a file larger, the disk is full until a step
// has failed; the step then finds room.
func TestFullDisk(t *testing.T) {
	var all figures
	for _, m := range []mode{wal, journal} {
		t.Run(m.name, func(t *testing.T) {
			f := newBench(t, m, 0).each(faultvfs.Fault{Op: faultvfs.Write, Growing: true, Times: -1, Err: driver.ErrFull})
			t.Log(f)
			all.add(f)
		})
	}
	t.Log("full disk:", all)
}
