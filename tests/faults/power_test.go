package faults

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver/vfs/faultvfs"
)

// Under these a commit that was acknowledged survives a power cut. Under the
// others one that was acknowledged last may be lost: WAL with synchronous=NORMAL
// syncs at checkpoints only, and DELETE with FULL does not wait for the deletion
// of the journal to reach the disk, which is what EXTRA is for.
var durable = map[string]bool{wal.name: true, journalEx.name: true, truncate.name: true}

// cut does the work until the power goes, and looks at what is left.
func (b *bench) cut(f faultvfs.Fault, loss faultvfs.Loss, keeps bool) (fig figures, lost int, err error) {
	b.fresh()
	f.PowerCut = true
	b.faults.Inject(f)
	acked, tried := 0, 0
	if db, pool, err := openGORM(b.dsn()); err == nil {
		acked, tried, err = workOn(db)
		pool.Close()
		if err != nil && !ours(err) {
			return fig, 0, fmt.Errorf("an error that is not the fault's: %w", err)
		}
	} else {
		pool.Close()
		if !ours(err) {
			return fig, 0, fmt.Errorf("opening: an error that is not the fault's: %w", err)
		}
	}
	fig = figures{runs: 1, fired: b.faults.Fired(), reached: 1}
	if fig.fired == 0 {
		return fig, 0, nil
	}
	if err := b.faults.Restart(loss); err != nil {
		return fig, 0, err
	}
	last, err := look(b.t, b.path)
	fig.commits += min(last, acked)
	switch {
	case err != nil:
	case last > tried:
		err = fmt.Errorf("the last commit is %d, and only %d were tried", last, tried)
	case last < acked && keeps:
		err = fmt.Errorf("the last commit is %d, and %d were acknowledged", last, acked)
	}
	return fig, max(0, acked-last), err
}

func workOn(db *gorm.DB) (acked, tried int, err error) {
	for _, s := range work() {
		tried = max(tried, s.commit)
		if err := s.do(db); err != nil {
			return acked, tried, err
		}
		acked = max(acked, s.commit)
	}
	return acked, tried, nil
}

// The power goes in the midst of the n-th call. What was not synced is lost, as
// chance has it, in the worst case, and not at all.
func TestPowerCuts(t *testing.T) {
	var all figures
	losses := []struct {
		name string
		loss faultvfs.Loss
	}{{"some", faultvfs.LoseSome}, {"all", faultvfs.LoseAll}, {"nothing", faultvfs.LoseNothing}}
	for _, m := range []mode{wal, walNormal, journal, journalEx, truncate} {
		for _, l := range losses {
			t.Run(m.name+"/"+l.name, func(t *testing.T) {
				var sum figures
				lost := 0
				b := newBench(t, m, 1)
				for _, op := range []faultvfs.Op{faultvfs.Write, faultvfs.Sync, faultvfs.Truncate, faultvfs.Delete, faultvfs.Open} {
					for n := 1; !t.Failed(); n = sample(n) {
						fig, behind, err := b.cut(faultvfs.Fault{Op: op, N: n}, l.loss, durable[m.name] || l.loss == faultvfs.LoseNothing)
						require.NoError(t, err, "%s %d", op, n)
						if fig.fired == 0 {
							break
						}
						sum.add(fig)
						lost += behind
					}
				}
				t.Logf("%d power cuts; %d acknowledged commits found, %d lost", sum.fired, sum.commits, lost)
				all.add(sum)
			})
		}
	}
	t.Logf("power cuts: %d", all.fired)
}
