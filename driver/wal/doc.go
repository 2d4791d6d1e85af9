// Package wal reads, follows and writes the frames of a write-ahead log
// (https://www.sqlite.org/walformat.html), to keep a copy of a database that
// follows it.
//
// A database in WAL mode appends each page that a transaction has changed to
// its log as a frame; the last frame of a transaction commits it. [Follow]
// hands out what has been committed, whoever did it, also in another process.
// [Apply] writes it to the log of a copy. A copy begins as a [Snapshot], whose
// [Position] says where to follow from, and needs a new one when a checkpoint
// of the source has let its log begin anew ([ErrSnapshotNeeded]): what was in
// the old one may be gone. How often that is, the source says:
// [driver.Conn.DisableCheckpoint] for its connections, and
// [driver.Conn.Checkpoint] when it suits.
//
// Reading takes no locks: neither readers nor writers nor checkpoints wait for
// it. All is about the database that the connection has opened ("main"), not
// about attached ones. Of encrypted databases, and of connections with
// locking_mode=EXCLUSIVE, only the errors are: they wrap
// [driver.ErrUnsupported].
//
// The program examples/walship of the module ships a database so.
package wal
