package pragma_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/pragma"
)

// eachTrial runs the body on a fresh file for each setting.
func eachTrial(t *testing.T, dsn string, body func(*testing.T, *sql.DB, trial), trials ...[]trial) {
	for _, tr := range slices.Concat(trials...) {
		if tr.name == "mmap_size" && dbtest.OnGoVFS() {
			continue // which a VFS in Go does not have
		}
		t.Run(tr.name, func(t *testing.T) { body(t, dbtest.Open(t, dbtest.File(t)+dsn), tr) })
	}
}

// is checks a value by the setting, and that a raw PRAGMA says the same.
func (tr trial) is(t *testing.T, q interface {
	pragma.Querier
	dbtest.Querier
}, want any) {
	t.Helper()
	got, err := tr.get(q)
	require.NoError(t, err)
	require.Equal(t, want, got)
	if name, ask := tr.name, "PRAGMA "+tr.name; name != "case_sensitive_like" {
		if want == tr.other {
			require.Equal(t, tr.asked, dbtest.Text(t, q, ask))
		} else {
			require.NotEqual(t, tr.asked, dbtest.Text(t, q, ask))
		}
	}
}

// A connection that is set does as it is told, and others do not notice.
func TestSettingsOfConnections(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	eachTrial(t, "", func(t *testing.T, db *sql.DB, tr trial) {
		a, b := dbtest.Conn(t, db), dbtest.Conn(t, db)
		tr.is(t, a, tr.fresh)
		require.Equal(t, pragma.Connection, pragma.ScopeOf(tr.name))
		for _, wrong := range tr.wrong {
			err := wrong(a)
			require.ErrorContains(t, err, "PRAGMA "+tr.name+" takes ")
			require.Nil(t, kept(err))
			tr.is(t, a, tr.fresh)
		}
		require.NoError(t, tr.set(a))
		tr.is(t, a, tr.other)
		if tr.name != "locking_mode" { // which would have to wait for a
			tr.is(t, b, tr.fresh)
			tr.is(t, dbtest.Conn(t, db), tr.fresh)
		}
		require.NoError(t, tr.set(a)) // once more
		require.NoError(t, tr.back(a))
		tr.is(t, a, tr.fresh)
	}, ofConnections)
}

// On a pool a setting of connections is set on all of them or on none.
func TestSettingsOfConnectionsOnAPool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	eachTrial(t, "", func(t *testing.T, db *sql.DB, tr trial) {
		conns := 4
		if tr.name == "locking_mode" { // it lets one connection in
			conns = 1
			db.SetMaxOpenConns(1)
		}
		each := func(want any) {
			var held []*sql.Conn
			for range conns {
				c, err := db.Conn(context.Background())
				require.NoError(t, err)
				tr.is(t, c, want)
				held = append(held, c)
			}
			for _, c := range held { // of which the pool keeps two
				require.NoError(t, c.Close())
			}
		}
		each(tr.fresh)
		err := tr.set(db)
		require.ErrorContains(t, err, "PRAGMA "+tr.name)
		require.ErrorContains(t, err, "SetAll")
		require.Nil(t, kept(err))
		for _, wrong := range tr.wrongAll {
			require.ErrorContains(t, wrong(db), "PRAGMA "+tr.name+" takes ")
		}
		each(tr.fresh)
		for range 2 {
			require.NoError(t, tr.setAll(db))
			each(tr.other)
		}
		got, err := tr.get(db)
		require.NoError(t, err)
		require.Equal(t, tr.other, got)
	}, ofConnections)
}

