package migrations_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// t1 is the model that most cases migrate to.
type t1 struct {
	ID   int
	Name string `gorm:"type:varchar(50)"`
	Age  int
}

func (t1) TableName() string { return "t1" }

// base is what its table is before, unless a case says otherwise.
const base = "CREATE TABLE `t1`(`id` integer PRIMARY KEY AUTOINCREMENT,`name` text,`age` integer)"

const oneRow = "INSERT INTO t1(id, name, age) VALUES (1, 'x', 5)"

// A change is one of the ways to migrate.
type change func(db *gorm.DB) error

func auto(models ...any) change {
	return func(db *gorm.DB) error { return db.AutoMigrate(models...) }
}

func alter(model any, column string) change {
	return func(db *gorm.DB) error { return db.Migrator().AlterColumn(model, column) }
}

func drop(model any, column string) change {
	return func(db *gorm.DB) error { return db.Migrator().DropColumn(model, column) }
}

var alterName = alter(&t1{}, "name")

// A migration is one case: a database, a change, and what is there afterwards.
type migration struct {
	name string
	live []string
	do   change
	err  string // the error has it; then the database is as before
	// keeps are objects whose text stays as it is, byte for byte.
	keeps []string
	// gone are objects that are not there any more.
	gone []string
	// asks are queries with their answers, rows and columns joined by blanks.
	asks [][2]string
	// models are those that a second AutoMigrate has nothing to do for.
	models []any
}

func run(t *testing.T, cases []migration) {
	for _, c := range cases {
		if dbtest.Remote() && c.name == "18 Unicode names" {
			continue // GORM cuts the last character in two for the name of the constraint
		}
		t.Run(c.name, func(t *testing.T) { c.run(t) })
	}
}

func (c migration) run(t *testing.T) {
	db := open(t)
	exec(t, db, c.live...)
	before := schema(t, db)
	intact := answer(t, db, "PRAGMA integrity_check")
	broken := answer(t, db, "SELECT count(*) FROM pragma_foreign_key_check")
	err := c.do(db)
	if c.err != "" {
		require.ErrorContains(t, err, c.err)
		require.Equal(t, before, schema(t, db))
	} else {
		require.NoError(t, err)
	}
	after := schema(t, db)
	for _, name := range c.keeps {
		require.NotEmpty(t, before[name], "there is no %s", name)
		require.Equal(t, before[name], after[name])
	}
	for _, name := range c.gone {
		require.NotContains(t, after, name)
	}
	for _, ask := range c.asks {
		require.Equal(t, ask[1], answer(t, db, ask[0]), ask[0])
	}
	if c.err == "" {
		intact = "ok"
	}
	require.Equal(t, intact, answer(t, db, "PRAGMA integrity_check"))
	require.Equal(t, broken, answer(t, db, "SELECT count(*) FROM pragma_foreign_key_check"))
	require.Equal(t, "1", answer(t, db, "PRAGMA foreign_keys"))
	require.Equal(t, "0", answer(t, db, "PRAGMA legacy_alter_table"))
	for name := range after {
		require.NotContains(t, name, "__new", "nothing is left over")
	}
	if len(c.models) > 0 {
		plan, err := libsql.Plan(db, c.models...)
		require.NoError(t, err)
		require.True(t, plan.Empty(), plan)
	}
}

func open(t *testing.T) *gorm.DB {
	t.Helper()
	return openFile(t, dbtest.DSN(t))
}

func openFile(t *testing.T, path string) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(path), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	t.Cleanup(func() {
		pool, err := db.DB()
		require.NoError(t, err)
		require.NoError(t, pool.Close())
	})
	return db
}

func exec(t *testing.T, db *gorm.DB, statements ...string) {
	t.Helper()
	pool, err := db.DB()
	require.NoError(t, err)
	for _, s := range statements {
		_, err := pool.Exec(s)
		require.NoError(t, err, s)
	}
}

// schema is the text of each object, by its name.
func schema(t *testing.T, db *gorm.DB) map[string]string {
	t.Helper()
	pool, err := db.DB()
	require.NoError(t, err)
	rows, err := pool.Query("SELECT name, coalesce(sql, '') FROM sqlite_schema")
	require.NoError(t, err)
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, sql string
		require.NoError(t, rows.Scan(&name, &sql))
		out[name] = sql
	}
	require.NoError(t, rows.Err())
	return out
}

// answer is what a query returns, with blanks between values and bars between
// rows; NULL is NULL.
func answer(t *testing.T, db *gorm.DB, query string) string {
	t.Helper()
	pool, err := db.DB()
	require.NoError(t, err)
	rows, err := pool.Query(query)
	require.NoError(t, err, query)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var lines []string
	for rows.Next() {
		values := make([]*string, len(columns))
		dest := make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		require.NoError(t, rows.Scan(dest...))
		var line []string
		for _, v := range values {
			if v == nil {
				line = append(line, "NULL")
			} else {
				line = append(line, *v)
			}
		}
		lines = append(lines, strings.Join(line, " "))
	}
	require.NoError(t, rows.Err(), query)
	return strings.Join(lines, "|")
}

// tagged is a model with a key and one more text, whose tag is made up.
func tagged(column, tag string) any {
	return reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "ID", Type: reflect.TypeFor[int]()},
		{Name: "Field", Type: reflect.TypeFor[string](), Tag: reflect.StructTag(fmt.Sprintf("gorm:%q", "column:"+column+";"+tag))},
	})).Interface()
}
