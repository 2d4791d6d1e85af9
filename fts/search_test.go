package fts_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type Writer struct {
	ID   int64
	Name string
}

type Comment struct {
	ID     int64
	PostID int64
	Text   string
}

type Post struct {
	ID        int64
	Title     string `gorm:"fts:weight=10"`
	Body      string `gorm:"fts:prefix=2 3,tokenize=porter unicode61 remove_diacritics 2"`
	Lang      string
	WriterID  *int64
	Writer    *Writer
	Comments  []Comment
	DeletedAt gorm.DeletedAt
}

type hit struct {
	Post
	Rank  float64
	Title string
	Part  string
}

func seed(t testing.TB, db *gorm.DB) {
	t.Helper()
	w := int64(1)
	require.NoError(t, db.Create(&Writer{ID: 1, Name: "Ada"}).Error)
	require.NoError(t, db.Create([]Post{
		{Title: "The brown fox", Body: "jumps over the lazy dog", Lang: "en", WriterID: &w, Comments: []Comment{{Text: "nice"}}},
		{Title: "A dog's life", Body: "the fox is mentioned here, a fox", Lang: "en"},
		{Title: "Der Fuchs", Body: "le café <b> fox", Lang: "de"},
		{Title: "Nothing", Body: "at all", Lang: "en"},
	}).Error)
}

func titles(posts []Post) (out []string) {
	for _, p := range posts {
		out = append(out, p.Title)
	}
	return out
}

func TestMatch(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Writer{}, &Post{}, &Comment{})
	seed(t, db)
	fox := fts.Match(&Post{}, "fox")
	find := func(db *gorm.DB) []string {
		t.Helper()
		var posts []Post
		require.NoError(t, db.Find(&posts).Error)
		return titles(posts)
	}
	require.Equal(t, []string{"The brown fox", "A dog's life", "Der Fuchs"}, find(db.Scopes(fox)))
	require.Equal(t, []string{"The brown fox", "A dog's life"}, find(db.Where("lang = ?", "en").Scopes(fox)))
	require.Equal(t, []string{"Der Fuchs", "A dog's life", "The brown fox"}, find(db.Scopes(fox).Order("posts.id DESC")))
	require.Equal(t, []string{"A dog's life"}, find(db.Scopes(fox).Limit(1).Offset(1)))
	require.Equal(t, []string{"The brown fox", "A dog's life"}, find(db.Scopes(fox).Where("lang = ?", "xx").Or("lang = ?", "en")))
	require.Equal(t, []string{"Der Fuchs"}, find(db.Scopes(fts.Match(&Post{}, "CAFE"))))
	require.Equal(t, []string{"The brown fox"}, find(db.Scopes(fts.Match(&Post{}, "jumping"))), "porter")
	require.Empty(t, find(db.Scopes(fts.Match(&Post{}, ""))))
	require.Empty(t, find(db.Scopes(fts.Match(&Post{}, "&!"))))

	var n int64
	require.NoError(t, db.Model(&Post{}).Scopes(fox).Count(&n).Error)
	require.EqualValues(t, 3, n)
	var names []string
	require.NoError(t, db.Model(&Post{}).Scopes(fox).Pluck("title", &names).Error)
	require.Equal(t, []string{"The brown fox", "A dog's life", "Der Fuchs"}, names)

	var posts []Post
	require.NoError(t, db.Scopes(fox).Joins("Writer").Preload("Comments").Find(&posts).Error)
	require.Len(t, posts, 3)
	require.Equal(t, "Ada", posts[0].Writer.Name)
	require.Len(t, posts[0].Comments, 1)
	require.Equal(t, []string{"The brown fox"}, find(db.Scopes(fox).Joins("JOIN comments ON comments.post_id = posts.id").Where("text = ?", "nice")))

	var one Post
	require.NoError(t, db.Scopes(fox).Take(&one).Error)
	require.Equal(t, "The brown fox", one.Title)
	require.NoError(t, db.Scopes(fts.Match(&Post{}, "fox mentioned")).First(&Post{}, 2).Error)
	require.ErrorIs(t, db.Scopes(fts.Match(&Post{}, "nowhere")).First(&Post{}).Error, gorm.ErrRecordNotFound)

	require.Equal(t, []string{"The brown fox"}, find(db.Where("id IN (?)", db.Model(&Post{}).Scopes(fts.Match(&Post{}, "brown")).Select("id"))))

	var batches []string
	var batch []Post
	require.NoError(t, db.Scopes(fox).FindInBatches(&batch, 2, func(*gorm.DB, int) error {
		batches = append(batches, titles(batch)...)
		return nil
	}).Error)
	require.Equal(t, []string{"The brown fox", "A dog's life", "Der Fuchs"}, batches)

	var byLang []struct {
		Lang string
		N    int
	}
	require.NoError(t, db.Model(&Post{}).Scopes(fox).Select("lang, count(*) AS n").Group("lang").Order("lang").Scan(&byLang).Error)
	require.Len(t, byLang, 2)

	rows, err := gorm.G[Post](db).Scopes(fts.Search{Text: "brown"}.ModifyStatement).Find(t.Context())
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

