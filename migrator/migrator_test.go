package migrator_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func open(t *testing.T) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{
		Logger: logger.Default.LogMode(logger.Silent),
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		pool, err := db.DB()
		require.NoError(t, err)
		var ok string
		require.NoError(t, pool.QueryRow("PRAGMA integrity_check").Scan(&ok))
		require.Equal(t, "ok", ok)
		require.NoError(t, pool.Close())
	})
	return db
}

func exec(t *testing.T, db *gorm.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if s == "ANALYZE" && dbtest.Remote() {
			continue // servers refuse it, and keep no statistics that could be lost
		}
		require.NoError(t, db.Exec(s).Error, s)
	}
}

// dump is the whole schema as text.
func dump(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var ddl []string
	require.NoError(t, db.Raw("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name").Scan(&ddl).Error)
	return strings.Join(ddl, "\n")
}

type author struct {
	gorm.Model
	Name    string  `gorm:"size:80;not null;default:nobody;index:idx_name,priority:1"`
	Email   *string `gorm:"unique"`
	Active  bool    `gorm:"default:true"`
	Rating  float64 `gorm:"default:-1.5;check:rating_range,rating < 100"`
	Born    time.Time
	Photo   []byte
	Joined  time.Time `gorm:"default:CURRENT_TIMESTAMP"`
	Token   string    `gorm:"default:(lower(hex(randomblob(4))))"`
	Price   string    `gorm:"type:decimal(10,2)"`
	Books   []book
	Friends []author `gorm:"many2many:author_friends"`
	Full    string   `gorm:"type:text COLLATE NOCASE"`
}

type book struct {
	ID       uint
	AuthorID uint
	Author   author `gorm:"constraint:OnDelete:CASCADE"`
	Title    string `gorm:"uniqueIndex:idx_title,where:title <> ''"`
}

func TestAutoMigrateTwiceChangesNothing(t *testing.T) {
	db := open(t)
	require.NoError(t, db.AutoMigrate(&author{}, &book{}))
	before := dump(t, db)
	var version, again int
	require.NoError(t, db.Raw("PRAGMA schema_version").Scan(&version).Error)
	require.NoError(t, db.AutoMigrate(&author{}, &book{}))
	require.Equal(t, before, dump(t, db))
	require.NoError(t, db.Raw("PRAGMA schema_version").Scan(&again).Error)
	require.Equal(t, version, again)

	require.NoError(t, db.Create(&author{Name: "a", Books: []book{{Title: "x"}}}).Error)
	var a author
	require.NoError(t, db.Preload("Books").First(&a).Error)
	require.Len(t, a.Books, 1)
	require.True(t, a.Active)
	require.Len(t, a.Token, 8)
}

func TestAutoMigrateAddsColumnsAndIndexes(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE books (id integer PRIMARY KEY AUTOINCREMENT, title text)", "INSERT INTO books(title) VALUES ('x')")
	type book struct {
		ID    uint
		Title string `gorm:"index"`
		Pages int    `gorm:"not null;default:7"`
		Notes string
	}
	require.NoError(t, db.AutoMigrate(&book{}))
	var b book
	require.NoError(t, db.First(&b).Error)
	require.Equal(t, book{ID: 1, Title: "x", Pages: 7}, b)
	require.True(t, db.Migrator().HasIndex(&book{}, "Title"))
	require.True(t, db.Migrator().HasIndex(&book{}, "idx_books_title"))
	require.True(t, db.Migrator().HasColumn(&book{}, "Notes"))
	require.NoError(t, db.Migrator().DropColumn(&book{}, "Notes"))
	require.False(t, db.Migrator().HasColumn(&book{}, "notes"))
}

