package migrations_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"
)

type parent struct {
	ID   int
	Name string `gorm:"type:varchar(50);not null;default:n"`
	Age  int    `gorm:"check:age_is_low,age < 100"`
}

func (parent) TableName() string { return "p" }

var family = []string{
	"CREATE TABLE p(id integer PRIMARY KEY, name text, age integer, old text)",
	"CREATE TABLE c(id integer PRIMARY KEY, p_id integer NOT NULL REFERENCES p ON DELETE CASCADE)",
	"INSERT INTO p VALUES (1, 'x', 5, 'o'), (2, 'y', 6, 'o')", "INSERT INTO c VALUES (1, 1), (2, 1), (3, 2)",
}

var children = [2]string{"SELECT * FROM c", "1 1|2 1|3 2"}

// Children stay, whatever happens to their parent, with foreign keys on.
func TestChildren(t *testing.T) {
	inTransaction := func(do change) change {
		return func(db *gorm.DB) error {
			return db.Transaction(func(tx *gorm.DB) error { return do(tx) })
		}
	}
	constraint := func(name string) change {
		return func(db *gorm.DB) error { return db.Migrator().CreateConstraint(&parent{}, name) }
	}
	withCheck := append([]string{"CREATE TABLE p(id integer PRIMARY KEY, name text, age integer, CONSTRAINT age_is_low CHECK (age < 100))"}, family[1:]...)
	withCheck[2] = "INSERT INTO p VALUES (1, 'x', 5), (2, 'y', 6)"
	const refused = `rows of "c" refer to it, and foreign keys cannot be switched off here`
	run(t, []migration{
		{name: "26 AlterColumn", live: family, do: alter(&parent{}, "name"), keeps: []string{"c"}, asks: [][2]string{children}},
		{name: "27 DropColumn", live: family, do: drop(&parent{}, "old"), keeps: []string{"c"}, asks: [][2]string{children}},
		{name: "27 DropColumn by a rebuild", live: append([]string{strings.Replace(family[0], "old text", "old text UNIQUE", 1), family[1], strings.Replace(family[2], "6, 'o'", "6, 'p'", 1)}, family[3:]...),
			do: drop(&parent{}, "old"), keeps: []string{"c"}, asks: [][2]string{children, {"SELECT * FROM p", "1 x 5|2 y 6"}}},
		{name: "28 CreateConstraint", live: family, do: constraint("age_is_low"), keeps: []string{"c"}, asks: [][2]string{children}},
		{name: "28 AutoMigrate adds a check", live: family, do: auto(&parent{}), keeps: []string{"c"}, asks: [][2]string{children}, models: []any{&parent{}}},
		{name: "29 DropConstraint", live: withCheck, do: func(db *gorm.DB) error { return db.Migrator().DropConstraint(&parent{}, "age_is_low") },
			keeps: []string{"c"}, asks: [][2]string{children, {"SELECT instr(sql, 'CHECK') FROM sqlite_schema WHERE name = 'p'", "0"}}},
		{name: "30 AutoMigrate in a transaction", live: family, do: inTransaction(auto(&parent{})), err: refused, asks: [][2]string{children}},
		{name: "30 DropConstraint in a transaction", live: withCheck, err: refused, asks: [][2]string{children},
			do: inTransaction(func(db *gorm.DB) error { return db.Migrator().DropConstraint(&parent{}, "age_is_low") })},
		{name: "30 AlterColumn in a transaction needs no rebuild", live: family, do: inTransaction(alter(&parent{}, "name")), asks: [][2]string{children}},
		{name: "30 in a transaction without children", live: append(family[:3:3], "DELETE FROM c"), do: inTransaction(auto(&parent{})), keeps: []string{"c"}, models: []any{&parent{}}},
		{name: "32 a table that refers to itself", live: []string{
			"CREATE TABLE p(id integer PRIMARY KEY, name text, age integer CHECK (age < 9), old text, up integer REFERENCES p ON DELETE CASCADE)",
			"INSERT INTO p(id, up) VALUES (1, NULL), (2, 1)"},
			do:   drop(&parent{}, "old"),
			asks: [][2]string{{"SELECT id, up FROM p", "1 NULL|2 1"}, {"SELECT \"table\" FROM pragma_foreign_key_list('p')", "p"}}},
		{name: "32 a rebuild of a table that refers to itself", live: []string{
			"CREATE TABLE p(id integer PRIMARY KEY, name text, age integer, up integer REFERENCES p ON DELETE CASCADE)",
			"INSERT INTO p(id, name, up) VALUES (1, 'x', NULL), (2, 'y', 1)"},
			do:   auto(&parent{}),
			asks: [][2]string{{"SELECT id, up FROM p", "1 NULL|2 1"}, {"SELECT \"table\" FROM pragma_foreign_key_list('p')", "p"}}},
		{name: "33 an orphan", live: []string{"CREATE TABLE p(id integer PRIMARY KEY, name text, age integer)", "CREATE TABLE cs(id integer PRIMARY KEY, parent_id integer)",
			"INSERT INTO cs VALUES (1, 77)"}, do: auto(&child{}), err: "foreign key (parent_id) to p (1 row); nothing was changed", asks: [][2]string{{"SELECT * FROM cs", "1 77"}}},
		{name: "33 orphans that are there already stay", live: append(family[:4:4], "PRAGMA foreign_keys = OFF", "INSERT INTO c VALUES (4, 77)", "PRAGMA foreign_keys = ON"),
			do: auto(&parent{}), asks: [][2]string{{"SELECT * FROM c", "1 1|2 1|3 2|4 77"}}},
	})
}

