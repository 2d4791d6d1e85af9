package wal_test

import (
	"io"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/wal"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// A look at the log, which Follow takes at most each millisecond.
func BenchmarkFrameCount(b *testing.B) {
	db := keep(b, path(b, "a.db"))
	dbtest.Exec(b, db, "CREATE TABLE t(a)")
	with(b, db, func(c *driver.Conn) error {
		for b.Loop() {
			if _, err := wal.FrameCount(b.Context(), c); err != nil {
				return err
			}
		}
		return nil
	})
}

// Frames of 4 KB, read and checked.
func BenchmarkFollow(b *testing.B) {
	db := keep(b, path(b, "a.db"))
	dbtest.Exec(b, db, "CREATE TABLE t(a)")
	at, err := wal.Snapshot(b.Context(), db, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	dbtest.Exec(b, db, "INSERT INTO t SELECT randomblob(4000) FROM generate_series(1, 5000)")
	n := count(b, db)
	b.SetBytes(int64(n-at.Frame) * 4096)
	for b.Loop() {
		if err := followTo(b.Context(), db, at, frames(n), func(wal.Frames) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
