package dialect_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/driver"
)

type event struct {
	ID        uint
	Kind      string
	CreatedAt time.Time
	EndedAt   *time.Time
}

type span struct {
	Kind  string
	First time.Time
	Last  *time.Time
	Null  sql.NullTime
	Gone  gorm.DeletedAt
}

// MAX(created_at) is a text, because an expression has no declared type, and
// a text does not scan into a time.Time.
func TestTimesOfExpressions(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &event{})
		require.NoError(t, db.Set("gorm:table_options", " STRICT").Exec(
			"CREATE TABLE strict_events(id INTEGER PRIMARY KEY, kind TEXT, created_at TEXT, ended_at TEXT) STRICT").Error)
		at := time.Date(2024, 1, 2, 3, 4, 5, 600, time.UTC)
		rows := []event{{Kind: "a", CreatedAt: at}, {Kind: "a", CreatedAt: at.Add(time.Hour), EndedAt: &at}, {Kind: "b", CreatedAt: at}}
		require.NoError(t, db.Create(&rows).Error)
		require.NoError(t, db.Table("strict_events").Create(&rows).Error)

		var spans []span
		require.NoError(t, db.Model(&event{}).Select("kind, MIN(created_at) first, MAX(ended_at) last, MAX(ended_at) AS `null`, MAX(ended_at) gone").Group("kind").Order("kind").Find(&spans).Error)
		require.Len(t, spans, 2)
		require.True(t, spans[0].First.Equal(at))
		require.True(t, spans[0].Last.Equal(at))
		require.Nil(t, spans[1].Last)
		require.True(t, spans[0].Null.Time.Equal(at) && spans[0].Gone.Time.Equal(at))
		require.False(t, spans[1].Null.Valid || spans[1].Gone.Valid)
		var nulls []sql.NullTime
		require.NoError(t, db.Model(&event{}).Group("kind").Order("kind").Pluck("MAX(ended_at)", &nulls).Error)
		require.True(t, nulls[0].Time.Equal(at))
		require.False(t, nulls[1].Valid)
		var strict []event
		require.NoError(t, db.Table("strict_events").Find(&strict).Error)
		require.True(t, strict[1].CreatedAt.Equal(at.Add(time.Hour)))
		require.True(t, strict[1].EndedAt.Equal(at))
		require.Nil(t, strict[0].EndedAt)
		var one event
		require.NoError(t, db.Raw("WITH c AS (SELECT max(created_at) AS created_at FROM events) SELECT created_at FROM c").First(&one).Error)
		require.True(t, one.CreatedAt.Equal(at.Add(time.Hour)))

		var times []time.Time
		require.NoError(t, db.Model(&event{}).Group("kind").Pluck("MAX(created_at)", &times).Error)
		require.Len(t, times, 2)
		require.True(t, times[0].Equal(at.Add(time.Hour)))
		var last time.Time
		require.NoError(t, db.Model(&event{}).Select("MAX(created_at)").Find(&last).Error)
		require.True(t, last.Equal(at.Add(time.Hour)))
		m := map[string]any{}
		require.NoError(t, db.Table("strict_events").Model(&event{}).Take(&m).Error)
		require.True(t, m["created_at"].(time.Time).Equal(at))

		require.Error(t, db.Model(&event{}).Pluck("kind", &times).Error, "not a time")
		require.Error(t, db.Model(&event{}).Pluck("max(ended_at) filter (where false)", &times).Error, "NULL is no time")
	})
}