func TestOneStatementForCountAndPage(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Writer{}, &Post{}, &Comment{})
	seed(t, db)
	q := db.Model(&Post{}).Where("lang = ?", "en").Scopes(fts.Match(&Post{}, "fox"))
	var n int64
	require.NoError(t, q.Count(&n).Error)
	require.EqualValues(t, 2, n)
	for range 2 {
		var page []Post
		require.NoError(t, q.Limit(1).Find(&page).Error)
		require.Equal(t, []string{"The brown fox"}, titles(page))
	}
	rows, err := q.Rows()
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, rows.Close())
}

func TestPreloadOfWhatMatches(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Writer{}, &Post{}, &Comment{})
	require.NoError(t, db.AutoMigrate(&Shelf{}, &ShelfBook{}))
	require.NoError(t, db.Create(&[]Shelf{
		{Books: []ShelfBook{{Title: "dog"}, {Title: "fox, fox"}, {Title: "a fox in the woods"}}}, {Books: []ShelfBook{{Title: "fox"}}}, {},
	}).Error)
	var shelves []Shelf
	require.NoError(t, db.Preload("Books", fts.Match(&ShelfBook{}, "fox")).Order("id").Find(&shelves).Error)
	require.Len(t, shelves[0].Books, 2)
	require.Equal(t, "fox, fox", shelves[0].Books[0].Title)
	require.Len(t, shelves[1].Books, 1)
	require.Empty(t, shelves[2].Books)
	var books []ShelfBook
	require.NoError(t, db.Model(&shelves[0]).Scopes(fts.Match(&ShelfBook{}, "woods")).Association("Books").Find(&books))
	require.Len(t, books, 1)
}

// Shelf has books that are searched.
type Shelf struct {
	ID    int64
	Books []ShelfBook
}

// ShelfBook is one of them.
type ShelfBook struct {
	ID      int64
	ShelfID int64
	Title   string `gorm:"fts"`
}

func TestResults(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Writer{}, &Post{}, &Comment{})
	seed(t, db)
	s := fts.Search{
		Model: &Post{}, Text: "fox", RankInto: "Rank",
		Excerpts: []fts.Excerpt{{Field: "Title", Into: "Title"}, {Into: "Part", Words: 4, Open: "[", Close: "]", Cut: "~"}},
	}
	var hits []hit
	require.NoError(t, db.Scopes(s.Scope).Find(&hits).Error)
	require.Len(t, hits, 3)
	require.Equal(t, "The brown <b>fox</b>", hits[0].Title)
	require.Less(t, hits[0].Rank, hits[1].Rank)
	require.Negative(t, hits[2].Rank)
	require.Contains(t, hits[1].Part, "[fox]")
	require.EqualValues(t, 1, hits[0].ID)

	var maps []map[string]any
	require.NoError(t, db.Model(&Post{}).Scopes(s.Scope).Limit(1).Find(&maps).Error)
	require.Contains(t, maps[0], "Rank")
	require.NotContains(t, maps[0], "libsql_fts_rank")

	s.Excerpts = []fts.Excerpt{{Field: "body", Into: "Part", HTML: true}}
	require.NoError(t, db.Scopes(s.Scope).Where("lang = 'de'").Find(&hits).Error)
	require.Equal(t, "le café &lt;b&gt; <b>fox</b>", hits[0].Part)
	require.Equal(t, "Der Fuchs", hits[0].Title)

	s.RankInto = ""
	var grouped []struct {
		Lang string
		Part string
	}
	require.NoError(t, db.Scopes(s.Scope).Select("lang").Group("lang").Order("lang").Find(&grouped).Error)
	require.Len(t, grouped, 2)
	require.Contains(t, grouped[0].Part, "<b>fox</b>")

	s = fts.Search{Model: &Post{}, Text: "fox", In: []string{"Title"}}
	var posts []Post
	require.NoError(t, db.Scopes(s.Scope).Find(&posts).Error)
	require.Equal(t, []string{"The brown fox"}, titles(posts))
	s = fts.Search{Model: &Post{}, Text: "dog", Weights: map[string]float64{"Title": 0.001, "Body": 100}}
	require.NoError(t, db.Scopes(s.Scope).Find(&posts).Error)
	require.Equal(t, []string{"The brown fox", "A dog's life"}, titles(posts))
	s = fts.Search{Model: &Post{}, Expression: `title : fox OR "at all"`}
	require.NoError(t, db.Scopes(s.Scope).Find(&posts).Error)
	require.Len(t, posts, 2)
}

