package migrations_test

import (
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"
)

type tNew struct {
	ID int
	A  string `gorm:"default:new"`
}

func (tNew) TableName() string { return "t" }

type tText struct {
	ID int
	A  string
}

func (tText) TableName() string { return "t" }

type tInt struct {
	ID int
	A  int
}

func (tInt) TableName() string { return "t" }

type tLarge struct {
	ID int
	A  int `gorm:"check:large,a > 5"`
}

func (tLarge) TableName() string { return "t" }

type tBlob struct {
	ID int
	A  []byte
}

func (tBlob) TableName() string { return "t" }

type tReal struct {
	ID int
	A  float64
}

func (tReal) TableName() string { return "t" }

type tNocase struct {
	ID int
	A  string `gorm:"type:text collate nocase"`
}

func (tNocase) TableName() string { return "t" }

type tBinary struct {
	ID int
	A  string `gorm:"type:text collate binary"`
}

func (tBinary) TableName() string { return "t" }

type tUnique struct {
	ID int
	A  string `gorm:"unique"`
}

func (tUnique) TableName() string { return "t" }

type tIndexed struct {
	ID int
	A  string `gorm:"index:ia"`
}

func (tIndexed) TableName() string { return "t" }

type tLower struct {
	ID int
	A  string `gorm:"->;generated:lower('X')"`
}

func (tLower) TableName() string { return "t" }

type tPadded struct {
	ID int
	A  string `gorm:"->;generated:CAST('7' AS INTEGER)"`
}

func (tPadded) TableName() string { return "t" }

const tWithA = "CREATE TABLE t(id integer PRIMARY KEY AUTOINCREMENT, a text)"

// Rows that were there before ADD COLUMN have the value of its DEFAULT nowhere
// but in the text of the schema.
func TestAddedColumnsKeepTheirValues(t *testing.T) {
	added := func(definition string, more ...string) []string {
		return append([]string{"CREATE TABLE t(id integer PRIMARY KEY AUTOINCREMENT)", "INSERT INTO t VALUES (1)",
			"ALTER TABLE t ADD COLUMN " + definition}, more...)
	}
	run(t, []migration{
		{name: "another default", live: added("a text DEFAULT 'old'"), do: auto(&tNew{}), asks: [][2]string{{"SELECT a FROM t", "old"}}, models: []any{&tNew{}}},
		{name: "AlterColumn", live: added("a text DEFAULT 'old'"), do: alter(&tNew{}, "a"), asks: [][2]string{{"SELECT a FROM t", "old"}}, models: []any{&tNew{}}},
		{name: "double quotes", live: added(`a text DEFAULT "id"`), do: auto(&tNew{}), asks: [][2]string{{"SELECT a FROM t", "id"}}, models: []any{&tNew{}}},
		{name: "a bare word", live: added("a text DEFAULT id"), do: auto(&tNew{}), asks: [][2]string{{"SELECT a FROM t", "id"}}, models: []any{&tNew{}}},
		{name: "an expression", live: added("a text DEFAULT (-(5))"), do: auto(&tNew{}), asks: [][2]string{{"SELECT a FROM t", "-5"}}, models: []any{&tNew{}}},
		{name: "the first default", live: added("a text"), do: auto(&tNew{}), asks: [][2]string{{"SELECT a FROM t", "NULL"}}, models: []any{&tNew{}}},
		{name: "no default any more", live: added("a text NOT NULL DEFAULT 'old'"), do: auto(&tText{}), asks: [][2]string{{"SELECT a FROM t", "old"}}, models: []any{&tText{}}},
		{name: "a default of another affinity", live: added("a text DEFAULT 5"), asks: [][2]string{{"SELECT typeof(a) FROM t", "text"}}, models: []any{&tBlobFive{}}, do: auto(&tBlobFive{})},
		{name: "no such row", live: added("a text DEFAULT 'old'", "UPDATE t SET a = 'other'"), do: auto(&tNew{}), asks: [][2]string{{"SELECT a FROM t", "other"}}, models: []any{&tNew{}}},
	})
}

type tBlobFive struct {
	ID int
	A  []byte `gorm:"default:5"`
}

