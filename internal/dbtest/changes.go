package dbtest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
)

// Changes collects what driver.OnChange tells.
type Changes struct {
	Stop func()

	t    testing.TB
	mu   sync.Mutex
	all  []driver.Change
	told chan struct{}
}

// Listen collects the changes of a pool, until the end of the test.
func Listen(t testing.TB, db *sql.DB) *Changes {
	t.Helper()
	c := &Changes{t: t, told: make(chan struct{}, 1)}
	stop, err := driver.OnChange(db, func(ch driver.Change) {
		c.mu.Lock()
		c.all = append(c.all, ch)
		c.mu.Unlock()
		select {
		case c.told <- struct{}{}:
		default:
		}
	})
	require.NoError(t, err)
	c.Stop = stop
	t.Cleanup(stop)
	return c
}

// Until waits for a change whose text ends so, and returns all that came up to
// it and were not returned yet.
func (c *Changes) Until(last string) (out []driver.Change) {
	c.t.Helper()
	late := time.After(time.Minute)
	for {
		c.mu.Lock()
		for i, ch := range c.all {
			if strings.HasSuffix(ch.String(), last) {
				out, c.all = c.all[:i+1], c.all[i+1:]
				c.mu.Unlock()
				return out
			}
		}
		n, some := len(c.all), fmt.Sprint(c.all[:min(len(c.all), 100)])
		c.mu.Unlock()
		select {
		case <-c.told:
		case <-late:
			c.t.Fatalf("no %q came among %d changes: %s", last, n, some)
		}
	}
}

// Lines are the texts of Until.
func (c *Changes) Lines(last string) (lines []string) {
	c.t.Helper()
	for _, ch := range c.Until(last) {
		lines = append(lines, ch.String())
	}
	return lines
}

// Rest are the changes that have come and were not returned.
func (c *Changes) Rest() []driver.Change {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all)
}
