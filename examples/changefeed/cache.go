package main

import (
	"fmt"
	"io"
	"log"
	"maps"
	"slices"
	"sync"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// cache has the products by their keys.
type cache struct {
	db   *gorm.DB
	out  io.Writer
	stop func()

	mu       sync.Mutex
	changed  *sync.Cond
	heard    int // changes
	products map[int64]Product
}

// newCache listens first and reads then, so that nothing is missed in between.
func newCache(db *gorm.DB, out io.Writer) (*cache, error) {
	c := &cache{db: db, out: out}
	c.changed = sync.NewCond(&c.mu)
	c.mu.Lock() // what is told meanwhile waits until all has been read
	defer c.mu.Unlock()
	var err error
	if c.stop, err = libsql.OnChange(db, c.hear); err != nil {
		return nil, err
	}
	if err := c.load(); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// load reads all of the table.
func (c *cache) load() error {
	var all []Product
	if err := c.db.Find(&all).Error; err != nil {
		return err
	}
	c.products = map[int64]Product{}
	for _, p := range all {
		c.products[p.ID] = p
	}
	return nil
}

// hear takes over one change. It reads the row as it is now: what has become
// of it since is told by a change of its own.
func (c *cache) hear(change driver.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed.Broadcast()
	if change.Op != driver.DatabaseChanged && change.Table != "products" {
		return
	}
	c.heard++
	fmt.Fprintln(c.out, change)
	if err := c.apply(change); err != nil {
		log.Print(err)
	}
}

func (c *cache) apply(change driver.Change) error {
	switch change.Op {
	case driver.TableChanged, driver.DatabaseChanged: // which rows, nobody knows
		return c.load()
	case driver.RowDeleted:
		delete(c.products, change.RowID)
		return nil
	}
	var found []Product
	if err := c.db.Find(&found, change.RowID).Error; err != nil {
		return err
	}
	delete(c.products, change.RowID) // it may be gone already
	for _, p := range found {
		c.products[p.ID] = p
	}
	return nil
}

// await waits until the cache has heard of n changes.
func (c *cache) await(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.heard < n {
		c.changed.Wait()
	}
}

func (c *cache) list() []Product {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Values(c.products), func(a, b Product) int { return int(a.ID - b.ID) })
}
