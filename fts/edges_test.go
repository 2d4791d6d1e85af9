package fts_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

type oddNames struct {
	ID    int64  `gorm:"column:order"`
	Title string `gorm:"column:it's a \"b, c;fts:weight=2"`
	Größe string `gorm:"column:größe;fts"`
	Group string `gorm:"fts"`
	Text  string `gorm:"column:select;fts"`
}

func (oddNames) TableName() string { return "odd`t'\"x y" }

type oddKey struct {
	Index string `gorm:"primaryKey"`
	Docid int    `gorm:"column:libsql docid;primaryKey;autoIncrement:false"`
	Text  string `gorm:"fts"`
}

func (oddKey) TableName() string { return "group" }

func TestOddNames(t *testing.T) {
	db := open(t, dbtest.Memory(t), &oddNames{}, &oddKey{})
	again(t, db, &oddNames{}, &oddKey{})
	require.NoError(t, db.Create(&oddNames{ID: 5, Title: "fox", Größe: "größe", Group: "a", Text: "b"}).Error)
	require.NoError(t, db.Create(&oddKey{Index: "a", Docid: 4, Text: "fox"}).Error)
	require.NoError(t, db.Model(&oddNames{ID: 5}).Update("Text", "cat").Error)
	var hits []struct {
		ID   int64 `gorm:"column:order"`
		Mark string
	}
	s := fts.Search{Model: &oddNames{}, Text: "fox cat GRÖSSE GRÖßE"}
	s.Text = "fox cat GRÖßE"
	s.Excerpts = []fts.Excerpt{{Field: "Title", Into: "Mark"}}
	require.NoError(t, db.Scopes(s.Scope).Find(&hits).Error)
	require.Len(t, hits, 1)
	require.EqualValues(t, 5, hits[0].ID)
	require.Equal(t, "<b>fox</b>", hits[0].Mark)
	var got []oddKey
	require.NoError(t, db.Scopes(fts.Match(&oddKey{}, "fox")).Find(&got).Error)
	require.Len(t, got, 1)
	s.In = []string{"it's a \"b, c"}
	require.NoError(t, db.Scopes(s.Scope).Find(&hits).Error)
	require.Empty(t, hits)
	sound(t, db, &oddNames{})
	sound(t, db, &oddKey{})
}

type noKey struct {
	Text string `gorm:"fts"`
}

type columnRank struct {
	ID   int64
	Rank string `gorm:"fts"`
}

type badTag struct {
	ID   int64
	Text string `gorm:"fts:wieght=1"`
}

type badTokenizer struct {
	ID   int64
	Text string `gorm:"fts:tokenize=unicode61 remove_diacritics 7"`
}

type sameNameA struct {
	ID   int64
	Text string `gorm:"fts:name=words"`
}

type sameNameB struct {
	ID   int64
	Text string `gorm:"fts:name=words"`
}

func TestIndexesThatCannotBe(t *testing.T) {
	for want, models := range map[string][]any{
		"needs a primary key":            {&noKey{}},
		"FTS5 has a column Rank":         nil,
		"FTS5 has a column rank":         {&columnRank{}},
		"there is no option wieght":      {&badTag{}},
		"error in tokenizer constructor": {&badTokenizer{}},
	} {
		db := open(t, dbtest.Memory(t))
		if models == nil {
			continue
		}
		require.ErrorContains(t, db.AutoMigrate(models...), want)
		require.Empty(t, tables(t, db), "nothing was changed")
	}
	db := open(t, dbtest.Memory(t), &sameNameA{})
	require.ErrorContains(t, db.AutoMigrate(&sameNameB{}), `the full-text index "words" is of the table "same_name_as"`)

	db = open(t, dbtest.Memory(t))
	require.NoError(t, db.Exec("CREATE TABLE articles(id INT PRIMARY KEY, title text, body text, lang text)").Error)
	require.ErrorContains(t, db.AutoMigrate(&Article{}), "the model's key is an INTEGER PRIMARY KEY, the table's is none")
	db = open(t, dbtest.Memory(t))
	require.ErrorContains(t, db.Set("gorm:table_options", " WITHOUT ROWID").AutoMigrate(&articleNoAuto{}), "the table's is none")
}

