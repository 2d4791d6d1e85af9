package fts_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Article goes through changes; each version is a model of its table.
type Article struct {
	ID    int64
	Title string `gorm:"fts:weight=2"`
	Body  string `gorm:"fts"`
	Lang  string
}

type articleTrigram struct {
	ID    int64
	Title string `gorm:"fts:weight=3"`
	Body  string `gorm:"fts:tokenize=trigram"`
	Lang  string
}

type articleMore struct {
	ID    int64
	Title string `gorm:"fts"`
	Body  string `gorm:"fts"`
	Lang  string `gorm:"fts:unindexed"`
	Notes string `gorm:"fts"`
}

type articleUnique struct {
	ID    int64
	Title string `gorm:"fts;uniqueIndex"`
	Body  string `gorm:"fts"`
	Lang  string
}

type articleRebuilt struct {
	ID    int64
	Title string  `gorm:"fts;check:title <> 'bad'"`
	Body  string  `gorm:"fts"`
	Lang  float64 // was a text
}

type articleUntagged struct {
	ID    int64
	Title string
	Body  string
	Lang  int `gorm:"check:lang >= 0"`
}

func (articleTrigram) TableName() string  { return "articles" }
func (articleMore) TableName() string     { return "articles" }
func (articleUnique) TableName() string   { return "articles" }
func (articleRebuilt) TableName() string  { return "articles" }
func (articleUntagged) TableName() string { return "articles" }

func articles(t *testing.T) *gorm.DB {
	t.Helper()
	db := open(t, dbtest.Memory(t), &Article{})
	require.NoError(t, db.Create([]Article{{Title: "The fox", Body: "and the dog", Lang: "1"}, {Title: "Cats", Body: "and dogs", Lang: "2"}}).Error)
	return db
}

func count(t testing.TB, db *gorm.DB, model any, text string) (n int64) {
	t.Helper()
	require.NoError(t, db.Model(model).Scopes(fts.Match(model, text)).Count(&n).Error)
	return n
}

// again checks that a second AutoMigrate has nothing to do.
func again(t testing.TB, db *gorm.DB, models ...any) {
	t.Helper()
	p, err := libsql.Plan(db, models...)
	require.NoError(t, err)
	require.True(t, p.Empty(), "%s", p)
}

func TestAutoMigrateChangesTheIndex(t *testing.T) {
	for name, c := range map[string]struct {
		model any
		plan  string
		found map[string]int64
	}{
		"nothing":   {&Article{}, "nothing to do\n", map[string]int64{"dog": 1, "fox": 1}},
		"tokenizer": {&articleTrigram{}, "create full-text index", map[string]int64{"dog": 2, "ox": 0, "fox": 1}},
		"columns":   {&articleMore{}, "create full-text index", map[string]int64{"dog": 1, "1": 0}},
		"a unique":  {&articleUnique{}, "the triggers of the full-text index", map[string]int64{"dog": 1}},
		"a rebuild": {&articleRebuilt{}, "fill full-text index", map[string]int64{"dog": 1, "fox": 1}},
		"no tag":    {&articleUntagged{}, `stays: table "articles": full-text index "articles_fts": the model does not have it`, nil},
	} {
		for _, inTx := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, transaction %t", name, inTx), func(t *testing.T) {
				db := articles(t)
				if inTx {
					tx := db.Begin()
					defer tx.Rollback()
					db = tx
				}
				changesTo(t, db, name, c.model, c.plan, c.found)
			})
		}
	}
}

