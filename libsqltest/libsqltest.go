package libsqltest

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
)

// New returns a fresh database with the tables of the models: a file in a
// directory of the test, with the default settings. Tests that run in
// parallel do not share it. GORM's logger is silent, because a test looks at
// the errors itself.
//
// At the end of the test the database is checked and closed. The test fails
// if rows, a transaction or a connection were left open, if the file is
// damaged, or if a foreign key points nowhere. A test that closes the database
// itself looks after it itself.
func New(t testing.TB, models ...any) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(filepath.Join(t.TempDir(), "test.db")), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatalf("libsqltest: open: %v", err)
	}
	t.Cleanup(func() {
		t.Helper()
		if err := finish(db); err != nil {
			t.Errorf("libsqltest: %v", err)
		}
	})
	if err := db.AutoMigrate(models...); err != nil {
		t.Fatalf("libsqltest: migrate: %v", err)
	}
	return db
}

// settle is how long connections may take to come back to the pool: after a
// context has ended, database/sql gives them back on a goroutine of its own.
const settle = time.Second

// finish closes the database and tells what the test left behind.
func finish(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if !errors.Is(pool.PingContext(ended), context.Canceled) {
		return nil // closed: that is what a pool looks at first
	}
	for deadline := time.Now().Add(settle); pool.Stats().InUse > 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if pool.Stats().InUse > 0 {
		// Closing would wait for whoever holds the connection.
		return errors.New("rows, a transaction or a connection were left open: close rows, end transactions")
	}
	var damage []string
	if err := db.Raw("PRAGMA integrity_check").Scan(&damage).Error; err != nil {
		return err
	}
	if len(damage) != 1 || damage[0] != "ok" {
		err = errors.Join(err, errors.New("integrity_check: "+damage[0]))
	}
	var orphans []struct{ Table, Parent string }
	if err := db.Raw("SELECT \"table\", parent FROM pragma_foreign_key_check").Scan(&orphans).Error; err != nil {
		return err
	}
	for _, o := range orphans {
		err = errors.Join(err, errors.New("foreign_key_check: a row of "+o.Table+" refers to a missing row of "+o.Parent))
	}
	return errors.Join(err, pool.Close())
}
