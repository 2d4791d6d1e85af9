package gormtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

type member struct {
	ID    int
	Name  string
	Clubs []club `gorm:"many2many:memberships"`
}

type club struct {
	ID      uint
	Name    string
	Members []member `gorm:"many2many:memberships"`
}

// membership is a join table with columns, a hook and a soft delete of its own.
type membership struct {
	MemberID  int  `gorm:"primaryKey"`
	ClubID    uint `gorm:"primaryKey"`
	Level     int  `gorm:"default:3"`
	CreatedAt time.Time
	DeletedAt gorm.DeletedAt
}

func (m *membership) BeforeCreate(*gorm.DB) error {
	if m.ClubID == 13 {
		return fmt.Errorf("no luck: %w", errStop)
	}
	return nil
}

func TestOwnJoinTable(t *testing.T) {
	each(t, nil, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.SetupJoinTable(&member{}, "Clubs", &membership{}))
		require.NoError(t, db.SetupJoinTable(&club{}, "Members", &membership{}))
		require.NoError(t, db.AutoMigrate(&member{}, &club{}, &membership{}))
		db = at(db, noon)
		const (
			all  = "SELECT member_id, club_id, level, created_at, deleted_at FROM memberships ORDER BY 1, 2"
			time = "2024-05-06T12:00:00.123456789"
		)
		a := member{Name: "a", Clubs: []club{{Name: "chess"}, {Name: "golf"}}}
		done(t, db.Create(&a), 1)
		require.Equal(t, "1 1 3 "+time+" NULL, 1 2 3 "+time+" NULL", show(t, db, all))
		require.NoError(t, of(db, &a, "Clubs").Delete(&club{ID: 1}))
		require.Equal(t, "1 1 3 "+time+" "+time+", 1 2 3 "+time+" NULL", show(t, db, all), "a soft delete")
		require.EqualValues(t, 1, of(db, &a, "Clubs").Count())
		var read member
		done(t, db.Preload("Clubs").First(&read), 1)
		require.Equal(t, []club{{ID: 2, Name: "golf"}}, read.Clubs)
		var golf club
		done(t, db.Preload("Members").First(&golf, 2), 1)
		require.Equal(t, []member{{ID: 1, Name: "a"}}, golf.Members)
		require.ErrorIs(t, of(db, &a, "Clubs").Append(&club{ID: 13, Name: "bad"}), errStop)
		require.Equal(t, "1 1 3 "+time+" "+time+", 1 2 3 "+time+" NULL", show(t, db, all))
		done(t, db.Model(&membership{}).Where("member_id = ? AND club_id = ?", 1, 2).Update("level", 9), 1)
		require.Error(t, db.Create(&membership{MemberID: 1, ClubID: 99}).Error, "no such club: the foreign key")
		require.Equal(t, "1 1 3 "+time+" "+time+", 1 2 9 "+time+" NULL", show(t, db, all))
	})
}

// Keys of a relation that are not primary keys, and composite ones.
type shelf struct {
	Room  string `gorm:"primaryKey"`
	No    int    `gorm:"primaryKey;autoIncrement:false"`
	Books []book `gorm:"foreignKey:ShelfRoom,ShelfNo;references:Room,No"`
	Tags  []tag  `gorm:"many2many:shelf_tags"`
}

type book struct {
	ID        uint
	Title     string
	ShelfRoom *string
	ShelfNo   *int
	Shelf     *shelf `gorm:"foreignKey:ShelfRoom,ShelfNo;references:Room,No"`
}

type tag struct {
	Lang string `gorm:"primaryKey"`
	Word string `gorm:"primaryKey"`
}

func TestCompositeKeys(t *testing.T) {
	each(t, models(&shelf{}, &book{}, &tag{}), func(t *testing.T, db *gorm.DB) {
		done(t, db.Create(&[]shelf{
			{Room: "a", No: 1, Books: []book{{Title: "x"}, {Title: "y"}}, Tags: []tag{{"en", "old"}, {"de", "alt"}}},
			{Room: "a", No: 2, Books: []book{{Title: "z"}}, Tags: []tag{{"en", "old"}}},
			{Room: "b", No: 1},
		}), 3)
		const (
			books = "SELECT title, shelf_room, shelf_no FROM books ORDER BY id"
			tags  = "SELECT shelf_room, shelf_no, tag_lang, tag_word FROM shelf_tags ORDER BY 1, 2, 3"
		)
		require.Equal(t, "x a 1, y a 1, z a 2", show(t, db, books))
		require.Equal(t, "a 1 de alt, a 1 en old, a 2 en old", show(t, db, tags))
		var ss []shelf
		done(t, db.Preload("Books").Preload("Tags").Order("room, no").Find(&ss), 3)
		require.Len(t, ss[0].Books, 2)
		require.Len(t, ss[0].Tags, 2)
		require.Len(t, ss[1].Tags, 1)
		require.Empty(t, ss[2].Books)
		var bs []book
		done(t, db.Joins("Shelf").Preload("Shelf.Tags").Where("Shelf.no = ?", 2).Find(&bs), 1)
		require.Equal(t, "a", bs[0].Shelf.Room)
		require.Len(t, bs[0].Shelf.Tags, 1)
		b1 := shelf{Room: "b", No: 1}
		require.NoError(t, of(db, &b1, "Books").Append(&book{ID: 2}, &book{Title: "w"}))
		require.NoError(t, of(db, &b1, "Tags").Append(&tag{"de", "alt"}, &tag{"de", "neu"}))
		require.Equal(t, "x a 1, y b 1, z a 2, w b 1", show(t, db, books))
		two := []shelf{{Room: "a", No: 1}, {Room: "b", No: 1}}
		require.EqualValues(t, 3, of(db, &two, "Books").Count())
		require.EqualValues(t, 4, of(db, &two, "Tags").Count())
		require.NoError(t, of(db, &two, "Tags").Delete(&tag{"de", "alt"}))
		require.Equal(t, "a 1 en old, a 2 en old, b 1 de neu", show(t, db, tags))
		require.NoError(t, of(db, &b1, "Books").Clear())
		require.Equal(t, "x a 1, y NULL NULL, z a 2, w NULL NULL", show(t, db, books))
		done(t, db.Model(&shelf{Room: "b", No: 1}).Where("1 = 1").Update("no", 1), 1)
		done(t, db.Select("Tags").Delete(&b1), 1)
		require.Equal(t, "a 1, a 2", show(t, db, "SELECT room, no FROM shelves ORDER BY 1, 2"))
	})
}