type articleNoAuto struct {
	ID    int64  `gorm:"primaryKey;autoIncrement:false"`
	Title string `gorm:"fts"`
}

// Embedded is part of another struct.
type Embedded struct {
	Summary string `gorm:"fts"`
}

type values struct {
	ID int64
	Embedded
	Text  *string `gorm:"fts:tokenize=trigram"`
	Bytes []byte  `gorm:"fts"`
	N     any     `gorm:"type:blob;fts"`
	Upper string  `gorm:"type:text GENERATED ALWAYS AS (summary || ' gen');->;fts"`
	Fold  string  `gorm:"type:text COLLATE NOCASE;fts"`
}

func TestValues(t *testing.T) {
	db := open(t, dbtest.Memory(t), &values{})
	again(t, db, &values{})
	huge := strings.Repeat("huge text ", 40_000) + "needle"
	require.NoError(t, db.Create([]values{
		{}, {Text: &huge}, {Bytes: []byte("bytes \xff after")}, {N: 12345}, {N: 1.5}, {Embedded: Embedded{"東京タワー"}}, {Fold: "ABC"},
	}).Error)
	sound(t, db, &values{})
	for text, n := range map[string]int64{"needle": 1, "12345": 1, "after": 1, "京タワ": 1, "gen": 7, "タワー gen": 1, "abc": 1, "ab": 0} {
		require.Equal(t, n, count(t, db, &values{}, text), text)
	}
	require.NoError(t, db.Exec("UPDATE \"values\" SET summary = 'other', n = 1.0, fold = lower(fold)").Error)
	sound(t, db, &values{})
	require.NoError(t, db.Exec("UPDATE \"values\" SET n = 1").Error)
	sound(t, db, &values{})
	require.Zero(t, count(t, db, &values{}, "1.0"))
	require.EqualValues(t, 7, count(t, db, &values{}, "other gen"))
	require.NoError(t, db.Exec("UPDATE \"values\" SET text = NULL, bytes = x'', summary = ''").Error)
	require.NoError(t, db.Exec("DELETE FROM \"values\"").Error)
	sound(t, db, &values{})
}

// TestOtherColumnsCostNothing looks that the update of a column that is not
// searched writes nothing to the index.
func TestOtherColumnsCostNothing(t *testing.T) {
	db := articles(t)
	changes := func() (n int64) {
		require.NoError(t, db.Raw("SELECT total_changes()").Scan(&n).Error)
		return n
	}
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	before := changes()
	require.NoError(t, db.Exec("UPDATE articles SET lang = 'x', title = title || '' WHERE id = 1").Error)
	require.EqualValues(t, 1, changes()-before)
}

func TestTheIndexIsTheOuterLoop(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Writer{}, &Post{}, &Comment{}, &Note{})
	for model, s := range map[any]fts.Search{
		&Post{}: {Text: "fox", Excerpts: []fts.Excerpt{{Field: "Body", Into: "body"}}, Weights: map[string]float64{"Title": 2}},
		&Note{}: {Text: "fox", Excerpts: []fts.Excerpt{{Field: "Text", Into: "text"}}},
	} {
		sql := db.ToSQL(func(tx *gorm.DB) *gorm.DB {
			return tx.Model(model).Scopes(s.Scope).Where("lang = ?", "en").Limit(10).Find(&[]map[string]any{})
		})
		var plan []struct{ Detail string }
		require.NoError(t, db.Raw("EXPLAIN QUERY PLAN "+sql).Scan(&plan).Error)
		require.Contains(t, plan[0].Detail, "VIRTUAL TABLE INDEX")
		for _, p := range plan {
			require.NotContains(t, p.Detail, "TEMP B-TREE", sql)
			require.NotContains(t, p.Detail, "MATERIALIZE", sql)
		}
		require.LessOrEqual(t, len(plan), 3)
	}
}

type embedded2 struct {
	ID        int64
	Text      string       `gorm:"fts"`
	Embedding types.Vector `gorm:"dims:3;vectorIndex"`
}