func (tBlobFive) TableName() string { return "t" }

// What is computed from a column, or compared with it, follows when the column
// compares in another way; ALTER COLUMN alone would leave it as it was.
func TestColumnsThatCompareInAnotherWay(t *testing.T) {
	values := "INSERT INTO t(a) VALUES (''), ('abc')"
	large := [2]string{"SELECT count(*) FROM t WHERE a > 5", "2"}
	refers := func(parent, key, child, value string) []string {
		return []string{parent, "CREATE UNIQUE INDEX i ON t(a)", "INSERT INTO t(a) VALUES (" + key + ")",
			"CREATE TABLE c(a " + child + " REFERENCES t(a))", "INSERT INTO c VALUES (" + value + ")"}
	}
	const broken = `table "c": rows refer to what is not there: foreign key (a) to t (1 row); nothing was changed`
	run(t, []migration{
		{name: "partial index", live: []string{tWithA, values, "CREATE INDEX i ON t(a) WHERE a > 5"}, do: auto(&tInt{}), keeps: []string{"i"}, asks: [][2]string{large}, models: []any{&tInt{}}},
		{name: "index on an expression", live: []string{tWithA, values, "CREATE INDEX i ON t(a > 5)"}, do: auto(&tInt{}), keeps: []string{"i"},
			asks: [][2]string{{"SELECT count(*) FROM t WHERE (a > 5) = 1", "2"}}, models: []any{&tInt{}}},
		{name: "index on a generated column", live: []string{tWithA[:len(tWithA)-1] + ", g AS (a > 5))", values, "CREATE INDEX i ON t(g)"}, do: auto(&tInt{}), keeps: []string{"i"},
			asks: [][2]string{{"SELECT count(*) FROM t WHERE g = 1", "2"}}, models: []any{&tInt{}}},
		{name: "stored column", live: []string{tWithA[:len(tWithA)-1] + ", g AS (a > 5) STORED)", values}, do: auto(&tInt{}), asks: [][2]string{{"SELECT g FROM t", "1|1"}}, models: []any{&tInt{}}},
		{name: "stored column, collation", live: []string{tWithA[:len(tWithA)-1] + ", g AS (a = 'ABC') STORED)", values}, do: auto(&tNocase{}), asks: [][2]string{{"SELECT g FROM t", "0|1"}}, models: []any{&tNocase{}}},
		{name: "CHECK", live: []string{tWithA[:len(tWithA)-1] + ", CHECK (a < 5))", "INSERT INTO t(a) VALUES ('')"}, do: auto(&tInt{}), err: `table "t": copy rows: CHECK constraint failed: a < 5`},
		{name: "CHECK, collation", live: []string{tWithA[:len(tWithA)-1] + " CHECK (a <> 'X'))", "INSERT INTO t(a) VALUES ('x')"}, do: auto(&tNocase{}), err: `table "t": copy rows: CHECK constraint failed`},
		{name: "new CHECK", live: []string{tWithA, "INSERT INTO t(a) VALUES ('10')"}, do: auto(&tLarge{}), asks: [][2]string{{"SELECT a, typeof(a) FROM t", "10 integer"}}, models: []any{&tLarge{}}},
		{name: "new CHECK that is broken", live: []string{tWithA, "INSERT INTO t(a) VALUES ('5')"}, do: auto(&tLarge{}), err: `table "t": copy rows: CHECK constraint failed: large`},
		{name: "foreign key to it", live: refers(tWithA, "'5'", "integer", "5"), do: auto(&tBlob{}), err: broken},
		{name: "foreign key to it, collation", live: refers(tWithA[:len(tWithA)-1]+" COLLATE nocase)", "'X'", "text", "'x'"), do: auto(&tBinary{}), err: broken},
		{name: "foreign key that holds", live: refers(tWithA, "'x'", "text", "'x'"), do: auto(&tNocase{}), asks: [][2]string{{"SELECT * FROM c", "x"}}, models: []any{&tNocase{}}},
		{name: "unique index that a foreign key needs", live: []string{tWithA, "CREATE UNIQUE INDEX ia ON t(a)", "CREATE TABLE c(a text REFERENCES t(a))"}, do: auto(&tIndexed{}), err: "foreign key mismatch"},
		{name: "unique index that no foreign key needs", live: []string{tWithA, "CREATE UNIQUE INDEX ia ON t(a)", "CREATE TABLE c(id REFERENCES t(id))"}, do: auto(&tIndexed{}), models: []any{&tIndexed{}}},
	})
}

