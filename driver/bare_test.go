package driver

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// bare is an engine that can do no more than it must.
type bare struct{ engine.Conn }

// What an engine cannot do says so, and what to use instead.
func TestAnEngineThatCannot(t *testing.T) {
	ctx := context.Background()
	c := &Conn{connector: &Connector{cfg: &Config{}}, eng: bare{}}
	for name, call := range map[string]func() error{
		"Batch":         func() error { _, err := c.Batch(ctx, "SELECT 1"); return err },
		"BatchStmts":    func() error { _, err := c.BatchStmts(ctx, []BatchStmt{{SQL: "SELECT 1"}}, BatchOptions{}); return err },
		"Sizes":         func() error { _, err := c.Sizes(ctx, ""); return err },
		"Stats":         func() error { _, err := c.Stats(ctx, false); return err },
		"CacheFlush":    func() error { return c.CacheFlush(ctx) },
		"ReleaseMemory": func() error { _, err := c.ReleaseMemory(); return err },
		"BusyTimeout":   func() error { return c.SetBusyTimeout(1) },
		"Limit":         func() error { _, err := c.Limit(LimitLength, -1); return err },
		"Describe":      func() error { _, err := c.Describe(ctx, "SELECT 1"); return err },
		"Statement":     func() error { _, err := c.Statement(ctx, "SELECT 1"); return err },
		"Func":          func() error { return c.Func("f", func() {}) },
		"Aggregate":     func() error { return c.Aggregate("f", func() int { return 0 }) },
		"Window":        func() error { return c.Window("f", func() int { return 0 }) },
		"Collation":     func() error { return c.Collation("f", strings.Compare) },
		"TableFunc":     func() error { return c.TableFunc("f", func() {}) },
		"OnUpdate":      func() error { _, err := c.OnUpdate(nil); return err },
		"OnCommit":      func() error { _, err := c.OnCommit(nil); return err },
		"OnRollback":    func() error { _, err := c.OnRollback(nil); return err },
		"Authorize":     func() error { _, err := c.Authorize(nil); return err },
		"OnProgress":    func() error { _, err := c.OnProgress(1, nil); return err },
		"OnChange":      func() error { _, err := c.connector.onChange(nil); return err },
		"ExecFS":        func() error { return c.ExecFS(ctx, fstest.MapFS{"1.sql": {}}, "*") },
		"Attach":        func() error { return c.Attach(ctx, Attachment{Schema: "x", Path: "x"}) },
		"Detach":        func() error { return c.Detach(ctx, "x") },
		"LoadExtension": func() error { return c.LoadExtension(ctx, Extension{Path: "x"}) },
	} {
		err := call()
		require.ErrorIs(t, err, ErrUnsupported, name)
		require.ErrorContains(t, err, "not supported by this database's engine: ", name)
	}
	require.Zero(t, c.BusyTimeout())
}
