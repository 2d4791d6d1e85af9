package docs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/libsqltest"
)

func TestCopies(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := context.Background()
	db := libsqltest.New(t, &User{})
	require.NoError(t, db.Create(&User{Name: "Ada"}).Error)
	count := func(db *gorm.DB) (n int64) {
		require.NoError(t, db.Model(&User{}).Count(&n).Error)
		return n
	}
	if err := libsql.Backup(db, "backup.db"); err != nil {
		log.Fatal(err)
	}
	require.Error(t, libsql.Backup(db, "backup.db"))
	for range 2 {
		err := libsql.Conn(db, func(c *driver.Conn) error {
			return c.Backup(ctx, "nightly.db", driver.BackupOptions{
				Overwrite: true,
				Progress: func(p driver.BackupProgress) {
					fmt.Printf("%d of %d pages\n", p.Total-p.Remaining, p.Total)
				},
			})
		})
		require.NoError(t, err)
	}
	require.NoError(t, db.Create(&User{Name: "Kay", Email: "k"}).Error)
	{
		err := libsql.Conn(db, func(c *driver.Conn) error {
			return c.Restore(ctx, "backup.db", driver.RestoreOptions{})
		})
		require.NoError(t, err)
	}
	require.Equal(t, int64(1), count(db))

	other := libsqltest.New(t)
	{
		var snapshot bytes.Buffer
		err := libsql.Conn(db, func(c *driver.Conn) error {
			return c.Serialize(ctx, &snapshot, driver.BackupOptions{})
		})
		if err != nil {
			log.Fatal(err)
		}
		err = libsql.Conn(other, func(c *driver.Conn) error {
			return c.Deserialize(ctx, &snapshot, driver.RestoreOptions{})
		})
		require.NoError(t, err)
	}
	require.Equal(t, int64(1), count(other))
}

func TestBlobInParts(t *testing.T) {
	ctx := context.Background()
	db := libsqltest.New(t)
	require.NoError(t, db.Exec("CREATE TABLE videos(id INTEGER PRIMARY KEY, data BLOB)").Error)
	upload := strings.NewReader(strings.Repeat("moving ", 100_000))
	err := libsql.Conn(db, func(c *driver.Conn) error {
		if _, err := c.Batch(ctx, "INSERT INTO videos(id, data) VALUES (1, zeroblob(1000000))"); err != nil {
			return err
		}
		blob, err := c.OpenBlob(ctx, driver.BlobOptions{Table: "videos", Column: "data", RowID: 1, Write: true})
		if err != nil {
			return err
		}
		if _, err := io.Copy(blob, upload); err != nil {
			return errors.Join(err, blob.Close())
		}
		return blob.Close()
	})
	require.NoError(t, err)
	var n int
	require.NoError(t, db.Raw("SELECT instr(data, x'00') - 1 FROM videos").Scan(&n).Error)
	require.Equal(t, 700_000, n)
}

func TestEncryption(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := context.Background()
	readSecret := func(context.Context, string) ([]byte, error) { return []byte("correct horse"), nil }
	open := func() (*gorm.DB, error) {
		cfg, err := driver.ParseDSN("app.db")
		if err != nil {
			return nil, err
		}
		cfg.EncryptionKeyFunc = func(ctx context.Context) ([]byte, error) {
			return readSecret(ctx, "database/app")
		}
		db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{})
		return db, err
	}
	db, err := open()
	require.NoError(t, err)
	closeAtEnd(t, db)
	require.NoError(t, db.AutoMigrate(&User{}))
	require.NoError(t, db.Create(&User{Name: "Ada"}).Error)
	newKey := []byte("battery staple")
	{
		pool, err := db.DB()
		if err != nil {
			log.Fatal(err)
		}
		pool.SetMaxIdleConns(0) // closes the idle connections: Rekey needs the file for itself
		err = libsql.Conn(db, func(c *driver.Conn) error {
			return c.Rekey(ctx, newKey)
		})
		pool.SetMaxIdleConns(8)
		require.NoError(t, err)
	}
	_, err = open()
	require.ErrorIs(t, err, driver.ErrNotADB)
	err = libsql.Attach(db, driver.Attachment{
		Schema: "archive", Path: "archive.db", Key: []byte("another key"), Create: true,
	})
	require.NoError(t, err)
	require.NoError(t, db.Exec("CREATE TABLE archive.old AS SELECT * FROM users").Error)
}
