package memory

import (
	"context"
	"database/sql"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.NeedsMemory, nil) }

var background = context.Background()

const (
	insert  = "INSERT INTO t VALUES (1)"
	count   = "SELECT count(*) FROM t"
	numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT ?) "
)

// isEmpty checks that a database is a new one.
func isEmpty(t *testing.T, db *sql.DB) {
	t.Helper()
	if n := dbtest.Int(t, db, "SELECT count(*) FROM sqlite_schema"); n != 0 {
		t.Errorf("%d tables in a new database", n)
	}
}

// kinds are the DSNs of memory databases.
var kinds = []string{"", ":memory:", "file::memory:", "file:x?mode=memory", "file::memory:?cache=shared", "file:name?mode=memory&cache=shared"}

func each(t *testing.T, body func(t *testing.T, db *sql.DB)) {
	for _, dsn := range kinds {
		t.Run("dsn "+dsn, func(t *testing.T) { body(t, dbtest.Open(t, dsn)) })
	}
}
