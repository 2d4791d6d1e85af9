package pragma_test

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/gorm-libsql/libsql/pragma"
)

// trial is what a test tries with a setting, whatever its type.
type trial struct {
	name string
	// fresh is the value on a fresh file, other one to set. asked is what a
	// raw PRAGMA answers then.
	fresh, other any
	asked        string
	get          func(pragma.Querier) (any, error)
	set          func(pragma.Querier) error // to other
	back         func(pragma.Querier) error // to fresh
	setAll       func(*sql.DB) error        // to other
	in           func(schema string) trial
	wrong        []func(pragma.Querier) error
	wrongAll     []func(*sql.DB) error
}

func try[T any](s pragma.Setting[T], fresh, other T, asked string, wrong ...T) trial {
	ctx := context.Background()
	tr := trial{
		name: s.String(), fresh: fresh, other: other, asked: asked,
		get:    func(q pragma.Querier) (any, error) { return s.Get(ctx, q) },
		set:    func(q pragma.Querier) error { return s.Set(ctx, q, other) },
		back:   func(q pragma.Querier) error { return s.Set(ctx, q, fresh) },
		setAll: func(db *sql.DB) error { return s.SetAll(ctx, db, other) },
		in:     func(schema string) trial { return try(s.In(schema), fresh, other, asked, wrong...) },
	}
	for _, w := range wrong {
		tr.wrong = append(tr.wrong, func(q pragma.Querier) error { return s.Set(ctx, q, w) })
		tr.wrongAll = append(tr.wrongAll, func(db *sql.DB) error { return s.SetAll(ctx, db, w) })
	}
	return tr
}

// ofConnections are the settings of connections. No bool is wrong.
var ofConnections = []trial{
	try(pragma.AnalysisLimit, 0, 7, "7", -1, 1<<31),
	try(pragma.AutomaticIndex, true, false, "0"),
	try(pragma.BusyTimeout, 5*time.Second, 1234*time.Millisecond, "1234", -1, -time.Second, 1<<31*time.Millisecond),
	try(pragma.CacheSize, pragma.KiB(2000), 77, "77", 1<<31, pragma.KiB(1<<31+1)),
	try(pragma.CacheSpill, 483, 5000, "5000", 1<<31),
	try(pragma.CaseSensitiveLike, false, true, "1"),
	try(pragma.CellSizeCheck, false, true, "1"),
	try(pragma.CheckpointFullFsync, false, true, "1"),
	try(pragma.ForeignKeys, true, false, "0"),
	try(pragma.FullFsync, false, true, "1"),
	try(pragma.IgnoreCheckConstraints, false, true, "1"),
	try(pragma.JournalSizeLimit, -1, 1<<40, "1099511627776"),
	try(pragma.LegacyAlterTable, false, true, "1"),
	try(pragma.LockingMode, pragma.LockingNormal, pragma.LockingExclusive, "exclusive", "", "SHARED", "0'; DROP TABLE t; --"),
	try(pragma.MaxPageCount, 4294967294, 7777, "7777", 0, -1, 4294967295),
	try(pragma.MmapSize, 0, 1<<20, "1048576"),
	try(pragma.QueryOnly, false, true, "1"),
	try(pragma.ReadUncommitted, false, true, "1"),
	try(pragma.RecursiveTriggers, false, true, "1"),
	try(pragma.ReverseUnorderedSelects, false, true, "1"),
	try(pragma.SecureDelete, pragma.EraseOff, pragma.EraseFast, "2", "", "2", "SLOW"),
	try(pragma.Synchronous, pragma.SyncNormal, pragma.SyncExtra, "3", "", "4", "-1", "ALL"),
	try(pragma.TempStore, pragma.TempDefault, pragma.TempFile, "1", "", "3", "DISK"),
	try(pragma.Threads, 0, 3, "3", -1),
	try(pragma.TrustedSchema, true, false, "0"),
	try(pragma.WALAutoCheckpoint, 1000, 77, "77", 1<<31),
	try(pragma.WritableSchema, false, true, "1"),
}

// onFiles is as ofConnections, of what changes the file.
var onFiles = []trial{
	try(pragma.JournalMode, pragma.JournalWAL, pragma.JournalTruncate, "truncate", "", "1", "WAL 2"),
}

// ofDatabases are the settings of the database that are written at once.
var ofDatabases = []trial{
	try(pragma.ApplicationID, 0, -252006674, "-252006674"),
	try(pragma.UserVersion, 0, -42, "-42"),
}

// shapes are the settings of the database that a new one is given.
var shapes = []trial{
	try(pragma.AutoVacuum, pragma.VacuumNone, pragma.VacuumIncremental, "2", "", "3", "OFF"),
	try(pragma.Encoding, pragma.UTF8, pragma.UTF16be, "UTF-16be", "", "0", "ASCII"),
	try(pragma.PageSize, 4096, 8192, "8192", 0, 256, 8191, 131072, -4096),
}

// ofTransactions are those that end with a transaction.
var ofTransactions = []trial{
	try(pragma.DeferForeignKeys, false, true, "1"),
}

// ofProcesses are those of the process.
var ofProcesses = []trial{
	try(pragma.SoftHeapLimit, 0, 1<<40, "1099511627776", -1),
	try(pragma.HardHeapLimit, 0, 1<<41, "2199023255552", -1),
}

// kept is the error about a value that is not the one that was asked for.
func kept(err error) *pragma.KeptError {
	var k *pragma.KeptError
	if errors.As(err, &k) {
		return k
	}
	return nil
}
