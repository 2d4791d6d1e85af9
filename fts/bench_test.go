package fts_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/fts"
)

// byHand is what one writes after the documentation of FTS5: three triggers,
// and no answer to REPLACE.
const byHand = `CREATE VIRTUAL TABLE hand_fts USING fts5(title, body, content='hands', content_rowid='id')|
CREATE TRIGGER hand_ai AFTER INSERT ON hands BEGIN INSERT INTO hand_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END|
CREATE TRIGGER hand_ad AFTER DELETE ON hands BEGIN INSERT INTO hand_fts(hand_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END|
CREATE TRIGGER hand_au AFTER UPDATE ON hands BEGIN
INSERT INTO hand_fts(hand_fts, rowid, title, body) VALUES ('delete', old.id, old.title, old.body);
INSERT INTO hand_fts(rowid, title, body) VALUES (new.id, new.title, new.body); END`

type hand struct {
	ID    int64
	Title string
	Body  string
	Lang  string
}

// keyed is an article with a key that is a text.
type keyed struct {
	ID    string `gorm:"primaryKey"`
	Title string `gorm:"fts"`
	Body  string `gorm:"fts"`
}

func prose(r *rand.Rand, words int) string {
	var b strings.Builder
	for range words {
		fmt.Fprintf(&b, "w%d ", int(r.ExpFloat64()*300))
	}
	return b.String()
}

func benchDB(b *testing.B) *gorm.DB {
	db := open(b, "file:"+b.TempDir()+"/a.db", &Article{}, &hand{}, &keyed{})
	for _, sql := range strings.Split(byHand, "|") {
		require.NoError(b, db.Exec(sql).Error)
	}
	return db
}

func BenchmarkWrite(b *testing.B) {
	const n = 500
	rows := func() (out []Article) {
		r := rand.New(rand.NewPCG(1, 2))
		for range n {
			out = append(out, Article{Title: prose(r, 8), Body: prose(r, 120)})
		}
		return out
	}()
	write := func(b *testing.B, sql, table string) {
		db := benchDB(b)
		for i := 0; b.Loop(); i++ {
			err := db.Transaction(func(tx *gorm.DB) error {
				for j, a := range rows {
					id := any(i*n + j + 1)
					if table == "keyeds" {
						id = fmt.Sprintf("%08x-key", i*n+j)
					}
					if err := tx.Exec(strings.ReplaceAll(sql, "TABLE", table), id, a.Title, a.Body).Error; err != nil {
						return err
					}
				}
				return nil
			})
			require.NoError(b, err)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/row")
	}
	const insert = "INSERT INTO TABLE(id, title, body) VALUES (?, ?, ?)"
	for _, table := range []string{"hands", "articles", "keyeds"} {
		b.Run("insert/"+table, func(b *testing.B) { write(b, insert, table) })
	}
	for _, table := range []string{"hands", "articles"} {
		b.Run("update of another column/"+table, func(b *testing.B) {
			db := benchDB(b)
			for j, a := range rows {
				require.NoError(b, db.Exec("INSERT INTO "+table+"(id, title, body) VALUES (?, ?, ?)", j+1, a.Title, a.Body).Error)
			}
			for b.Loop() {
				require.NoError(b, db.Exec("UPDATE "+table+" SET lang = 'en'").Error)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/row")
		})
	}
}

func BenchmarkSearch(b *testing.B) {
	db := benchDB(b)
	r := rand.New(rand.NewPCG(1, 2))
	require.NoError(b, db.Transaction(func(tx *gorm.DB) error {
		for i := range 10_000 {
			a := Article{ID: int64(i + 1), Title: prose(r, 8), Body: prose(r, 60)}
			h := hand{a.ID, a.Title, a.Body, ""}
			k := keyed{fmt.Sprintf("%08x-key", i), a.Title, a.Body}
			for _, row := range []any{&a, &h, &k} {
				if err := tx.Create(row).Error; err != nil {
					return err
				}
			}
		}
		return nil
	}))
	b.Run("by hand", func(b *testing.B) {
		for b.Loop() {
			var got []hand
			require.NoError(b, db.Raw("SELECT hands.* FROM hand_fts JOIN hands ON hands.id = hand_fts.rowid WHERE hand_fts MATCH ? ORDER BY rank LIMIT 20", `"w17" "w5"`).Find(&got).Error)
			require.Len(b, got, 20)
		}
	})
	b.Run("Match", func(b *testing.B) {
		for b.Loop() {
			var got []Article
			require.NoError(b, db.Scopes(fts.Match(&Article{}, "w17 w5")).Limit(20).Find(&got).Error)
			require.Len(b, got, 20)
		}
	})
	b.Run("Match, key is a text", func(b *testing.B) {
		for b.Loop() {
			var got []keyed
			require.NoError(b, db.Scopes(fts.Match(&keyed{}, "w17 w5")).Limit(20).Find(&got).Error)
			require.Len(b, got, 20)
		}
	})
}
