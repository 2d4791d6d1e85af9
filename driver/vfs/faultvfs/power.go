package faultvfs

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"

	"github.com/gorm-libsql/libsql/driver/vfs"
)

// Loss is what a power cut takes of that which was written and not synced.
type Loss uint8

// The losses. A file that was made, deleted or truncated may turn out not to
// have been. A new one is sure to stay after its first Sync, and a truncation
// after the next Sync of the file. All files of a directory are as they were
// last after a Delete with syncDir, and after the first Sync of a new journal or
// WAL, with which SQLite's VFSes sync the directory.
const (
	// LoseSome takes each write or not, or some of its sectors of 512 bytes,
	// as chance has it, which is kinder to one power cut than to another:
	// later writes may be there without earlier ones. The
	// changes of names and truncations are there up to a point, and none
	// after it, as journaling file systems have it.
	LoseSome Loss = iota
	// LoseAll takes everything.
	LoseAll
	// LoseNothing takes nothing, as when only the program dies.
	LoseNothing
)

// sector is how much a disk writes whole.
const sector = 512

// PowerCut turns the power off: every call fails with [ErrPowerCut], and has no
// effect, until [VFS.Restart].
func (v *VFS) PowerCut() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.off = true
}

// Restart turns the power on again and leaves the files below as a disk would
// be found. Every file must have been closed, and the VFS be one of
// [NewWithPowerCuts]. It forgets all faults.
func (v *VFS) Restart(loss Loss) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.disk == nil:
		return errors.New("faultvfs: Restart needs NewWithPowerCuts")
	case v.open > 0:
		return fmt.Errorf("faultvfs: Restart while %d files are open: close their databases first", v.open)
	}
	if err := v.disk.restart(v.base, loss); err != nil {
		return err
	}
	v.off, v.faults = false, nil
	return nil
}

// disk is what is known of the files: what they hold for sure, and what was
// done to them since.
type disk struct {
	files map[string]*content
	rand  *rand.Rand
	// Names and truncations change in order: up to which number so far, and up
	// to which for sure.
	last, sure int
	luck       float64 // of a write to survive this power cut
}

// content is a file, which may have lost its name.
type content struct {
	durable []byte
	pending []change
	fresh   bool     // made, and never synced
	made    int      // the change that gave it its name
	deleted int      // the one that took it away, 0: none did
	before  *content // the deleted one whose name it has
}

// change is a write, or, with a number, a truncation to off bytes.
type change struct {
	off      int64
	data     []byte
	truncate int
}

// next numbers a change of a name or a truncation.
func (d *disk) next() int {
	d.last++
	return d.last
}

func (d *disk) opened(name string, f vfs.File, existed bool) (*content, error) {
	c := d.files[name]
	if c != nil && c.deleted == 0 {
		return c, nil
	}
	made := &content{before: c}
	if !existed {
		made.fresh, made.made = true, d.next()
	}
	if existed && c == nil {
		size, err := f.Size()
		if err != nil {
			return nil, err
		}
		made.durable = make([]byte, size)
		if n, err := f.ReadAt(made.durable, 0); int64(n) < size {
			return nil, err
		}
	}
	d.files[name] = made
	return made, nil
}

func (d *disk) deleted(name string, syncDir bool) {
	c := d.files[name]
	if c == nil {
		return
	}
	c.deleted = d.next()
	if syncDir {
		d.syncDir(name)
	}
}

// synced notes that what was written to a file is on the disk. With a new
// journal or WAL SQLite's VFSes sync its directory, too.
func (d *disk) synced(name string, c *content, flags vfs.OpenFlag) {
	for _, change := range c.pending {
		c.durable = change.apply(c.durable)
		d.sure = max(d.sure, change.truncate)
	}
	c.pending = nil
	if !c.fresh {
		return
	}
	c.fresh = false
	d.sure = max(d.sure, c.made)
	if flags&(vfs.OpenMainJournal|vfs.OpenSuperJournal|vfs.OpenWAL) != 0 {
		d.syncDir(name)
	}
}

// syncDir makes sure that the files beside the named one that are there have
// their names, and that those that were deleted are gone.
func (d *disk) syncDir(name string) {
	for other, c := range d.files {
		if path.Dir(other) == path.Dir(name) {
			d.sure = max(d.sure, c.made, c.deleted)
		}
	}
}

func (c change) apply(p []byte) []byte {
	if c.truncate > 0 {
		return resize(p, c.off)
	}
	if end := c.off + int64(len(c.data)); end > int64(len(p)) {
		p = resize(p, end)
	}
	copy(p[c.off:], c.data)
	return p
}

func resize(p []byte, size int64) []byte {
	if size <= int64(len(p)) {
		return p[:size:size]
	}
	return append(p, make([]byte, size-int64(len(p)))...)
}

// survivor is the file that is found under the name when the changes up to the
// point are on the disk; nil is none.
func survivor(c *content, point int) *content {
	for c != nil && c.made > point {
		c = c.before
	}
	if c == nil || c.deleted > 0 && c.deleted <= point {
		return nil
	}
	return c
}

// image is what the file holds then.
func (d *disk) image(c *content, loss Loss, point int) []byte {
	p := append([]byte(nil), c.durable...)
	for _, change := range c.pending {
		switch {
		case change.truncate > 0:
			if change.truncate <= point {
				p = change.apply(p)
			}
		case loss == LoseNothing:
			p = change.apply(p)
		case loss == LoseSome:
			p = d.some(change, p)
		}
	}
	return p
}

// some applies a write, or nothing of it, or some of its sectors.
func (d *disk) some(c change, p []byte) []byte {
	switch {
	case d.rand.Float64() < d.luck:
		return c.apply(p)
	case d.rand.IntN(2) == 0:
		return p
	}
	for at := 0; at < len(c.data); at += sector {
		if d.rand.IntN(2) == 0 {
			part := change{off: c.off + int64(at), data: c.data[at:min(at+sector, len(c.data))]}
			p = part.apply(p)
		}
	}
	return p
}

// restart writes to the VFS below what is left.
func (d *disk) restart(base vfs.VFS, loss Loss) error {
	point := d.last
	switch loss {
	case LoseAll:
		point = d.sure
	case LoseSome:
		point = d.sure + d.rand.IntN(d.last-d.sure+1)
		d.luck = d.rand.Float64()
	}
	for _, name := range slices.Sorted(maps.Keys(d.files)) { // in order, so that a seed says it all
		left := survivor(d.files[name], point)
		if left == nil {
			if there, err := base.Access(name, vfs.AccessExists); err != nil {
				return err
			} else if there {
				if err := base.Delete(name, false); err != nil {
					return err
				}
			}
			continue
		}
		if err := rewrite(base, name, d.image(left, loss, point)); err != nil {
			return err
		}
	}
	d.files, d.last, d.sure = map[string]*content{}, 0, 0
	return nil
}

func rewrite(base vfs.VFS, name string, data []byte) error {
	f, _, err := base.Open(name, vfs.OpenReadWrite|vfs.OpenCreate|vfs.OpenMainDB)
	if err != nil {
		return err
	}
	err = f.Truncate(int64(len(data)))
	if err == nil && len(data) > 0 {
		_, err = f.WriteAt(data, 0)
	}
	return errors.Join(err, f.Close())
}
