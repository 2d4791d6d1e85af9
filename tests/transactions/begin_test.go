package transactions

import (
	"database/sql"
	"errors"
	"os"
	"testing"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// What another connection may do tells which lock BEGIN took.
func TestTxLock(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	tests := []struct {
		param             string
		writes            bool // another connection can write
		readsWAL, readsDB bool // another connection can read under WAL, under a rollback journal
	}{
		{"", false, true, true}, // IMMEDIATE
		{"&_txlock=immediate", false, true, true},
		{"&_txlock=deferred", true, true, true},
		{"&_txlock=exclusive", false, true, false},
	}
	for _, tt := range tests {
		for _, mode := range []string{"WAL", "DELETE"} {
			t.Run(mode+tt.param, func(t *testing.T) {
				db := dbtest.Open(t, dbtest.DSN(t, "_busy_timeout=0&_journal_mode="+mode+tt.param))
				dbtest.Exec(t, db, "CREATE TABLE t(a)")
				other := dbtest.Conn(t, db)
				tx := begin(t, db, nil)
				_, err := other.ExecContext(background, insert)
				if writes := err == nil; writes != tt.writes || err != nil && !errors.Is(err, driver.ErrBusy) {
					t.Errorf("another connection writes: %v", err)
				}
				reads := tt.readsWAL
				if mode == "DELETE" {
					reads = tt.readsDB
				}
				err = other.QueryRowContext(background, "SELECT count(*) FROM t").Scan(new(int))
				if reads != (err == nil) || err != nil && !errors.Is(err, driver.ErrBusy) {
					t.Errorf("another connection reads: %v", err)
				}
				rollback(t, tx)
				unlocked(t, db)
			})
		}
	}
}

func TestIsolationLevels(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	for level := sql.LevelDefault; level <= sql.LevelLinearizable+1; level++ {
		tx, err := db.BeginTx(background, &sql.TxOptions{Isolation: level})
		if level <= sql.LevelSerializable {
			if err != nil {
				t.Errorf("%v: %v", level, err)
				continue
			}
			rollback(t, tx)
		} else if !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("%v: %v", level, err)
		}
	}
}

// Every way to write that comes to mind.
func forbidden(dir string) []string {
	return []string{
		insert,
		"INSERT INTO t SELECT 1 WHERE 0",
		"INSERT INTO t VALUES (1) RETURNING a",
		"REPLACE INTO t VALUES (1)",
		"UPDATE t SET a = 2",
		"DELETE FROM t",
		"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
		"WITH x AS (SELECT 1) DELETE FROM t",
		"SELECT 1; " + insert,
		"CREATE TABLE u(a)",
		"CREATE TABLE IF NOT EXISTS u(a)",
		"CREATE TABLE u AS SELECT 1",
		"CREATE INDEX i2 ON t(a)",
		"CREATE INDEX vi2 ON v(libsql_vector_idx(e))",
		"CREATE VIEW w AS SELECT 1",
		"CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
		"CREATE VIRTUAL TABLE f USING fts5(x)",
		"CREATE TEMP TABLE u(a)",
		"CREATE TEMP VIEW w AS SELECT 1",
		"INSERT INTO temp.mine VALUES (1)",
		"DROP TABLE t",
		"DROP INDEX i",
		"DROP INDEX vi", // libSQL empties it while it compiles the DROP
		"DROP TABLE v",
		"ALTER TABLE t RENAME TO t2",
		"ALTER TABLE t ADD COLUMN b",
		"ALTER TABLE t ALTER COLUMN a TO a TEXT",
		"PRAGMA user_version = 7",
		"PRAGMA user_version(7)",
		"PRAGMA main.application_id = 7",
		"PRAGMA journal_mode = DELETE",
		"PRAGMA journal_mode(DELETE)",
		"PRAGMA incremental_vacuum",
		"PRAGMA optimize",
		"PRAGMA optimize(0x1fffe)",
		"ANALYZE",
		"REINDEX",
		"PRAGMA rekey = 'secret'", // acts while it is compiled
		"EXPLAIN PRAGMA rekey = 'secret'",
		"PRAGMA main.hexrekey('00')",
		"SELECT 1; pragma textrekey = secret",
		"VACUUM",
		"VACUUM INTO '" + dir + "/into.db'",
		"ATTACH '" + dir + "/attached.db' AS x", // would create the file
		"BEGIN IMMEDIATE",
		"INSERT INTO fts(fts) VALUES ('optimize')",
	}
}

