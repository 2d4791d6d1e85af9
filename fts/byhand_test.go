package fts_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// articleHeadline is Article after its column was renamed.
type articleHeadline struct {
	ID       int64
	Headline string `gorm:"fts"`
	Body     string `gorm:"fts"`
}

func (articleHeadline) TableName() string { return "articles" }

// What was changed by hand, with plain SQL, AutoMigrate puts right.
func TestSchemaChangedByHand(t *testing.T) {
	for _, tt := range []struct {
		name, run string
		model     any
		found     int64
	}{
		{"column renamed", "ALTER TABLE articles RENAME COLUMN title TO headline", &articleHeadline{}, 1},
		{"column added", "ALTER TABLE articles ADD COLUMN extra TEXT", &Article{}, 1},
		{"table dropped", "DROP TABLE articles", &Article{}, 0},
		{"index dropped", "DROP TABLE articles_fts", &Article{}, 1},
		{"trigger dropped", "DROP TRIGGER articles_fts_after_insert; INSERT INTO articles(id, title) VALUES (50, 'fox')", &Article{}, 2},
		{"table made anew", "CREATE TABLE a2(id INTEGER PRIMARY KEY, title TEXT, body TEXT, lang TEXT); INSERT INTO a2 SELECT * FROM articles; DROP TABLE articles; ALTER TABLE a2 RENAME TO articles", &Article{}, 1},
		{"unique index added", "CREATE UNIQUE INDEX byhand ON articles(title); REPLACE INTO articles(id, title) SELECT 60, title FROM articles WHERE id = 1", &Article{}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db := articles(t)
			require.NoError(t, db.Exec(tt.run).Error)
			require.NoError(t, db.AutoMigrate(tt.model))
			again(t, db, tt.model)
			sound(t, db, tt.model)
			require.Equal(t, tt.found, count(t, db, tt.model, "fox"))
		})
	}
}

// Rows of the same rank come in the same order on each page.
func TestPages(t *testing.T) {
	for _, prepare := range []bool{false, true} {
		db, err := gorm.Open(libsql.Open(dbtest.Memory(t)), &gorm.Config{Logger: logger.Discard, PrepareStmt: prepare})
		require.NoError(t, err)
		pool, err := db.DB()
		require.NoError(t, err)
		defer dbtest.Close(t, pool)
		require.NoError(t, db.AutoMigrate(&Article{}, &Note{}))
		for i := range 100 {
			require.NoError(t, db.Create(&Article{Title: "fox", Body: fmt.Sprint("ape", i%3 == 0)}).Error)
			require.NoError(t, db.Create(&Note{Text: "fox"}).Error)
		}
		all := map[int64]bool{}
		notes := map[string]bool{}
		for page := 0; page*7 < 100; page++ {
			var got []Article
			require.NoError(t, db.Scopes(fts.Match(&Article{}, "fox")).Limit(7).Offset(page*7).Find(&got).Error)
			for _, a := range got {
				require.False(t, all[int64(a.ID)], a.ID)
				all[int64(a.ID)] = true
			}
			var found []Note
			require.NoError(t, db.Scopes(fts.Match(&Note{}, "fox")).Limit(7).Offset(page*7).Find(&found).Error)
			for _, n := range found {
				require.False(t, notes[n.ID.String()])
				notes[n.ID.String()] = true
			}
		}
		require.Len(t, all, 100)
		require.Len(t, notes, 100)
		seen := 0
		var batch []Article
		require.NoError(t, db.Scopes(fts.Match(&Article{}, "fox")).FindInBatches(&batch, 30, func(*gorm.DB, int) error {
			seen += len(batch)
			return nil
		}).Error)
		require.Equal(t, 100, seen)
		require.NoError(t, db.AutoMigrate(&articleTrigram{}))
		require.EqualValues(t, 100, count(t, db, &articleTrigram{}, "fox"))
	}
}