// A transaction is its connection. Some settings do not change within, and
// that is an error, always.
func TestSettingsInATransaction(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	eachTrial(t, "", func(t *testing.T, db *sql.DB, tr trial) {
		dbtest.Exec(t, db, "CREATE TABLE t(a)")
		c := dbtest.Conn(t, db)
		dbtest.Exec(t, c, "CREATE TEMP TABLE temporary(a)")
		tx, err := c.BeginTx(context.Background(), nil)
		require.NoError(t, err)
		_, err = tx.Exec("INSERT INTO t VALUES (1)")
		require.NoError(t, err)
		err = tr.set(tx)
		want := tr.other
		switch row := pragmas.Find(tr.name); {
		case row.Tx == pragmas.Unset, row.Shape != 0:
			require.ErrorContains(t, err, "PRAGMA "+tr.name)
			want = tr.fresh
		default:
			require.NoError(t, err)
		}
		tr.is(t, tx, want)
		require.NoError(t, tx.Commit())
		if row := pragmas.Find(tr.name); row.Scope == pragmas.Transaction {
			want = tr.fresh
		}
		tr.is(t, c, want)
		require.EqualValues(t, 1, dbtest.Int(t, c, "SELECT count(*) FROM t"))
	}, ofConnections, onFiles, ofDatabases, shapes, ofTransactions)
}

// What the database keeps is set by whichever connection, for everyone.
func TestSettingsOfTheDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	eachTrial(t, "", func(t *testing.T, db *sql.DB, tr trial) {
		require.Equal(t, pragma.Database, pragma.ScopeOf(tr.name))
		old := dbtest.Conn(t, db)
		tr.is(t, old, tr.fresh)
		require.NoError(t, tr.set(db))
		tr.is(t, old, tr.other)
		require.NoError(t, tr.back(old))
		tr.is(t, db, tr.fresh)
		require.NoError(t, tr.setAll(db))
		tr.is(t, old, tr.other)
		tr.is(t, dbtest.Conn(t, db), tr.other)
		// Another program's decision stands.
		file := dbtest.Text(t, db, "SELECT file FROM pragma_database_list")
		require.NoError(t, tr.back(dbtest.Open(t, file)))
		tr.is(t, dbtest.Conn(t, db), tr.fresh)
	}, ofDatabases)
}

// A database without pages is given its shape by the connection that writes
// the first one; one with pages keeps it until VACUUM, or for good.
func TestShapes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	eachTrial(t, "?_journal_mode=DELETE", func(t *testing.T, db *sql.DB, tr trial) {
		require.Equal(t, pragma.Database, pragma.ScopeOf(tr.name))
		for _, set := range []func() error{func() error { return tr.set(db) }, func() error { return tr.setAll(db) }} {
			err := set()
			require.ErrorContains(t, err, "PRAGMA "+tr.name)
			require.ErrorContains(t, err, "*sql.Conn")
			require.ErrorContains(t, err, "_pragma="+tr.name)
		}
		c, other := dbtest.Conn(t, db), dbtest.Conn(t, db)
		tr.is(t, c, tr.fresh)
		tr.is(t, other, tr.fresh)
		for _, wrong := range tr.wrong {
			require.ErrorContains(t, wrong(c), "PRAGMA "+tr.name+" takes ")
		}
		require.NoError(t, tr.set(c))
		tr.is(t, c, tr.other)
		dbtest.Exec(t, c, "CREATE TABLE t(a)")
		tr.is(t, c, tr.other)
		tr.is(t, dbtest.Conn(t, db), tr.other)
		got, err := tr.get(other) // the PRAGMA alone would tell what it saw last
		require.NoError(t, err)
		require.Equal(t, tr.other, got)
		require.NoError(t, tr.set(db), "it is so already")
		require.NoError(t, tr.setAll(db), "it is so already")

		k := kept(tr.back(c))
		require.NotNil(t, k)
		require.Equal(t, tr.name, k.Pragma)
		require.Equal(t, tr.fresh, k.Asked)
		require.Equal(t, tr.other, k.Kept)
		if tr.name == "encoding" {
			require.NotErrorIs(t, k, pragma.ErrNeedsVacuum)
			require.ErrorContains(t, k, "first table")
			return
		}
		require.ErrorIs(t, k, pragma.ErrNeedsVacuum)
		other.Close()
		dbtest.Exec(t, c, "VACUUM")
		tr.is(t, c, tr.fresh)
		tr.is(t, dbtest.Conn(t, db), tr.fresh)
	}, shapes)
}

