package vfs_test

import (
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
)

// quietVFS opens files without ever syncing them: for databases that may be lost
// with the machine.
type quietVFS struct{ vfs.VFS }

func (v quietVFS) Unwrap() vfs.VFS { return v.VFS }

func (v quietVFS) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, got, err := v.VFS.Open(name, flags)
	return quietFile{f}, got, err
}

type quietFile struct{ vfs.File }

func (f quietFile) Unwrap() vfs.File { return f.File }

func (quietFile) Sync(vfs.SyncFlag) error { return nil }

func ExampleRegister() {
	base, err := vfs.Find("") // the operating system's
	if err != nil {
		log.Fatal(err)
	}
	if err := vfs.Register("quiet", quietVFS{base}); err != nil {
		log.Fatal(err)
	}
	defer vfs.Unregister("quiet")
	dir, err := os.MkdirTemp("", "quiet")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open(driver.Name, filepath.Join(dir, "app.db")+"?vfs=quiet")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	var mode string
	if err := db.QueryRow("CREATE TABLE t(x); PRAGMA journal_mode").Scan(&mode); err != nil {
		log.Fatal(err)
	}
	fmt.Println(mode)
	// Output: wal
}
