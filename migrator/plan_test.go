package migrator_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

var update = flag.Bool("migrator.update", false, "write the files of testdata/plans anew")

// books is the table that the plans below begin with.
const books = "CREATE TABLE `books` (`id` integer PRIMARY KEY AUTOINCREMENT,`title` text,`pages` integer DEFAULT 1)"

// plans has a case for each kind of change: a database, and a model that wants
// it to be otherwise.
var plans = []struct {
	name    string
	live    []string
	options string // gorm:table_options
	model   any
}{
	{name: "nothing", live: []string{books}, model: &struct {
		ID    uint
		Title string
		Pages int `gorm:"default:1"`
	}{}},
	{name: "new table", model: &struct {
		ID    uint
		Title string `gorm:"index:idx_title"`
	}{}},
	{name: "new columns", live: []string{books}, model: &struct {
		ID    uint
		Title string
		Pages int    `gorm:"default:1"`
		Lent  bool   `gorm:"not null;default:false"`
		Note  string `gorm:"check:note_is_short,length(note) < 100"`
	}{}},
	{name: "new column that ALTER TABLE cannot add", live: []string{books}, model: &struct {
		ID    uint
		Title string
		Pages int    `gorm:"default:1"`
		ISBN  string `gorm:"column:isbn;unique"`
	}{}},
	{name: "new generated column", live: []string{books}, model: &struct {
		ID     uint
		Title  string
		Pages  int `gorm:"default:1"`
		Sheets int `gorm:"->;generated:pages / 2"`
	}{}},
	{name: "type", live: []string{books}, model: &struct {
		ID    uint
		Title []byte
		Pages int `gorm:"default:1"`
	}{}},
	{name: "type of values that have to be converted", live: []string{books, "INSERT INTO books(title, pages) VALUES ('a', 5)"}, model: &struct {
		ID    uint
		Title string
		Pages string `gorm:"default:1"`
	}{}},
	{name: "not null", live: []string{books}, model: &struct {
		ID    uint
		Title string `gorm:"not null"`
		Pages int    `gorm:"default:1"`
	}{}},
	{name: "nullable stays not null", live: []string{strings.Replace(books, "`title` text", "`title` text NOT NULL", 1)}, model: &struct {
		ID    uint
		Title string
		Pages int `gorm:"default:1"`
	}{}},
	{name: "default", live: []string{books}, model: &struct {
		ID    uint
		Title string `gorm:"default:it's"`
		Pages int
	}{}},
	{name: "collation", live: []string{books, "CREATE INDEX idx_books_title ON books(title)"}, model: &struct {
		ID    uint
		Title string `gorm:"type:text COLLATE NOCASE"`
		Pages int    `gorm:"default:1"`
	}{}},
	{name: "unique", live: []string{books}, model: &struct {
		ID    uint
		Title string `gorm:"unique"`
		Pages int    `gorm:"default:1"`
	}{}},
	{name: "unique no more", live: []string{strings.Replace(books, "DEFAULT 1)", "DEFAULT 1,CONSTRAINT `uni_books_title` UNIQUE (`title`),UNIQUE (`pages`))", 1)}, model: &struct {
		ID    uint
		Title string
		Pages int `gorm:"default:1"`
	}{}},
	{name: "new index", live: []string{books}, model: &struct {
		ID    uint
		Title string `gorm:"index:idx_books_title,unique,where:title <> '',sort:desc,collate:nocase"`
		Pages int    `gorm:"default:1;index:,expression:pages / 2"`
	}{}},
	{name: "index of another definition", live: []string{books, "CREATE INDEX idx_books_title ON books(title)"}, model: &struct {
		ID    uint
		Title string `gorm:"uniqueIndex:idx_books_title"`
		Pages int    `gorm:"default:1"`
	}{}},
	{name: "check", live: []string{books}, model: &struct {
		ID    uint
		Title string
		Pages int `gorm:"default:1;check:some_pages,pages > 0"`
	}{}},
	{name: "check of another expression", live: []string{strings.Replace(books, "DEFAULT 1)", "DEFAULT 1,CONSTRAINT some_pages CHECK (pages > 10))", 1)}, model: &struct {
		ID    uint
		Title string
		Pages int `gorm:"default:1;check:some_pages,pages > 0"`
	}{}},
	{name: "foreign key", live: []string{"CREATE TABLE `authors` (`id` integer PRIMARY KEY AUTOINCREMENT)",
		strings.Replace(books, "`title` text", "`title` text,`author_id` integer", 1)}, model: &struct {
		ID       uint
		Title    string
		AuthorID *uint
		Author   *planAuthor
		Pages    int `gorm:"default:1"`
	}{}},
	{name: "action of a foreign key", live: []string{"CREATE TABLE `authors` (`id` integer PRIMARY KEY AUTOINCREMENT)",
		strings.Replace(books, "`title` text", "`title` text,`author_id` integer REFERENCES authors(id) ON DELETE CASCADE", 1)}, model: &struct {
		ID       uint
		Title    string
		AuthorID *uint
		Author   *planAuthor `gorm:"constraint:OnDelete:SET NULL"`
		Pages    int         `gorm:"default:1"`
	}{}},
	{name: "longer primary key", live: []string{books}, model: &struct {
		ID    uint   `gorm:"primaryKey;autoIncrement:false"`
		Title string `gorm:"primaryKey"`
		Pages int    `gorm:"default:1"`
	}{}},
	{name: "table options", live: []string{books}, options: " STRICT", model: &struct {
		ID    uint
		Title string
		Pages int `gorm:"default:1"`
	}{}},
	{name: "several changes, what hangs on the table", live: []string{
		"CREATE TABLE books (id integer PRIMARY KEY AUTOINCREMENT, -- the number, (isn't it?\n title text CHECK (title <> ''), pages integer DEFAULT 1, mine)",
		"CREATE INDEX by_mine ON books(mine) WHERE mine > 3",
		"CREATE TRIGGER counts AFTER INSERT ON books BEGIN UPDATE books SET pages = pages + 1; END",
		"CREATE VIEW titles AS SELECT title FROM books",
		"ANALYZE",
	}, model: &struct {
		ID    uint
		Title string `gorm:"unique;not null"`
		Pages string
		Note  string
	}{}},
}

