package opening

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// mediaChild restores what lies in the first directory, which it must not write
// to, into a database in the second.
func mediaChild(args []string) error {
	if os.Geteuid() == 0 {
		if err := dbtest.BecomeNobody(); err != nil {
			return err
		}
	}
	db, err := sql.Open(driver.Name, filepath.Join(args[1], "a.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	restore := func(name, key string) error {
		o := driver.RestoreOptions{}
		if key != "" {
			o.Key = []byte(key)
		}
		return driver.With(background, db, func(c *driver.Conn) error {
			return c.Restore(background, filepath.Join(args[0], name), o)
		})
	}
	for name, key := range map[string]string{"wal": "", "rollback": "", "secret": "k"} {
		if _, err := db.Exec("DROP TABLE IF EXISTS t"); err != nil {
			return err
		}
		if err := restore(name, key); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if n := 0; db.QueryRow(count).Scan(&n) != nil || n != 50 {
			return fmt.Errorf("%s: %d rows", name, n)
		}
	}
	if err := restore("secret", "wrong"); !errors.Is(err, driver.ErrNotADB) {
		return fmt.Errorf("a wrong key: %w", err)
	}
	if err := restore("in use", ""); !errors.Is(err, driver.ErrReadOnly) && !errors.Is(err, driver.ErrCantOpen) {
		return fmt.Errorf("with a log that cannot be read: %w", err)
	}
	return nil
}

// A backup may lie where nothing can be written.
func TestRestoreFromReadOnlyDirectory(t *testing.T) {
	top, err := os.MkdirTemp("", "libsql") // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	media, work := filepath.Join(top, "media"), filepath.Join(top, "work")
	err = errors.Join(os.Chmod(top, 0o755), os.Mkdir(media, 0o755), os.Mkdir(work, 0o700), os.Chmod(work, 0o777))
	defer func() {
		if err := errors.Join(os.Chmod(media, 0o755), os.RemoveAll(top)); err != nil {
			t.Error(err)
		}
	}()
	if err != nil {
		t.Fatal(err)
	}
	for name, parameters := range map[string]string{"wal": "", "rollback": "?_journal_mode=DELETE", "secret": "?encryptionKey=k"} {
		run(t, filepath.Join(media, name)+parameters, table, fill)
	}
	inUse := dbtest.New(t, filepath.Join(media, "in use"))
	defer dbtest.Close(t, inUse)
	dbtest.Exec(t, inUse, table)
	for _, name := range names(t, media) {
		err = errors.Join(err, os.Chmod(filepath.Join(media, name), 0o444))
	}
	if err = errors.Join(err, os.Remove(filepath.Join(media, "in use-shm")), os.Chmod(media, 0o555)); err != nil {
		t.Fatal(err)
	}
	dbtest.Start(t, "media", media, work).Done(t)
}
