package migrator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

type event struct {
	ID   uint
	At   time.Time
	Gone *time.Time
	Day  time.Time `gorm:"type:date"`
	Name string
}

func TestNormalizeTimes(t *testing.T) {
	db := open(t)
	require.NoError(t, db.AutoMigrate(&event{}))
	exec(t, db, `INSERT INTO events(id, at, gone, day, name) VALUES
		(1, '2024-05-06 07:08:09+00:00', NULL, '2024-05-06', '2024-05-06T07:08:09Z'),
		(2, '2024-05-06T07:08:09.25+02:00', 1714979289, '2024-05-06T00:00:00Z', 'x'),
		(3, '2024-05-06 07:08:09.5 +0000 UTC', '2024-05-06T07:08:09.123456789Z', NULL, 'x'),
		(4, 'no time', x'00', '2024-05-06 00:00:00+00:00', 'x')`)
	plan, err := migrator.NewPlan(db, &event{})
	require.NoError(t, err)
	require.True(t, plan.Empty(), "AutoMigrate does not look at rows")

	plan, err = migrator.NormalizeTimes(db, &event{})
	require.NoError(t, err)
	require.Equal(t, `table "events"
  rewrite times (rewrite): 2 texts of the column "at" are not in this driver's form
  rewrite times (rewrite): 1 texts of the column "gone" are not in this driver's form
  rewrite times (rewrite): 2 texts of the column "day" are not in this driver's form
stays: table "events": column "at": 1 texts are no times
`, plan.String())
	require.Contains(t, plan.SQL(), "-- for each row: UPDATE `events` SET `at` = ? WHERE `id` = ?;")
	require.NoError(t, plan.Run(t.Context()))

	var rows []string
	require.NoError(t, db.Raw(`SELECT id || ' ' || at || ' ' || coalesce(quote(gone), '') || ' ' || coalesce(day, '') || ' ' || name FROM events`).Scan(&rows).Error)
	require.Equal(t, []string{
		"1 2024-05-06 07:08:09+00:00 NULL 2024-05-06 00:00:00+00:00 2024-05-06T07:08:09Z",
		"2 2024-05-06 05:08:09.25+00:00 1714979289 2024-05-06 00:00:00+00:00 x",
		"3 2024-05-06 07:08:09.5+00:00 '2024-05-06 07:08:09.123456789+00:00'  x",
		"4 no time X'00' 2024-05-06 00:00:00+00:00 x",
	}, rows)
	again, err := migrator.NormalizeTimes(db, &event{})
	require.NoError(t, err)
	require.True(t, again.Empty())
}

// The rows of any table can be told apart, and there may be many.
func TestNormalizeTimesOfManyRows(t *testing.T) {
	for name, ddl := range map[string]string{
		"integer key":     "CREATE TABLE events (id integer PRIMARY KEY, at datetime)",
		"no key":          "CREATE TABLE events (id, at datetime)",
		"rowid is hidden": "CREATE TABLE events (id, rowid, at datetime)",
		"without rowid":   "CREATE TABLE events (id, a text, at datetime, PRIMARY KEY (a, id)) WITHOUT ROWID",
		"key is the time": "CREATE TABLE events (id, at datetime, PRIMARY KEY (at, id)) WITHOUT ROWID",
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			exec(t, db, ddl)
			rest, value := "", ""
			if name == "without rowid" {
				rest, value = ", a", ", 'a' || (i % 7)"
			}
			exec(t, db, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3500)
				INSERT INTO events(id, at%s) SELECT i, strftime('%%Y-%%m-%%dT%%H:%%M:%%S', i, 'unixepoch') || 'Z'%s FROM n`, rest, value))
			plan, err := migrator.NormalizeTimes(db, &event{})
			require.NoError(t, err)
			require.NoError(t, plan.Run(t.Context()))
			var n int
			require.NoError(t, db.Raw("SELECT count(*) FROM events WHERE at = strftime('%Y-%m-%d %H:%M:%S+00:00', id, 'unixepoch')").Scan(&n).Error)
			require.Equal(t, 3500, n)
		})
	}
}

func TestNormalizeTimesThatCannotBe(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsPlan)
	db := open(t)
	require.NoError(t, db.AutoMigrate(&event{}))
	exec(t, db, "INSERT INTO events(id, at) VALUES (1, '2024-05-06T07:08:09Z')",
		"CREATE TRIGGER stamps AFTER UPDATE ON events BEGIN UPDATE events SET name = 'x'; END",
		"CREATE TRIGGER counts AFTER INSERT ON events BEGIN SELECT 1; END")
	_, err := migrator.NormalizeTimes(db, &event{})
	require.ErrorIs(t, err, libsql.ErrUnsupported)
	require.ErrorContains(t, err, `table "events"`)
	require.ErrorContains(t, err, `trigger "stamps"`)
	exec(t, db, "DROP TRIGGER stamps", "CREATE UNIQUE INDEX one ON events(at)", "INSERT INTO events(id, at) VALUES (2, '2024-05-06 07:08:09+00:00')")
	plan, err := migrator.NormalizeTimes(db, &event{})
	require.NoError(t, err)
	require.ErrorContains(t, plan.Run(t.Context()), `table "events": rewrite times: UNIQUE constraint failed: events.at`)
	var at string
	require.NoError(t, db.Raw("SELECT at || '' FROM events WHERE id = 1").Scan(&at).Error)
	require.Equal(t, "2024-05-06T07:08:09Z", at)

	_, err = migrator.NormalizeTimes(db, "events")
	require.ErrorContains(t, err, "events is no model")
	plan, err = migrator.NormalizeTimes(db, &author{})
	require.NoError(t, err)
	require.True(t, plan.Empty(), "there is no such table")
}
