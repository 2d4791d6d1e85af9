package migrations_test

import (
	"testing"

	"gorm.io/gorm"
)

// What hangs on a table that changes: its number is that of the case.
func TestWhatHangsOnATable(t *testing.T) {
	run(t, []migration{
		{name: "1 trigger", live: []string{base, oneRow, "CREATE TABLE log(x)",
			"CREATE TRIGGER trg AFTER INSERT ON t1 BEGIN INSERT INTO log VALUES (new.name); END"},
			do: func(db *gorm.DB) error {
				if err := alterName(db); err != nil {
					return err
				}
				return db.Exec("INSERT INTO t1(name) VALUES ('y')").Error
			}, keeps: []string{"trg"}, asks: [][2]string{{"SELECT x FROM log", "y"}}, models: []any{&t1{}}},
		{name: "1 trigger through a rebuild", live: []string{base, oneRow, "CREATE TABLE log(x)",
			"CREATE TRIGGER trg BEFORE UPDATE OF age ON t1 WHEN new.age > 1 BEGIN INSERT INTO log VALUES (old.age || '>' || new.age); END"},
			do: func(db *gorm.DB) error {
				if err := auto(&struct {
					t1
					Code string `gorm:"unique"`
				}{})(db.Table("t1")); err != nil {
					return err
				}
				return db.Exec("UPDATE t1 SET age = 9").Error
			}, keeps: []string{"trg"}, asks: [][2]string{{"SELECT x FROM log", "5>9"}}},
		{name: "2 trigger of another table", live: []string{base, oneRow, "CREATE TABLE o(x)",
			"CREATE TRIGGER trg AFTER INSERT ON o BEGIN INSERT INTO t1(name) VALUES (new.x); END"},
			do: func(db *gorm.DB) error {
				if err := rebuildT1(db); err != nil {
					return err
				}
				return db.Exec("INSERT INTO o VALUES ('y')").Error
			}, keeps: []string{"trg", "o"}, asks: [][2]string{{"SELECT name FROM t1", "x|y"}}},
		{name: "3 view", live: []string{base, oneRow, "CREATE VIEW v AS SELECT name FROM t1", "CREATE VIEW w AS SELECT * FROM v"},
			do: rebuildT1, keeps: []string{"v", "w"}, asks: [][2]string{{"SELECT name FROM v", "x"}, {"SELECT name FROM w", "x"}}},
		{name: "3 trigger of a view", live: []string{base, oneRow, "CREATE VIEW v AS SELECT name FROM t1",
			"CREATE TRIGGER trg INSTEAD OF INSERT ON v BEGIN INSERT INTO t1(name) VALUES (new.name); END"},
			do: func(db *gorm.DB) error {
				if err := rebuildT1(db); err != nil {
					return err
				}
				return db.Exec("INSERT INTO v VALUES ('y')").Error
			}, keeps: []string{"v", "trg"}, asks: [][2]string{{"SELECT name FROM t1", "x|y"}}},
		{name: "4 indexes that the model does not have", live: []string{base, oneRow,
			"CREATE UNIQUE INDEX i1 ON t1(lower(name)) WHERE age>3", "CREATE INDEX [i 2] ON t1 (age DESC, name COLLATE NOCASE)"},
			do: rebuildT1, keeps: []string{"i1", "i 2"}, models: []any{&t1{}}},
		{name: "5 DropColumn with indexes", live: []string{base, oneRow,
			"CREATE INDEX i1 ON t1(name)", "CREATE INDEX i2 ON t1(age)", "CREATE INDEX i3 ON t1(name,age)", "CREATE INDEX i4 ON t1(name) WHERE age > 3", "CREATE INDEX i5 ON t1(abs(age))"},
			do: drop(&t1{}, "age"), keeps: []string{"i1"}, gone: []string{"i2", "i3", "i4", "i5"}, asks: [][2]string{{"SELECT * FROM t1", "1 x"}}},
		{name: "6 options", live: []string{"CREATE TABLE t1(id INTEGER PRIMARY KEY,name TEXT,age INTEGER) STRICT, WITHOUT ROWID", oneRow},
			do: drop(&t1{}, "age"), asks: [][2]string{{"SELECT wr, strict FROM pragma_table_list('t1')", "1 1"}, {"SELECT * FROM t1", "1 x"}}},
		{name: "6 options through a rebuild", live: []string{"CREATE TABLE t1(id INTEGER PRIMARY KEY,name TEXT,age INTEGER UNIQUE) strict,without rowid", oneRow},
			do: drop(&t1{}, "age"), asks: [][2]string{{"SELECT wr, strict FROM pragma_table_list('t1')", "1 1"}, {"SELECT * FROM t1", "1 x"}}},
		{name: "8 rowids", live: []string{"CREATE TABLE t1(id int, name text, age int)", "INSERT INTO t1(rowid, id, name) VALUES (2, 1, 'x'), (7, 3, 'y')"},
			do: auto(&keyless{}), asks: [][2]string{{"SELECT rowid, id, name FROM t1", "2 1 x|7 3 y"}}},
		{name: "8 a column that is called rowid", live: []string{"CREATE TABLE t1(id int, rowid text, age int, name text)", "INSERT INTO t1(_rowid_, id, rowid) VALUES (2, 1, 'x')"},
			do: auto(&keyless{}), asks: [][2]string{{"SELECT _rowid_, id, rowid FROM t1", "2 1 x"}}},
		{name: "9 stored generated column, short form", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer, dbl integer AS (age*2) STORED)", oneRow},
			do: rebuildT1, asks: [][2]string{{"SELECT age, dbl FROM t1", "5 10"}, {"SELECT hidden FROM pragma_table_xinfo('t1') WHERE name = 'dbl'", "3"}}},
		{name: "10 virtual generated column, two spaces", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer, dbl integer GENERATED  ALWAYS AS (age*2) VIRTUAL)", oneRow},
			do: rebuildT1, asks: [][2]string{{"SELECT age, dbl FROM t1", "5 10"}, {"SELECT hidden FROM pragma_table_xinfo('t1') WHERE name = 'dbl'", "2"}}},
		{name: "11 tables with the names of new ones", live: []string{base, oneRow, "CREATE TABLE t1__temp(x)", "CREATE TABLE t1__new1(y)", "CREATE VIEW t1__new2 AS SELECT 1", "CREATE INDEX t1__NEW3 ON t1(age)"},
			do: func(db *gorm.DB) error {
				if err := rebuildT1(db); err != nil {
					return err
				}
				return db.Exec("DROP TABLE t1__new1; DROP VIEW t1__new2; DROP INDEX t1__new3").Error
			}, keeps: []string{"t1__temp"}},
		{name: "49 vector index", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer, e F32_BLOB(3))", "CREATE INDEX vi ON t1(libsql_vector_idx(e, 'metric=cosine'))",
			"INSERT INTO t1(id, e) VALUES (1, vector('[1,0,0]')), (2, vector('[0,1,0]')), (3, vector('[0,0,1]'))"},
			do: rebuildT1, keeps: []string{"vi"}, asks: [][2]string{{"SELECT id FROM vector_top_k('vi', vector('[1,0.1,0]'), 2)", "1|2"}}},
	})
}

// keyless is t1 without a key, and with a type that its table does not have.
type keyless struct {
	ID   int `gorm:"primaryKey:false;autoIncrement:false"`
	Age  string
	Name string `gorm:"unique"`
}

func (keyless) TableName() string { return "t1" }

// rebuildT1 makes the name unique, which nothing but a rebuild can do, and no
// longer, so that the table is what it was.
func rebuildT1(db *gorm.DB) error {
	type unique struct {
		ID   int
		Name string `gorm:"type:varchar(50);unique"`
		Age  int
	}
	if err := db.Table("t1").AutoMigrate(&unique{}); err != nil {
		return err
	}
	return db.AutoMigrate(&t1{})
}
