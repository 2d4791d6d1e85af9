package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	gormschema "gorm.io/gorm/schema"

	libsql "github.com/gorm-libsql/libsql"
)

// within makes a change in a transaction of the user.
func within(c change) change {
	return func(db *gorm.DB) error { return db.Transaction(func(tx *gorm.DB) error { return c(tx) }) }
}

// to migrates the table t1 to a model, twice: the second time changes nothing.
func to(model any) change {
	return func(db *gorm.DB) error {
		if err := db.Table("t1").AutoMigrate(model); err != nil {
			return err
		}
		plan, err := libsql.Plan(db.Table("t1"), model)
		if err == nil && !plan.Empty() {
			return errNotEmpty(plan.String())
		}
		return err
	}
}

type errNotEmpty string

func (e errNotEmpty) Error() string { return "the second plan: " + string(e) }

type selfReferring struct {
	ID int `gorm:"autoIncrement:false"`
	P  int `gorm:"type:integer REFERENCES t1(id) ON DELETE CASCADE"`
}

type cascading struct {
	ID int `gorm:"autoIncrement:false"`
	P  int `gorm:"type:integer REFERENCES parents(id) ON DELETE CASCADE"`
}

func (cascading) TableName() string { return "t1" }

type uniqueParent struct {
	ID   int    `gorm:"autoIncrement:false"`
	Name string `gorm:"unique"`
}

func (uniqueParent) TableName() string { return "parents" }

// ownerNaming names the table of a type that a test declares.
type ownerNaming struct{ gormschema.NamingStrategy }

func (ownerNaming) TableName(string) string { return "parents" }

// What random migrations have found: rows.
func TestFoundRows(t *testing.T) {
	run(t, []migration{
		{
			name: "a key to itself that is new, in a transaction",
			live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, p integer)", "INSERT INTO t1 VALUES (1, 1), (2, 1)"},
			do:   within(to(&selfReferring{})),
			err:  `table "t1": rebuilding it inside a transaction`,
			asks: [][2]string{{"SELECT group_concat(id || p) FROM t1", "11,21"}},
		},
		{
			name: "a key of a table that comes first to one that is made anew, in a transaction",
			live: []string{
				"CREATE TABLE parents(id integer PRIMARY KEY, name text)", "INSERT INTO parents VALUES (1, 'x')",
				"CREATE TABLE t1(id integer PRIMARY KEY, p integer)", "INSERT INTO t1 VALUES (1, 1)",
			},
			do:   within(auto(&cascading{}, &uniqueParent{})),
			err:  `table "parents": rebuilding it inside a transaction`,
			asks: [][2]string{{"SELECT count(*) FROM t1", "1"}},
		},
		{
			name: "a key that would become the rowid",
			live: []string{"CREATE TABLE t1(id text PRIMARY KEY, name text)", "INSERT INTO t1(rowid, id) VALUES (7, '5')"},
			do: to(&struct {
				ID   int `gorm:"type:INTEGER;autoIncrement:false"`
				Name string
			}{}),
			asks: [][2]string{{"SELECT rowid, id, typeof(id) FROM t1", "7 5 text"}},
		},
		{
			name: "a key that is the rowid becomes it",
			live: []string{"CREATE TABLE t1(id text PRIMARY KEY, name text)", "INSERT INTO t1(rowid, id) VALUES (7, '7')"},
			do: to(&struct {
				ID   int `gorm:"type:INTEGER;autoIncrement:false"`
				Name string
			}{}),
			asks: [][2]string{{"SELECT rowid, id, typeof(id) FROM t1", "7 7 integer"}},
		},
		{
			name: "a fraction for rows that are there",
			live: []string{"CREATE TABLE t1(id integer PRIMARY KEY)", "INSERT INTO t1 VALUES (1)"},
			do: to(&struct {
				ID   int     `gorm:"autoIncrement:false"`
				Rate float64 `gorm:"not null;default:1.5"`
			}{}),
			asks: [][2]string{{"SELECT rate FROM t1", "1.5"}},
		},
		{
			name: "a vector index whose table has another key",
			live: []string{
				"CREATE TABLE t1(a text PRIMARY KEY, v F32_BLOB(2)) WITHOUT ROWID", "INSERT INTO t1 VALUES ('x', vector32('[1,2]'))",
				"CREATE INDEX vi ON t1(libsql_vector_idx(v))",
			},
			do: to(&struct {
				A string `gorm:"primaryKey;type:text COLLATE NOCASE"`
			}{}),
			keeps: []string{"vi"},
			asks:  [][2]string{{"SELECT count(*) FROM vi_shadow", "1"}},
		},
	})
}

