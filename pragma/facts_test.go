package pragma_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/pragma"
)

// What SQLite's users rely on, one by one. The driver's own defaults differ
// from the library's in the journal mode, the waiting for the disk under WAL
// and the busy timeout.
func TestWhatSQLiteUsersRelyOn(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	ctx := context.Background()
	path := dbtest.DSN(t)
	db := dbtest.Open(t, path+"?_journal_mode=DELETE")
	text := func(q pragma.Querier, names ...string) (all []string) {
		for _, name := range names {
			var s string
			rows, err := q.QueryContext(ctx, "PRAGMA "+name)
			require.NoError(t, err)
			require.True(t, rows.Next())
			require.NoError(t, rows.Scan(&s))
			require.NoError(t, rows.Close())
			all = append(all, s)
		}
		return all
	}

	t.Run("a fresh file", func(t *testing.T) {
		require.Equal(t, []string{"1", "delete", "2", "4096", "-2000"},
			text(db, "foreign_keys", "journal_mode", "synchronous", "page_size", "cache_size"))
		fresh := dbtest.Open(t, dbtest.DSN(t))
		require.Equal(t, []string{"1", "wal", "1", "4096", "-2000", "5000"},
			text(fresh, "foreign_keys", "journal_mode", "synchronous", "page_size", "cache_size", "busy_timeout"))
	})
	t.Run("checkpoint", func(t *testing.T) { // raw: typed it is of the API of the WAL
		checkpoint := func(db *sql.DB, mode string) (all [3]int) {
			require.NoError(t, db.QueryRow("PRAGMA wal_checkpoint"+mode).Scan(&all[0], &all[1], &all[2]))
			return all
		}
		require.Equal(t, [3]int{0, -1, -1}, checkpoint(db, ""))
		wal := dbtest.Open(t, dbtest.DSN(t))
		dbtest.Exec(t, wal, "CREATE TABLE t(a)")
		require.Equal(t, [3]int{0, 0, 0}, checkpoint(wal, "(TRUNCATE)"))
	})
	t.Run("journal mode", func(t *testing.T) {
		require.ErrorContains(t, pragma.JournalMode.SetAll(ctx, db, "bogus"), `not "bogus"`)
		require.Equal(t, []string{"delete"}, text(db, "journal_mode"))
		require.EqualError(t, pragma.JournalMode.SetAll(ctx, db, pragma.JournalWAL),
			"libsql: PRAGMA journal_mode: each new connection sets DELETE, as the DSN or Config.JournalMode says: change it there")
		existing := dbtest.New(t, path)
		require.NoError(t, pragma.JournalMode.SetAll(ctx, existing, pragma.JournalWAL))
		dbtest.Close(t, existing)
		reopened := dbtest.New(t, path)
		require.Equal(t, []string{"wal"}, text(reopened, "journal_mode"))
		require.NoError(t, pragma.JournalMode.SetAll(ctx, reopened, pragma.JournalDelete))
		dbtest.Close(t, reopened)
	})
	t.Run("synchronous", func(t *testing.T) {
		c := dbtest.Conn(t, db)
		for level, want := range map[pragma.Sync]string{pragma.SyncOff: "0", pragma.SyncNormal: "1", pragma.SyncFull: "2", pragma.SyncExtra: "3"} {
			require.NoError(t, pragma.Synchronous.Set(ctx, c, level))
			require.Equal(t, []string{want}, text(c, "synchronous"))
		}
	})
	t.Run("numbers of the application", func(t *testing.T) {
		for _, n := range []int32{42, -1 << 31, 1<<31 - 1, 0} {
			require.NoError(t, pragma.UserVersion.Set(ctx, db, n))
			require.NoError(t, pragma.ApplicationID.Set(ctx, db, -n))
			got, err := pragma.UserVersion.Get(ctx, db)
			require.NoError(t, err)
			require.Equal(t, n, got)
			got, err = pragma.ApplicationID.Get(ctx, db)
			require.NoError(t, err)
			require.Equal(t, -n, got)
		}
	})
	t.Run("table_info", func(t *testing.T) {
		dbtest.Exec(t, db, "CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT NOT NULL, age INTEGER DEFAULT 5)")
		columns, err := pragma.TableInfo(ctx, db, "", "people")
		require.NoError(t, err)
		require.Equal(t, []pragma.Column{
			{ID: 0, Name: "id", Type: "INTEGER", PrimaryKey: 1},
			{ID: 1, Name: "name", Type: "TEXT", NotNull: true},
			{ID: 2, Name: "age", Type: "INTEGER", Default: sql.NullString{String: "5", Valid: true}},
		}, columns)
	})
	t.Run("a name with a tail", func(t *testing.T) {
		const name = `we"ird;--`
		dbtest.Exec(t, db, `CREATE TABLE "we""ird;--"(a)`)
		columns, err := pragma.TableInfo(ctx, db, "main", name)
		require.NoError(t, err)
		require.Len(t, columns, 1)
		columns, err = pragma.TableInfo(ctx, db, "", `people); DROP TABLE people; --`)
		require.NoError(t, err)
		require.Empty(t, columns)
		require.ErrorContains(t, pragma.CacheSize.In(`main"; DROP TABLE people; --`).Set(ctx, dbtest.Conn(t, db), 1), "unknown database")
		require.EqualValues(t, 0, dbtest.Int(t, db, "SELECT count(*) FROM people"))
	})
	t.Run("foreign keys of a pool", func(t *testing.T) {
		require.ErrorContains(t, pragma.ForeignKeys.Set(ctx, db, false), "SetAll")
		require.Equal(t, []string{"1"}, text(db, "foreign_keys"))
		require.NoError(t, pragma.ForeignKeys.SetAll(ctx, db, false))
		for range 3 {
			require.Equal(t, []string{"0"}, text(dbtest.Conn(t, db), "foreign_keys"))
		}
		require.NoError(t, pragma.ForeignKeys.SetAll(ctx, db, true))
	})
	t.Run("foreign keys of a transaction", func(t *testing.T) {
		tx, err := dbtest.Conn(t, dbtest.Open(t, path)).BeginTx(ctx, nil)
		require.NoError(t, err)
		defer tx.Rollback()
		require.EqualError(t, pragma.ForeignKeys.Set(ctx, tx, false),
			"libsql: PRAGMA foreign_keys: false was asked for, and it is true: it does not change inside a transaction")
		require.NoError(t, pragma.ForeignKeys.Set(ctx, tx, true), "it is so already")
	})
	t.Run("integrity", func(t *testing.T) {
		require.Equal(t, []string{"ok"}, text(db, "integrity_check"))
		found, err := pragma.IntegrityCheck(ctx, db, "", "")
		require.NoError(t, err)
		require.Empty(t, found)
	})
}
