package transactions

import (
	"context"
	"database/sql"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m, nil) }

var background = context.Background()

const insert = "INSERT INTO t VALUES (1)"

func begin(t *testing.T, db *sql.DB, opts *sql.TxOptions) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(background, opts)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func commit(t *testing.T, tx *sql.Tx) {
	t.Helper()
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func rollback(t *testing.T, tx *sql.Tx) {
	t.Helper()
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
}

// count tells how many rows t has.
func count(t *testing.T, q dbtest.Querier) int64 {
	t.Helper()
	return dbtest.Int(t, q, "SELECT count(*) FROM t")
}

// unlocked checks that nobody holds a lock: who has no patience can write.
// A pool may answer with the connection that is under suspicion, and has then
// cleaned it up; another connection is the harder question.
func unlocked(t *testing.T, db dbtest.Execer) {
	t.Helper()
	if dbtest.Remote() {
		dbtest.Unlocked(t, db)
		return
	}
	dbtest.Exec(t, db, "PRAGMA busy_timeout = 0")
	defer dbtest.Exec(t, db, "PRAGMA busy_timeout = 5000")
	if _, err := db.ExecContext(background, "BEGIN EXCLUSIVE; COMMIT"); err != nil {
		t.Errorf("somebody holds a lock: %v", err)
	}
}