func TestVectorsAndWordsOfOneTable(t *testing.T) {
	db := open(t, dbtest.DSN(t), &embedded2{})
	require.NoError(t, db.Create([]embedded2{
		{Text: "fox", Embedding: types.Vector{1, 0, 0}}, {Text: "fox too", Embedding: types.Vector{0, 1, 0}}, {Text: "dog", Embedding: types.Vector{0, 0, 1}},
	}).Error)
	var got []embedded2
	require.NoError(t, db.Where("id IN (?)", db.Model(&embedded2{}).Scopes(fts.Match(&embedded2{}, "fox")).Select("id")).
		Scopes(types.Nearest("Embedding", types.Vector{0, 0.9, 0.1}, 1)).Find(&got).Error)
	require.Len(t, got, 1)
	require.Equal(t, "fox too", got[0].Text)
	require.NoError(t, db.Exec("DELETE FROM embedded2").Error)
	sound(t, db, &embedded2{})
	require.Zero(t, count(t, db, &embedded2{}, "fox"))
	again(t, db, &embedded2{})
	require.NoError(t, db.Migrator().DropTable(&embedded2{}))
	require.Empty(t, tables(t, db))
}

func TestOtherSchemas(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	db := open(t, dbtest.DSN(t))
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	require.NoError(t, db.Exec("ATTACH ? AS aux", t.TempDir()+"/b.db").Error)
	for _, schema := range []string{"aux", "temp", "main"} {
		for _, m := range []any{&Article{}, &Note{}} {
			table := schema + "." + map[bool]string{true: "articles", false: "notes"}[isArticle(m)]
			in := func() *gorm.DB { return db.Table(table) }
			require.NoError(t, in().AutoMigrate(m), table)
			require.NoError(t, in().AutoMigrate(m), table)
			if isArticle(m) {
				require.NoError(t, in().Create(&Article{Title: "fox " + schema}).Error)
			} else {
				require.NoError(t, in().Create(&Note{Text: "fox " + schema}).Error)
			}
			var n int64
			require.NoError(t, in().Model(m).Scopes(fts.Match(m, "fox")).Count(&n).Error, table)
			require.EqualValues(t, 1, n)
			require.NoError(t, in().Model(m).Scopes(fts.Match(m, schema)).Count(&n).Error, table)
			require.EqualValues(t, 1, n)
			require.NoError(t, fts.IntegrityCheck(in(), m))
			require.NoError(t, fts.Rebuild(in(), m))
			require.NoError(t, fts.Optimize(in(), m))
			require.NoError(t, fts.IntegrityCheck(in(), m))
		}
	}
}

func isArticle(m any) bool { _, ok := m.(*Article); return ok }

func TestAliases(t *testing.T) {
	db := articles(t)
	var got []Article
	require.NoError(t, db.Table("articles AS a").Scopes(fts.Match(&Article{}, "fox")).Where("a.id = 1").Find(&got).Error)
	require.Len(t, got, 1)
	require.NoError(t, db.Table("articles AS a").Scopes(fts.Match(&Article{}, "fox")).Select("*").Joins("JOIN articles b ON b.id = a.id").Find(&got).Error)
	require.Len(t, got, 1)
	require.NoError(t, db.Table("articles AS a").Distinct("a.title").Scopes(fts.Match(&Article{}, "fox")).Find(&got).Error)
	require.Len(t, got, 1)
}

func TestManyAtOnce(t *testing.T) {
	db := open(t, dbtest.DSN(t), &Article{}, &Note{})
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for g := range 4 {
		wg.Add(2)
		go func() {
			defer wg.Done()
			for i := range 25 {
				a := Article{Title: fmt.Sprint("fox ", g, " ", i), Body: "dog"}
				errs <- db.Create(&a).Error
				if i%3 == 0 {
					if err := db.Model(&a).Update("body", "cat").Error; err != nil {
						t.Error(err)
					}
				}
				if err := db.Create(&Note{Text: a.Title}).Error; err != nil {
					t.Error(err)
				}
			}
		}()
		go func() {
			defer wg.Done()
			for range 25 {
				var got []Article
				if err := db.Scopes(fts.Match(&Article{}, "fox")).Find(&got).Error; err != nil {
					t.Error(err)
				}
				var notes []Note
				if err := db.Scopes(fts.Match(&Note{}, "fox")).Find(&notes).Error; err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	sound(t, db, &Article{})
	sound(t, db, &Note{})
	require.EqualValues(t, 100, count(t, db, &Article{}, "fox"))
	require.EqualValues(t, 36, count(t, db, &Article{}, "cat"))
}

func TestRolledBack(t *testing.T) {
	db := articles(t)
	boom := fmt.Errorf("boom")
	err := db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Create(&Article{Title: "ape"}).Error)
		require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Exec("INSERT OR REPLACE INTO articles(id, title) VALUES (1, 'bee')").Error)
			return boom
		}), boom)
		require.EqualValues(t, 1, count(t, tx, &Article{}, "fox"))
		return boom
	})
	require.ErrorIs(t, err, boom)
	require.Zero(t, count(t, db, &Article{}, "ape"))
	sound(t, db, &Article{})
}