type planAuthor struct{ ID uint }

func (planAuthor) TableName() string { return "authors" }

func TestPlans(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsPlan)
	for _, c := range plans {
		t.Run(c.name, func(t *testing.T) {
			db := open(t)
			exec(t, db, c.live...)
			file := filepath.Join("testdata", "plans", strings.ReplaceAll(c.name, " ", "-")+".txt")
			tx := db.Table("books")
			if c.options != "" {
				tx = db.Set("gorm:table_options", c.options).Table("books")
			}
			tx = tx.Session(&gorm.Session{})
			before := dump(t, db)
			plan, err := migrator.NewPlan(tx, c.model)
			require.NoError(t, err)
			require.Equal(t, before, dump(t, db), "a plan only reads")

			told := strings.Join(c.live, ";\n") + "\n\n" + plan.String() + "\n" + plan.SQL()
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(told), 0o644))
			}
			golden, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(golden), told)

			require.NoError(t, plan.Run(t.Context()))
			again, err := migrator.NewPlan(tx, c.model)
			require.NoError(t, err)
			require.True(t, again.Empty(), again)
			require.Equal(t, plan.Unmet(), again.Unmet())
		})
	}
}

// What a plan prints as SQL does what Run does.
func TestPlansAsSQL(t *testing.T) {
	for _, c := range plans {
		t.Run(c.name, func(t *testing.T) {
			db, other := open(t), open(t)
			exec(t, db, c.live...)
			exec(t, other, c.live...)
			tx := func(db *gorm.DB) *gorm.DB {
				if c.options != "" {
					db = db.Set("gorm:table_options", c.options)
				}
				return db.Table("books").Session(&gorm.Session{})
			}
			plan, err := migrator.NewPlan(tx(db), c.model)
			require.NoError(t, err)
			require.NoError(t, tx(other).AutoMigrate(c.model))
			require.NoError(t, db.Connection(func(conn *gorm.DB) error { return conn.Exec(plan.SQL()).Error }))
			require.Equal(t, dump(t, other), dump(t, db))
		})
	}
}

func TestPlanAsJSON(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE books (id integer PRIMARY KEY AUTOINCREMENT, title text, old text)")
	type book struct {
		ID    uint
		Title string `gorm:"index"`
	}
	plan, err := migrator.NewPlan(db, &book{})
	require.NoError(t, err)
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	require.JSONEq(t, `{"empty": false,
		"steps": [{"table": "books", "kind": "create index", "cost": "scan",
			"sql": "CREATE INDEX `+"`idx_books_title` ON `books` (`title`)"+`", "reason": "the model has the index \"idx_books_title\""}],
		"unmet": [{"table": "books", "object": "column \"old\"", "reason": "the model does not have it; AutoMigrate drops no columns"}]}`, string(text))

	require.NoError(t, plan.Run(t.Context()))
	plan, err = migrator.NewPlan(db, &struct{ ID uint }{})
	require.Error(t, err, "a model without a table's name")
	require.Nil(t, plan)
	plan, err = migrator.NewPlan(db, &book{})
	require.NoError(t, err)
	text, err = json.Marshal(plan)
	require.NoError(t, err)
	require.Contains(t, string(text), `"empty":true,"steps":[]`)
	require.NoError(t, plan.Run(t.Context()), "nothing to do")
}

func TestDestructive(t *testing.T) {
	db := open(t)
	exec(t, db, strings.Replace(books, "DEFAULT 1)", "DEFAULT 1,CONSTRAINT `uni_books_title` UNIQUE (`title`))", 1),
		"CREATE INDEX idx_pages ON books(pages)")
	type book struct {
		ID    uint
		Title string
		Pages int `gorm:"default:1;index:idx_pages,sort:desc"`
	}
	plan, err := migrator.NewPlan(db, &book{})
	require.NoError(t, err)
	var loses []string
	for _, s := range plan.Destructive() {
		loses = append(loses, s.Loses)
	}
	require.Equal(t, []string{`the constraint "uni_books_title"`, `the old definition of the index "idx_pages"`}, loses)
}

// A plan that no longer holds is not run.
func TestPlanOfADatabaseThatHasChanged(t *testing.T) {
	db := open(t)
	exec(t, db, books)
	type book struct {
		ID    uint
		Title string
		Pages int `gorm:"default:1"`
		Note  string
	}
	plan, err := migrator.NewPlan(db, &book{})
	require.NoError(t, err)
	exec(t, db, "ALTER TABLE books ADD COLUMN note text")
	require.ErrorIs(t, plan.Run(t.Context()), migrator.ErrChanged)
	plan, err = migrator.NewPlan(db, &book{})
	require.NoError(t, err)
	require.True(t, plan.Empty())
}
