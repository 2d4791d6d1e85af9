package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// The variables of the child: the directory with the backups, one to write in.
const mediaVar, workVar = "LIBSQL_DRIVER_TEST_MEDIA", "LIBSQL_DRIVER_TEST_WORK"

func init() { children["restore from media"] = restoreFromMedia }

// restoreFromMedia restores from a directory that it must not write to.
func restoreFromMedia() error {
	if os.Geteuid() == 0 {
		if err := dbtest.BecomeNobody(); err != nil {
			return err
		}
	}
	ctx := context.Background()
	db, err := sql.Open(driver.Name, filepath.Join(os.Getenv(workVar), "a.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	restore := func(name string, key []byte) error {
		return driver.With(ctx, db, func(c *driver.Conn) error {
			return c.Restore(ctx, filepath.Join(os.Getenv(mediaVar), name), driver.RestoreOptions{Key: key})
		})
	}
	for name, key := range map[string]string{"wal": "", "rollback": "", "secret": "k"} {
		if _, err := db.Exec("DROP TABLE IF EXISTS t"); err != nil {
			return err
		}
		var k []byte
		if key != "" {
			k = []byte(key)
		}
		if err := restore(name, k); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if n := 0; db.QueryRow("SELECT count(*) FROM t").Scan(&n) != nil || n != 10 {
			return fmt.Errorf("%s: %d rows", name, n)
		}
	}
	if err := restore("secret", []byte("wrong")); !errors.Is(err, driver.ErrNotADB) {
		return fmt.Errorf("a wrong key: %w", err)
	}
	if err := restore("in use", nil); !errors.Is(err, driver.ErrReadOnly) && !errors.Is(err, driver.ErrCantOpen) {
		return fmt.Errorf("with a log that cannot be read: %w", err)
	}
	return nil
}

// A backup may lie where nothing can be written.
func TestRestoreFromReadOnlyDirectory(t *testing.T) {
	needsLibrary(t)
	top, err := os.MkdirTemp("", "libsql") // t.TempDir is closed to others
	require.NoError(t, err)
	media, work := filepath.Join(top, "media"), filepath.Join(top, "work")
	require.NoError(t, errors.Join(os.Chmod(top, 0o755), os.Mkdir(media, 0o755), os.Mkdir(work, 0o700), os.Chmod(work, 0o777)))
	t.Cleanup(func() { require.NoError(t, errors.Join(os.Chmod(media, 0o755), os.RemoveAll(top))) })
	for name, parameters := range map[string]string{"wal": "", "rollback": "?_journal_mode=DELETE", "secret": "?encryptionKey=k"} {
		db, err := sql.Open(driver.Name, filepath.Join(media, name)+parameters)
		require.NoError(t, err)
		fillForCopies(t, db, 10)
		require.NoError(t, db.Close())
	}
	inUse, err := sql.Open(driver.Name, filepath.Join(media, "in use"))
	require.NoError(t, err)
	defer inUse.Close()
	exec(t, inUse, "CREATE TABLE t(x)")
	for _, name := range names(t, media) {
		require.NoError(t, os.Chmod(filepath.Join(media, name), 0o444))
	}
	require.NoError(t, os.Remove(filepath.Join(media, "in use-shm")))
	require.NoError(t, os.Chmod(media, 0o555))

	self, err := os.Executable()
	require.NoError(t, err)
	cmd := osexec.CommandContext(withTimeout(t), self)
	cmd.Env = append(os.Environ(), childVar+"=restore from media", mediaVar+"="+media, workVar+"="+work)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}