// TestDamageIsFound writes behind the triggers' back.
func TestDamageIsFound(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db := articles(t)
	for _, sql := range []string{"INSERT INTO articles_fts(rowid, title, body) VALUES (77, 'ghost', 'x')", "DELETE FROM articles_fts_docsize WHERE id = 1"} {
		require.NoError(t, db.Exec(sql).Error)
		err := fts.IntegrityCheck(db, &Article{})
		require.ErrorIs(t, err, driver.ErrCorrupt)
		require.ErrorContains(t, err, "articles_fts")
		require.Zero(t, count(t, db, &Article{}, "ghost"), "a row that is not there is no answer")
		require.NoError(t, fts.Rebuild(db, &Article{}))
		sound(t, db, &Article{})
	}
	require.Error(t, fts.IntegrityCheck(db, &Writer{}))
	require.Error(t, fts.IntegrityCheck(db, "articles"))
}

func TestPlanSaysWhatIsLost(t *testing.T) {
	db := articles(t)
	p, err := libsql.Plan(db, &articleTrigram{})
	require.NoError(t, err)
	require.Equal(t, "table \"articles\"\n"+
		"  drop full-text index (instant): the model has another full-text index than the table\n"+
		"  create full-text index (instant): the model has another full-text index than the table\n"+
		"  fill full-text index (rewrite): the model has another full-text index than the table\n", p.String())
	require.Contains(t, p.SQL(), "tokenize='trigram'")
	// The plan is a script for others, too.
	script := p.SQL()
	_, err = libsql.ExecBatch(db, strings.NewReplacer("BEGIN IMMEDIATE;", "", "COMMIT;", "").Replace(script))
	require.NoError(t, err)
	again(t, db, &articleTrigram{})
	sound(t, db, &articleTrigram{})
}

// Folder goes with its files, and gives them its new name.
type Folder struct {
	Name  string `gorm:"primaryKey"`
	Files []File `gorm:"foreignKey:FolderName;constraint:OnDelete:CASCADE,OnUpdate:CASCADE"`
}

// File has a key of which the folder is a part.
type File struct {
	FolderName string `gorm:"primaryKey;fts"`
	Number     int    `gorm:"primaryKey;autoIncrement:false"`
	Text       string `gorm:"fts"`
	Touched    int
}

func TestCascadesAndTriggersOfOthers(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Folder{}, &File{})
	require.NoError(t, db.Exec("CREATE TRIGGER touch AFTER UPDATE ON files BEGIN UPDATE files SET touched = touched + 1 WHERE folder_name = NEW.folder_name AND number = NEW.number; END").Error)
	require.NoError(t, db.Create(&[]Folder{
		{Name: "red", Files: []File{{Number: 1, Text: "fox"}, {Number: 2, Text: "dog"}}}, {Name: "blue", Files: []File{{Number: 1, Text: "fox"}}},
	}).Error)
	require.NoError(t, db.Exec("UPDATE folders SET name = 'green' WHERE name = 'red'").Error)
	require.EqualValues(t, 2, count(t, db, &File{}, "green"))
	require.Zero(t, count(t, db, &File{}, "red"))
	sound(t, db, &File{})
	require.NoError(t, db.Model(&File{FolderName: "green", Number: 2}).Update("text", "cat").Error)
	require.EqualValues(t, 1, count(t, db, &File{}, "green cat"))
	sound(t, db, &File{})
	require.NoError(t, db.Delete(&Folder{Name: "green"}).Error)
	require.Zero(t, count(t, db, &File{}, "green"))
	require.EqualValues(t, 1, count(t, db, &File{}, "fox"))
	sound(t, db, &File{})
	again(t, db, &Folder{}, &File{})
}
