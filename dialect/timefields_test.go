package dialect_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type strictEvent struct {
	ID        uint
	Kind      string
	CreatedAt time.Time      `gorm:"default:(datetime('2024-01-02 03:04:05'))"`
	EndedAt   *time.Time     // of NULLs, too
	DeletedAt gorm.DeletedAt `gorm:"index"`
}

var strictTime = time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)

// Scan runs its query before it looks at what it scans into.
func TestScanTimesOfExpressions(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &event{})
		at := strictTime
		require.NoError(t, db.Create(&[]event{{Kind: "a", CreatedAt: at}, {Kind: "a", CreatedAt: at.Add(time.Hour), EndedAt: &at}, {Kind: "b", CreatedAt: at}}).Error)
		const query = "SELECT kind, MIN(created_at) AS first, MAX(ended_at) AS last, MAX(ended_at) AS `null`, MAX(ended_at) AS gone FROM events GROUP BY kind ORDER BY kind"
		check := func(spans ...span) {
			t.Helper()
			require.True(t, spans[0].First.Equal(at))
			require.True(t, spans[0].Last.Equal(at) && spans[0].Null.Time.Equal(at) && spans[0].Gone.Time.Equal(at))
			if len(spans) > 1 {
				require.True(t, spans[1].First.Equal(at))
				require.Nil(t, spans[1].Last)
				require.False(t, spans[1].Null.Valid || spans[1].Gone.Valid)
			}
		}
		for range 2 { // the schema is known from the second time on
			var one span
			require.NoError(t, db.Raw(query).Scan(&one).Error)
			check(one)
			var all []span
			require.NoError(t, db.Raw(query).Scan(&all).Error)
			require.Len(t, all, 2)
			check(all...)
			var ptrs []*span
			require.NoError(t, db.Model(&event{}).Raw(query).Scan(&ptrs).Error)
			check(*ptrs[0], *ptrs[1])
			var local struct {
				Kind string
				When time.Time
			}
			require.NoError(t, db.Model(&event{}).Select("kind", "max(created_at) AS `when`").Group("kind").Limit(1).Scan(&local).Error)
			require.True(t, local.When.Equal(at.Add(time.Hour)))
			var m map[string]any
			require.NoError(t, db.Raw(query).Scan(&m).Error)
			require.Equal(t, "2024-01-02 03:04:05+00:00", m["first"], "a text where nobody says it is a time")
		}
		var odd struct{ At time.Time }
		require.ErrorContains(t, db.Raw("SELECT 'noon' AS at").Scan(&odd).Error, `"noon"`)
		require.ErrorContains(t, db.Raw("SELECT 'noon' AS at").Find(&odd).Error, `"noon"`)
		require.NoError(t, db.Raw("SELECT NULL AS at").Scan(&odd).Error)
		require.Zero(t, odd)
	})
}

// RETURNING from a STRICT table, whose columns cannot be declared as times.
func TestReturnedTimes(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config)
		require.NoError(t, db.Set("gorm:table_options", " STRICT").AutoMigrate(&strictEvent{}))
		made := strictEvent{Kind: "a"}
		require.NoError(t, db.Create(&made).Error)
		require.True(t, made.CreatedAt.Equal(strictTime) || time.Since(made.CreatedAt) < time.Minute, made.CreatedAt)
		all := strictEvent{Kind: "b", CreatedAt: strictTime}
		require.NoError(t, db.Clauses(clause.Returning{}).Create(&all).Error)
		require.True(t, all.CreatedAt.Equal(strictTime))
		require.Nil(t, all.EndedAt)

		changed := strictEvent{ID: all.ID}
		require.NoError(t, db.Model(&changed).Clauses(clause.Returning{}).Update("ended_at", strictTime).Error)
		require.True(t, changed.CreatedAt.Equal(strictTime) && changed.EndedAt.Equal(strictTime))
		var some []strictEvent
		require.NoError(t, db.Model(&some).Clauses(clause.Returning{}).Where("id > 0").Update("kind", "c").Error)
		require.Len(t, some, 2)
		require.True(t, some[1].CreatedAt.Equal(strictTime))
		var gone []strictEvent
		require.NoError(t, db.Clauses(clause.Returning{}).Unscoped().Where("kind = ?", "c").Delete(&gone).Error)
		require.Len(t, gone, 2)
		require.True(t, gone[1].EndedAt.Equal(strictTime))
		require.Nil(t, gone[0].EndedAt)
	})
}

// The DSN's location is that of all times.
func TestScanTimesInALocation(t *testing.T) {
	db := openWith(t, libsql.Open(dbtest.DSN(t, "_loc=Asia/Tokyo")), nil, &event{})
	require.NoError(t, db.Create(&event{Kind: "a", CreatedAt: strictTime}).Error)
	for name, scan := range map[string]func(*gorm.DB, *event) error{
		"scan": func(db *gorm.DB, e *event) error { return db.Scan(e).Error },
		"find": func(db *gorm.DB, e *event) error { return db.Find(e).Error },
		"pluck": func(db *gorm.DB, e *event) error {
			return db.Pluck("max(created_at)", &e.CreatedAt).Error
		},
	} {
		var got event
		require.NoError(t, scan(db.Model(&event{}).Select("max(created_at) AS created_at"), &got))
		require.Equal(t, "2024-01-02 12:04:05 +0900 JST", got.CreatedAt.String(), name)
	}
}

// The schema that GORM shares is left alone while many scan.
func TestScanTimesAtOnce(t *testing.T) {
	db := open(t, nil, &event{})
	require.NoError(t, db.Create(&event{Kind: "a", CreatedAt: strictTime}).Error)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 50 {
				var got event
				var err error
				if i%2 == 0 {
					err = db.Raw("SELECT id, max(created_at) AS created_at FROM events").Scan(&got).Error
				} else {
					err = db.First(&got).Error
				}
				if err != nil || !got.CreatedAt.Equal(strictTime) {
					t.Errorf("%v, %v", got, err)
					return
				}
			}
		}()
	}
	wg.Wait()
}

// Rows of the user's own are as they were, in whatever goroutine.
func TestRowsOfOnesOwn(t *testing.T) {
	db := open(t, nil, &event{})
	require.NoError(t, db.Create(&event{Kind: "a", CreatedAt: strictTime}).Error)
	rows, err := db.WithContext(context.Background()).Model(&event{}).Rows()
	require.NoError(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err)
	require.Equal(t, []string{"id", "kind", "created_at", "ended_at"}, names)
	require.True(t, rows.Next())
	var e event
	require.NoError(t, db.ScanRows(rows, &e))
	require.True(t, e.CreatedAt.Equal(strictTime))
}
