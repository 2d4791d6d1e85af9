package callbacks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

type company struct {
	ID   types.UUID
	Name string
}

type author struct {
	ID        uint
	Name      string `gorm:"index"`
	Email     string
	CompanyID *types.UUID
	Company   *company
	Books     []book
	Tags      []tag    `gorm:"many2many:author_tags"`
	Notes     []remark `gorm:"polymorphic:Owner"`
	DeletedAt gorm.DeletedAt
}

type book struct {
	ID       uint
	AuthorID uint `gorm:"index"`
	Title    string
	Pages    []page `gorm:"foreignKey:BookTitle;references:Title;constraint:-"`
}

type page struct {
	ID        uint
	BookTitle string
	Body      string
}

type tag struct {
	Word string `gorm:"primaryKey"`
}

type remark struct {
	ID        uint
	OwnerID   uint
	OwnerType string
	Text      string
}

func openModels(t testing.TB, config gorm.Config, models ...any) *gorm.DB {
	t.Helper()
	config.Logger = logger.Discard
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &config)
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() {
		if p, ok := db.ConnPool.(*gorm.PreparedStmtDB); ok {
			p.Close()
		}
		dbtest.Unused(t, pool, time.Minute)
		require.NoError(t, pool.Close())
	})
	require.NoError(t, db.AutoMigrate(models...))
	return db
}

func library(t testing.TB, config gorm.Config) *gorm.DB {
	return openModels(t, config, &company{}, &author{}, &book{}, &page{}, &tag{}, &remark{})
}

// lines are the details of a plan, each statement behind its first words.
func lines(p callbacks.QueryPlan) (out []string) {
	for _, s := range p.Statements {
		from := ""
		if _, behind, ok := strings.Cut(s.SQL, "FROM "); ok {
			from, _, _ = strings.Cut(behind, " ")
		} else {
			from = strings.SplitN(s.SQL, " (", 2)[0]
		}
		line := strings.ReplaceAll(from, "`", "") + ":"
		s.Walk(func(n *callbacks.PlanNode) bool { line += " " + n.Detail; return true })
		out = append(out, line)
	}
	return out
}

