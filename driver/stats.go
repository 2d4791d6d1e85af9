package driver

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/driver/internal/local"
)

// Stats are counts that sum up over connections. They begin with the
// connection, or when they were last reset. The counts of pages are those of
// https://www.sqlite.org/c3ref/c_dbstatus_options.html.
type Stats struct {
	CacheHits, CacheMisses int64 // pages that were in the page cache when they were wanted, and that were not
	CacheWrites            int64 // pages written to the file or its WAL
	CacheSpills            int64 // pages written in the middle of a transaction, because the cache was full

	CacheUsed  int64 // bytes of the page cache
	SchemaUsed int64 // bytes of the schema as it is kept in memory
	StmtUsed   int64 // bytes of compiled statements, the cached ones among them

	// Slots of small memory that each connection has
	// (https://www.sqlite.org/malloc.html#lookaside): in use now, requests
	// that were met, that were too large, that found all in use.
	LookasideUsed, LookasideHits, LookasideMissesSize, LookasideMissesFull int64

	// The driver's cache of compiled statements (see [Config]): how many are
	// in it, texts that were found in it, queries and changes of rows that were
	// not, and statements that had to go for others.
	StmtCacheLen, StmtCacheHits, StmtCacheMisses, StmtCacheEvictions int64

	// DeferredForeignKeys is 1 for a connection with a foreign key that is
	// broken until the end of its transaction:
	// https://www.sqlite.org/foreignkeys.html#fk_deferred.
	DeferredForeignKeys int64

	// TotalChanges are the rows that were inserted, updated and deleted,
	// by triggers too: https://www.sqlite.org/c3ref/total_changes.html. They
	// are not reset.
	TotalChanges int64
}

// CacheHitRatio is the part of the pages that were in the cache, from 0 to 1;
// 1 if none was wanted.
func (s *Stats) CacheHitRatio() float64 {
	if s.CacheHits+s.CacheMisses == 0 {
		return 1
	}
	return float64(s.CacheHits) / float64(s.CacheHits+s.CacheMisses)
}

// ConnStats are the counts and the state of a connection.
type ConnStats struct {
	Stats
	Autocommit bool    // no transaction is open: https://www.sqlite.org/c3ref/get_autocommit.html
	ReadOnly   bool    // the database was opened read-only: https://www.sqlite.org/c3ref/db_readonly.html
	TxState    TxState // what the transaction has locked
	Changes    int64   // rows that the last INSERT, UPDATE or DELETE changed: https://www.sqlite.org/c3ref/changes.html
}

// TxState is what a transaction has locked:
// https://www.sqlite.org/c3ref/txn_state.html.
type TxState uint8

// The states. A transaction that has begun deferred and run no statement yet
// is in the first.
const (
	TxNone  TxState = iota // nothing
	TxRead                 // it reads, from the snapshot that it began with
	TxWrite                // it writes, or has begun IMMEDIATE
)

// String returns none, read or write.
func (s TxState) String() string {
	names := [...]string{"none", "read", "write"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("TxState(%d)", uint8(s))
}

// Stats reads the counts of the connection. With reset they begin anew, except
// for TotalChanges and for what is in use.
func (c *Conn) Stats(ctx context.Context, reset bool) (ConnStats, error) {
	if err := ctx.Err(); err != nil {
		return ConnStats{}, publish(engine.Cancelled(ctx))
	}
	s, err := c.stats(reset)
	if err != nil {
		return ConnStats{}, err
	}
	return ConnStats{Stats: Stats(s.Stats), Autocommit: s.Autocommit, ReadOnly: s.ReadOnly, TxState: TxState(s.TxState), Changes: s.Changes}, nil
}

func (c *Conn) stats(reset bool) (engine.ConnStats, error) {
	eng, ok := c.eng.(engine.Stater)
	if !ok {
		return engine.ConnStats{}, cannot("statistics", "use a Tracer, or ask the server")
	}
	s, err := eng.Stats(reset)
	return s, publish(err)
}

// PoolStats are the counts of a pool's connections summed up, closed ones
// included: of those, what they had counted counts and what they used does
// not.
type PoolStats struct {
	Stats
	Open   int   // connections
	InUse  int   // of them, those whose counts could not be read now
	Closed int64 // connections since the pool was opened
	Memory MemoryStats
}

// ReadPoolStats reads the counts of a pool without taking connections out of
// it: it never waits for one.
//
// A connection that is in use cannot be read meanwhile. It counts with what
// was last read of it, which is done when it is next given back to the pool;
// InUse is the number of these. A connection that was opened and given back
// just once is among them, as exactly as of then.
//
// With reset the counts begin anew, those of a connection in use when it is
// given back, and those of [MemoryStats] too.
func ReadPoolStats(ctx context.Context, db *sql.DB, reset bool) (s PoolStats, err error) {
	if d, ok := db.Driver().(Driver); ok && d.of != nil {
		if ctx.Err() != nil {
			return s, publish(engine.Cancelled(ctx))
		}
		s, err = d.of.stats(reset)
	} else {
		err = With(ctx, db, func(c *Conn) error { // the driver is wrapped
			s, err = c.connector.stats(reset)
			return err
		})
	}
	if err == nil {
		s.Memory, err = ReadMemoryStats(reset)
	}
	return s, err
}

// MemoryStats are of the library in the whole process, all databases
// together: https://www.sqlite.org/c3ref/c_status_malloc_count.html.
type MemoryStats struct {
	Used, Highest     int64 // bytes allocated now, and the most since a reset
	Allocations       int64 // allocations now
	LargestAllocation int64 // bytes of the largest request since a reset
}

// ReadMemoryStats reads what the library has allocated. With reset the highest
// values begin anew.
func ReadMemoryStats(reset bool) (MemoryStats, error) {
	m, err := local.Memory(reset)
	return MemoryStats(m), publish(err)
}
