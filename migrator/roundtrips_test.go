package migrator_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// statements is a tracer that notes what is run.
type statements struct {
	mu  sync.Mutex
	all []string
}

func (s *statements) TraceStart(ctx context.Context, op driver.Op, sql string) context.Context {
	if op == driver.OpExec || op == driver.OpQuery || op == driver.OpPrepare {
		s.mu.Lock()
		s.all = append(s.all, sql)
		s.mu.Unlock()
	}
	return ctx
}

func (s *statements) TraceEnd(context.Context, driver.TraceEvent) {}

// Round trips are what a migration costs when the database is far away: all
// unchanged models together take two questions.
func TestUnchangedModelsReadTheSchemaOnce(t *testing.T) {
	cfg, err := driver.ParseDSN(filepath.Join(t.TempDir(), "a.db"))
	require.NoError(t, err)
	traced := &statements{}
	cfg.Tracer = traced
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	defer pool.Close()

	models := []any{&author{}, &book{}, &quotedTable{}, &numbered{}, &numberedParent{}}
	require.NoError(t, db.AutoMigrate(models...))
	traced.all = nil
	require.NoError(t, db.AutoMigrate(models...))
	require.Len(t, traced.all, 2, "the list of the schemas, and all of them: %q", traced.all)
}
