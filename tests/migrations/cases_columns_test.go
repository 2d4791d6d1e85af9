package migrations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// New columns, and columns that are there under other names.
func TestColumns(t *testing.T) {
	run(t, []migration{
		{name: "42 names in other cases", live: []string{"CREATE TABLE t1(Id integer PRIMARY KEY AUTOINCREMENT, NAME varchar(50), AGE integer)", "INSERT INTO t1 VALUES (1, 'x', 5)"},
			do: auto(&t1{}), keeps: []string{"t1"}, models: []any{&t1{}}},
		{name: "43 NOT NULL without a default", live: []string{base, oneRow}, do: auto(&required{}),
			err: `table "t1": column "code" is NOT NULL without a default, and the rows that are there have no value for it (1 row); nothing was changed`},
		{name: "43 into an empty table", live: []string{base}, do: auto(&required{}), asks: [][2]string{{"SELECT \"notnull\" FROM pragma_table_info('t1') WHERE name = 'code'", "1"}}, models: []any{&required{}}},
		{name: "44 default that is no constant", live: []string{base, oneRow}, do: auto(&stamped{}),
			asks: [][2]string{{"SELECT length(at), length(token), name FROM t1", "19 8 x"}}, models: []any{&stamped{}}},
		{name: "44 into an empty table", live: []string{base}, do: auto(&stamped{}), models: []any{&stamped{}}},
		{name: "45 generated", live: []string{base, oneRow}, do: auto(&generated{}), asks: [][2]string{{"SELECT dbl FROM t1", "10"}}, models: []any{&generated{}}},
		{name: "45 generated from something else", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, age integer, dbl integer GENERATED ALWAYS AS (age * 3) STORED)", "INSERT INTO t1(id, age) VALUES (1, 5)"},
			do: auto(&generated{}), asks: [][2]string{{"SELECT dbl FROM t1", "10"}}, models: []any{&generated{}}},
		{name: "45 plain column whose values are others", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, age integer, dbl integer)", "INSERT INTO t1 VALUES (1, 5, 11)"},
			do: auto(&generated{}), err: `table "t1": column "dbl": a value is not what age * 2 generates (1 row)`},
		{name: "50 beside virtual tables", live: []string{base, oneRow, "CREATE VIRTUAL TABLE f USING fts5(x)", "CREATE VIRTUAL TABLE r USING rtree(id, a, b)", "INSERT INTO f VALUES ('some words')"},
			do: rebuildT1, keeps: []string{"f", "r", "f_data", "r_node"}, asks: [][2]string{{"SELECT x FROM f('words')", "some words"}}},
		{name: "50 a virtual table has the model's columns", live: []string{"CREATE VIRTUAL TABLE t1 USING fts5(id, name, age)"}, do: auto(&t1{}), keeps: []string{"t1"}, models: []any{&t1{}}},
		{name: "50 a virtual table lacks one", live: []string{"CREATE VIRTUAL TABLE t1 USING fts5(name, age)"}, do: auto(&required{}), err: `table "t1": adding the column "id" is not supported: it is a virtual table`},
		{name: "a view", live: []string{"CREATE VIEW t1 AS SELECT 1 AS id"}, do: auto(&t1{}), err: `table "t1": there is a view of that name`},
		{name: "52 STRICT", do: func(db *gorm.DB) error {
			db = db.Set("gorm:table_options", " STRICT")
			for range 2 {
				if err := db.AutoMigrate(&strict{}); err != nil {
					return err
				}
			}
			at := time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
			return db.Create(&strict{ID: 3, Done: true, At: at, Gone: &at}).Error
		}, asks: [][2]string{{"SELECT strict FROM pragma_table_list('stricts')", "1"}, {"SELECT * FROM stricts", "3 1 2024-05-06 07:08:09.00000001+00:00 2024-05-06 07:08:09.00000001+00:00 0"}}, models: []any{&strict{}}},
	})
}

type required struct {
	ID   int
	Code string `gorm:"not null"`
}

func (required) TableName() string { return "t1" }

type stamped struct {
	ID    int
	At    time.Time `gorm:"default:CURRENT_TIMESTAMP"`
	Token string    `gorm:"default:(lower(hex(randomblob(4))))"`
}

func (stamped) TableName() string { return "t1" }

type generated struct {
	ID  int
	Age int
	Dbl int `gorm:"->;generated:age * 2"`
}

func (generated) TableName() string { return "t1" }

type strict struct {
	ID    uint
	Done  bool
	At    time.Time
	Gone  *time.Time
	Price float64
}

// 47, 48: whole names are compared, and a user's tables are the user's.
func TestNames(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE q(id integer PRIMARY KEY AUTOINCREMENT, first_name text, CONSTRAINT my_check CHECK (id > 0))",
		"CREATE INDEX by_first_name ON q(first_name)", "CREATE TABLE vec(e F32_BLOB(2))", "CREATE INDEX vi ON vec(libsql_vector_idx(e))",
		"CREATE VIRTUAL TABLE f USING fts5(x)", "CREATE VIRTUAL TABLE r USING rtree(id, a, b)", "CREATE VIEW v AS SELECT 1", "CREATE TABLE shadow(x)", "CREATE TABLE my_shadow(x)",
		fleeting())
	m := db.Migrator()
	for name, want := range map[string]bool{"name": false, "first": false, "first_name": true, "FIRST_NAME": true, "id": true} {
		require.Equal(t, want, m.HasColumn("q", name), name)
	}
	for name, want := range map[string]bool{"first_name": false, "by_first_name": true, "By_First_Name": true} {
		require.Equal(t, want, m.HasIndex("q", name), name)
	}
	for name, want := range map[string]bool{"check": false, "my": false, "my_check": true, "MY_CHECK": true} {
		require.Equal(t, want, m.HasConstraint("q", name), name)
	}
	tables, err := m.GetTables()
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"q", "vec", "shadow", "my_shadow"}, tables)
	for _, name := range []string{"f", "r"} {
		columns, err := m.ColumnTypes(name)
		require.NoError(t, err)
		require.NotEmpty(t, columns)
	}
}

// fleeting makes a temporary table, where there are any.
func fleeting() string {
	if dbtest.Remote() {
		return ""
	}
	return "CREATE TEMP TABLE fleeting(x)"
}
