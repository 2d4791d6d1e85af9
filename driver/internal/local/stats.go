//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

/*
#include "stats.h"
*/
import "C"

import (
	"context"
	"database/sql/driver"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var (
	_ engine.Stater = (*conn)(nil)
	_ engine.Cacher = (*conn)(nil)
)

// Stats reads the counts of SQLite and of the cache of statements.
func (c *conn) Stats(reset bool) (s engine.ConnStats, err error) {
	if c.p == nil {
		return s, driver.ErrBadConn
	}
	var n [C.LQ_DBSTATUS]C.lq_pair
	if rc := C.lq_db_status(c.p, &n[0], cbool(reset)); rc != 0 {
		return s, &engine.Error{Code: int(rc), Offset: -1, Message: "sqlite3_db_status failed"}
	}
	s.Stats = engine.Stats{
		LookasideUsed: int64(n[0].now), CacheUsed: int64(n[1].now), SchemaUsed: int64(n[2].now), StmtUsed: int64(n[3].now),
		LookasideHits: int64(n[4].high), LookasideMissesSize: int64(n[5].high), LookasideMissesFull: int64(n[6].high),
		CacheHits: int64(n[7].now), CacheMisses: int64(n[8].now), CacheWrites: int64(n[9].now), CacheSpills: int64(n[12].now),
		DeferredForeignKeys: int64(n[10].now), TotalChanges: int64(C.lq_total_changes(c.p)),
		StmtCacheLen: int64(c.cache.order.Len()), StmtCacheHits: c.cache.hits, StmtCacheMisses: c.cache.misses, StmtCacheEvictions: c.cache.evictions,
	}
	if reset {
		c.cache.hits, c.cache.misses, c.cache.evictions = 0, 0, 0
	}
	s.Autocommit, s.ReadOnly = c.autocommit(), C.lq_readonly(c.p) == 1
	s.TxState, s.Changes = int(C.lq_txn_state(c.p)), int64(C.lq_changes(c.p))
	return s, nil
}

// Memory reads what SQLite has allocated in the whole process.
func Memory(reset bool) (m engine.MemoryStats, err error) {
	if err := load(); err != nil {
		return m, err
	}
	var n [C.LQ_STATUS]C.lq_pair
	if rc := C.lq_status(&n[0], cbool(reset)); rc != 0 {
		return m, &engine.Error{Code: int(rc), Offset: -1, Message: "sqlite3_status64 failed"}
	}
	return engine.MemoryStats{Used: int64(n[0].now), Highest: int64(n[0].high), Allocations: int64(n[9].now), LargestAllocation: int64(n[5].high)}, nil
}

// CacheFlush writes what the open transaction has changed, without its end.
func (c *conn) CacheFlush(ctx context.Context) error {
	if err := c.usable(ctx); err != nil {
		return err
	}
	w := startWatch(ctx, c.cancel)
	rc := C.lq_cache_flush(c.p)
	w.stop()
	if c.p.busy_waited > 0 {
		c.traceBusy(ctx)
	}
	if rc != 0 {
		return c.failureUnder(ctx, "")
	}
	return nil
}

// ReleaseMemory drops the statements and the pages that are kept for later.
func (c *conn) ReleaseMemory() (int64, error) {
	if c.inside() {
		return 0, errInside
	}
	before, err := c.Stats(false)
	if err != nil {
		return 0, err
	}
	for _, s := range c.cache.clear() {
		s.release()
	}
	c.spare = nil
	C.lq_release_memory(c.p)
	after, err := c.Stats(false)
	C.lq_give_back()
	return before.CacheUsed + before.SchemaUsed + before.StmtUsed - after.CacheUsed - after.SchemaUsed - after.StmtUsed, err
}
