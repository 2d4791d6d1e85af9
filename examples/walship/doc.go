// Command walship keeps a copy of a database that follows it, whoever writes to
// it, until it is interrupted:
//
//	go run ./examples/walship app.db copy.db
//
// Both it and the writers may end and begin again at any time. Beside the copy
// lies a note of how far it is, copy.db-ship; without a valid one, and when the
// source has made a checkpoint and begun its log anew, the copy is made from a
// new snapshot. Programs may read the copy, but must not write to it, and open
// it again when its file has been replaced.
package main
