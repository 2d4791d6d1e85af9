package dialect_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
)

// comment stands around and inside a clause, as the hints of gorm.io/hints do.
type comment struct{ clause, text string }

func (c comment) Build(clause.Builder) {}

func (c comment) ModifyStatement(stmt *gorm.Statement) {
	at := stmt.Clauses[c.clause]
	text := clause.Expr{SQL: "/* " + c.text + " */"}
	at.BeforeExpression, at.AfterNameExpression, at.AfterExpression = text, text, text
	stmt.Clauses[c.clause] = at
}

func TestHintsAreHarmless(t *testing.T) {
	db := open(t, nil, &task{})
	insert := db.ToSQL(func(tx *gorm.DB) *gorm.DB {
		return tx.Clauses(comment{"INSERT", "who?"}).Create(&task{Rank: 1})
	})
	require.Contains(t, insert, "/* who? */ INSERT /* who? */ INTO `tasks` /* who? */")
	require.NoError(t, db.Clauses(comment{"INSERT", "who?"}).Create(&[]task{{Rank: 1}, {Rank: 2}, {Rank: 3}}).Error)
	for _, name := range []string{"SELECT", "FROM", "WHERE", "ORDER BY", "LIMIT", "FOR", "GROUP BY"} {
		var got []task
		q := db.Clauses(comment{name, "?"}).Where("`rank` > ?", 1).Order("id").Limit(1)
		require.NoError(t, q.Find(&got).Error, name)
		require.Len(t, got, 1, name)
		require.Equal(t, 2, got[0].Rank, name)
	}
	tx := db.Clauses(comment{"WHERE", "?"}).Where("`rank` > ?", 1).Limit(1).Delete(&task{})
	require.NoError(t, tx.Error)
	require.EqualValues(t, 1, tx.RowsAffected)
	require.NoError(t, db.Clauses(comment{"UPDATE", "x"}).Model(&task{}).Where("`rank` = ?", 1).Update("done", true).Error)
}

// expression is a clause that the dialect does not know.
type expression struct{ name, text string }

func (e expression) Name() string                 { return e.name }
func (e expression) Build(b clause.Builder)       { b.WriteString(e.text) }
func (e expression) MergeClause(c *clause.Clause) { c.Name, c.Expression = "", e }

func TestClausesOfTheUserAreWrittenAsTheyAre(t *testing.T) {
	db := open(t, nil, &task{})
	require.NoError(t, db.Create([]task{{Rank: 1}, {Rank: 2}}).Error)
	var got []task
	require.NoError(t, db.Clauses(expression{"FOR", "-- for nobody"}, expression{"LIMIT", "LIMIT 1"}, expression{"WHERE", "WHERE 1 = 1"}).Find(&got).Error)
	require.Len(t, got, 1)
	require.NoError(t, db.Clauses(expression{"INSERT", "REPLACE INTO tasks"}).Create(&task{ID: 1, Rank: 7}).Error)
	require.NoError(t, db.Clauses(expression{"ON CONFLICT", "ON CONFLICT DO NOTHING"}).Create(&task{ID: 1, Rank: 8}).Error)
	require.Equal(t, []int{2, 7}, ranks(t, db))
	err := db.Clauses(clause.OnConflict{OnConstraint: "x"}).Create(&[]task{{}, {}}).Error
	require.ErrorIs(t, err, driver.ErrUnsupported)
}