func changesTo(t *testing.T, db *gorm.DB, name string, model any, plan string, found map[string]int64) {
	p, err := libsql.Plan(db, model)
	require.NoError(t, err)
	require.Contains(t, p.String(), plan)
	require.NoError(t, db.AutoMigrate(model))
	again(t, db, model)
	sound(t, db, &Article{})
	for text, n := range found {
		require.Equal(t, n, count(t, db, model, text), text)
	}
	require.NoError(t, db.Exec("UPDATE articles SET body = body || ' new' WHERE id = 1").Error)
	require.NoError(t, db.Exec("DELETE FROM articles WHERE id = 2").Error)
	sound(t, db, &Article{})
	require.Equal(t, int64(1), count(t, db, &Article{}, "new"))
	require.Zero(t, count(t, db, &Article{}, "cats"))
	if name == "a unique" {
		require.NoError(t, db.Exec("INSERT OR REPLACE INTO articles(id, title) VALUES (9, 'The fox')").Error)
		sound(t, db, &Article{})
		require.Zero(t, count(t, db, &Article{}, "dog"))
	}
}

func TestTagOnATableThatIsThere(t *testing.T) {
	db := open(t, dbtest.Memory(t), &articleUntagged{})
	require.NoError(t, db.Create(&articleUntagged{Title: "old fox"}).Error)
	require.NoError(t, db.AutoMigrate(&articleRebuilt{}))
	require.EqualValues(t, 1, count(t, db, &articleRebuilt{}, "fox"))
	sound(t, db, &articleRebuilt{})
}

// plain are the user's tables.
func tables(t testing.TB, db *gorm.DB) []string {
	t.Helper()
	names, err := db.Migrator().GetTables()
	require.NoError(t, err)
	return names
}

func TestMigratorMethods(t *testing.T) {
	objects := func(db *gorm.DB) (n int64) {
		require.NoError(t, db.Raw("SELECT count(*) FROM sqlite_master WHERE name LIKE '%fts%' OR tbl_name LIKE '%fts%'").Scan(&n).Error)
		return n
	}
	t.Run("GetTables", func(t *testing.T) {
		db := articles(t)
		require.NoError(t, db.AutoMigrate(&Note{}))
		require.ElementsMatch(t, []string{"articles", "notes"}, tables(t, db))
	})
	for _, inTx := range []bool{false, true} {
		run := func(name string, fn func(t *testing.T, db *gorm.DB)) {
			if inTx {
				name += " in a transaction"
			}
			t.Run(name, func(t *testing.T) {
				db := articles(t)
				if !inTx {
					fn(t, db)
					return
				}
				require.NoError(t, db.Transaction(func(tx *gorm.DB) error { fn(t, tx); return nil }))
			})
		}
		run("DropTable", func(t *testing.T, db *gorm.DB) {
			require.NoError(t, db.Migrator().DropTable(&Article{}))
			require.Zero(t, objects(db))
			require.NoError(t, db.AutoMigrate(&Article{}))
		})
		run("DropTable of the index", func(t *testing.T, db *gorm.DB) {
			require.NoError(t, db.Migrator().DropTable("articles_fts"))
			require.Zero(t, objects(db))
			require.NoError(t, db.Create(&Article{Title: "x"}).Error)
		})
		run("parts", func(t *testing.T, db *gorm.DB) {
			for _, part := range []string{"articles_fts_replaced", "articles_fts_data"} {
				require.ErrorIs(t, db.Migrator().DropTable(part), libsql.ErrUnsupported)
				require.ErrorIs(t, db.Migrator().RenameTable(part, "x"), libsql.ErrUnsupported)
			}
			require.ErrorIs(t, db.Migrator().RenameTable("articles_fts", "x"), libsql.ErrUnsupported)
		})
		run("RenameTable", func(t *testing.T, db *gorm.DB) {
			require.NoError(t, db.Migrator().RenameTable(&Article{}, "essays"))
			db = db.Table("essays")
			require.NoError(t, db.Session(&gorm.Session{}).Create(&Article{Title: "new fox"}).Error)
			var n int64
			require.NoError(t, db.Session(&gorm.Session{}).Model(&Article{}).Scopes(fts.Match(&Article{}, "fox")).Count(&n).Error)
			require.EqualValues(t, 2, n)
			require.NoError(t, fts.IntegrityCheck(db.Session(&gorm.Session{}), &Article{}))
		})
		run("DropColumn", func(t *testing.T, db *gorm.DB) {
			require.NoError(t, db.Migrator().DropColumn(&Article{}, "Body"))
			require.EqualValues(t, 0, count(t, db, &Article{}, "dog"))
			require.EqualValues(t, 1, count(t, db, &Article{}, "fox"))
			require.NoError(t, db.Exec("UPDATE articles SET title = 'ape' WHERE id = 1").Error)
			sound(t, db, &Article{})
			require.NoError(t, db.Migrator().DropColumn(&Article{}, "Lang"))
			require.NoError(t, db.Exec("ALTER TABLE articles ADD other").Error)
			require.NoError(t, db.Migrator().DropColumn(&Article{}, "Title"))
			require.Zero(t, objects(db))
		})
		run("RenameColumn", func(t *testing.T, db *gorm.DB) {
			require.NoError(t, db.Migrator().RenameColumn("articles", "body", "content"))
			require.NoError(t, db.Exec("UPDATE articles SET content = 'an ape' WHERE id = 1").Error)
			require.EqualValues(t, 1, count(t, db, &Article{}, "ape"))
			sound(t, db, &Article{})
			require.NoError(t, db.Migrator().RenameColumn("articles", "id", "key"))
			require.NoError(t, db.Exec("DELETE FROM articles WHERE key = 1").Error)
			sound(t, db, &Article{})
		})
		run("AlterColumn", func(t *testing.T, db *gorm.DB) {
			require.NoError(t, db.Migrator().AlterColumn(&articleRebuilt{}, "Lang"))
			sound(t, db, &Article{})
		})
		run("CreateIndex", func(t *testing.T, db *gorm.DB) {
			require.NoError(t, db.Migrator().CreateIndex(&articleUnique{}, "Title"))
			require.NoError(t, db.Exec("INSERT OR REPLACE INTO articles(id, title) VALUES (9, 'The fox')").Error)
			sound(t, db, &Article{})
		})
	}
}