// Under WAL VACUUM changes auto_vacuum, and the page size never.
func TestShapesUnderWAL(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t))
	c := dbtest.Conn(t, db)
	err := pragma.PageSize.Set(ctx, c, 8192)
	require.EqualError(t, err, "libsql: PRAGMA page_size: 8192 was asked for, and it is 4096: it never changes under WAL: set JournalMode to JournalDelete first")
	require.NotErrorIs(t, err, pragma.ErrNeedsVacuum)
	require.NoError(t, pragma.JournalMode.Set(ctx, c, pragma.JournalDelete))
	require.ErrorIs(t, pragma.PageSize.Set(ctx, c, 8192), pragma.ErrNeedsVacuum)
	dbtest.Exec(t, c, "VACUUM")
	require.NoError(t, pragma.PageSize.Set(ctx, c, 8192))
	require.NoError(t, pragma.JournalMode.Set(ctx, c, pragma.JournalWAL))

	require.ErrorIs(t, pragma.AutoVacuum.Set(ctx, c, pragma.VacuumFull), pragma.ErrNeedsVacuum)
	dbtest.Exec(t, c, "VACUUM")
	require.NoError(t, pragma.AutoVacuum.Set(ctx, c, pragma.VacuumFull))
	// Between these two it takes effect at once, for others too.
	other := dbtest.Conn(t, db)
	require.NoError(t, pragma.AutoVacuum.Set(ctx, c, pragma.VacuumIncremental))
	got, err := pragma.AutoVacuum.Get(ctx, other)
	require.NoError(t, err)
	require.Equal(t, pragma.VacuumIncremental, got)
}

// UTF-16 is that of the machine, and what was asked for.
func TestEncodingOfTheMachine(t *testing.T) {
	ctx := context.Background()
	c := dbtest.Conn(t, dbtest.Open(t, dbtest.DSN(t)))
	require.NoError(t, pragma.Encoding.Set(ctx, c, "utf-16"))
	got, err := pragma.Encoding.Get(ctx, c)
	require.NoError(t, err)
	require.Contains(t, []pragma.TextEncoding{pragma.UTF16le, pragma.UTF16be}, got)
}

// The file keeps WAL. Each connection keeps every other mode, on a pool too.
func TestJournalMode(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	ctx := context.Background()
	path := dbtest.DSN(t)
	db := dbtest.New(t, path+"?_journal_mode=DELETE")
	tr := onFiles[0]
	require.ErrorContains(t, tr.set(db), "SetAll")
	for _, wrong := range tr.wrongAll {
		require.ErrorContains(t, wrong(db), "PRAGMA journal_mode takes one of DELETE TRUNCATE PERSIST MEMORY WAL OFF, not ")
	}
	for _, mode := range []pragma.Journal{pragma.JournalTruncate, pragma.JournalPersist, pragma.JournalMemory, pragma.JournalOff, pragma.JournalDelete} {
		dbtest.Conn(t, db).Close()
		require.NoError(t, pragma.JournalMode.SetAll(ctx, db, mode))
		for range 3 {
			got, err := pragma.JournalMode.Get(ctx, dbtest.Conn(t, db))
			require.NoError(t, err)
			require.Equal(t, mode, got)
		}
	}
	dbtest.Close(t, db)

	db = dbtest.Open(t, path)
	old := dbtest.Conn(t, db)
	require.NoError(t, pragma.JournalMode.SetAll(ctx, db, "wal"))
	for _, c := range []pragma.Querier{old, db, dbtest.Conn(t, db), dbtest.Open(t, path)} {
		got, err := pragma.JournalMode.Get(ctx, c)
		require.NoError(t, err)
		require.Equal(t, pragma.JournalWAL, got)
	}
	// Others have the file open.
	require.ErrorIs(t, pragma.JournalMode.SetAll(ctx, db, pragma.JournalDelete), driver.ErrBusy)
	got, err := pragma.JournalMode.Get(ctx, db)
	require.NoError(t, err)
	require.Equal(t, pragma.JournalWAL, got)
}

