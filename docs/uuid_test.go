package docs_test

import (
	"log"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/libsqltest"
	"github.com/gorm-libsql/libsql/types"
)

type Author struct {
	ID     types.UUID     // the primary key fills itself
	Public types.UUIDText `gorm:"uuid:v4;uniqueIndex"`
	Email  string         `gorm:"unique"`
	Books  []Book
	Genres []Genre `gorm:"many2many:author_genres"`
}

type Book struct {
	ID        types.UUID
	Title     string
	AuthorID  types.UUID
	PrequelID *types.UUID // may be NULL
}

type Genre struct {
	ID   types.UUID
	Name string
}

type Session struct {
	ID    types.UUID     `gorm:"default:(uuid_blob(uuid()))"`
	Token types.UUIDText `gorm:"default:(uuid())"`
}

func TestUUIDs(t *testing.T) {
	db := libsqltest.New(t, &Author{}, &Book{}, &Genre{}, &Session{})
	known, err := types.ParseUUID("0190b5d0-6c58-7c61-8f40-3f1c2b9a7e55")
	require.NoError(t, err)
	require.NoError(t, db.Create(&Author{ID: known, Email: "ursula@example.com", Books: []Book{{Title: "1"}, {Title: "2"}}, Genres: []Genre{{Name: "g"}}}).Error)

	again := Author{Email: "ursula@example.com"}
	err = db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "email"}},
		DoUpdates: clause.AssignmentColumns([]string{"email"}),
	}).Create(&again).Error
	require.NoError(t, err)
	require.Equal(t, known, again.ID)

	var author Author
	id, err := types.ParseUUID("{0190B5D0-6C58-7C61-8F40-3F1C2B9A7E55}")
	if err != nil {
		log.Fatal(err)
	}
	err = db.Preload("Books").First(&author, id).Error
	require.NoError(t, err)
	require.Len(t, author.Books, 2)

	var last types.UUID
	err = db.Model(&Book{}).Select("max(id)").Row().Scan(&last)
	require.NoError(t, err)
	require.Equal(t, author.Books[1].ID, last)

	var none []Author
	require.NoError(t, db.Where("id = ?", id.String()).Find(&none).Error)
	require.Empty(t, none, "a text finds nothing")
	require.NoError(t, db.Where(map[string]any{"id": id.String()}).Find(&none).Error)
	require.Len(t, none, 1)

	session := Session{}
	require.NoError(t, db.Create(&session).Error)
	require.EqualValues(t, 4, uuid.UUID(session.ID).Version())
	err = db.Model(&session).Update("token", types.RandomUUID()).Error
	require.NoError(t, err)
}