// What random migrations have found: constraints.
func TestFoundConstraints(t *testing.T) {
	run(t, []migration{
		{
			name: "a CHECK with the name of the primary key",
			live: []string{"CREATE TABLE t1(a text, b text, CONSTRAINT ck PRIMARY KEY (a, b))", "INSERT INTO t1 VALUES ('x', 'y')"},
			do: to(&struct {
				A string `gorm:"primaryKey"`
				B string `gorm:"primaryKey;check:ck,b <> ''"`
			}{}),
			asks: [][2]string{
				{"SELECT count(*) FROM pragma_table_info('t1') WHERE pk > 0", "2"},
				{"SELECT instr(sql, 'CHECK') > 0 FROM sqlite_schema WHERE name = 't1'", "1"},
			},
		},
		{
			name: "a new column of the table's name, which stands before a column in a CHECK",
			live: []string{`CREATE TABLE t1(a text CHECK ("t1".a <> ''))`, "INSERT INTO t1 VALUES ('x')"},
			do: to(&struct {
				A  string
				T1 string
			}{}),
			asks: [][2]string{{"SELECT a, t1 IS NULL FROM t1", "x 1"}},
		},
		{
			name: "two fields with a CHECK of one name",
			live: []string{base},
			do: to(&struct {
				Name string `gorm:"check:ck,name <> ''"`
				Age  int    `gorm:"check:ck,age > 0"`
			}{}),
			err: "has the name of another field's",
		},
		{
			name: "a collation where a comment has a parenthesis",
			live: []string{"CREATE TABLE t1(id integer, name text /* ( */ COLLATE NOCASE)", "INSERT INTO t1 VALUES (1, 'x')"},
			do: to(&struct {
				Name string `gorm:"type:text COLLATE BINARY"`
			}{}),
			asks: [][2]string{{"SELECT count(*) FROM t1 WHERE name = 'X'", "0"}},
		},
		{
			name: "a key that gets longer, of what has to be unique for itself",
			live: []string{"CREATE TABLE t1(a text PRIMARY KEY, b text)", "INSERT INTO t1 VALUES ('x', 'y')"},
			do: to(&struct {
				A string `gorm:"primaryKey;unique"`
				B string `gorm:"primaryKey"`
			}{}),
			asks: [][2]string{{"SELECT count(*) FROM pragma_index_list('t1') WHERE origin = 'u'", "1"}},
		},
		{
			name: "a column with constraints that is generated now",
			live: []string{"CREATE TABLE t1(a text, b text DEFAULT 'z' UNIQUE COLLATE NOCASE CHECK (b <> 'no'))", "INSERT INTO t1 VALUES ('x', 'X')"},
			do: to(&struct {
				A string
				B string `gorm:"->;generated:upper(a);unique"`
			}{}),
			asks: [][2]string{
				{"SELECT count(*) FROM pragma_index_list('t1') WHERE origin = 'u'", "1"},
				{"SELECT sql LIKE '%UNIQUE COLLATE NOCASE CHECK (b <> ''no'')%' FROM sqlite_schema WHERE name = 't1'", "1"},
				{"SELECT b FROM t1", "X"},
			},
		},
		{
			name: "a generated column that is NOT NULL now",
			live: []string{"CREATE TABLE t1(a text, b text GENERATED ALWAYS AS (upper(a)) STORED)", "INSERT INTO t1(a) VALUES ('x')"},
			do: to(&struct {
				A string
				B string `gorm:"->;generated:upper(a);not null"`
			}{}),
			asks: [][2]string{{`SELECT "notnull" FROM pragma_table_xinfo('t1') WHERE name = 'b'`, "1"}},
		},
		{
			name: "a generated column that may be NULL now",
			live: []string{"CREATE TABLE t1(a text, b text GENERATED ALWAYS AS (upper(a)) STORED NOT NULL)"},
			do: func(db *gorm.DB) error {
				return db.Table("t1").Migrator().AlterColumn(&struct {
					A string
					B string `gorm:"->;generated:upper(a)"`
				}{}, "B")
			},
			asks: [][2]string{{`SELECT "notnull" FROM pragma_table_xinfo('t1') WHERE name = 'b'`, "0"}},
		},
		{
			name: "a default that is a text and not a number",
			live: []string{"CREATE TABLE t1(a blob DEFAULT 5)"},
			do: to(&struct {
				A []byte `gorm:"type:blob DEFAULT '5'"`
			}{}),
			asks: [][2]string{{"SELECT dflt_value FROM pragma_table_info('t1')", "'5'"}},
		},
		{
			name: "two foreign keys of one column",
			live: []string{
				"CREATE TABLE parents(id integer PRIMARY KEY)",
				"CREATE TABLE t1(id integer PRIMARY KEY, p integer REFERENCES parents(id) ON DELETE RESTRICT)",
			},
			do: func(db *gorm.DB) error {
				type owner struct {
					ID int `gorm:"autoIncrement:false;type:integer REFERENCES parents(id) ON DELETE RESTRICT"` // GORM gives its type to P
				}
				db.NamingStrategy = ownerNaming{}
				return to(&struct {
					ID    int    `gorm:"autoIncrement:false"`
					P     int    `gorm:"type:integer REFERENCES parents(id) ON DELETE RESTRICT"`
					Owner *owner `gorm:"foreignKey:P;constraint:OnDelete:CASCADE"`
				}{})(db)
			},
			asks: [][2]string{{"SELECT group_concat(on_delete) FROM (SELECT on_delete FROM pragma_foreign_key_list('t1') ORDER BY 1)", "CASCADE,RESTRICT"}},
		},
		{
			name: "a foreign key that is there, to a table that is not",
			live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, p integer REFERENCES nowhere(id))"},
			do: to(&struct {
				ID int `gorm:"autoIncrement:false"`
				P  int `gorm:"type:integer REFERENCES nowhere(id)"`
			}{}),
			keeps: []string{"t1"},
		},
	})
}

// A constraint of another kind is not replaced.
func TestCreateConstraintOfATakenName(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t1(a text, b text, CONSTRAINT ck UNIQUE (a, b))")
	before := schema(t, db)
	err := db.Table("t1").Migrator().CreateConstraint(&struct {
		A string `gorm:"check:ck,a <> ''"`
	}{}, "ck")
	require.EqualError(t, err, `libsql: table "t1": it has another constraint "ck": CONSTRAINT ck UNIQUE (a, b)`)
	require.Equal(t, before, schema(t, db))
}
