package leaks

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/wal"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A blob that is written and read in parts never is in memory.
func TestBlobsStayOutOfMemory(t *testing.T) {
	size := int64(400 * mib)
	if testing.Short() || !dbtest.Long() {
		size = 60 * mib
	}
	for _, parameters := range []string{"", "?encryptionKey=k"} {
		db := dbtest.New(t, filepath.Join(t.TempDir(), "a.db")+parameters)
		dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB); INSERT INTO t VALUES (1, zeroblob(?))", size)
		before, most := now(), int64(0)
		part := make([]byte, mib)
		err := driver.With(t.Context(), db, func(c *driver.Conn) error {
			for _, write := range []bool{true, false} {
				b, err := c.OpenBlob(t.Context(), driver.BlobOptions{Table: "t", Column: "v", RowID: 1, Write: write})
				if err != nil {
					return err
				}
				for off := int64(0); off < size; off += mib {
					if write {
						for i := range part {
							part[i] = byte(off >> 20)
						}
						_, err = b.Write(part)
					} else if _, err = io.ReadFull(b, part); err == nil && part[len(part)-1] != byte(off>>20) {
						err = fmt.Errorf("at %d: %d", off, part[len(part)-1])
					}
					if err != nil {
						return errors.Join(err, b.Close())
					}
					if off>>20%16 == 0 {
						most = max(most, now().rss)
					}
				}
				if err := b.Close(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%.0f MiB through at most %.1f MiB more", mibs(size), mibs(most-before.rss))
		// The index of the log has 8 bytes for each page of it.
		before.checkMemory(t, usage{rss: most}, 24*mib)
		dbtest.Close(t, db)
	}
}

// What copies, blobs, followers and VFSes in Go take is given back, also when
// they fail, are cancelled or forgotten.
func TestCopiesGiveEverythingBack(t *testing.T) {
	rounds := 30
	if dbtest.Long() {
		rounds = 2000
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	base, err := vfs.Find("")
	if err != nil {
		t.Fatal(err)
	}
	round := func() {
		if err := vfs.Register("leaks", dbtest.Pass{VFS: base}); err != nil {
			t.Fatal(err)
		}
		for _, parameters := range []string{"?vfs=leaks", "?_journal_mode=DELETE", "?encryptionKey=k"} {
			db := dbtest.New(t, path("a"+parameters[1:5])+parameters)
			dbtest.Exec(t, db, "CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, v BLOB); REPLACE INTO t VALUES (1, zeroblob(100000))")
			copyAll(t, db, path)
			dbtest.Close(t, db)
		}
		if err := vfs.Unregister("leaks"); err != nil {
			t.Fatal(err)
		}
	}
	round()
	before := now()
	for range rounds {
		round()
	}
	before.back(t, 8*mib)
}

func copyAll(t *testing.T, db *sql.DB, path func(string) string) {
	t.Helper()
	err := driver.With(t.Context(), db, func(c *driver.Conn) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		late := driver.BackupOptions{Pages: 1, Progress: func(driver.BackupProgress) { cancel() }}
		var bytesOf bytes.Buffer
		remove, err := c.OnWALCommit(func(string, int) {})
		if err != nil {
			return err
		}
		defer remove()
		for name, run := range map[string]func() error{
			"backup": func() error {
				return c.Backup(t.Context(), path("copy"), driver.BackupOptions{Overwrite: true, Plaintext: true})
			},
			"serialize": func() error { return c.Serialize(t.Context(), &bytesOf, driver.BackupOptions{}) },
			"restore":   func() error { return c.Restore(t.Context(), path("copy"), driver.RestoreOptions{}) },
			"vacuum": func() error {
				_, err := c.ExecContext(t.Context(), "VACUUM", nil)
				return err
			},
			"deserialize": func() error {
				var own bytes.Buffer
				return errors.Join(c.Serialize(t.Context(), &own, driver.BackupOptions{Plaintext: true}), c.Deserialize(t.Context(), &own, driver.RestoreOptions{}))
			},
		} {
			if name == "restore" {
				if err := c.Backup(t.Context(), path("copy"), driver.BackupOptions{Overwrite: true, Plaintext: true}); err != nil {
					return err
				}
			}
			if err := run(); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		for name, run := range map[string]func() error{
			"cancelled": func() error { return c.Backup(ctx, path("late"), late) },
			"there":     func() error { return c.Backup(t.Context(), path("copy"), driver.BackupOptions{}) },
			"other key": func() error { return c.Restore(t.Context(), path("copy"), driver.RestoreOptions{Key: []byte("x")}) },
			"none": func() error {
				return c.Deserialize(t.Context(), bytes.NewReader(make([]byte, 10_000)), driver.RestoreOptions{})
			},
			"broken": func() error {
				return c.Deserialize(t.Context(), bytes.NewReader(append([]byte("SQLite format 3\x00"), make([]byte, 10_000)...)), driver.RestoreOptions{})
			},
			"no row": func() error {
				_, err := c.OpenBlob(t.Context(), driver.BlobOptions{Table: "t", Column: "v", RowID: 77})
				return err
			},
		} {
			if run() == nil {
				return fmt.Errorf("%s: no error", name)
			}
		}
		_, err = c.OpenBlob(t.Context(), driver.BlobOptions{Table: "t", Column: "v", RowID: 1}) // forgotten
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p, err := wal.Snapshot(ctx, db, io.Discard)
	if err == nil {
		dbtest.Exec(t, db, "UPDATE t SET v = zeroblob(50000)")
		err = wal.Follow(ctx, db, p, func(wal.Frames) error { cancel(); return nil })
	}
	cancel()
	if !errors.Is(err, context.Canceled) && !errors.Is(err, driver.ErrNotWAL) && !errors.Is(err, driver.ErrUnsupported) {
		t.Fatal(err)
	}
}
