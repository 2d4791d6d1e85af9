// Package engine is the seam between the database/sql driver and what runs
// its statements: a local libSQL library, a remote server, a replica.
//
// An [Engine] stands for one database, a [Conn] for one connection to it. A
// call takes a whole SQL text with all of its arguments, so that an engine
// behind a network answers it in one round trip, and a local one in few
// crossings into C. Rows come in blocks that the engine fetches as it likes.
//
// A Conn and what came from it belong to one goroutine at a time, as
// database/sql guarantees.
package engine