// With PrepareStmt, a Row() that did not prepare panicked in Scan.
func TestRowReportsErrors(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &event{})
		var n int
		require.ErrorIs(t, db.Raw("SELECT nothing").Row().Scan(&n), driver.ErrError)
		require.ErrorIs(t, db.Table("nowhere").Select("1").Row().Scan(&n), driver.ErrError)
		require.NoError(t, db.Raw("SELECT 7").Row().Scan(&n))
		require.Equal(t, 7, n)
		require.ErrorIs(t, db.Model(&event{}).Select("id").Where("id = 0").Row().Scan(&n), sql.ErrNoRows)
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			require.ErrorIs(t, tx.Raw("SELECT nothing").Row().Scan(&n), driver.ErrError)
			return nil
		}))
		bad := db.Session(&gorm.Session{})
		bad.AddError(gorm.ErrInvalidData)
		require.ErrorIs(t, bad.Raw("SELECT 1").Row().Scan(&n), gorm.ErrInvalidData)
		_, err := db.Raw("SELECT nothing").Rows()
		require.ErrorIs(t, err, driver.ErrError)
		_, err = bad.Raw("SELECT 1").Rows()
		require.ErrorIs(t, err, gorm.ErrInvalidData)
		rows, err := db.Raw("SELECT 7").Rows()
		require.NoError(t, err)
		require.NoError(t, rows.Close())
	})
}

func TestClausesOfGORM(t *testing.T) {
	db := open(t, nil, &event{})
	require.NoError(t, db.Create([]event{{Kind: "a"}, {Kind: "b"}, {Kind: "b"}}).Error)
	var got []event
	require.NoError(t, db.Clauses(clause.Locking{Strength: "UPDATE"}).Find(&got).Error, "no row locks")
	require.Len(t, got, 3)
	require.NoError(t, db.Offset(1).Find(&got).Error)
	require.Len(t, got, 2)
	require.NoError(t, db.Where("kind IS NOT DISTINCT FROM ?", "b").Find(&got).Error)
	require.Len(t, got, 2)
	require.NoError(t, db.Where("ended_at IS NOT DISTINCT FROM ?", nil).Find(&got).Error)
	require.Len(t, got, 3)
	var ranked []struct {
		Kind string
		N    int
	}
	require.NoError(t, db.Model(&event{}).Select("kind, row_number() OVER (PARTITION BY kind ORDER BY id) AS n").Find(&ranked).Error)
	require.Equal(t, 2, ranked[2].N)
	sub := db.Model(&event{}).Select("max(id)").Group("kind")
	require.NoError(t, db.Where("id IN (?)", sub).Find(&got).Error)
	require.Len(t, got, 2)
	require.NoError(t, db.Table("(?) AS u", db.Model(&event{}).Where("kind = ?", "a")).Find(&got).Error)
	require.Len(t, got, 1)
	require.NoError(t, db.Model(&event{}).Where("kind = ?", "a").Update("kind", db.Model(&event{}).Select("kind").Where("kind = ?", "b").Limit(1)).Error)

	up := []event{}
	tx := db.Model(&up).Clauses(clause.Returning{}).Where("kind = ?", "b").Update("kind", "c")
	require.NoError(t, tx.Error)
	require.EqualValues(t, 3, tx.RowsAffected)
	require.Len(t, up, 3)
	require.Equal(t, "c", up[2].Kind)
	down := []event{}
	require.NoError(t, db.Clauses(clause.Returning{Columns: []clause.Column{{Name: "id"}}}).Where("kind = ?", "c").Delete(&down).Error)
	require.Len(t, down, 3)
	require.EqualValues(t, 3, down[2].ID)
}

// Without a model a table is joined, and a condition stands, as GORM writes them.
func TestConditionsOfAJoinWithoutAModel(t *testing.T) {
	db := open(t, nil, &lone{})
	require.NoError(t, db.Create(&lone{Name: "x"}).Error)
	var rows []map[string]any
	joined := func() *gorm.DB { return db.Table("lones").Joins("JOIN lones AS b ON b.id = lones.id") }
	require.ErrorIs(t, joined().Find(&rows, 1).Error, gorm.ErrModelValueRequired)
	require.NoError(t, joined().Select("b.name").Where(map[string]any{"b.name": "x"}).Find(&rows).Error)
	require.Equal(t, []map[string]any{{"name": "x"}}, rows)
}
