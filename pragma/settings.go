package pragma

import (
	"time"

	"github.com/gorm-libsql/libsql/internal/pragmas"
)

func setting[T any](name string) Setting[T] { return Setting[T]{row: pragmas.Find(name)} }

// The settings of a connection, which others do not see: [Setting.SetAll] is
// for the pool. Each is described at https://www.sqlite.org/pragma.html under
// its name; the defaults are those of a connection of this driver.
var (
	// AnalysisLimit is how many rows of an index ANALYZE looks at; 0, the
	// default, all.
	AnalysisLimit = setting[int64]("analysis_limit")
	// AutomaticIndex lets SQLite make indexes for one statement. Default: on.
	AutomaticIndex = setting[bool]("automatic_index")
	// BusyTimeout is how long to wait for a lock, in whole milliseconds, up to
	// which it is rounded. Default: 5 s, see [driver.Config.BusyTimeout].
	BusyTimeout = setting[time.Duration]("busy_timeout")
	// CacheSize is the size of the page cache. Default: KiB(2000). Each
	// database has its own.
	CacheSize = setting[Size]("cache_size")
	// CacheSpill is the size from which on a transaction writes changed pages
	// before its end, told in pages and no less than the cache has; 0 never.
	// Default: on, with the size of the cache.
	CacheSpill = setting[Size]("cache_spill")
	// CaseSensitiveLike makes LIKE tell a from A. Default: off. Indexes and
	// CHECK constraints with LIKE need the same setting always.
	CaseSensitiveLike = setting[bool]("case_sensitive_like")
	// CellSizeCheck looks for damage in each page that is read. Default: off.
	CellSizeCheck = setting[bool]("cell_size_check")
	// CheckpointFullFsync waits for the disk itself at checkpoints, where the
	// system knows how (macOS). Default: off.
	CheckpointFullFsync = setting[bool]("checkpoint_fullfsync")
	// ForeignKeys enforces foreign keys. Default: on. It does not change
	// inside a transaction, which is a [*KeptError].
	ForeignKeys = setting[bool]("foreign_keys")
	// FullFsync is CheckpointFullFsync for every time. Default: off.
	FullFsync = setting[bool]("fullfsync")
	// IgnoreCheckConstraints leaves CHECK constraints unchecked. Default: off.
	IgnoreCheckConstraints = setting[bool]("ignore_check_constraints")
	// JournalMode is how transactions are undone after a crash. WAL is kept by
	// the file, each other mode by the connection. Default: [JournalWAL] for a
	// file that this driver creates, else the file's own. It does not change
	// inside a transaction, which is a [*KeptError], or an error of SQLite's where
	// it would leave WAL.
	JournalMode = setting[Journal]("journal_mode")
	// JournalSizeLimit is to how many bytes a journal or a WAL is cut when it
	// is used again; -1, the default, not at all.
	JournalSizeLimit = setting[Bytes]("journal_size_limit")
	// LegacyAlterTable makes ALTER TABLE RENAME leave triggers and views
	// alone. Default: off.
	LegacyAlterTable = setting[bool]("legacy_alter_table")
	// LockingMode is whether locks are kept between transactions. Default:
	// [LockingNormal]. [LockingExclusive] lets one connection in: on every
	// connection of a pool it shuts out all but the first.
	LockingMode = setting[Locking]("locking_mode")
	// MaxPageCount is how large the database may grow, [driver.ErrFull] being
	// the end; no less than it has. Default: 4294967294.
	MaxPageCount = setting[Pages]("max_page_count")
	// MmapSize is how many bytes of the file are read by mapping them into
	// memory, at most about 2 GiB. Default: 0. Not on a database in memory.
	MmapSize = setting[Bytes]("mmap_size")
	// QueryOnly refuses every change of the database. Default: off.
	QueryOnly = setting[bool]("query_only")
	// ReadUncommitted is for connections that share a cache, which those of
	// this driver do not. Default: off.
	ReadUncommitted = setting[bool]("read_uncommitted")
	// RecursiveTriggers lets a trigger set itself off. Default: off.
	RecursiveTriggers = setting[bool]("recursive_triggers")
	// ReverseUnorderedSelects turns around the rows of queries without ORDER
	// BY, which shows who relies on their order. Default: off.
	ReverseUnorderedSelects = setting[bool]("reverse_unordered_selects")
	// SecureDelete overwrites what is deleted. Default: [EraseOff].
	SecureDelete = setting[Erasure]("secure_delete")
	// Synchronous is when SQLite waits for the disk. Default: [SyncNormal]
	// under WAL, [SyncOff] in memory, else [SyncFull]. SQLite refuses to
	// change it inside a transaction. Each database has its own.
	Synchronous = setting[Sync]("synchronous")
	// TempStore is where temporary tables are. Default: [TempDefault].
	// Changing it drops those that are there; inside a transaction SQLite
	// refuses that.
	TempStore = setting[TempStorage]("temp_store")
	// Threads is how many threads may help a statement to sort, up to 8.
	// Default: 0.
	Threads = setting[int64]("threads")
	// TrustedSchema lets views, triggers and the like use functions and
	// virtual tables that have effects. Default: on.
	TrustedSchema = setting[bool]("trusted_schema")
	// WALAutoCheckpoint is at how many pages of the WAL a commit begins to
	// copy it into the database; 0 never. Default: 1000.
	WALAutoCheckpoint = setting[Pages]("wal_autocheckpoint")
	// WritableSchema lets statements write sqlite_schema, where a mistake
	// makes the file unreadable. Default: off.
	WritableSchema = setting[bool]("writable_schema")
)

// The settings that are written into the database and hold for everyone.
var (
	// ApplicationID says whose file format the database is; 0, the default,
	// nobody's.
	ApplicationID = setting[int32]("application_id")
	// AutoVacuum is what becomes of free pages. Default: [VacuumNone]. On a
	// database without pages, and between [VacuumFull] and
	// [VacuumIncremental], it takes effect at once; else Set returns a
	// [*KeptError] that wraps [ErrNeedsVacuum], and it does with VACUUM on the
	// same connection.
	AutoVacuum = setting[Vacuuming]("auto_vacuum")
	// Encoding is how texts are stored. Default: [UTF8]. It takes effect with
	// the first table, if the connection that has set it creates that, and
	// never after.
	Encoding = setting[TextEncoding]("encoding")
	// PageSize is the size of a page, a power of two from 512 to 65536.
	// Default: 4096. On a database without pages it takes effect with the
	// first one, if the connection that has set it writes that; else Set
	// returns a [*KeptError] that wraps [ErrNeedsVacuum], and it does with
	// VACUUM on the same connection. Under WAL it never does: a file that
	// this driver creates is WAL, so give it its size in the DSN,
	// _pragma=page_size(8192).
	PageSize = setting[Bytes]("page_size")
	// UserVersion is a number of the application's own. Default: 0.
	UserVersion = setting[int32]("user_version")
)

// DeferForeignKeys checks foreign keys at the end of the transaction only.
// Default: off, again at each COMMIT and ROLLBACK, and so on no pool.
var DeferForeignKeys = setting[bool]("defer_foreign_keys")

// The settings of the process, which every connection to every database shares.
var (
	// HardHeapLimit is how many bytes SQLite may allocate, [driver.ErrNoMemory]
	// being the end; 0, the default, any. It can only be lowered.
	HardHeapLimit = setting[Bytes]("hard_heap_limit")
	// SoftHeapLimit is from how many bytes on SQLite gives up cached pages
	// rather than allocate; 0, the default, never. HardHeapLimit bounds it.
	SoftHeapLimit = setting[Bytes]("soft_heap_limit")
)
