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

// The losses. A file that was made or deleted may turn out not to have been. A
// new one is sure to stay after its first Sync. All of a directory are as they
// were last after a Delete with syncDir, and after the first Sync of a new
// journal or WAL, with which SQLite's VFSes sync the directory.
const (
	// LoseSome takes each write or not, or some of its sectors of 512 bytes,
	// as chance has it: later writes may be there without earlier ones.
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
}

// content is a file, which may have lost its name.
type content struct {
	durable []byte
	pending []change
	named   bool     // its name is on the disk for sure
	gone    bool     // deleted, and that is not on the disk for sure
	before  *content // the deleted one whose name it has
}

// change is a write, or a truncation to off bytes.
type change struct {
	off      int64
	data     []byte
	truncate bool
}

func (d *disk) opened(name string, f vfs.File, existed bool) (*content, error) {
	c := d.files[name]
	if c != nil && !c.gone {
		return c, nil
	}
	made := &content{named: existed, before: c}
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
	switch {
	case c == nil:
	case syncDir:
		c.gone = true
		d.syncDir(name)
	case c.named:
		c.gone = true
	case c.before != nil:
		d.files[name] = c.before
	default:
		delete(d.files, name)
	}
}

// synced notes that what was written to a file is on the disk. With a new
// journal or WAL SQLite's VFSes sync its directory, too.
func (d *disk) synced(name string, c *content, flags vfs.OpenFlag) {
	for _, change := range c.pending {
		c.durable = change.apply(c.durable)
	}
	c.pending = nil
	if c.named {
		return
	}
	c.named, c.before = true, nil
	if flags&(vfs.OpenMainJournal|vfs.OpenSuperJournal|vfs.OpenWAL) != 0 {
		d.syncDir(name)
	}
}

// syncDir makes sure that the files beside the named one that are there have
// their names, and that those that were deleted are gone.
func (d *disk) syncDir(name string) {
	dir := path.Dir(name)
	for name, c := range d.files {
		if path.Dir(name) != dir {
			continue
		}
		c.named, c.before = true, nil
		if c.gone {
			delete(d.files, name)
		}
	}
}

func (c change) apply(p []byte) []byte {
	if c.truncate {
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

// survivor is the file that is found under the name; nil is none.
func (d *disk) survivor(c *content, loss Loss) *content {
	there := true
	switch {
	case c.gone:
		there = loss == LoseAll || loss == LoseSome && d.rand.IntN(2) == 0
	case !c.named:
		there = loss == LoseNothing || loss == LoseSome && d.rand.IntN(2) == 0
	}
	switch {
	case there:
		return c
	case c.before != nil:
		return d.survivor(c.before, loss)
	}
	return nil
}

// image is what the file holds then.
func (d *disk) image(c *content, loss Loss) []byte {
	p := append([]byte(nil), c.durable...)
	if loss == LoseAll {
		return p
	}
	for _, change := range c.pending {
		fate := 0 // all of it
		if loss == LoseSome {
			fate = d.rand.IntN(3)
		}
		switch {
		case fate == 0:
			p = change.apply(p)
		case fate == 1 || change.truncate: // nothing
		default:
			for at := 0; at < len(change.data); at += sector {
				if d.rand.IntN(2) == 0 {
					end := min(at+sector, len(change.data))
					p = (changeAt(change, at, end)).apply(p)
				}
			}
		}
	}
	return p
}

func changeAt(c change, at, end int) change {
	return change{off: c.off + int64(at), data: c.data[at:end]}
}

// restart writes to the VFS below what is left.
func (d *disk) restart(base vfs.VFS, loss Loss) error {
	for _, name := range slices.Sorted(maps.Keys(d.files)) { // in order, so that a seed says it all
		left := d.survivor(d.files[name], loss)
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
		if err := rewrite(base, name, d.image(left, loss)); err != nil {
			return err
		}
	}
	d.files = map[string]*content{}
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