// No connection undoes WAL, whatever was set before, typed or raw.
func TestJournalModeBackToWAL(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t))
	db.SetMaxIdleConns(0)
	require.NoError(t, pragma.JournalMode.SetAll(ctx, db, pragma.JournalPersist))
	require.NoError(t, pragma.JournalMode.In("main").SetAll(ctx, db, pragma.JournalWAL))
	for range 3 {
		got, err := pragma.JournalMode.Get(ctx, db)
		require.NoError(t, err)
		require.Equal(t, pragma.JournalWAL, got)
	}
}

// Whether the engine has MVCC is found out by asking it, also typed.
func TestJournalModeMVCC(t *testing.T) {
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t))
	for _, mode := range []pragma.Journal{"MVCC", "wal2"} {
		for _, err := range []error{pragma.JournalMode.SetAll(ctx, db, mode), pragma.JournalMode.Set(ctx, dbtest.Conn(t, db), mode)} {
			require.ErrorIs(t, err, driver.ErrUnsupported)
			require.ErrorContains(t, err, "PRAGMA journal_mode: ")
		}
	}
	got, err := pragma.JournalMode.Get(ctx, db)
	require.NoError(t, err)
	require.Equal(t, pragma.JournalWAL, got)
}

// A database in memory of this driver has any journal mode, SQLite's own only two.
func TestJournalModeInMemory(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMemory)
	ctx := context.Background()
	c := dbtest.Conn(t, dbtest.Open(t, dbtest.Memory(t)))
	got, err := pragma.JournalMode.Get(ctx, c)
	require.NoError(t, err)
	require.Equal(t, pragma.JournalWAL, got)
	k := kept(pragma.JournalMode.In("temp").Set(ctx, c, pragma.JournalWAL))
	require.NotNil(t, k)
	require.Equal(t, pragma.KeptError{Pragma: "temp.journal_mode", Asked: pragma.JournalWAL, Kept: pragma.JournalMemory, Reason: k.Reason}, *k)
	require.NoError(t, errors.Unwrap(k))
	require.ErrorIs(t, pragma.MmapSize.Set(ctx, c, 1<<20), driver.ErrUnsupported)
	_, err = pragma.MmapSize.Get(ctx, c)
	require.ErrorIs(t, err, driver.ErrUnsupported)
}

// A setting of a transaction ends with it, and has no place on a pool.
func TestSettingsOfATransaction(t *testing.T) {
	db := dbtest.Open(t, dbtest.DSN(t))
	for _, tr := range ofTransactions {
		require.Equal(t, pragma.Transaction, pragma.ScopeOf(tr.name))
		for _, err := range []error{tr.set(db), tr.setAll(db)} {
			require.ErrorContains(t, err, "PRAGMA "+tr.name+": it holds until the transaction ends")
		}
		tr.is(t, db, tr.fresh)
	}
}

// The limits of the process are tried in one of their own.
func TestSettingsOfTheProcess(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	dbtest.Start(t, "limits", dbtest.File(t)).Done(t)
}

