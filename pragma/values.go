package pragma

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/gorm-libsql/libsql/internal/pragmas"
)

// Journal is a value of [JournalMode]: how a transaction is undone after a crash.
type Journal string

// The journal modes.
const (
	JournalWAL      Journal = "WAL"      // readers and a writer get along: https://www.sqlite.org/wal.html
	JournalDelete   Journal = "DELETE"   // a file beside, deleted at the end of each transaction
	JournalTruncate Journal = "TRUNCATE" // … cut off to nothing
	JournalPersist  Journal = "PERSIST"  // … its header zeroed
	JournalMemory   Journal = "MEMORY"   // a crash of the program within a transaction can corrupt the file
	JournalOff      Journal = "OFF"      // and ROLLBACK is undefined
)

// Sync is a value of [Synchronous]: when SQLite waits for the disk.
type Sync string

// The levels of synchronization.
const (
	SyncOff    Sync = "OFF"    // never: a crash of the system can corrupt the file
	SyncNormal Sync = "NORMAL" // at checkpoints: under WAL a crash of the system can lose the last transactions
	SyncFull   Sync = "FULL"   // at each commit
	SyncExtra  Sync = "EXTRA"  // and for the directory after a rollback journal is deleted
)

// TempStorage is a value of [TempStore]: where temporary tables and indexes are.
type TempStorage string

// The places of temporary tables.
const (
	TempDefault TempStorage = "DEFAULT" // in memory: libSQL is built so
	TempFile    TempStorage = "FILE"
	TempMemory  TempStorage = "MEMORY"
)

// Vacuuming is a value of [AutoVacuum]: what becomes of pages that get free.
type Vacuuming string

// The ways of vacuuming.
const (
	VacuumNone        Vacuuming = "NONE"        // they are used again
	VacuumFull        Vacuuming = "FULL"        // each commit gives them back to the file system
	VacuumIncremental Vacuuming = "INCREMENTAL" // [IncrementalVacuum] does
)

// Locking is a value of [LockingMode].
type Locking string

// The locking modes.
const (
	LockingNormal    Locking = "NORMAL"
	LockingExclusive Locking = "EXCLUSIVE" // locks are kept, which shuts other connections out
)

// Erasure is a value of [SecureDelete]: whether deleted content is overwritten.
type Erasure string

// The ways of deleting.
const (
	EraseOff  Erasure = "OFF"
	EraseOn   Erasure = "ON"   // with zeros
	EraseFast Erasure = "FAST" // where that costs no writing of its own
)

// TextEncoding is a value of [Encoding].
type TextEncoding string

// The encodings.
const (
	UTF8    TextEncoding = "UTF-8"
	UTF16le TextEncoding = "UTF-16le"
	UTF16be TextEncoding = "UTF-16be"
)

type (
	// Bytes is a size in bytes.
	Bytes int64
	// Pages is a number of pages of the database, whose size is [PageSize].
	Pages int64
	// Size is the size of a cache: a number of pages, or in KiB when it is
	// negative; see [KiB].
	Size int64
)

// KiB is n KiB as a size of a cache.
func KiB(n int64) Size { return Size(-n) }

// encode writes a value for the row's Values.
func encode[T any](value T) string {
	if d, ok := any(value).(time.Duration); ok {
		ms := d / time.Millisecond
		if d%time.Millisecond > 0 {
			ms++ // nobody waits less than was asked for
		} else if d < 0 && ms == 0 {
			ms = -1
		}
		return strconv.FormatInt(int64(ms), 10)
	}
	return fmt.Sprint(value)
}

// decode reads what the row's PRAGMA answers or is given.
func decode[T any](row *pragmas.Pragma, text string) (value T, err error) {
	v, ok := reflect.ValueOf(&value).Elem(), true
	switch v.Kind() {
	case reflect.Bool:
		var on bool
		on, ok = pragmas.Switch(text)
		v.SetBool(on)
	case reflect.String:
		text, ok = row.Values.Word(text)
		v.SetString(text)
	default:
		var n int64
		n, err = strconv.ParseInt(text, 10, v.Type().Bits())
		if _, is := any(value).(time.Duration); is {
			n *= int64(time.Millisecond)
		}
		v.SetInt(n)
	}
	if err != nil || !ok {
		return value, fmt.Errorf("unknown answer %q", text)
	}
	return value, nil
}
