package callbacks_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Functions in Go are measured as a part of the engine, and what needs them is
// planned where they are known. The copy of the schema does not know them: of
// such tables and statements there is no advice.
func TestFunctionsInGo(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsCode)
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1})
	pool, err := db.DB()
	require.NoError(t, err)
	manyUsers(t, db, 300)
	failed := errors.New("secret of the function")
	require.NoError(t, driver.EachConn(t.Context(), pool, "slug", func(_ context.Context, c *driver.Conn) error {
		return errors.Join(c.Func("slug", strings.ToLower, driver.Deterministic), c.Func("fails", func(string) (string, error) { return "", failed }),
			c.Func("panics", func() string { panic("secret of a panic") }),
			c.Func("asks", func(ctx context.Context) (n int64, err error) { // on another connection
				return n, pool.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&n)
			}))
	}))
	require.NoError(t, db.Exec("CREATE TABLE posts(id INTEGER PRIMARY KEY, title TEXT, state TEXT); CREATE INDEX by_slug ON posts(slug(title));"+
		"INSERT INTO posts SELECT id, name, age FROM users").Error)
	p.Reset()
	for range 5 {
		require.NoError(t, db.Where("slug(name) = ?", "name7").Find(&[]user{}).Error)
		require.NoError(t, db.Raw("SELECT id FROM posts WHERE slug(title) = ? AND state = ?", "name7", 7).Scan(&[]int{}).Error)
	}
	require.ErrorIs(t, db.Raw("SELECT fails(name) FROM users").Scan(&[]string{}).Error, failed)
	var panicked *driver.PanicError
	require.ErrorAs(t, db.Raw("SELECT panics()").Scan(new(string)).Error, &panicked)
	var n int
	require.NoError(t, db.Raw("SELECT asks()").Scan(&n).Error)
	require.Equal(t, 600, n)

	r := p.Report()
	slug := shapeOf(t, r, "SELECT * FROM `users` WHERE slug(name) = ?")
	require.Equal(t, []int64{5, 5, 1500}, []int64{slug.Count, slug.Rows, slug.Counters.RowsRead})
	require.Positive(t, slug.Times.Engine)
	require.Equal(t, int64(1), shapeOf(t, r, "SELECT fails(name) FROM users").Errors)
	require.Equal(t, int64(1), shapeOf(t, r, "SELECT panics()").Errors)
	require.Equal(t, int64(1), shapeOf(t, r, "SELECT count(*) FROM orders").Count)
	require.NotContains(t, told(t, p), "secret")

	plan, err := slug.Explain(db)
	require.NoError(t, err)
	require.Contains(t, plan.String(), "SCAN users")
	posts := shapeOf(t, r, "SELECT id FROM posts WHERE slug(title) = ? AND state = ?")
	plan, err = posts.Explain(db)
	require.NoError(t, err)
	require.Contains(t, plan.String(), "SEARCH posts USING INDEX by_slug (<expr>=?)")
	require.Contains(t, planOfSlow(t, p, posts.SQL).String(), "by_slug")
	all, err := p.Advise(db)
	require.NoError(t, err)
	for _, a := range all {
		require.Empty(t, a.SQL, "%v: the index of a table that cannot be copied is not judged", a)
	}
}

// recipe is searched by its words.
type recipe struct {
	ID    uint
	Name  string `gorm:"fts"`
	Steps string `gorm:"fts"`
	Cook  string
}

// A full-text search is measured, planned, and left alone by the advice; its
// index's own tables are no tables of the program.
func TestFullTextSearch(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1})
	require.NoError(t, db.AutoMigrate(&recipe{}))
	all := make([]recipe, 500)
	for i := range all {
		all[i] = recipe{Name: fmt.Sprint("dish", i), Steps: "whisk the secretword and bake", Cook: fmt.Sprint("cook", i)}
	}
	require.NoError(t, db.CreateInBatches(all, 100).Error)
	p.Reset()
	search := func(db *gorm.DB) *gorm.DB { return db.Scopes(fts.Match(&recipe{}, "secretword")).Limit(3) }
	for range 12 {
		var found []recipe
		require.NoError(t, search(db).Find(&found).Error)
		require.Len(t, found, 3)
	}
	require.NoError(t, db.Model(&recipe{}).Where("id = ?", 7).Update("name", "secretdish").Error)
	require.NoError(t, db.Delete(&recipe{}, 8).Error)
	r := p.Report()
	require.NotContains(t, told(t, p), "secret")
	for _, table := range r.Tables {
		require.Contains(t, []string{"recipes", ""}, table.Name)
	}
	at := -1
	for i := range r.Shapes {
		if strings.Contains(r.Shapes[i].SQL, "MATCH") {
			at = i
		}
	}
	require.GreaterOrEqual(t, at, 0, "%v", r)
	s := r.Shapes[at]
	require.Equal(t, []int64{12, 36}, []int64{s.Count, s.Rows})
	plan, err := s.Explain(db)
	require.NoError(t, err)
	require.Contains(t, plan.String(), "VIRTUAL TABLE INDEX")
	require.Contains(t, planOfSlow(t, p, s.SQL).String(), "VIRTUAL TABLE INDEX")
	advice, err := p.Advise(db)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprint(advice), "secret")
	for _, a := range advice {
		require.NotContains(t, []callbacks.AdviceKind{callbacks.AdviceIndex, callbacks.AdviceUnusedIndex, callbacks.AdviceDuplicateIndex}, a.Kind, a)
	}
	explained, err := callbacks.Explain(db, func(tx *gorm.DB) *gorm.DB { return search(tx).Find(&[]recipe{}) })
	require.NoError(t, err)
	require.Contains(t, explained.String(), "VIRTUAL TABLE INDEX")
}