type child struct {
	ID       int
	ParentID int
	Parent   parent `gorm:"constraint:OnDelete:SET NULL"`
}

func (child) TableName() string { return "cs" }

// Constraints of a model that the table has otherwise, or not at all.
func TestConstraints(t *testing.T) {
	const cs = "CREATE TABLE cs(id integer PRIMARY KEY AUTOINCREMENT, parent_id integer, CONSTRAINT fk_cs_parent FOREIGN KEY (parent_id) REFERENCES p(id) ON DELETE CASCADE)"
	p := []string{"CREATE TABLE p(id integer PRIMARY KEY, name varchar(50) NOT NULL DEFAULT 'n', age integer CONSTRAINT age_is_low CHECK (age < 100))", "INSERT INTO p VALUES (1, 'x', 5)", cs, "INSERT INTO cs VALUES (1, 1)"}
	action := [2]string{"SELECT on_delete FROM pragma_foreign_key_list('cs')", "SET NULL"}
	run(t, []migration{
		{name: "22 inline foreign key", live: []string{p[0], p[1], "CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer REFERENCES p(id) ON DELETE CASCADE)", "INSERT INTO t1 VALUES (1, 'x', 1)"},
			do: auto(&struct {
				ID   int
				Name string
				Age  string `gorm:"type:varchar(7)"`
			}{}), err: "the model has no table"},
		{name: "22 AlterColumn keeps an inline foreign key", live: []string{p[0], p[1], "CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer REFERENCES p(id) ON DELETE CASCADE)", "INSERT INTO t1 VALUES (1, 'x', 1)"},
			do:   alter(&wordAge{}, "age"),
			asks: [][2]string{{"SELECT on_delete FROM pragma_foreign_key_list('t1')", "CASCADE"}, {"SELECT type FROM pragma_table_info('t1') WHERE name = 'age'", "varchar(7)"}, {"SELECT typeof(age) FROM t1", "text"}}},
		{name: "23 DropColumn with constraints", live: []string{p[0], "CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer, CONSTRAINT ck CHECK(age>0), UNIQUE(age), UNIQUE(name), FOREIGN KEY(age) REFERENCES p)", "INSERT INTO t1(id, name) VALUES (1, 'x')"},
			do:   drop(&t1{}, "age"),
			asks: [][2]string{{"SELECT sql FROM sqlite_schema WHERE name = 't1'", "CREATE TABLE \"t1\"(id integer PRIMARY KEY, name text, UNIQUE(name))"}, {"SELECT * FROM t1", "1 x"}}},
		{name: "23 DropColumn of what another is generated from", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer, dbl AS (age * 2))"},
			do: drop(&t1{}, "age"), err: `table "t1": column "age" cannot be dropped: column "dbl" is generated from it`},
		{name: "23 DropColumn that a view uses", live: []string{base, "CREATE VIEW v AS SELECT age FROM t1"}, do: drop(&t1{}, "age"), err: "v"},
		{name: "23 DropColumn that a trigger uses", live: []string{base, "CREATE TRIGGER trg AFTER INSERT ON t1 BEGIN SELECT new.age; END"}, do: drop(&t1{}, "age"), err: "trg"},
		{name: "25 DropColumn with a string", live: []string{base, oneRow}, do: drop("t1", "age"), asks: [][2]string{{"SELECT * FROM t1", "1 x"}}},
		{name: "35 action of a foreign key", live: p, do: auto(&child{}), asks: [][2]string{action, {"SELECT * FROM cs", "1 1"}}, models: []any{&child{}}},
		{name: "35 inline, without a name", live: []string{p[0], p[1], "CREATE TABLE cs(id integer PRIMARY KEY AUTOINCREMENT, parent_id integer REFERENCES p(id) ON DELETE CASCADE)", p[3]},
			do: auto(&child{}), asks: [][2]string{action}, models: []any{&child{}}},
		{name: "36 expression of a check", live: []string{"CREATE TABLE p(id integer PRIMARY KEY, name varchar(50) NOT NULL DEFAULT 'n', age integer, CONSTRAINT age_is_low CHECK (age < 10))", "INSERT INTO p VALUES (1, 'x', 5)"},
			do: auto(&parent{}), asks: [][2]string{{"SELECT instr(sql, 'CHECK (age < 100)') > 0, instr(sql, '10)') FROM sqlite_schema WHERE name = 'p'", "1 0"}}, models: []any{&parent{}}},
		{name: "36 a row breaks it", live: []string{"CREATE TABLE p(id integer PRIMARY KEY, name varchar(50) NOT NULL DEFAULT 'n', age integer, CONSTRAINT age_is_low CHECK (age < 1000))", "INSERT INTO p VALUES (1, 'x', 500)"},
			do: auto(&parent{}), err: `table "p": a row breaks the constraint "age_is_low" CHECK (age < 100) (1 row); nothing was changed`},
		{name: "37 longer primary key", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer)", oneRow}, do: auto(&longKey{}),
			asks: [][2]string{{"SELECT name FROM pragma_table_info('t1') WHERE pk > 0 ORDER BY pk", "id|name"}, {"SELECT rowid, * FROM t1", "1 1 x 5"}}, models: []any{&longKey{}}},
		{name: "37 with a NULL", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer)", "INSERT INTO t1(id) VALUES (1)"}, do: auto(&longKey{}),
			err: `table "t1": a value of the primary key's column "name" is NULL (1 row)`},
		{name: "38 composite key with an auto-increment", do: auto(&autoKey{}), asks: [][2]string{{"SELECT name FROM pragma_table_info('auto_keys') WHERE pk > 0", "a|b"}}, models: []any{&autoKey{}}},
		{name: "39 UNIQUE of another tool", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name varchar(50) UNIQUE, age integer)", oneRow}, do: auto(&t1{}), keeps: []string{"t1"}, models: []any{&t1{}}},
		{name: "39 UNIQUE of GORM", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name varchar(50), age integer, CONSTRAINT uni_t1_name UNIQUE (name))", oneRow}, do: auto(&t1{}),
			asks: [][2]string{{"SELECT count(*) FROM pragma_index_list('t1')", "0"}, {"SELECT * FROM t1", "1 x 5"}}, models: []any{&t1{}}},
		{name: "40 new unique field", live: []string{base, oneRow}, do: auto(&newUnique{}), asks: [][2]string{{"SELECT \"unique\", origin FROM pragma_index_list('t1')", "1 u"}}, models: []any{&newUnique{}}},
		{name: "53 NOT NULL with a NULL row", live: []string{base, "INSERT INTO t1(id) VALUES (1)"}, do: alter(&notNull{}, "name"),
			err: `table "t1": column "name" cannot be NOT NULL: a value is NULL (1 row); nothing was changed`},
	})
}

type wordAge struct {
	ID  int
	Age string `gorm:"type:varchar(7)"`
}

func (wordAge) TableName() string { return "t1" }

type longKey struct {
	ID   int    `gorm:"primaryKey;autoIncrement:false"`
	Name string `gorm:"primaryKey"`
	Age  int
}

func (longKey) TableName() string { return "t1" }

type autoKey struct {
	A int    `gorm:"primaryKey;autoIncrement"`
	B string `gorm:"primaryKey"`
}

type newUnique struct {
	ID   int
	Code string `gorm:"unique"`
}

func (newUnique) TableName() string { return "t1" }

type notNull struct {
	ID   int
	Name string `gorm:"not null"`
}

func (notNull) TableName() string { return "t1" }
