package driver

import (
	"context"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// CacheFlush writes the pages that the open transaction has changed so far to
// the file or its WAL, which frees room in the page cache; a ROLLBACK still
// undoes them: https://www.sqlite.org/c3ref/db_cacheflush.html. It commits
// nothing and makes nothing durable. Without a transaction that has written it
// does nothing.
//
// In every journal mode but WAL it needs the lock that keeps readers out, and
// is [ErrBusy] when they do not end within the busy timeout.
func (c *Conn) CacheFlush(ctx context.Context) error {
	eng, ok := c.eng.(engine.Cacher)
	if !ok {
		return cannot("CacheFlush", "the page cache is the server's")
	}
	return publish(eng.CacheFlush(ctx))
}

// ReleaseMemory gives back the memory that the connection can do without: its
// cached pages, as PRAGMA shrink_memory does, and its cached statements. It
// returns the number of bytes. What is in use, and what an open transaction has
// changed, stays: https://www.sqlite.org/c3ref/db_release_memory.html.
//
// It is the memory of one connection: [EachConn], with a name, has it done by
// all of a pool.
func (c *Conn) ReleaseMemory() (bytes int64, err error) {
	eng, ok := c.eng.(engine.Cacher)
	if !ok {
		return 0, cannot("ReleaseMemory", "the page cache is the server's")
	}
	bytes, err = eng.ReleaseMemory()
	return bytes, publish(err)
}
