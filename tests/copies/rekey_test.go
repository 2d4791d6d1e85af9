package copies

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// watchedVFS calls a function before each write to a database file, and
// before its journal is deleted.
type watchedVFS struct {
	vfs.VFS
	change func(path string)
}

func (v *watchedVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := v.VFS.Open(name, flags)
	if err == nil && flags&vfs.OpenMainDB != 0 {
		f = &watchedFile{f, name, v}
	}
	return f, got, err
}

func (v *watchedVFS) Delete(name string, sync bool) error {
	v.change(strings.TrimSuffix(name, "-journal"))
	return v.VFS.Delete(name, sync)
}

type watchedFile struct {
	vfs.File
	name string
	of   *watchedVFS
}

func (f *watchedFile) WriteAt(p []byte, off int64) (int, error) {
	f.of.change(f.name)
	return f.File.WriteAt(p, off)
}

// bytesOf has nil for no key.
func bytesOf(key string) []byte {
	if key == "" {
		return nil
	}
	return []byte(key)
}

// What a crash leaves at each write of a Rekey is undone with the key of
// before, and nothing else touches it: not the new key, which the file may
// begin with, and neither as the main database nor attached or restored from.
func TestInterruptedRekey(t *testing.T) {
	unix, err := vfs.Find("unix")
	require.NoError(t, err)
	for _, step := range []struct{ old, new string }{{"old", "new"}, {"", "new"}, {"old", ""}} {
		for _, pageSize := range []int{4096, 512, 65536} {
			t.Run(fmt.Sprintf("%q to %q, pages of %d", step.old, step.new, pageSize), func(t *testing.T) {
				watched := &watchedVFS{unix, func(string) {}}
				require.NoError(t, vfs.Register("watched", watched))
				t.Cleanup(func() { require.NoError(t, vfs.Unregister("watched")) })
				dsn := func(path, key string) string {
					dsn := path + "?_journal_mode=DELETE&mode=rw"
					if key != "" {
						dsn += "&encryptionKey=" + key
					}
					return dsn
				}
				path := filepath.Join(t.TempDir(), "a.db")
				db := dbtest.New(t, strings.Replace(dsn(path, step.old), "mode=rw", fmt.Sprintf("vfs=multipleciphers-watched&_pragma=page_size(%d)", pageSize), 1))
				dbtest.Exec(t, db, "CREATE TABLE t(s); INSERT INTO t SELECT hex(randomblob(200)) FROM generate_series(1, 300)")

				// What would be left at each step.
				var left [][2][]byte
				watched.change = func(path string) {
					file, err := os.ReadFile(path)
					require.NoError(t, err)
					journal, err := os.ReadFile(path + "-journal")
					require.NoError(t, err)
					left = append(left, [2][]byte{file, journal})
				}
				require.NoError(t, driver.With(context.Background(), db, func(c *driver.Conn) error {
					return c.Rekey(context.Background(), bytesOf(step.new))
				}))
				watched.change = func(string) {}
				dbtest.Close(t, db)
				require.Greater(t, len(left), 2)

				lay := func(i int) string {
					path := filepath.Join(t.TempDir(), "left.db")
					require.NoError(t, os.WriteFile(path, left[i][0], 0o600))
					require.NoError(t, os.WriteFile(path+"-journal", left[i][1], 0o600))
					return path
				}
				untouched := func(i int, path string) {
					t.Helper()
					for j, rest := range []string{"", "-journal"} {
						now, err := os.ReadFile(path + rest)
						require.NoError(t, err, "step %d of %d", i, len(left))
						require.Equal(t, left[i][j], now, "step %d of %d", i, len(left))
					}
				}
				stride := max(1, len(left)/6)
				for i := 0; i < len(left); i += stride {
					if i+stride >= len(left) {
						i = len(left) - 1
					}
					path := lay(i)
					for _, key := range []string{step.new, "other", ""} {
						if key == step.old {
							continue
						}
						other := dbtest.New(t, dsn(path, key))
						err := other.Ping()
						require.ErrorIs(t, err, driver.ErrNotADB, "step %d of %d, key %q", i, len(left), key)
						dbtest.Close(t, other)
						host := dbtest.New(t, filepath.Join(t.TempDir(), "host.db"))
						err = driver.With(context.Background(), host, func(c *driver.Conn) error {
							require.ErrorIs(t, c.Attach(context.Background(), driver.Attachment{Schema: "x", Path: path, Key: bytesOf(key)}), driver.ErrNotADB, "step %d, key %q", i, key)
							return c.Restore(context.Background(), path, driver.RestoreOptions{Key: bytesOf(key)})
						})
						require.ErrorIs(t, err, driver.ErrNotADB, "step %d of %d, key %q", i, len(left), key)
						dbtest.Close(t, host)
						untouched(i, path)
					}
					right := dbtest.New(t, dsn(path, step.old))
					require.Equal(t, int64(300*400), dbtest.Int(t, right, "SELECT sum(length(s)) FROM t"))
					dbtest.Intact(t, right)
					require.NoFileExists(t, path+"-journal")
					dbtest.Close(t, right)
				}
			})
		}
	}
}

// The journal of a transaction that another connection has under way changes
// while it is looked at, and is no reason to refuse the file.
func TestOpeningBesideAWriter(t *testing.T) {
	for _, mode := range []string{"PERSIST", "TRUNCATE", "DELETE"} {
		for _, key := range []string{"", "&encryptionKey=k"} {
			path := filepath.Join(t.TempDir(), "a.db")
			dsn := path + "?_busy_timeout=30000&_synchronous=OFF&_journal_mode=" + mode + key
			db := dbtest.New(t, dsn)
			dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, s); INSERT INTO t(s) SELECT hex(randomblob(100)) FROM generate_series(1, 200)")
			stop, done := make(chan struct{}), make(chan error)
			go func() {
				for {
					select {
					case <-stop:
						done <- nil
						return
					default:
					}
					if _, err := db.Exec("UPDATE t SET s = hex(randomblob(100)) WHERE id % 5 = abs(random()) % 5"); err != nil {
						done <- err
						return
					}
				}
			}()
			for range 60 {
				other := dbtest.New(t, dsn)
				require.NoError(t, other.Ping(), mode+key)
				dbtest.Close(t, other)
			}
			close(stop)
			require.NoError(t, <-done)
			dbtest.Intact(t, db)
			dbtest.Close(t, db)
		}
	}
}