// What cannot be done is an error that names the table and the object, and
// nothing of the model is carried out.
func TestWhatRowsForbidIsAnErrorAndChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		model any
		why   string
	}{
		"type": {&struct {
			ID    uint
			New   int
			Title int
		}{}, `column "title": a value would not be the same in the type "integer" (1 row)`},
		"not null": {&struct {
			ID    uint
			New   int
			Title string
			Gone  string `gorm:"not null"`
		}{}, `column "gone" cannot be NOT NULL: a value is NULL (2 rows)`},
		"new and not null": {&struct {
			ID    uint
			Title string
			New   int `gorm:"not null"`
		}{}, `column "new" is NOT NULL without a default, and the rows that are there have no value for it (2 rows)`},
		"unique": {&struct {
			ID   uint
			New  int
			Same string `gorm:"unique"`
		}{}, `UNIQUE constraint failed: books.same`},
		"check": {&struct {
			ID    uint
			New   int
			Title string `gorm:"check:c,title <> '007'"`
		}{}, `a row breaks the constraint "c" CHECK (title <> '007') (1 row)`},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			exec(t, db, "CREATE TABLE books (id integer PRIMARY KEY AUTOINCREMENT, title text, same text, gone text)",
				"INSERT INTO books(title, same) VALUES ('007', 'x'), ('x', 'x')")
			before := dump(t, db)
			err := db.Table("books").AutoMigrate(c.model)
			require.ErrorContains(t, err, `table "books"`)
			require.ErrorContains(t, err, c.why)
			require.Equal(t, before, dump(t, db))
		})
	}
}

func TestSingleMethodsThatCannotBeDoneAreErrors(t *testing.T) {
	db := open(t)
	require.NoError(t, db.AutoMigrate(&author{}, &book{}))
	m := db.Migrator()
	before := dump(t, db)
	require.Error(t, m.AlterColumn(&author{}, "nope"))
	require.Error(t, m.AlterColumn("authors", "name"), "a table alone does not say what to make of it")
	require.Error(t, m.CreateConstraint(&author{}, "nope"))
	require.Error(t, m.DropConstraint(&author{}, "nope"))
	require.Error(t, m.RenameIndex(&author{}, "nope", "idx_other"))
	require.Error(t, m.AddColumn(&author{}, "nope"))
	require.Error(t, m.AddColumn("authors", "x"))
	require.Error(t, m.CreateIndex(&author{}, "nope"))
	require.Error(t, m.CreateTable("authors"))
	require.Error(t, m.DropColumn(&author{}, "nope"))
	require.Error(t, m.DropColumn(&author{}, "ID"))
	require.Equal(t, before, dump(t, db))
}

func TestTheSchemaAsItIs(t *testing.T) {
	db := open(t)
	m := db.Migrator()
	exec(t, db,
		"CREATE TABLE `用户` (\"a b\" INT, [c.d] varchar(20) DEFAULT 'it''s' NOT NULL, id integer primary key, CONSTRAINT \"my check\" CHECK(id > 0), UNIQUE([c.d]))",
		"CREATE VIEW v AS SELECT * FROM 用户",
		"CREATE VIRTUAL TABLE f USING fts5(x)",
		"CREATE TABLE vec(e F32_BLOB(3))", "CREATE INDEX vi ON vec(libsql_vector_idx(e))",
		"CREATE TABLE own_shadow(a)",
		"CREATE INDEX expr ON 用户(lower(\"a b\")) WHERE id > 3",
	)
	require.True(t, m.HasTable("用户"))
	require.False(t, m.HasTable("v"), "a view is no table")
	require.False(t, m.HasTable("nope"))
	tables, err := m.GetTables()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"用户", "vec", "own_shadow"}, tables)

	types, err := m.ColumnTypes("用户")
	require.NoError(t, err)
	require.Len(t, types, 3)
	name, def := types[1].Name(), ""
	def, ok := types[1].DefaultValue()
	length, _ := types[1].Length()
	nullable, _ := types[1].Nullable()
	unique, _ := types[1].Unique()
	require.Equal(t, "c.d", name)
	require.True(t, ok)
	require.Equal(t, "it's", def)
	require.Equal(t, int64(20), length)
	require.False(t, nullable)
	require.True(t, unique)
	pk, _ := types[2].PrimaryKey()
	require.True(t, pk)
	require.Equal(t, "varchar", types[1].DatabaseTypeName())

	require.True(t, m.HasColumn("用户", "A B"))
	require.False(t, m.HasColumn("用户", "a"))
	require.True(t, m.HasConstraint("用户", "My Check"))
	require.False(t, m.HasConstraint("用户", "check"))
	require.True(t, m.HasIndex("用户", "expr"))
	indexes, err := m.GetIndexes("用户")
	require.NoError(t, err)
	require.Len(t, indexes, 1)
	require.NoError(t, m.DropIndex("用户", "expr"))
	require.Equal(t, "main", m.CurrentDatabase())
	fts, err := m.ColumnTypes("f")
	require.NoError(t, err)
	require.Len(t, fts, 1)
}

