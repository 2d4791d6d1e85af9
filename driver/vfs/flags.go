package vfs

// OpenFlag says how a file is opened, and what for:
// https://www.sqlite.org/c3ref/c_open_autoproxy.html.
type OpenFlag int

// The flags of [VFS.Open]: first how, then which kind of file it is.
const (
	OpenReadOnly      OpenFlag = 0x00000001
	OpenReadWrite     OpenFlag = 0x00000002
	OpenCreate        OpenFlag = 0x00000004 // if it is missing
	OpenDeleteOnClose OpenFlag = 0x00000008
	OpenExclusive     OpenFlag = 0x00000010 // with OpenCreate: it must be missing
	OpenURI           OpenFlag = 0x00000040
	OpenMemory        OpenFlag = 0x00000080

	OpenMainDB       OpenFlag = 0x00000100
	OpenTempDB       OpenFlag = 0x00000200
	OpenTransientDB  OpenFlag = 0x00000400
	OpenMainJournal  OpenFlag = 0x00000800
	OpenTempJournal  OpenFlag = 0x00001000
	OpenSubJournal   OpenFlag = 0x00002000
	OpenSuperJournal OpenFlag = 0x00004000
	OpenWAL          OpenFlag = 0x00080000
)

// AccessFlag is a question to [VFS.Access].
type AccessFlag int

// The questions.
const (
	AccessExists    AccessFlag = 0
	AccessReadWrite AccessFlag = 1
	AccessRead      AccessFlag = 2
)

// SyncFlag says what [File.Sync] waits for.
type SyncFlag int

// The flags; one of the first two is set.
const (
	SyncNormal   SyncFlag = 0x02
	SyncFull     SyncFlag = 0x03 // on macOS, down to the platter
	SyncDataOnly SyncFlag = 0x10 // the file's size need not be
)

// LockLevel is a lock on a database: https://www.sqlite.org/lockingv3.html.
type LockLevel int

// The levels.
const (
	LockNone      LockLevel = 0
	LockShared    LockLevel = 1
	LockReserved  LockLevel = 2
	LockPending   LockLevel = 3
	LockExclusive LockLevel = 4
)

// ShmFlag says what [SharedMemory.ShmLock] does: ShmLock or ShmUnlock, with
// ShmShared or ShmExclusive.
type ShmFlag int

// The flags.
const (
	ShmUnlock    ShmFlag = 1
	ShmLock      ShmFlag = 2
	ShmShared    ShmFlag = 4
	ShmExclusive ShmFlag = 8
)

// ShmLocks is how many locks the shared memory of a database has.
const ShmLocks = 8

// DeviceCharacteristic is what the storage of a file promises:
// https://www.sqlite.org/c3ref/c_iocap_atomic.html.
type DeviceCharacteristic int

// The promises. SQLite's BATCH_ATOMIC is not among them: the library is built
// without it.
const (
	Atomic              DeviceCharacteristic = 0x00000001 // a write of any size happens or does not
	Atomic512           DeviceCharacteristic = 0x00000002
	Atomic1K            DeviceCharacteristic = 0x00000004
	Atomic2K            DeviceCharacteristic = 0x00000008
	Atomic4K            DeviceCharacteristic = 0x00000010
	Atomic8K            DeviceCharacteristic = 0x00000020
	Atomic16K           DeviceCharacteristic = 0x00000040
	Atomic32K           DeviceCharacteristic = 0x00000080
	Atomic64K           DeviceCharacteristic = 0x00000100
	SafeAppend          DeviceCharacteristic = 0x00000200 // a file grows only after the data is there
	Sequential          DeviceCharacteristic = 0x00000400 // writes happen in their order
	UndeletableWhenOpen DeviceCharacteristic = 0x00000800
	PowersafeOverwrite  DeviceCharacteristic = 0x00001000 // a write harms no byte beside it: https://www.sqlite.org/psow.html
	Immutable           DeviceCharacteristic = 0x00002000 // nobody changes the file
)
