package fts_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// shell runs SQL in SQLite's own shell.
func shell(t testing.TB, file, input string) string {
	t.Helper()
	path, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Skip("there is no sqlite3 shell: ", err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-bail", file)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// Another program that writes to the file keeps the indexes by the triggers, and
// can search in them.
func TestShellWrites(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	file := dbtest.File(t)
	db := open(t, file, &Page{}, &KeyedPage{}, &PairPage{})
	require.NoError(t, db.Create(&Page{ID: 1, Slug: "a", Path: "a", Body: "ape"}).Error)
	require.NoError(t, db.Create(&KeyedPage{ID: "x", Slug: "a", Body: "ape"}).Error)
	require.NoError(t, db.Create(&PairPage{ID: "x", Kind: 1, Slug: "a", Body: "ape"}).Error)
	shell(t, file, `
		INSERT INTO pages(id, slug, path, kind, title, body) VALUES (2, 'b', 'b', 1, 'bee', 'cat'), (3, 'c', 'c', 1, NULL, 'dog');
		INSERT OR REPLACE INTO pages(id, slug, path, kind, body) VALUES (9, 'a', 'z', 3, 'elk');
		UPDATE pages SET body = body || ' fox', id = id + 100 WHERE id = 2;
		INSERT INTO pages(id, slug, path, kind, body) VALUES (102, 'q', 'q', 5, 'gnu') ON CONFLICT(id) DO UPDATE SET body = 'hen';
		BEGIN; DELETE FROM pages; ROLLBACK;
		REPLACE INTO keyed_pages(id, slug, body) VALUES ('y', 'a', 'bee'), ('z', 'c', 'cat');
		UPDATE keyed_pages SET id = 'zz' WHERE id = 'z';
		REPLACE INTO pair_pages(id, kind, slug, body) VALUES ('X', 1, 'n', 'bee');
		VACUUM;`)
	for text, want := range map[string]int64{"ape": 0, "elk": 1, "hen": 1, "fox": 0, "dog": 1} {
		require.Equal(t, want, count(t, db, &Page{}, text), text)
	}
	require.EqualValues(t, 0, count(t, db, &KeyedPage{}, "ape"))
	require.EqualValues(t, 1, count(t, db, &KeyedPage{}, "cat"))
	require.EqualValues(t, 1, count(t, db, &PairPage{}, "bee"))
	for _, model := range []any{&Page{}, &KeyedPage{}, &PairPage{}} {
		sound(t, db, model)
		again(t, db, model)
	}
	require.Equal(t, "9\n", shell(t, file, "SELECT rowid FROM pages_fts WHERE pages_fts MATCH 'elk';"))
}

// A dump of the shell makes the same database again, with its triggers and
// indexes.
func TestShellDump(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	file := dbtest.File(t)
	models := []any{&Page{}, &KeyedPage{}, &PairPage{}}
	fill := func(db *gorm.DB) {
		require.NoError(t, db.Create(&[]Page{{Slug: "a", Path: "a", Body: "ape"}, {Slug: "b", Path: "b", Kind: 1, Body: "bee"}}).Error)
		require.NoError(t, db.Create(&KeyedPage{ID: "x", Slug: "a", Body: "ape"}).Error)
		require.NoError(t, db.Create(&PairPage{ID: "x", Kind: 1, Slug: "a", Body: "ape"}).Error)
	}
	fill(open(t, file, models...))
	dump := shell(t, file, ".dump")
	restored := filepath.Join(t.TempDir(), "restored.db")
	shell(t, restored, dump)
	db := open(t, restored)
	for _, model := range models {
		again(t, db, model)
		sound(t, db, model)
		require.EqualValues(t, 1, count(t, db, model, "ape"))
		require.NoError(t, db.Exec("UPDATE "+tableOf(t, db, model)+" SET body = 'cat' WHERE body = 'ape'").Error)
		require.EqualValues(t, 0, count(t, db, model, "ape"))
		require.EqualValues(t, 1, count(t, db, model, "cat"))
		sound(t, db, model)
	}
	pool, err := db.DB()
	require.NoError(t, err)
	dbtest.Intact(t, pool)
	require.NoError(t, fts.Rebuild(db, &Page{}))
}

func tableOf(t testing.TB, db *gorm.DB, model any) string {
	t.Helper()
	stmt := &gorm.Statement{DB: db}
	require.NoError(t, stmt.Parse(model))
	return stmt.Table
}