// Dropping a parent must not delete the rows of a child that stays.
func TestDropTableDoesNotCascade(t *testing.T) {
	db := open(t)
	require.NoError(t, db.AutoMigrate(&author{}, &book{}))
	require.NoError(t, db.Create(&author{Name: "a", Books: []book{{Title: "x"}, {Title: "y"}}}).Error)

	err := db.Transaction(func(tx *gorm.DB) error { return tx.Migrator().DropTable(&author{}) })
	require.ErrorIs(t, err, libsql.ErrUnsupported)
	require.ErrorContains(t, err, `"books" refers to it`)

	require.NoError(t, db.Migrator().DropTable(&author{}))
	var n, on int
	require.NoError(t, db.Raw("SELECT count(*) FROM books").Scan(&n).Error)
	require.Equal(t, 2, n)
	require.NoError(t, db.Raw("PRAGMA foreign_keys").Scan(&on).Error)
	require.Equal(t, 1, on)
	require.NoError(t, db.Migrator().DropTable(&book{}, "nope"))
	require.NoError(t, db.Migrator().DropTable("author_friends"))
	require.NoError(t, db.AutoMigrate(&author{}, &book{}))
	err = db.Transaction(func(tx *gorm.DB) error { return tx.Migrator().DropTable(&author{}, &book{}, "author_friends") })
	require.NoError(t, err)
}

func TestAttachedSchema(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	db := open(t)
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		exec(t, tx, "ATTACH '"+filepath.Join(t.TempDir(), "b.db")+"' AS other")
		m := tx.Table("other.books").Migrator()
		require.NoError(t, m.CreateTable(&book{}))
		require.True(t, m.HasTable("other.books"))
		require.False(t, tx.Migrator().HasTable("main.books"))
		require.True(t, m.HasIndex(&book{}, "idx_title"))
		require.True(t, m.HasColumn(&book{}, "Title"))
		require.NoError(t, m.DropIndex(&book{}, "idx_title"))
		return nil
	}))
}

// A model that is migrated to a table of another name comes alone: what it
// refers to has to be there.
func TestModelOfAnotherTableComesAlone(t *testing.T) {
	db := open(t)
	err := db.Table("old_books").AutoMigrate(&book{})
	require.EqualError(t, err, `libsql: table "old_books": its foreign key constraint "fk_old_books_author" (author_id) refers to the table "authors", which is not there: migrate that first`)
	require.Empty(t, dump(t, db))
	require.NoError(t, db.AutoMigrate(&author{}))
	require.NoError(t, db.Migrator().DropTable(&book{}))
	require.NoError(t, db.Table("old_books").AutoMigrate(&book{}))
	require.NoError(t, db.Create(&author{Name: "a"}).Error)
	require.NoError(t, db.Table("old_books").Omit("Author").Create(&book{AuthorID: 1}).Error)
}

func TestDryRunChangesNothing(t *testing.T) {
	db := open(t)
	require.NoError(t, db.Session(&gorm.Session{DryRun: true}).AutoMigrate(&author{}))
	require.False(t, db.Migrator().HasTable(&author{}))
}

func TestRenames(t *testing.T) {
	db := open(t)
	require.NoError(t, db.AutoMigrate(&author{}, &book{}))
	require.NoError(t, db.Create(&author{Name: "a"}).Error)
	require.NoError(t, db.Migrator().RenameColumn(&author{}, "photo", "image"))
	require.True(t, db.Migrator().HasColumn("authors", "image"))
	require.NoError(t, db.Migrator().RenameTable("authors", "writers"))
	require.True(t, db.Migrator().HasTable("writers"))
	require.NoError(t, db.Migrator().CreateView("names", gorm.ViewOption{Query: db.Table("writers").Select("name").Where("name <> ?", "it's ? x")}))
	var n int
	require.NoError(t, db.Raw("SELECT count(*) FROM names").Scan(&n).Error)
	require.Equal(t, 1, n)
	require.Error(t, db.Migrator().CreateView("names", gorm.ViewOption{Query: db.Table("writers").Select("name")}), "it is there")
	require.NoError(t, db.Migrator().CreateView("names", gorm.ViewOption{Replace: true, Query: db.Table("writers").Select("name, 7 AS n").Where("name <> ?", "x")}))
	require.NoError(t, db.Raw("SELECT n FROM names").Scan(&n).Error)
	require.Equal(t, 7, n)
	require.Error(t, db.Migrator().CreateView("names", gorm.ViewOption{Replace: true, Query: db.Table("nowhere where")}))
	require.NoError(t, db.Raw("SELECT n FROM names").Scan(&n).Error, "a view that cannot be made leaves the old one")
	require.NoError(t, db.Migrator().CreateView("fresh", gorm.ViewOption{Replace: true, Query: db.Table("writers")}))
	require.NoError(t, db.Migrator().DropView("names"))
}