// No child is left with a key to what is dropped.
func TestDropColumnThatAForeignKeyNeeds(t *testing.T) {
	run(t, []migration{
		{name: "unique by an index", live: []string{tWithA, "CREATE UNIQUE INDEX i ON t(a)", "CREATE TABLE c(a text REFERENCES t(a))"}, do: drop(&tText{}, "a"),
			err: `table "c": foreign key mismatch - "c" referencing "t"; nothing was changed`},
		{name: "another column", live: []string{tWithA, "CREATE TABLE c(id REFERENCES t)"}, do: drop(&tText{}, "a")},
	})
}

type tQualified struct {
	ID int
	A  string `gorm:"unique"`
	N  int    `gorm:"check:positive,t.n > 0"`
	G  int    `gorm:"->;generated:t.n * 2"`
}

func (tQualified) TableName() string { return "t" }

type tParent struct {
	ID  int
	A   string   `gorm:"unique"`
	UpI *int     `gorm:"check:no_self,up_i <> 0"`
	Up  *tParent `gorm:"foreignKey:UpI"`
}

func (tParent) TableName() string { return "t" }

// Constraints of a new column come with it, also when the table is made anew
// for another reason.
func TestNewColumnsOfARebuildHaveTheirConstraints(t *testing.T) {
	live := []string{tWithA, "INSERT INTO t(a) VALUES ('x')"}
	run(t, []migration{
		{name: "CHECK and foreign key", live: live, do: auto(&tParent{}), models: []any{&tParent{}}, asks: [][2]string{{"SELECT * FROM t", "1 x NULL"},
			{"SELECT [table], [from] FROM pragma_foreign_key_list('t')", "t up_i"}, {"SELECT instr(sql, 'no_self') > 0 FROM sqlite_schema WHERE name = 't'", "1"}}},
		{name: "with the table's name", live: live, do: auto(&tQualified{}), models: []any{&tQualified{}},
			asks: [][2]string{{"SELECT instr(sql, 'CHECK (n > 0)') > 0 FROM sqlite_schema WHERE name = 't'", "1"}}},
	})
}

// What only looks like the column stays: a text, a function, a type.
func TestDropColumnKeepsWhatIsNotOfIt(t *testing.T) {
	const others = "INSERT INTO t(id, b) VALUES (1, 'b')"
	live := func(table string, more ...string) []string { return append([]string{table, others}, more...) }
	rejects := func(db *gorm.DB) error {
		if err := db.Migrator().DropColumn("t", "a"); err != nil {
			return err
		}
		if db.Exec("INSERT INTO t(id, b) VALUES (2, 'c')").Error == nil {
			return errors.New("the CHECK is gone")
		}
		return nil
	}
	run(t, []migration{
		{name: "text in a CHECK", live: live("CREATE TABLE t(id integer PRIMARY KEY, a text, b text, CONSTRAINT k CHECK (b IN ('a', 'b')))"), do: rejects},
		{name: "text in a CHECK of another column", live: live("CREATE TABLE t(id integer PRIMARY KEY, a text, b text CHECK (b IN ('a', 'b')))"), do: rejects},
		{name: "type in a CHECK", live: live("CREATE TABLE t(id integer PRIMARY KEY, a text, b text, CHECK (b = 'b' OR CAST(b AS a) = 1))"), do: rejects},
		{name: "text in a partial index", live: live("CREATE TABLE t(id integer PRIMARY KEY, a text, b text)", "CREATE UNIQUE INDEX i ON t(b) WHERE b <> 'a'"), do: drop("t", "a"), keeps: []string{"i"}},
		{name: "text in an index on an expression", live: live("CREATE TABLE t(id integer PRIMARY KEY, a text, b text)", "CREATE INDEX i ON t(b || 'a')"), do: drop("t", "a"), keeps: []string{"i"}},
		{name: "text in a generated column", live: live("CREATE TABLE t(id integer PRIMARY KEY, a text, b text, g AS (b || 'a'))"), do: drop("t", "a"), asks: [][2]string{{"SELECT g FROM t", "ba"}}},
		{name: "an index that is of it", live: live("CREATE TABLE t(id integer PRIMARY KEY, a text, b text)", "CREATE INDEX i ON t('a', b)", "CREATE INDEX j ON t(b) WHERE \"a\" IS NULL"), do: drop("t", "a"), gone: []string{"i", "j"}},
		{name: "a function", live: live("CREATE TABLE t(id integer PRIMARY KEY, length text, b text, CHECK (length(b) < 9))", "CREATE INDEX i ON t(length(b))"), do: drop("t", "length"), keeps: []string{"i"},
			asks: [][2]string{{"SELECT instr(sql, 'CHECK') > 0 FROM sqlite_schema WHERE name = 't'", "1"}}},
	})
}

