package engine

import "context"

// Stater is a [Conn] that counts.
type Stater interface {
	// Stats reads the counts and sets back those that can be. It may be called
	// from another goroutine while nobody uses the connection.
	Stats(reset bool) (ConnStats, error)
}

// Stats are counts that sum up over connections.
type Stats struct {
	CacheHits, CacheMisses, CacheWrites, CacheSpills                       int64
	CacheUsed, SchemaUsed, StmtUsed                                        int64 // bytes
	LookasideUsed, LookasideHits, LookasideMissesSize, LookasideMissesFull int64
	StmtCacheLen, StmtCacheHits, StmtCacheMisses, StmtCacheEvictions       int64
	DeferredForeignKeys                                                    int64
	TotalChanges                                                           int64
}

// Add sums up.
func (s *Stats) Add(o *Stats) {
	s.CacheHits += o.CacheHits
	s.CacheMisses += o.CacheMisses
	s.CacheWrites += o.CacheWrites
	s.CacheSpills += o.CacheSpills
	s.CacheUsed += o.CacheUsed
	s.SchemaUsed += o.SchemaUsed
	s.StmtUsed += o.StmtUsed
	s.LookasideUsed += o.LookasideUsed
	s.LookasideHits += o.LookasideHits
	s.LookasideMissesSize += o.LookasideMissesSize
	s.LookasideMissesFull += o.LookasideMissesFull
	s.StmtCacheLen += o.StmtCacheLen
	s.StmtCacheHits += o.StmtCacheHits
	s.StmtCacheMisses += o.StmtCacheMisses
	s.StmtCacheEvictions += o.StmtCacheEvictions
	s.DeferredForeignKeys += o.DeferredForeignKeys
	s.TotalChanges += o.TotalChanges
}

// Left is what is left of the counts of a connection when it is closed.
func (s Stats) Left() Stats {
	s.CacheUsed, s.SchemaUsed, s.StmtUsed = 0, 0, 0
	s.LookasideUsed, s.StmtCacheLen, s.DeferredForeignKeys = 0, 0, 0
	return s
}

// ConnStats are the counts and the state of one connection.
type ConnStats struct {
	Stats
	Autocommit, ReadOnly bool
	TxState              int // https://www.sqlite.org/c3ref/c_txn_none.html
	Changes              int64
}

// MemoryStats are of the whole process.
type MemoryStats struct {
	Used, Highest, Allocations, LargestAllocation int64
}

// Cacher is a [Conn] with a cache of pages of its own.
type Cacher interface {
	// CacheFlush writes the changed pages of an open transaction.
	CacheFlush(ctx context.Context) error
	// ReleaseMemory gives back what the connection can do without, and tells
	// how many bytes that were.
	ReleaseMemory() (int64, error)
}