func TestContextsOfTheMigratorCount(t *testing.T) {
	db := open(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()

	require.Error(t, db.WithContext(ctx).AutoMigrate(&author{}))
	require.False(t, db.Migrator().HasTable("authors"))
}

type quotedTable struct {
	ID   uint
	Name string `gorm:"index:quoted name"`
}

func (quotedTable) TableName() string { return "it's \"q\" `b`" }

// A name with any characters is found again.
func TestTableNamesWithQuotes(t *testing.T) {
	db := open(t)
	for range 3 {
		require.NoError(t, db.AutoMigrate(&quotedTable{}))
	}
	require.True(t, db.Migrator().HasTable(&quotedTable{}))
	require.True(t, db.Migrator().HasColumn(&quotedTable{}, "name"))
	require.True(t, db.Migrator().HasIndex(&quotedTable{}, "quoted name"))
	require.NoError(t, db.Create(&quotedTable{Name: "a"}).Error)
	require.NoError(t, db.Migrator().DropTable(&quotedTable{}))
	require.False(t, db.Migrator().HasTable(&quotedTable{}))
}

type numbered struct {
	ID   uint `gorm:"primaryKey;autoIncrement"`
	Org  uint `gorm:"primaryKey;autoIncrement:false"`
	Name string
}

type warnings struct {
	logger.Interface
	all []string
}

func (w *warnings) Warn(_ context.Context, format string, args ...any) {
	w.all = append(w.all, fmt.Sprintf(format, args...))
}

// A table with one column of the model's key stays, and the logger is told.
func TestOldKeyIsReported(t *testing.T) {
	db := open(t)
	require.NoError(t, db.Exec("CREATE TABLE `numbereds` (`id` integer PRIMARY KEY AUTOINCREMENT,`org` integer,`name` text)").Error)
	w := &warnings{Interface: logger.Discard}
	db = db.Session(&gorm.Session{Logger: w})
	var before, after string
	require.NoError(t, db.Raw("SELECT sql FROM sqlite_schema WHERE name = 'numbereds'").Scan(&before).Error)
	require.NoError(t, db.AutoMigrate(&numbered{}))
	require.NoError(t, db.Raw("SELECT sql FROM sqlite_schema WHERE name = 'numbereds'").Scan(&after).Error)
	require.Equal(t, before, after)
	require.Len(t, w.all, 1)
	require.Contains(t, w.all[0], `table "numbereds": primary key (id): the model's is (id, org)`)
	// SQLite numbers its rows, and gives no number twice.
	for want := uint(1); want <= 3; want++ {
		row := numbered{Org: 7}
		require.NoError(t, db.Create(&row).Error)
		require.Equal(t, want, row.ID)
		require.NoError(t, db.Delete(&row).Error)
	}
	w.all = nil
	require.NoError(t, db.Migrator().DropTable(&numbered{}))
	require.NoError(t, db.AutoMigrate(&numbered{}))
	require.Empty(t, w.all)
	row := numbered{Org: 7}
	require.NoError(t, db.Create(&row).Error)
	require.Equal(t, uint(1), row.ID)
	require.NoError(t, db.First(&numbered{}, "id = 1 AND org = 7").Error)
}

type numberedParent struct {
	ID         uint
	NumberedID uint
	OrgID      uint
	Numbered   numbered `gorm:"foreignKey:NumberedID,OrgID;references:ID,Org"`
}

// A table that a model depends on is looked at, too.
func TestOldKeyOfADependencyIsReported(t *testing.T) {
	db := open(t)
	require.NoError(t, db.Exec("CREATE TABLE `numbereds` (`id` integer PRIMARY KEY AUTOINCREMENT,`org` integer,`name` text)").Error)
	w := &warnings{Interface: logger.Discard}
	require.NoError(t, db.Session(&gorm.Session{Logger: w}).AutoMigrate(&numberedParent{}))
	require.Len(t, w.all, 1)
}
