package changes

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type Team struct {
	ID      int64
	Name    string   `gorm:"unique"`
	Members []Member `gorm:"constraint:OnDelete:CASCADE"`
}

type Member struct {
	ID        int64
	Name      string `gorm:"fts"`
	TeamID    int64
	Team      *Team
	Skills    []Skill `gorm:"many2many:member_skills"`
	DeletedAt gorm.DeletedAt
}

// AfterCreate writes one more row in the same transaction.
func (m *Member) AfterCreate(tx *gorm.DB) error {
	if m.Name == "refused" {
		return errors.New("refused by a hook")
	}
	return tx.Create(&Note{Text: "new: " + m.Name}).Error
}

type Skill struct {
	ID   int64
	Name string
}

type Note struct {
	ID   int64
	Text string
}

// memberLater has a column that needs the table made anew.
type memberLater struct {
	ID        int64
	Name      string `gorm:"fts;not null;default:'';check:length(name) < 100"`
	TeamID    int64
	DeletedAt gorm.DeletedAt
}

func (memberLater) TableName() string { return "members" }

func openGORM(t testing.TB, dsn string, config gorm.Config) *gorm.DB {
	t.Helper()
	config.Logger = logger.Discard
	db, err := gorm.Open(libsql.Open(dsn), &config)
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool) })
	require.NoError(t, db.AutoMigrate(&Team{}, &Skill{}, &Member{}, &Note{}))
	return db
}