func TestExplain(t *testing.T) {
	for name, config := range map[string]gorm.Config{"plain": {}, "PrepareStmt": {PrepareStmt: true}} {
		t.Run(name, func(t *testing.T) {
			db := library(t, config)
			var kept []author
			one := author{Name: "kept"}
			for name, c := range map[string]struct {
				query func(tx *gorm.DB) *gorm.DB
				want  []string
			}{
				"Find": {func(tx *gorm.DB) *gorm.DB { return tx.Where("name = ?", "a").Find(&[]author{}) },
					[]string{"authors: SEARCH authors USING INDEX idx_authors_name (name=?)"}},
				"no end": {func(tx *gorm.DB) *gorm.DB { return tx.Model(&author{}).Where("email = ?", "a") },
					[]string{"authors: SCAN authors"}},
				"First": {func(tx *gorm.DB) *gorm.DB { return tx.First(&one, 7) },
					[]string{"authors: SEARCH authors USING INTEGER PRIMARY KEY (rowid=?)"}},
				"Raw": {func(tx *gorm.DB) *gorm.DB { return tx.Raw("SELECT * FROM books WHERE id IN ?", []int{1, 2}) },
					[]string{"books: SEARCH books USING INTEGER PRIMARY KEY (rowid=?)"}},
				"Count": {func(tx *gorm.DB) *gorm.DB {
					var n int64
					return tx.Model(&author{}).Where("name LIKE ?", "a%").Count(&n)
				}, []string{"authors: SCAN authors"}},
				"Exec": {func(tx *gorm.DB) *gorm.DB {
					return tx.Exec("UPDATE books SET title = ? WHERE author_id = ?; SELECT * FROM tags WHERE word = ?", "x", 1, "y")
				}, []string{
					"UPDATE books SET title = ? WHERE author_id = ?: SEARCH books USING INDEX idx_books_author_id (author_id=?)",
					"tags: SEARCH tags USING COVERING INDEX sqlite_autoindex_tags_1 (word=?)"}},
				"Delete": {func(tx *gorm.DB) *gorm.DB { return tx.Where("author_id = ?", 1).Delete(&book{}) },
					[]string{"books: SEARCH books USING COVERING INDEX idx_books_author_id (author_id=?)"}},
				"Update": {func(tx *gorm.DB) *gorm.DB {
					return tx.Model(&[]book{}).Clauses(clause.Returning{}).Where("id > ?", 5).Update("title", "never")
				}, []string{"UPDATE books SET title=? WHERE id > ? RETURNING *: SEARCH books USING INTEGER PRIMARY KEY (rowid>?)"}},
				"Preload": {func(tx *gorm.DB) *gorm.DB {
					return tx.Preload("Books", "title > ?", "b").Preload("Books.Pages").Preload("Company").Preload("Tags").Preload("Notes").Find(&kept)
				}, []string{
					"authors: SCAN authors",
					"books: SEARCH books USING INDEX idx_books_author_id (author_id=?)",
					"pages: SCAN pages",
					"companies: SEARCH companies USING INDEX sqlite_autoindex_companies_1 (id=?)",
					"remarks: SCAN remarks",
					"author_tags: SEARCH author_tags USING COVERING INDEX sqlite_autoindex_author_tags_1 (author_id=?)",
					"tags: SEARCH tags USING COVERING INDEX sqlite_autoindex_tags_1 (word=?)"}},
				"Preload of one": {func(tx *gorm.DB) *gorm.DB { return tx.Preload(clause.Associations).Take(&one) },
					[]string{
						"authors: SCAN authors",
						"books: SEARCH books USING INDEX idx_books_author_id (author_id=?)",
						"companies: SEARCH companies USING INDEX sqlite_autoindex_companies_1 (id=?)",
						"remarks: SCAN remarks",
						"author_tags: SEARCH author_tags USING COVERING INDEX sqlite_autoindex_author_tags_1 (author_id=?)",
						"tags: SEARCH tags USING COVERING INDEX sqlite_autoindex_tags_1 (word=?)"}},
				"Create with associations": {func(tx *gorm.DB) *gorm.DB {
					return tx.Create(&author{Name: "never", Books: []book{{Title: "never"}}})
				}, []string{
					"INSERT INTO authors: SEARCH books USING COVERING INDEX idx_books_author_id (author_id=?)" +
						" SEARCH author_tags USING COVERING INDEX sqlite_autoindex_author_tags_1 (author_id=?)", // what foreign keys ask
					"INSERT INTO books:"}},
			} {
				t.Run(name, func(t *testing.T) {
					plan, err := callbacks.Explain(db, c.query)
					require.NoError(t, err)
					require.ElementsMatch(t, c.want, lines(plan), plan)
					require.Equal(t, c.want[0], lines(plan)[0])
				})
			}
			require.Nil(t, kept, "the destinations are as they were")
			require.Equal(t, author{Name: "kept"}, one)
			var n int64
			require.NoError(t, db.Model(&author{}).Count(&n).Error)
			require.Zero(t, n, "nothing was done")
		})
	}
}

func TestExplainInATransaction(t *testing.T) {
	db := library(t, gorm.Config{})
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("CREATE INDEX mine ON authors(email)").Error)
		plan, err := callbacks.Explain(tx, func(tx *gorm.DB) *gorm.DB { return tx.Where("email = ?", "a").Find(&[]author{}) })
		require.NoError(t, err)
		n := plan.Statements[0].Nodes[0]
		require.Equal(t, "mine", n.Index)
		require.Equal(t, "authors", n.Table)
		require.Equal(t, []callbacks.PlanConstraint{{Column: "email", Op: "="}}, n.Constraints)
		return nil
	}))
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		_, err := callbacks.Explain(tx, func(tx *gorm.DB) *gorm.DB { return tx.Find(&[]author{}) })
		return err
	}))
}