func TestReadOnlyTransactionsWriteNothing(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	const look = `SELECT (SELECT group_concat(name || coalesce(sql, '')) FROM sqlite_schema) || (SELECT count(*) FROM sqlite_temp_schema) ||
		(SELECT count(*) || ' ' || sum(a) FROM t) || (SELECT user_version FROM pragma_user_version) ||
		(SELECT application_id FROM pragma_application_id) || (SELECT count(*) FROM vi_shadow) || (SELECT count(*) FROM fts) ||
		(SELECT journal_mode FROM pragma_journal_mode) || (SELECT group_concat(name) FROM pragma_database_list)`
	dbtest.Each(t, func(t *testing.T, k dbtest.Kind, db *sql.DB) {
		db.SetMaxOpenConns(1)
		dir := t.TempDir()
		dbtest.Exec(t, db, `CREATE TABLE t(a); INSERT INTO t VALUES (1), (2); CREATE INDEX i ON t(a);
			CREATE TABLE v(e F32_BLOB(3)); INSERT INTO v VALUES (vector32('[1,2,3]')); CREATE INDEX vi ON v(libsql_vector_idx(e));
			CREATE VIRTUAL TABLE fts USING fts5(x); INSERT INTO fts VALUES ('some words'); CREATE TEMP TABLE mine(a)`)
		before := dbtest.Text(t, db, look)
		for _, text := range forbidden(dir) {
			for _, commits := range []bool{false, true} {
				tx := begin(t, db, &sql.TxOptions{ReadOnly: true})
				if n := count(t, tx); n != 2 {
					t.Fatalf("%d rows", n)
				}
				_, err := tx.Exec(text)
				if !errors.Is(err, driver.ErrReadOnly) {
					t.Errorf("%s: %v", text, err)
				}
				if n := count(t, tx); n != 2 {
					t.Errorf("%s: %d rows", text, n)
				}
				if commits {
					commit(t, tx)
				} else {
					rollback(t, tx)
				}
			}
			if after := dbtest.Text(t, db, look); after != before {
				t.Fatalf("%s left something behind:\n%s\n%s", text, before, after)
			}
		}
		if n := dbtest.Int(t, db, "SELECT count(*) FROM vector_top_k('vi', vector32('[1,2,3]'), 1)"); n != 1 {
			t.Error("the vector index lost its rows")
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 0 {
			t.Errorf("files: %v, %v", files, err)
		}
		dbtest.Exec(t, db, insert) // the connection writes again afterwards
		dbtest.Intact(t, db)
	})
}

// What only reads is allowed, and what has the name of a writer but does not
// write.
func TestReadOnlyTransactionsRead(t *testing.T) {
	db := dbtest.Open(t, dbtest.DSN(t))
	dbtest.Exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
	tx := begin(t, db, &sql.TxOptions{ReadOnly: true})
	for _, text := range []string{
		"SELECT * FROM t", "VALUES (1)", "WITH x AS (SELECT 1) SELECT * FROM x", "EXPLAIN SELECT 1",
		"EXPLAIN QUERY PLAN " + insert, "EXPLAIN " + insert,
		"PRAGMA user_version", "PRAGMA journal_mode", "PRAGMA table_info(t)", "PRAGMA integrity_check",
		"SAVEPOINT s", "ROLLBACK TO s", "RELEASE s", "SELECT * FROM pragma_table_list",
	} {
		if _, err := tx.Exec(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	// A deferred transaction: others write beside it, and it does not see that.
	dbtest.Exec(t, db, insert)
	if n := count(t, tx); n != 1 {
		t.Errorf("%d rows in the snapshot", n)
	}
	commit(t, tx)
	if n := count(t, db); n != 2 {
		t.Errorf("%d rows", n)
	}
	unlocked(t, db)
}