func childLimits(args []string) error {
	db, err := sql.Open(driver.Name, args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	is := func(tr trial, want any) error {
		if got, err := tr.get(db); err != nil || got != want {
			return fmt.Errorf("%s is %v and not %v: %w", tr.name, got, want, err)
		}
		return nil
	}
	for _, tr := range ofProcesses {
		for _, wrong := range tr.wrong {
			if err := wrong(db); err == nil || kept(err) != nil {
				return fmt.Errorf("%s: a wrong value: %w", tr.name, err)
			}
		}
		err := errors.Join(is(tr, tr.fresh), tr.set(db), is(tr, tr.other), tr.setAll(db), is(tr, tr.other))
		if err != nil {
			return err
		}
	}
	ctx := context.Background()
	// The hard one cannot be raised, and the soft one not above it.
	for _, err := range []error{
		pragma.HardHeapLimit.Set(ctx, db, 1<<42), pragma.HardHeapLimit.Set(ctx, db, 0), pragma.SoftHeapLimit.SetAll(ctx, db, 1<<42),
	} {
		if k := kept(err); k == nil || k.Kept != pragma.Bytes(1<<41) || k.Reason == "" {
			return fmt.Errorf("a limit that is too high: %w", err)
		}
	}
	return nil
}

// Each database has its own of what is said to be of one, and nothing else.
func TestIn(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	eachTrial(t, "", func(t *testing.T, db *sql.DB, tr trial) {
		c := dbtest.Conn(t, db)
		dbtest.Exec(t, c, "ATTACH ? AS \"a;\"\"b\"", filepath.Join(t.TempDir(), "b.db"))
		row, in := pragmas.Find(tr.name), tr.in(`a;"b`)
		require.Equal(t, `a;"b.`+tr.name, in.name)
		if !row.Schema {
			_, err := in.get(c)
			for _, err := range []error{err, in.set(c), in.setAll(db)} {
				require.EqualError(t, err, "libsql: PRAGMA "+tr.name+" is not of one database: leave In out")
			}
			tr.is(t, c, tr.fresh)
			return
		}
		require.NoError(t, in.set(c))
		got, err := in.get(c)
		require.NoError(t, err)
		require.Equal(t, in.other, got)
		got, err = tr.in("MAIN").get(c)
		require.NoError(t, err)
		require.Equal(t, tr.fresh, got)
		require.ErrorContains(t, tr.in("b").set(c), "unknown database")
		_, err = tr.in("b").get(c)
		require.ErrorContains(t, err, "unknown database")
		require.ErrorContains(t, tr.in("main\x00").set(c), "NUL")
		// On each connection that has it.
		require.ErrorContains(t, in.setAll(db), "unknown database")
	}, ofConnections, onFiles, ofDatabases, shapes, ofTransactions)
}

// SetAll of an attached database is for pools that attach it on each connection.
func TestSetAllOfAnAttachedDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	ctx := context.Background()
	cfg, err := driver.ParseDSN(dbtest.File(t))
	require.NoError(t, err)
	other := filepath.Join(t.TempDir(), "b.db")
	cfg.OnConnect = func(ctx context.Context, c *driver.Conn) error {
		if _, err := c.ExecContext(ctx, "ATTACH '"+other+"' AS b", nil); err != nil {
			return err
		}
		return pragma.WALAutoCheckpoint.Set(ctx, pragma.On(c), 55) // in OnConnect, too
	}
	connector, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { dbtest.Close(t, db) })
	dbtest.Conn(t, db).Close()
	require.NoError(t, pragma.CacheSize.SetAll(ctx, db, 66))
	require.NoError(t, pragma.CacheSize.In("b").SetAll(ctx, db, 77))
	require.NoError(t, pragma.CacheSize.In("main").SetAll(ctx, db, 88))
	for range 3 {
		c := dbtest.Conn(t, db)
		require.EqualValues(t, 77, dbtest.Int(t, c, "PRAGMA b.cache_size"))
		require.EqualValues(t, 88, dbtest.Int(t, c, "PRAGMA cache_size"))
		require.EqualValues(t, 55, dbtest.Int(t, c, "PRAGMA wal_autocheckpoint"))
	}
}

// The table says what the engine does.
func TestTheTable(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	eachTrial(t, "?_journal_mode=DELETE", func(t *testing.T, db *sql.DB, tr trial) {
		row := pragmas.Find(tr.name)
		require.True(t, row.IsSetting())
		c := dbtest.Conn(t, db)
		rows, err := c.QueryContext(context.Background(), "PRAGMA "+tr.name+" = '"+strings.TrimPrefix(tr.asked, "-")+"'")
		require.NoError(t, err)
		require.Equal(t, row.Row, rows.Next(), "returns a row")
		require.NoError(t, rows.Close())
	}, ofConnections, onFiles, ofDatabases, shapes, ofTransactions)
}