func TestExplainErrors(t *testing.T) {
	db := library(t, gorm.Config{})
	oops := errors.New("oops")
	for name, c := range map[string]struct {
		query func(tx *gorm.DB) *gorm.DB
		want  error
	}{
		"DDL":     {func(tx *gorm.DB) *gorm.DB { return tx.Exec("DROP INDEX idx_authors_name") }, libsql.ErrUnsupported},
		"own":     {func(tx *gorm.DB) *gorm.DB { tx.AddError(oops); return tx }, oops},
		"syntax":  {func(tx *gorm.DB) *gorm.DB { return tx.Raw("SELECT FROM WHERE") }, driver.ErrError},
		"preload": {func(tx *gorm.DB) *gorm.DB { return tx.Preload("Nothing").Find(&[]author{}) }, gorm.ErrUnsupportedRelation},
		"nothing": {func(tx *gorm.DB) *gorm.DB { return tx }, nil},
		"nil":     {func(tx *gorm.DB) *gorm.DB { return nil }, nil},
	} {
		_, err := callbacks.Explain(db, c.query)
		require.Error(t, err, name)
		if c.want != nil {
			require.ErrorIs(t, err, c.want, name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := callbacks.Explain(db.WithContext(ctx), func(tx *gorm.DB) *gorm.DB { return tx.Find(&[]author{}) })
	require.ErrorIs(t, err, context.Canceled)
}

// The index of vectors is there and filled after what would destroy it.
func TestExplainLeavesVectorIndexesAlone(t *testing.T) {
	db := openModels(t, gorm.Config{})
	require.NoError(t, db.Exec("CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(2)); INSERT INTO v VALUES(1, vector('[1,0]')); CREATE INDEX vi ON v(libsql_vector_idx(e))").Error)
	for _, sql := range []string{"DROP INDEX vi", "EXPLAIN DROP INDEX vi", "EXPLAIN QUERY PLAN DROP TABLE v", "CREATE INDEX vj ON v(libsql_vector_idx(e))"} {
		_, err := callbacks.Explain(db, func(tx *gorm.DB) *gorm.DB { return tx.Exec(sql) })
		require.ErrorIs(t, err, libsql.ErrUnsupported, sql)
	}
	top := func(tx *gorm.DB) *gorm.DB { return tx.Raw("SELECT id FROM vector_top_k('vi', vector('[1,0]'), 1)") }
	plan, err := callbacks.Explain(db, top)
	require.NoError(t, err)
	require.Equal(t, "vector_top_k", plan.Statements[0].Nodes[0].Module)
	require.NoError(t, db.Exec("INSERT INTO v VALUES(2, vector('[0,1]'))").Error)
	var id int
	require.NoError(t, top(db).Scan(&id).Error)
	require.Equal(t, 1, id)
}

func TestPlanIsData(t *testing.T) {
	db := library(t, gorm.Config{})
	plan, err := callbacks.Explain(db, func(tx *gorm.DB) *gorm.DB {
		return tx.Raw("SELECT * FROM authors AS a JOIN books ON books.author_id = a.id WHERE a.name = 'x' ORDER BY books.title")
	})
	require.NoError(t, err)
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	require.JSONEq(t, `{"statements": [{
		"sql": "SELECT * FROM authors AS a JOIN books ON books.author_id = a.id WHERE a.name = 'x' ORDER BY books.title",
		"nodes": [
			{"id": 6, "parent": 0, "kind": "search", "detail": "SEARCH a USING INDEX idx_authors_name (name=?)", "name": "a", "table": "authors", "alias": "a",
				"index": "idx_authors_name", "constraints": [{"column": "name", "op": "="}]},
			{"id": 11, "parent": 0, "kind": "search", "detail": "SEARCH books USING INDEX idx_books_author_id (author_id=?)", "name": "books", "table": "books",
				"index": "idx_books_author_id", "constraints": [{"column": "author_id", "op": "="}]},
			{"id": 28, "parent": 0, "kind": "temp b-tree", "detail": "USE TEMP B-TREE FOR ORDER BY", "for": "ORDER BY"}
		]}]}`, string(text))
	var back callbacks.QueryPlan
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, plan, back)
}

func ExampleExplain() {
	type User struct {
		ID   uint
		Name string
		Age  int `gorm:"index"`
	}
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() {
		if pool, err := db.DB(); err == nil {
			pool.Close()
		}
	}()
	if err := db.AutoMigrate(&User{}); err != nil {
		fmt.Println(err)
		return
	}
	plan, err := callbacks.Explain(db, func(tx *gorm.DB) *gorm.DB {
		return tx.Where("age > ?", 18).Order("name").Find(&[]User{})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan)
	search := plan.Statements[0].Nodes[0]
	fmt.Println(search.Kind, search.Table, search.Index, search.Constraints)
	// Output:
	// QUERY PLAN
	// |--SEARCH users USING INDEX idx_users_age (age>?)
	// `--USE TEMP B-TREE FOR ORDER BY
	// search users idx_users_age [{age >}]
}