func TestTriggersThatAreGoneComeBack(t *testing.T) {
	db := articles(t)
	require.NoError(t, db.Exec("DROP TRIGGER articles_fts_after_update").Error)
	require.NoError(t, db.Exec("UPDATE articles SET title = 'an ape'").Error)
	err := fts.IntegrityCheck(db, &Article{})
	require.ErrorIs(t, err, driver.ErrCorrupt)
	require.NoError(t, db.AutoMigrate(&Article{}))
	again(t, db, &Article{})
	sound(t, db, &Article{})
	require.EqualValues(t, 2, count(t, db, &Article{}, "ape"))

	for _, trigger := range []string{"before_insert", "after_insert", "before_update", "after_update", "after_delete"} {
		require.NoError(t, db.Exec("DROP TRIGGER articles_fts_"+trigger).Error)
	}
	require.NoError(t, db.AutoMigrate(&Article{}))
	require.NoError(t, db.Create(&Article{Title: "ape"}).Error)
	sound(t, db, &Article{})

	// The table is gone and comes back.
	require.NoError(t, db.Exec("DROP TABLE articles").Error)
	require.NoError(t, db.AutoMigrate(&Article{}))
	again(t, db, &Article{})
	require.NoError(t, db.Create(&Article{Title: "ape"}).Error)
	sound(t, db, &Article{})
	require.EqualValues(t, 1, count(t, db, &Article{}, "ape"))
}