func TestChangesOfWhatMatches(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Writer{}, &Post{}, &Comment{})
	seed(t, db)
	res := db.Model(&Post{}).Scopes(fts.Match(&Post{}, "lazy")).Update("lang", "xx")
	require.NoError(t, res.Error)
	require.EqualValues(t, 1, res.RowsAffected)
	res = db.Scopes(fts.Match(&Post{}, "café")).Delete(&Post{})
	require.NoError(t, res.Error)
	require.EqualValues(t, 1, res.RowsAffected)
	var n int64
	require.NoError(t, db.Model(&Post{}).Scopes(fts.Match(&Post{}, "café")).Count(&n).Error)
	require.Zero(t, n, "soft delete")
	require.NoError(t, db.Unscoped().Model(&Post{}).Scopes(fts.Match(&Post{}, "café")).Count(&n).Error)
	require.EqualValues(t, 1, n)
	require.NoError(t, db.Exec("DELETE FROM comments").Error)
	res = db.Unscoped().Scopes(fts.Match(&Post{}, "fox")).Limit(2).Delete(&Post{})
	require.NoError(t, res.Error)
	require.EqualValues(t, 2, res.RowsAffected)
	sound(t, db, &Post{})
}

func TestSearchesThatCannotBe(t *testing.T) {
	db := open(t, dbtest.Memory(t), &Writer{}, &Post{}, &Comment{})
	for want, s := range map[string]fts.Search{
		"no field has the tag":        {Model: &Writer{}, Text: "x"},
		"has no field Nowhere":        {Model: &Post{}, Text: "x", In: []string{"Nowhere"}},
		"no number above 0":           {Model: &Post{}, Text: "x", Weights: map[string]float64{"Title": -1}},
		"both a Text":                 {Model: &Post{}, Text: "x", Expression: "y"},
		"NUL":                         {Model: &Post{}, Expression: "y\x00"},
		"has no field Rank":           {Model: &Post{}, Text: "x", RankInto: "Rank"},
		"set Words":                   {Model: &Post{}, Text: "x", Excerpts: []fts.Excerpt{{Into: "title"}}},
		"at most 64":                  {Model: &Post{}, Text: "x", Excerpts: []fts.Excerpt{{Into: "title", Words: 65}}},
		"set Into":                    {Model: &Post{}, Text: "x", Excerpts: []fts.Excerpt{{Field: "Title"}}},
		"unterminated string":         {Model: &Post{}, Expression: `"`},
		"index has no field WriterID": {Model: &Post{}, Text: "x", Excerpts: []fts.Excerpt{{Field: "WriterID", Into: "title"}}},
	} {
		t.Run(want, func(t *testing.T) {
			var posts []Post
			var dest any = &posts
			if _, ok := s.Model.(*Writer); ok {
				dest = &[]Writer{}
			}
			require.ErrorContains(t, db.Scopes(s.Scope).Find(dest).Error, want)
		})
	}
	var writers []Writer
	require.ErrorContains(t, db.Model(&Writer{}).Scopes(fts.Match(&Post{}, "x")).Find(&writers).Error, "the search is for the model")
	m := fts.Match(&Post{}, "x")
	require.ErrorContains(t, db.Scopes(m, m).Find(&[]Post{}).Error, "two full-text searches")
}