// What GORM does is told, whichever way it does it, and GORM's own answers are
// the same as without a listener.
func TestThroughGORM(t *testing.T) {
	for name, config := range map[string]gorm.Config{
		"plain": {}, "prepared": {PrepareStmt: true}, "no default transaction": {SkipDefaultTransaction: true},
	} {
		t.Run(name, func(t *testing.T) {
			db, unheard := openGORM(t, dbtest.File(t), config), openGORM(t, dbtest.File(t), config)
			pool, err := db.DB()
			require.NoError(t, err)
			c := dbtest.Listen(t, pool)
			mark := int64(100)
			// does runs it on both databases, and compares the rows affected.
			does := func(want string, do func(db *gorm.DB) *gorm.DB) {
				t.Helper()
				got, quiet := do(db), do(unheard)
				require.Equal(t, quiet.RowsAffected, got.RowsAffected)
				require.Equal(t, quiet.Error, got.Error)
				mark++
				require.NoError(t, db.Create(&Skill{ID: mark}).Error)
				require.NoError(t, unheard.Create(&Skill{ID: mark}).Error)
				last := fmt.Sprintf("insert main.skills %d", mark)
				told := c.Until(last)
				require.Equal(t, want, lines(told[:len(told)-1]))
			}
			in := func(fn func(tx *gorm.DB) error) func(db *gorm.DB) *gorm.DB {
				return func(db *gorm.DB) *gorm.DB { return &gorm.DB{Error: db.Transaction(fn)} }
			}

			does("insert main.teams 1, insert main.members 1, table main.members_fts, insert main.notes 1",
				func(db *gorm.DB) *gorm.DB { return db.Create(&Team{Name: "a", Members: []Member{{Name: "ada"}}}) })
			does("insert main.teams 2, insert main.teams 3, insert main.teams 4",
				func(db *gorm.DB) *gorm.DB {
					return db.CreateInBatches([]Team{{Name: "b"}, {Name: "c"}, {Name: "d"}}, 2)
				})
			does("update main.teams 2", func(db *gorm.DB) *gorm.DB { return db.Save(&Team{ID: 2, Name: "bb"}) })
			does("insert main.teams 9", func(db *gorm.DB) *gorm.DB { return db.Save(&Team{ID: 9, Name: "i"}) })
			does("update main.teams 9", func(db *gorm.DB) *gorm.DB {
				return db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&Team{ID: 9, Name: "j"})
			})
			does("", func(db *gorm.DB) *gorm.DB {
				return db.Clauses(clause.OnConflict{DoNothing: true}).Create(&Team{ID: 9, Name: "j"})
			})
			does("", func(db *gorm.DB) *gorm.DB { return db.Model(&Team{}).Where("id = 77").Update("name", "x") })
			does("update main.teams 2, update main.teams 3", func(db *gorm.DB) *gorm.DB {
				return db.Model(&Team{}).Where("id IN (2, 3)").Update("name", gorm.Expr("name || '!'"))
			})
			does("update main.members 1", func(db *gorm.DB) *gorm.DB { return db.Delete(&Member{}, 1) }) // a soft one
			does("update main.members 1", func(db *gorm.DB) *gorm.DB {
				return db.Unscoped().Model(&Member{}).Where("id = 1").Update("deleted_at", nil)
			})
			does("insert main.skills 1, insert main.member_skills 1", func(db *gorm.DB) *gorm.DB {
				return &gorm.DB{Error: db.Model(&Member{ID: 1}).Association("Skills").Append(&Skill{ID: 1, Name: "go"})}
			})
			does("delete main.member_skills 1", func(db *gorm.DB) *gorm.DB {
				return &gorm.DB{Error: db.Model(&Member{ID: 1}).Association("Skills").Clear()}
			})
			does("delete main.teams 1, delete main.members 1, table main.members_fts", func(db *gorm.DB) *gorm.DB { return db.Delete(&Team{}, 1) })

			does("", in(func(tx *gorm.DB) error {
				tx.Create(&Note{Text: "x"})
				return gorm.ErrInvalidTransaction
			}))
			does("insert main.notes 2, insert main.notes 3", in(func(tx *gorm.DB) error {
				tx.Create(&Note{ID: 2})
				_ = tx.Transaction(func(tx *gorm.DB) error {
					tx.Create(&Note{ID: 3, Text: "undone"})
					return gorm.ErrInvalidTransaction
				})
				tx.SavePoint("s")
				tx.Delete(&Note{}, 2)
				tx.RollbackTo("s")
				return tx.Create(&Note{ID: 3}).Error
			}))
			does("insert main.notes 4", in(func(tx *gorm.DB) error {
				tx.Create(&Note{ID: 4})
				if err := tx.Create(&[]Note{{ID: 5}, {ID: 4}}).Error; err == nil {
					return errors.New("the key is there twice")
				}
				return nil
			}))
			does("insert main.notes 6", func(db *gorm.DB) *gorm.DB { return db.Exec("INSERT INTO notes(id) VALUES (6)") })
			does("insert main.notes 7", func(db *gorm.DB) *gorm.DB {
				var id int64
				return db.Raw("INSERT INTO notes(id) VALUES (7) RETURNING id").Scan(&id)
			})
			does("delete main.notes 7, insert main.notes 8", func(db *gorm.DB) *gorm.DB {
				_, err := libsql.ExecBatch(db, "DELETE FROM notes WHERE id = 7; INSERT INTO notes(id) VALUES (8)")
				return &gorm.DB{Error: err}
			})
			if name != "no default transaction" {
				does("", func(db *gorm.DB) *gorm.DB { return db.Create(&Member{Name: "refused", TeamID: 2}) })
			}

			// The table is made anew, with its index: its rows are not told one by one.
			does("", func(db *gorm.DB) *gorm.DB { return &gorm.DB{Error: db.AutoMigrate(&Member{})} })
			require.NoError(t, db.AutoMigrate(&memberLater{}))
			require.NoError(t, unheard.AutoMigrate(&memberLater{}))
			require.NoError(t, db.Create(&Note{ID: 99}).Error)
			told := c.Until("insert main.notes 99")
			require.True(t, slices.ContainsFunc(told, func(ch driver.Change) bool { return ch.Op == driver.TableChanged && ch.Table == "members" }), lines(told))
			require.NoError(t, fts.IntegrityCheck(db, &memberLater{}))
		})
	}
}
