package migrations_test

import (
	"testing"

	"gorm.io/gorm"
)

// Texts of CREATE TABLE as people and tools write them.
func TestTextsOfCreateTable(t *testing.T) {
	// renamed is a model of t1 whose rebuild shows that the text was read.
	type unique struct {
		ID   int
		Name string `gorm:"unique"`
	}
	rebuild := func(db *gorm.DB) error { return db.Table("t1").AutoMigrate(&unique{}) }
	texts := []migration{
		{name: "13 comment before a column", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY,\n-- plain note\nname text,\n extra text -- last, one\n)",
			"INSERT INTO t1 VALUES (1, 'x', 'data')"}, asks: [][2]string{{"SELECT name, extra FROM t1", "x data"}}},
		{name: "13 block comment before a column", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, /* a, b (c */ name text, /**/ extra text)",
			"INSERT INTO t1 VALUES (1, 'x', 'data')"}, asks: [][2]string{{"SELECT name, extra FROM t1", "x data"}}},
		{name: "14 comments with quotes and parentheses", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, -- isn't (\nname text NOT NULL, -- \"`[\nextra text)",
			"INSERT INTO t1 VALUES (1, 'x', 'data')"}, asks: [][2]string{{"SELECT name, extra FROM t1", "x data"}}},
		{name: "16 names in quotes", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, `first-name` text, \"a b\" text, [c.d] text, 'e''f' text, \"g\"\"h\" text)",
			"INSERT INTO t1 VALUES (1, 'x', 'a', 'b', 'c', 'd', 'e')"}, asks: [][2]string{{"SELECT * FROM t1", "1 x a b c d e"}}},
		{name: "17 tabs and lines", live: []string{"CREATE\tTABLE\nt1\r\n(\tid\tinteger\nPRIMARY\tKEY,name\ttext,\textra\ttext)",
			"INSERT INTO t1 VALUES (1, 'x', 'data')"}, asks: [][2]string{{"SELECT name, extra FROM t1", "x data"}}},
		{name: "20 table constraints", live: []string{"CREATE TABLE p(id integer PRIMARY KEY)", "INSERT INTO p VALUES (5)",
			"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer, UNIQUE(name,age), FOREIGN KEY(age) REFERENCES p DEFERRABLE INITIALLY DEFERRED)", oneRow},
			asks: [][2]string{{"SELECT instr(sql, 'UNIQUE(name,age), FOREIGN KEY(age) REFERENCES p DEFERRABLE INITIALLY DEFERRED') > 0 FROM sqlite_schema WHERE name = 't1'", "1"}}},
		{name: "21 inline constraints", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text COLLATE NOCASE CHECK(length(name)<9), age integer)", oneRow},
			asks: [][2]string{{"SELECT instr(sql, 'name text COLLATE NOCASE CHECK(length(name)<9)') > 0 FROM sqlite_schema WHERE name = 't1'", "1"}}},
		{name: "21 AlterColumn keeps them", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text COLLATE NOCASE CHECK(length(name)<9), age integer)", oneRow}, do: alterName,
			asks: [][2]string{{"SELECT sql FROM sqlite_schema WHERE name = 't1'", "CREATE TABLE t1(id integer PRIMARY KEY, name varchar(50) COLLATE NOCASE CHECK(length(name)<9), age integer)"}}},
		{name: "the table's own name", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer CHECK (t1.age > 0), dbl AS (age * 2), CHECK (\"t1\" . age > 1), CHECK (main.t1.age < 9 OR name <> 't1.age'))", oneRow},
			asks: [][2]string{{"SELECT sql FROM sqlite_schema WHERE name = 't1'", "CREATE TABLE \"t1\"(id integer PRIMARY KEY, name text, age integer CHECK (age > 0), dbl AS (age * 2), CHECK (age > 1), CHECK (age < 9 OR name <> 't1.age'), CONSTRAINT `uni_t1_name` UNIQUE (`name`))"}, {"SELECT * FROM t1", "1 x 5 10"}}},
		{name: "24 names without quotes", live: []string{"CREATE TABLE t1 (id integer, name text, age integer)", "INSERT INTO t1 VALUES (1, 'x', 5)"},
			do: drop(&t1{}, "age"), asks: [][2]string{{"SELECT * FROM t1", "1 x"}}},
		{name: "24 DropColumn of a name in quotes", live: []string{"create table [t1] ([id] integer, \"name\" text, 'AGE' integer)", "INSERT INTO t1 VALUES (1, 'x', 5)"},
			do: drop(&t1{}, "age"), asks: [][2]string{{"SELECT * FROM t1", "1 x"}}},
		{name: "columns that begin like constraints", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, Checksum text, constraints text, unique_code text, primary_x text, foreign_x text, \"unique\" text)",
			"INSERT INTO t1 VALUES (1, 'x', 'a', 'b', 'c', 'd', 'e', 'f')"}, asks: [][2]string{{"SELECT * FROM t1", "1 x a b c d e f"}}},
		{name: "SQLAlchemy", live: []string{"CREATE TABLE t1 (\n\tid INTEGER NOT NULL, \n\tname VARCHAR(80), \n\tage INTEGER, \n\tPRIMARY KEY (id), \n\tCONSTRAINT \"uq_t1_age\" UNIQUE (age)\n)", oneRow},
			asks: [][2]string{{"SELECT * FROM t1", "1 x 5"}, {"SELECT count(*) FROM pragma_index_list('t1') WHERE origin = 'u'", "2"}}},
		{name: "a user's own", live: []string{"CREATE TABLE t1(id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT UNIQUE NOT NULL, name)", "INSERT INTO t1 VALUES (4, 'u', 'x')"},
			asks: [][2]string{{"SELECT * FROM t1", "4 u x"}, {"SELECT seq FROM sqlite_sequence", "4"}}},
		{name: "escaped quotes in defaults", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, a text DEFAULT 'it''s, (b)', b text DEFAULT \"x\"\"y\")", "INSERT INTO t1(id, name) VALUES (1, 'x')"},
			asks: [][2]string{{"SELECT * FROM t1", "1 x it's, (b) x\"y"}}},
		{name: "strings in double quotes", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, kind text DEFAULT \"none\" CHECK (kind IN (\"none\", \"some\")))",
			"CREATE INDEX i ON t1(name) WHERE kind = \"some\"", "CREATE VIEW v AS SELECT name || \" \" || kind AS both FROM t1",
			"CREATE TRIGGER trg AFTER INSERT ON t1 BEGIN UPDATE t1 SET kind = \"some\" WHERE kind = \"none\"; END", "INSERT INTO t1(id, name) VALUES (1, 'x')"},
			keeps: []string{"i", "v", "trg"}, asks: [][2]string{{"SELECT both FROM v", "x some"}}},
	}
	for i := range texts {
		if texts[i].do == nil {
			texts[i].do = rebuild
		}
	}
	run(t, texts)
	run(t, []migration{
		{name: "18 Unicode names", live: []string{"CREATE TABLE `用户`(`编号` integer PRIMARY KEY, `名字` text, \"größe\" int)", "INSERT INTO 用户 VALUES (1, '王', 2)"},
			do: auto(&user{}), asks: [][2]string{{"SELECT * FROM 用户", "1 王 2"}}, models: []any{&user{}}},
		{name: "a dash in a table's name", live: []string{"CREATE TABLE `my-table`(id integer PRIMARY KEY, name text)", "INSERT INTO `my-table` VALUES (1, 'x')"},
			do:   func(db *gorm.DB) error { return db.Table("`my-table`").AutoMigrate(&unique{}) },
			asks: [][2]string{{"SELECT * FROM `my-table`", "1 x"}, {"SELECT count(*) FROM pragma_index_list('my-table')", "1"}}},
	})
}

type user struct {
	ID   int    `gorm:"column:编号"`
	Name string `gorm:"column:名字;unique"`
	Size string `gorm:"column:größe"`
}

func (user) TableName() string { return "用户" }