// The collation and the affinity of a column hide no value that would be lost.
func TestLossIsSeenWhateverTheCollation(t *testing.T) {
	const lossy = `column "a": a value would not be the same in the type "integer" (1 row)`
	collated := func(collation, value string) []string {
		return []string{tWithA[:len(tWithA)-1] + " COLLATE " + collation + ")", "INSERT INTO t(a) VALUES (" + value + ")"}
	}
	run(t, []migration{
		{name: "blanks", live: collated("rtrim", "'5 '"), do: auto(&tInt{}), err: lossy},
		{name: "case", live: collated("nocase", "'1.0E+20'"), do: auto(&tInt{}), err: lossy},
		{name: "exponent", live: []string{tWithA, "INSERT INTO t(a) VALUES ('1.0e+17')"}, do: auto(&tInt{}), err: lossy},
		{name: "no real number", live: []string{strings.Replace(tWithA, "text", "integer", 1), "INSERT INTO t(a) VALUES (9223372036854775807)"}, do: auto(&tReal{}), err: `column "a": a value would not be the same in the type "real" (1 row)`},
		{name: "text of no real number", live: []string{tWithA, "INSERT INTO t(a) VALUES ('9223372036854775807')"}, do: auto(&tReal{}), err: `column "a": a value would not be the same in the type "real" (1 row)`},
		{name: "real numbers", live: []string{tWithA, "INSERT INTO t(a) VALUES ('-5'), ('9007199254740992'), ('1.0e+20')"}, do: auto(&tReal{}), asks: [][2]string{{"SELECT typeof(a) FROM t", "real|real|real"}}, models: []any{&tReal{}}},
		{name: "generated", live: collated("nocase", "'X'"), do: auto(&tLower{}), err: `column "a": a value is not what lower('X') generates (1 row)`},
		{name: "generated number", live: []string{tWithA, "INSERT INTO t(a) VALUES ('007')"}, do: auto(&tPadded{}), err: `column "a": a value is not what CAST('7' AS INTEGER) generates (1 row)`},
		{name: "generated number that is the same", live: []string{tWithA, "INSERT INTO t(a) VALUES ('7')"}, do: auto(&tPadded{}), asks: [][2]string{{"SELECT a, typeof(a) FROM t", "7 text"}}, models: []any{&tPadded{}}},
	})
}

// The error of a copy has the name of the table.
func TestErrorsOfACopyNameTheTable(t *testing.T) {
	run(t, []migration{{name: "twice", live: []string{tWithA, "INSERT INTO t(a) VALUES ('x'), ('x')"}, do: auto(&tUnique{}), err: `table "t": copy rows: UNIQUE constraint failed: t.a`},
		{name: "TranslateError", live: []string{tWithA, "INSERT INTO t(a) VALUES ('x'), ('x')"}, err: gorm.ErrDuplicatedKey.Error(),
			do: func(db *gorm.DB) error {
				db.TranslateError = true
				return db.AutoMigrate(&tUnique{})
			}}})
}