func TestIndexesOfOtherToolsStay(t *testing.T) {
	db := open(t, dbtest.Memory(t))
	for _, sql := range []string{
		"CREATE TABLE articles(id INTEGER PRIMARY KEY AUTOINCREMENT, title text, body text)",
		"CREATE VIRTUAL TABLE articles_fts USING fts5(title, body, content='articles', content_rowid='id')",
		"CREATE TRIGGER articles_ai AFTER INSERT ON articles BEGIN INSERT INTO articles_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END",
		"CREATE TRIGGER articles_ad AFTER DELETE ON articles BEGIN INSERT INTO articles_fts(articles_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END",
		"CREATE VIRTUAL TABLE loose USING fts5(x, content='')",
		"INSERT INTO articles(title, body) VALUES ('old fox', 'x')",
	} {
		require.NoError(t, db.Exec(sql).Error)
	}
	require.NoError(t, db.AutoMigrate(&articleUntagged{}), "with a column more")
	require.Equal(t, []string{"articles"}, tables(t, db))
	require.NoError(t, db.Create(&articleUntagged{Title: "new fox"}).Error)
	var n int64
	require.NoError(t, db.Raw("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH ?", fts.Query("fox")).Scan(&n).Error)
	require.EqualValues(t, 2, n)

	require.ErrorContains(t, db.AutoMigrate(&Article{}), `there is a table "articles_fts", which is none of this module's`)
	x := fts.Index{Name: "article_words", Columns: []fts.Column{{Name: "Title"}}}
	require.NoError(t, fts.Create(db, &articleUntagged{}, x))
	require.EqualValues(t, 2, func() (n int64) {
		require.NoError(t, db.Model(&articleUntagged{}).Scopes(fts.Search{Text: "fox", Index: &x}.Scope).Count(&n).Error)
		return n
	}())
}

func TestByCall(t *testing.T) {
	db := open(t, dbtest.Memory(t), &articleUntagged{})
	require.NoError(t, db.Create(&articleUntagged{Title: "a fox"}).Error)
	x := fts.Index{Name: "words", Columns: []fts.Column{{Name: "Title", Weight: 3}, {Name: "Lang", Unindexed: true}}, Tokenize: "trigram", Detail: "full"}
	require.NoError(t, fts.Create(db, &articleUntagged{}, x))
	require.NoError(t, fts.Create(db, &articleUntagged{}, x), "again")
	sound(t, db, &articleUntagged{}, "words")
	require.NoError(t, db.AutoMigrate(&articleUntagged{}))
	require.NoError(t, fts.Optimize(db, &articleUntagged{}, "words"))
	require.NoError(t, fts.Rebuild(db, &articleUntagged{}, "words"))
	var got []articleUntagged
	require.NoError(t, db.Scopes(fts.Search{Model: &articleUntagged{}, Text: "fox", Index: &x}.Scope).Find(&got).Error)
	require.Len(t, got, 1)
	require.NoError(t, fts.Drop(db, &articleUntagged{}, "words"))
	require.ErrorContains(t, fts.Drop(db, &articleUntagged{}, "words"), `it has no full-text index "words"`)
	require.ErrorContains(t, fts.Rebuild(db, &articleUntagged{}), `it has no full-text index "articles_fts"`)
	require.ErrorContains(t, fts.Create(db, &articleUntagged{}, fts.Index{Columns: []fts.Column{{Name: "Nowhere"}}}), `it has no column "Nowhere"`)
	require.Error(t, fts.Create(db, &articleUntagged{}, fts.Index{}))
	require.ErrorContains(t, fts.Create(db, &articleUntagged{}, fts.Index{Columns: []fts.Column{{Name: "Title"}}, Tokenize: "nonesuch"}), "nonesuch")
	require.Equal(t, []string{"articles"}, tables(t, db))
}

func TestBackupAndVacuum(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "a.db"), &Article{}, &Note{})
	for range 20 {
		require.NoError(t, db.Create(&Article{Title: "fox"}).Error)
		require.NoError(t, db.Create(&Note{Text: "fox"}).Error)
	}
	require.NoError(t, db.Exec("DELETE FROM notes WHERE rowid % 3 = 1").Error)
	require.NoError(t, libsql.Vacuum(db))
	sound(t, db, &Note{})
	require.NoError(t, libsql.Backup(db, filepath.Join(dir, "b.db")))
	b := open(t, filepath.Join(dir, "b.db"), &Article{}, &Note{})
	for _, m := range []any{&Article{}, &Note{}} {
		sound(t, db, m)
		sound(t, b, m)
		require.Positive(t, count(t, b, m, "fox"))
	}
	pool, err := b.DB()
	require.NoError(t, err)
	dbtest.Intact(t, pool)
}
