package migrator_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
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

// interloper is a tracer that changes the schema from elsewhere, once, before
// the rows are asked for the first time.
type interloper struct {
	once  sync.Once
	about string
	do    func()
}

func (i *interloper) TraceStart(ctx context.Context, _ driver.Op, sql string) context.Context {
	if strings.Contains(sql, i.about) {
		i.once.Do(i.do)
	}
	return ctx
}

func (i *interloper) TraceEnd(context.Context, driver.TraceEvent) {}

// What another process does between two questions of the first plan, which
// holds no lock, is no error.
func TestTheSchemaChangesMeanwhile(t *testing.T) {
	path := dbtest.DSN(t)
	cfg, err := driver.ParseDSN(path)
	require.NoError(t, err)
	other := &interloper{about: "IS NULL"}
	cfg.Tracer = other
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	defer pool.Close()
	exec(t, db, "CREATE TABLE readers (id integer PRIMARY KEY AUTOINCREMENT, name text, email text)")
	happened := false
	other.do = func() {
		elsewhere, err := sql.Open(driver.Name, path)
		require.NoError(t, err)
		defer elsewhere.Close()
		_, err = elsewhere.Exec("ALTER TABLE readers DROP COLUMN name")
		require.NoError(t, err)
		happened = true
	}

	require.NoError(t, db.AutoMigrate(&Reader{}))
	require.True(t, happened)
	require.True(t, db.Migrator().HasColumn(&Reader{}, "name"))
}

// Round trips are what a migration costs when the database is far away: all
// unchanged models together take one question.
// searched has a full-text index, whose key is a text.
type searched struct {
	ID    string `gorm:"primaryKey"`
	Slug  string `gorm:"uniqueIndex"`
	Title string `gorm:"fts"`
}

func TestUnchangedModelsReadTheSchemaOnce(t *testing.T) {
	cfg, err := driver.ParseDSN(dbtest.DSN(t))
	require.NoError(t, err)
	traced := &statements{}
	cfg.Tracer = traced
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	defer pool.Close()

	models := []any{&author{}, &book{}, &quotedTable{}, &numbered{}, &numberedParent{}, &searched{}}
	require.NoError(t, db.AutoMigrate(models...))
	traced.all = nil
	require.NoError(t, db.AutoMigrate(models...))
	require.Len(t, traced.all, 1, "%q", traced.all)
}
