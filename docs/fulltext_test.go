package docs_test

import (
	"errors"
	"log"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/libsqltest"
)

type Essay struct {
	ID        uint
	Title     string `gorm:"fts:weight=10"`
	Body      string `gorm:"fts:tokenize=porter unicode61 remove_diacritics 2"`
	Lang      string
	DeletedAt gorm.DeletedAt
}

type EssayFound struct {
	Essay
	Rank float64
	Part string
}

type NotedOrder struct {
	ID   uint
	Note string
}

func TestFullText(t *testing.T) {
	db := libsqltest.New(t)
	var all []Essay
	func() {
		if err := db.AutoMigrate(&Essay{}); err != nil {
			log.Fatal(err)
		}
		db.Create(&Essay{Title: "On foxes", Body: "The quick brown fox jumps.", Lang: "en"})

		var essays []Essay
		err := db.Scopes(fts.Match(&Essay{}, `jumping "brown fox"`)).Where("lang = ?", "en").Limit(20).Find(&essays).Error
		require.NoError(t, err)
		all = essays
	}()
	require.Len(t, all, 1)

	var err error
	search := fts.Search{
		Model:    &Essay{},
		Text:     "fox*",
		In:       []string{"Body"},
		Weights:  map[string]float64{"Body": 2},
		RankInto: "Rank",
		Excerpts: []fts.Excerpt{{Field: "Body", Into: "Part", Words: 12, HTML: true}},
	}
	var found []EssayFound
	err = db.Scopes(search.Scope).Find(&found).Error
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Negative(t, found[0].Rank)
	require.Equal(t, "The quick brown <b>fox</b> jumps.", found[0].Part)

	require.NoError(t, db.AutoMigrate(&NotedOrder{}))
	require.NoError(t, db.Create(&NotedOrder{Note: "A gift-wrapped one"}).Error)
	index := fts.Index{Name: "order_words", Columns: []fts.Column{{Name: "Note"}}, Tokenize: "trigram"}
	if err := fts.Create(db, &NotedOrder{}, index); err != nil {
		log.Fatal(err)
	}
	var orders []NotedOrder
	err = db.Scopes(fts.Search{Model: &NotedOrder{}, Text: "gift", Index: &index}.Scope).Find(&orders).Error
	require.NoError(t, err)
	require.Len(t, orders, 1)

	if err := fts.IntegrityCheck(db, &Essay{}); errors.Is(err, driver.ErrCorrupt) {
		if err := fts.Rebuild(db, &Essay{}); err != nil {
			log.Fatal(err)
		}
	}
	if err := fts.Optimize(db, &Essay{}); err != nil {
		log.Fatal(err)
	}
}
