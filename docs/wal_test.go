package docs_test

import (
	"context"
	"database/sql"
	"errors"
	"log"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/wal"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/libsqltest"
)

func TestCheckpoints(t *testing.T) {
	db := libsqltest.New(t, &User{})
	ctx := t.Context()
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	err = driver.EachConn(ctx, pool, "no checkpoints", func(_ context.Context, c *driver.Conn) error {
		return c.DisableCheckpoint()
	})
	require.NoError(t, err)
	checkpoint(t, db)
}

func checkpoint(t *testing.T, db *gorm.DB) {
	ctx := t.Context()
	err := libsql.Conn(db, func(c *driver.Conn) error {
		r, err := c.Checkpoint(ctx, "main", driver.CheckpointTruncate)
		if err == nil && r.Busy {
			log.Printf("a checkpoint could copy %d of %d frames", r.Checkpointed, r.Frames)
		}
		return err
	})
	require.NoError(t, err)
}

func TestACopyThatFollows(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	pool := func(path string) *sql.DB {
		db := dbtest.Open(t, path)
		require.NoError(t, driver.EachConn(ctx, db, "", func(_ context.Context, c *driver.Conn) error { return c.DisableCheckpoint() }))
		return db
	}
	source := pool(filepath.Join(t.TempDir(), "app.db"))
	dbtest.Exec(t, source, "CREATE TABLE t(a)")
	file, err := os.Create("copy.db")
	if err != nil {
		log.Fatal(err)
	}
	position, err := wal.Snapshot(ctx, source, file)
	if err := errors.Join(err, file.Close()); err != nil {
		log.Fatal(err)
	}
	replica := pool("copy.db")
	dbtest.Exec(t, source, "INSERT INTO t VALUES (1)")
	go func() {
		defer cancel()
		for n := 0; n == 0 && ctx.Err() == nil; {
			if err := replica.QueryRow("SELECT count(*) FROM t").Scan(&n); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	next := 1 // number of the next frame in the log of the copy
	err = wal.Follow(ctx, source, position, func(f wal.Frames) error {
		return driver.With(ctx, replica, func(c *driver.Conn) (err error) {
			if next, err = wal.Apply(ctx, c, next, f.Frames); err == nil {
				position = f.Position
			}
			return err
		})
	})
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 1, dbtest.Int(t, replica, "SELECT count(*) FROM t"))
}
