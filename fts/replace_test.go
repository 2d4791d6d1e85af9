package fts_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/types"
)

// Page has everything by which REPLACE can take other rows away.
type Page struct {
	ID    int64
	Slug  string  `gorm:"unique"`
	Path  string  `gorm:"uniqueIndex:page_path,where:kind > 0,collate:nocase"`
	Kind  int     `gorm:"uniqueIndex:page_lower,expression:lower(slug || kind)"`
	Title *string `gorm:"fts"`
	Body  string  `gorm:"fts"`
}

// KeyedPage has a key that is a text.
type KeyedPage struct {
	ID    string `gorm:"primaryKey"`
	Slug  string `gorm:"unique"`
	Kind  int
	Title *string `gorm:"fts"`
	Body  string  `gorm:"fts"`
}

// PairPage has a key of two columns, of which one compares without case.
type PairPage struct {
	ID    string  `gorm:"primaryKey;type:text COLLATE NOCASE"`
	Kind  int     `gorm:"primaryKey;autoIncrement:false"`
	Slug  string  `gorm:"unique"`
	Title *string `gorm:"fts"`
	Body  string  `gorm:"fts"`
}

// TestEveryStatementKeepsTheIndex writes at random, with every way to treat a
// conflict, and compares what the index answers with what the rows have.
func TestEveryStatementKeepsTheIndex(t *testing.T) {
	for name, m := range map[string]struct {
		model any
		table string
		opts  string
		path  bool
	}{
		"integer key":   {&Page{}, "pages", "", true},
		"text key":      {&KeyedPage{}, "keyed_pages", "", false},
		"without rowid": {&KeyedPage{}, "keyed_pages", " WITHOUT ROWID", false},
		"two columns":   {&PairPage{}, "pair_pages", "", false},
	} {
		for _, recursive := range []string{"OFF", "ON"} {
			t.Run(name+" recursive "+recursive, func(t *testing.T) {
				seed, statements := uint64(1), 400
				if dbtest.Long() {
					seed, statements = rand.Uint64(), 20_000
					t.Log("seed", seed)
				}
				db := open(t, ":memory:?_pragma=recursive_triggers("+recursive+")")
				require.NoError(t, db.Set("gorm:table_options", m.opts).AutoMigrate(m.model))
				r := rand.New(rand.NewPCG(seed, uint64(len(name))))
				words := []string{"ape", "bee", "cat", "dog", "elk"}
				text := func() any {
					switch r.IntN(8) {
					case 0:
						if r.IntN(2) == 0 {
							return ""
						}
						return "\x00é " + words[r.IntN(5)]
					case 1:
						return strings.Repeat(words[r.IntN(5)]+" ", 200)
					}
					return words[r.IntN(5)] + " " + words[r.IntN(5)]
				}
				id := func() any {
					if strings.Contains(name, "integer") {
						return r.IntN(6)
					}
					return string("abCDcd"[r.IntN(6)])
				}
				policies := []string{"", "OR REPLACE", "OR REPLACE", "OR IGNORE", "OR ABORT", "OR FAIL"}
				failed := 0
				for i := range statements {
					policy := policies[r.IntN(len(policies))]
					var err error
					switch r.IntN(8) {
					case 0, 1, 2:
						cols, marks, args := "id, slug, kind, title, body", "?, ?, ?, ?, ?", []any{id(), fmt.Sprint("s", r.IntN(8)), r.IntN(3), nil, text()}
						if r.IntN(2) == 0 {
							args[3] = text()
						}
						if m.path {
							cols, marks, args = cols+", path", marks+", ?", append(args, string("abCDcd"[r.IntN(6)]))
						}
						tail := ""
						if policy == "" {
							tail = []string{"", " ON CONFLICT DO NOTHING", " ON CONFLICT DO UPDATE SET body = excluded.body || ' up'", " ON CONFLICT DO UPDATE SET body = 'moved', id = excluded.id"}[r.IntN(4)]
						}
						if r.IntN(3) == 0 { // two rows
							marks += "), (" + marks
							more := append([]any{id(), fmt.Sprint("s", r.IntN(8)), r.IntN(3), text(), text()}, args[5:]...)
							args = append(args, more...)
						}
						err = db.Exec("INSERT "+policy+" INTO "+m.table+"("+cols+") VALUES ("+marks+")"+tail, args...).Error
					case 3:
						err = db.Exec("UPDATE "+policy+" "+m.table+" SET title = ? WHERE id = ?", text(), id()).Error
					case 4:
						err = db.Exec("UPDATE "+policy+" "+m.table+" SET slug = ?, body = body || ' ' || ? WHERE id = ?", fmt.Sprint("s", r.IntN(8)), text(), id()).Error
					case 5:
						err = db.Exec("UPDATE "+policy+" "+m.table+" SET id = ? WHERE id = ?", id(), id()).Error
					case 6:
						err = db.Exec("UPDATE "+policy+" "+m.table+" SET slug = ? WHERE id = ?", fmt.Sprint("s", r.IntN(8)), id()).Error
					case 7:
						err = db.Exec("DELETE FROM "+m.table+" WHERE id = ?", id()).Error
					}
					if err != nil {
						failed++
						require.ErrorIs(t, err, driver.ErrConstraint)
					}
					if i%10 == 0 {
						require.NoError(t, fts.IntegrityCheck(db, m.model), "after %d statements", i)
					}
				}
				require.Positive(t, failed)
				sound(t, db, m.model)
				for _, w := range words {
					var n, rows int64
					require.NoError(t, db.Model(m.model).Scopes(fts.Match(m.model, w)).Count(&n).Error)
					require.NoError(t, db.Model(m.model).Where("instr(coalesce(title, '') || ' ' || body, ?) > 0", w).Count(&rows).Error)
					require.Equal(t, rows, n, w)
				}
				require.NoError(t, db.Exec("DELETE FROM "+m.table).Error)
				sound(t, db, m.model)
			})
		}
	}
}

// Note has a key of bytes.
type Note struct {
	ID   types.UUID `gorm:"primaryKey"`
	Text string     `gorm:"fts"`
	Lang string
}

func TestKeysThatAreNoNumbers(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	db := open(t, dbtest.DSN(t), &Note{})
	notes := []Note{{Text: "one fox"}, {Text: "two foxes"}, {Text: "three cats"}}
	require.NoError(t, db.Create(&notes).Error)
	require.NoError(t, db.Delete(&notes[0]).Error)
	require.NoError(t, db.Exec("VACUUM").Error)
	var got []Note
	require.NoError(t, db.Scopes(fts.Match(&Note{}, "fox*")).Find(&got).Error)
	require.Len(t, got, 1)
	require.Equal(t, notes[1].ID, got[0].ID)
	got[0].Text = "four cats"
	require.NoError(t, db.Save(&got[0]).Error)
	require.NoError(t, db.Scopes(fts.Match(&Note{}, "cats")).Find(&got).Error)
	require.Len(t, got, 2)
	sound(t, db, &Note{})
	require.NoError(t, fts.Rebuild(db, &Note{}))
	sound(t, db, &Note{})
	require.NoError(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&Note{ID: got[0].ID, Text: "dogs"}).Error)
	sound(t, db, &Note{})
}
