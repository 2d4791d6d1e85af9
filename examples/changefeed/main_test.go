package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) {
	dbtest.MainLocal(m, dbtest.ShowsLocal, map[string]func([]string) error{"write": func(args []string) error {
		db, closePool, err := open(args[0])
		if err != nil {
			return err
		}
		defer closePool()
		return db.Create(&Product{ID: 7, Name: "salt", Price: 1}).Error
	}})
}

func TestDemo(t *testing.T) {
	var out strings.Builder
	require.NoError(t, demo(&out, filepath.Join(t.TempDir(), "shop.db")))
	require.Equal(t, `insert main.products 1
insert main.products 2
update main.products 1
delete main.products 2
the cache has [{1 tea 5}]
`, out.String())
}

// What another process writes gets into the cache, too.
func TestAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	db, closePool, err := open(path)
	require.NoError(t, err)
	defer closePool()
	require.NoError(t, db.AutoMigrate(&Product{}))
	var out strings.Builder
	c, err := newCache(db, &out)
	require.NoError(t, err)
	defer c.stop()
	dbtest.Start(t, "write", path).Done(t)
	c.await(1)
	require.Equal(t, []Product{{7, "salt", 1}}, c.list())
}
