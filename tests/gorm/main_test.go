package gormtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

// GORM's statement cache never ends its own goroutine.
func TestMain(m *testing.M) {
	dbtest.Main(m, nil, leaktest.IgnoreGoroutine("gorm.io/gorm/internal/lru."))
}

// errStop is the error by which a test makes something stop.
var errStop = errors.New("stop")

var ctx = context.Background()

// kinds are the ways in which each test runs.
var kinds = []struct {
	name                 string
	prepare, skip, short bool
	memory               bool
}{
	{name: "plain", short: true},
	{name: "PrepareStmt", prepare: true, short: true},
	{name: "SkipDefaultTransaction", skip: true},
	{name: "memory", prepare: true, memory: true},
}

func models(models ...any) []any { return models }

// each runs the body on a new database with the tables of the models, in each
// of the ways.
func each(t *testing.T, models []any, body func(t *testing.T, db *gorm.DB)) {
	eachConfig(t, gorm.Config{}, models, body)
}

func eachConfig(t *testing.T, config gorm.Config, models []any, body func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	for _, k := range kinds {
		if testing.Short() && !k.short {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			own := config
			own.PrepareStmt, own.SkipDefaultTransaction = k.prepare, k.skip || own.SkipDefaultTransaction
			var dsn string
			switch {
			case k.memory:
				dsn = dbtest.Memory(t)
			case k.name == "plain":
				dsn = dbtest.DSN(t)
			default:
				dsn = dbtest.DSN(t, "_synchronous=OFF") // one kind is enough to wait for the disk
			}
			body(t, open(t, dsn, own, models...))
		})
	}
}

// open opens a database that is checked and closed at the end of the test.
func open(t *testing.T, dsn string, config gorm.Config, models ...any) *gorm.DB {
	t.Helper()
	if config.Logger == nil {
		config.Logger = logger.Discard
	}
	db, err := gorm.Open(libsql.Open(dsn), &config)
	require.NoError(t, err)
	t.Cleanup(func() {
		if p, ok := db.ConnPool.(*gorm.PreparedStmtDB); ok {
			p.Close()
		}
		pool, err := db.DB()
		require.NoError(t, err)
		// database/sql ends a cancelled transaction in a goroutine of its own.
		dbtest.Unused(t, pool, 30*time.Second)
		dbtest.Intact(t, pool)
		require.NoError(t, pool.Close())
	})
	require.NoError(t, db.AutoMigrate(models...))
	return db
}

// show is the outcome of a query, past GORM: values divided by blanks, rows
// by commas.
func show(t *testing.T, db *gorm.DB, query string) string {
	t.Helper()
	rows, err := db.Statement.ConnPool.QueryContext(ctx, query)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var lines []string
	for rows.Next() {
		values, ptrs := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			ptrs[i] = &values[i]
		}
		require.NoError(t, rows.Scan(ptrs...))
		words := make([]string, len(values))
		for i, v := range values {
			switch v := v.(type) {
			case nil:
				words[i] = "NULL"
			case []byte:
				words[i] = fmt.Sprintf("x'%x'", v)
			case time.Time:
				words[i] = v.UTC().Format("2006-01-02T15:04:05.999999999")
			default:
				words[i] = fmt.Sprint(v)
			}
		}
		lines = append(lines, strings.Join(words, " "))
	}
	require.NoError(t, rows.Err())
	return strings.Join(lines, ", ")
}

// done checks that a call succeeded and how many rows it tells of.
func done(t *testing.T, tx *gorm.DB, rows int64) {
	t.Helper()
	require.NoError(t, tx.Error)
	require.Equal(t, rows, tx.RowsAffected)
}

func ptr[T any](v T) *T { return &v }

// noon is the time that tests with a clock of their own begin at.
var noon = time.Date(2024, 5, 6, 12, 0, 0, 123456789, time.UTC)

// at is a session whose clock stands.
func at(db *gorm.DB, now time.Time) *gorm.DB {
	return db.Session(&gorm.Session{NowFunc: func() time.Time { return now }})
}

// person is the model of the tests that need no other.
type person struct {
	ID   uint
	Name string
	Age  int
	City string
}

// Their table, as people shows it.
const allPeople = "1 Anna 30 Bern, 2 Ben 40 Bonn, 3 Cleo 30 Bern, 4 Dan 20 Bonn, 5 Eve 50 Ulm"

func fill(t *testing.T, db *gorm.DB) {
	t.Helper()
	done(t, db.Create(&[]person{{1, "Anna", 30, "Bern"}, {2, "Ben", 40, "Bonn"}, {3, "Cleo", 30, "Bern"}, {4, "Dan", 20, "Bonn"}, {5, "Eve", 50, "Ulm"}}), 5)
}

func people(t *testing.T, db *gorm.DB) string {
	t.Helper()
	return show(t, db, "SELECT id, name, age, city FROM people ORDER BY id")
}

// eachPeople is each with the five people.
func eachPeople(t *testing.T, body func(t *testing.T, db *gorm.DB)) {
	t.Helper()
	each(t, models(&person{}), func(t *testing.T, db *gorm.DB) {
		fill(t, db)
		body(t, db)
	})
}

// again makes the table as it was.
func again(t *testing.T, db *gorm.DB) {
	t.Helper()
	require.NoError(t, db.Exec("DELETE FROM people; DELETE FROM sqlite_sequence").Error)
	fill(t, db)
}

// names are the names of people, in their order.
func names(ps []person) string {
	var s []string
	for _, p := range ps {
		s = append(s, p.Name)
	}
	return strings.Join(s, " ")
}
