package vectors

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/vecindex"
	"github.com/gorm-libsql/libsql/types"
)

const dims = 128

var only = flag.String("compress", "all", "measure this compression alone, \"\" none")

type cosineDoc struct {
	ID        uint
	Embedding types.Vector `gorm:"dims:128;vectorIndex:name=measured"`
}

type l2Doc struct {
	ID        uint
	Embedding types.Vector `gorm:"dims:128;vectorIndex:name=measured,metric=l2"`
}

// TestMeasure measures each metric with each compression: how long the index
// takes to build and a row to insert, how large it is, how many of the ten
// nearest it finds, and how many searches a second one connection does. All
// times are of the processor.
func TestMeasure(t *testing.T) {
	rows, queries, inserts := 120, 10, 5
	if dbtest.Long() {
		rows, queries, inserts = 20000, 200, 500
	}
	stored, asked := data(t, rows+inserts, queries, dims)
	more := stored[rows:]
	stored = stored[:rows]
	fmt.Printf("%d x %d, %d queries\n", rows, dims, queries)
	fmt.Println("| metric | compress | build s | insert ms | index MB | recall@10 | searches/s |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, metric := range []string{"cosine", "l2"} {
		t.Run(metric, func(t *testing.T) { measure(t, metric, stored, more, asked) })
	}
}

func measure(t *testing.T, metric string, stored, more, asked []types.Vector) {
	queries := float64(len(asked))
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	db, err := gorm.Open(libsql.Open(path), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	model, table := any(&cosineDoc{}), "cosine_docs"
	if metric == "l2" {
		model, table = &l2Doc{}, "l2_docs"
	}
	require.NoError(t, db.AutoMigrate(model))
	require.NoError(t, db.Migrator().DropIndex(model, "measured"))
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error { return insert(tx, table, stored) }))

	search := types.Search{Field: "Embedding", K: 10, Exact: true}
	want, took := ask(t, db, model, search, asked)
	fmt.Printf("| %s | exact | | %.3f | | 1 | %.0f |\n", metric, ms(insertAll(t, db, table, more)), queries/took.Seconds())
	compressions := []string{"", "float16", "floatb16", "float8", "float1bit"}
	if metric == "l2" {
		compressions = compressions[:4]
	}
	for _, compress := range compressions {
		if *only != "all" && *only != compress {
			continue
		}
		before := size(t, path, db)
		begin := cpu()
		o := vecindex.Options{Metric: metric, Compress: compress}
		require.NoError(t, db.Exec(o.CreateIndex("measured", table, "embedding")).Error)
		build := cpu() - begin
		mb := float64(size(t, path, db)-before) / 1e6
		each := insertAll(t, db, table, more)
		search.Exact = false
		got, took := ask(t, db, model, search, asked)
		recall := overlap(want, got)
		if compress == "" {
			compress = "–"
		}
		fmt.Printf("| %s | %s | %.1f | %.2f | %.0f | %.3f | %.0f |\n", metric, compress, build.Seconds(), ms(each), mb, recall, queries/took.Seconds())
		require.Greater(t, recall, 0.5)
		require.NoError(t, db.Exec("DROP INDEX measured").Error)
		require.NoError(t, libsql.Vacuum(db))
	}
	pool, err := db.DB()
	require.NoError(t, err)
	require.NoError(t, pool.Close())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func insert(tx *gorm.DB, table string, vectors []types.Vector) error {
	for _, v := range vectors {
		if err := tx.Exec("INSERT INTO "+table+" (embedding) VALUES (?)", v).Error; err != nil {
			return err
		}
	}
	return nil
}

// insertAll is how long one more row takes within a transaction, which is then
// undone.
func insertAll(t *testing.T, db *gorm.DB, table string, vectors []types.Vector) time.Duration {
	t.Helper()
	tx := db.Begin()
	begin := cpu()
	require.NoError(t, insert(tx, table, vectors))
	took := cpu() - begin
	require.NoError(t, tx.Rollback().Error)
	return took / time.Duration(len(vectors))
}

func ask(t *testing.T, db *gorm.DB, model any, s types.Search, queries []types.Vector) (out [][]uint, took time.Duration) {
	t.Helper()
	begin := cpu()
	for _, q := range queries {
		var ids []uint
		s.Query = q
		require.NoError(t, db.Model(model).Scopes(s.Scope).Pluck("id", &ids).Error)
		require.Len(t, ids, s.K)
		out = append(out, ids)
	}
	return out, cpu() - begin
}

func overlap(want, got [][]uint) float64 {
	hits, all := 0, 0
	for i := range want {
		is := map[uint]bool{}
		for _, id := range want[i] {
			is[id] = true
		}
		for _, id := range got[i] {
			if is[id] {
				hits++
			}
		}
		all += len(want[i])
	}
	return float64(hits) / float64(all)
}

func size(t *testing.T, path string, db *gorm.DB) int64 {
	t.Helper()
	require.NoError(t, db.Exec("PRAGMA wal_checkpoint(TRUNCATE)").Error)
	fi, err := os.Stat(path)
	require.NoError(t, err)
	return fi.Size()
}
