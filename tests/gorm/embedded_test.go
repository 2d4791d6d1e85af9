package gormtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

type Author struct {
	Name  string
	Email string
}

type Deep struct {
	Level int
	Inner Author `gorm:"embedded;embeddedPrefix:inner_"`
}

type Optional struct {
	Score int
	Seen  time.Time
}

type blog struct {
	gorm.Model
	Author        // anonymous
	Editor Author `gorm:"embedded;embeddedPrefix:editor_"`
	Deep   Deep   `gorm:"embedded;embeddedPrefix:deep_"`
	*Optional
	Extra  *Author `gorm:"embedded;embeddedPrefix:extra_"`
	Upvote int32
}

func TestEmbedded(t *testing.T) {
	each(t, models(&blog{}), func(t *testing.T, db *gorm.DB) {
		full := blog{
			Author: Author{"a", "a@x"}, Editor: Author{"b", "b@x"}, Deep: Deep{7, Author{"c", "c@x"}},
			Optional: &Optional{Score: 5, Seen: noon}, Extra: &Author{"d", "d@x"}, Upvote: 3,
		}
		rows := []blog{full, {Author: Author{Name: "empty"}}}
		done(t, db.Create(&rows), 2)
		require.EqualValues(t, 2, rows[1].ID)
		const query = "SELECT id, name, email, editor_name, editor_email, deep_level, deep_inner_name, deep_inner_email, score, seen, extra_name, upvote, deleted_at FROM blogs ORDER BY id"
		require.Equal(t, "1 a a@x b b@x 7 c c@x 5 2024-05-06T12:00:00.123456789 d 3 NULL, 2 empty    0   NULL NULL NULL 0 NULL", show(t, db, query))
		var read []blog
		done(t, db.Order("id").Find(&read), 2)
		require.Equal(t, full.Editor, read[0].Editor)
		require.Equal(t, full.Deep, read[0].Deep)
		require.Equal(t, full.Extra, read[0].Extra)
		require.Equal(t, 5, read[0].Score)
		require.True(t, read[0].Seen.Equal(noon))
		require.Nil(t, read[1].Extra)
		require.Nil(t, read[1].Optional)

		var n int64
		require.NoError(t, db.Model(&blog{}).Where(&blog{Editor: Author{Name: "b"}}).Count(&n).Error)
		require.EqualValues(t, 1, n)
		done(t, db.Model(&read[1]).Updates(blog{Deep: Deep{Inner: Author{Name: "deep"}}, Extra: &Author{Email: "new"}}), 1)
		require.Equal(t, "empty deep new", show(t, db, "SELECT name, deep_inner_name, extra_email FROM blogs WHERE id = 2"))
	})
}
