package migrations_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// An index of the model's name that does another thing is replaced, whatever
// the difference is.
func TestIndexesOfAnotherDefinition(t *testing.T) {
	type indexed struct {
		ID   int
		Name string `gorm:"index:i,unique,collate:nocase,where:name <> '',priority:1"`
		Age  int    `gorm:"index:i,sort:desc,priority:2;index:e,expression:abs(age)"`
	}
	const same = "CREATE UNIQUE INDEX i ON t1(name COLLATE nocase, age DESC) WHERE name <> ''"
	const e = "CREATE INDEX e ON t1(abs(age))"
	for name, texts := range map[string][2]string{
		"nothing":           {same, e},
		"a column less":     {"CREATE UNIQUE INDEX i ON t1(name COLLATE nocase) WHERE name <> ''", e},
		"a column more":     {"CREATE UNIQUE INDEX i ON t1(name COLLATE nocase, age DESC, id) WHERE name <> ''", e},
		"another column":    {"CREATE UNIQUE INDEX i ON t1(name COLLATE nocase, id DESC) WHERE name <> ''", e},
		"order of columns":  {"CREATE UNIQUE INDEX i ON t1(age DESC, name COLLATE nocase) WHERE name <> ''", e},
		"sort":              {"CREATE UNIQUE INDEX i ON t1(name COLLATE nocase, age) WHERE name <> ''", e},
		"no collation":      {"CREATE UNIQUE INDEX i ON t1(name, age DESC) WHERE name <> ''", e},
		"another collation": {"CREATE UNIQUE INDEX i ON t1(name COLLATE rtrim, age DESC) WHERE name <> ''", e},
		"not unique":        {"CREATE INDEX i ON t1(name COLLATE nocase, age DESC) WHERE name <> ''", e},
		"no WHERE":          {"CREATE UNIQUE INDEX i ON t1(name COLLATE nocase, age DESC)", e},
		"another WHERE":     {"CREATE UNIQUE INDEX i ON t1(name COLLATE nocase, age DESC) WHERE name <> 'x'", e},
		"a column's":        {same, "CREATE INDEX e ON t1(age)"},
		"expression":        {same, "CREATE INDEX e ON t1(abs(age) + 1)"},
		"another case":      {same, "CREATE INDEX E ON T1(age)"},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			exec(t, db, base, oneRow, texts[0], texts[1])
			db = db.Table("t1").Session(&gorm.Session{})
			plan, err := migrator.NewPlan(db, &indexed{})
			require.NoError(t, err)
			require.Equal(t, name == "nothing", plan.Empty(), plan)
			require.Empty(t, plan.Unmet())
			if name != "nothing" {
				require.Len(t, plan.Steps(), 2, "%s", plan)
				require.Len(t, plan.Destructive(), 1, "the old definition")
			}
			require.NoError(t, db.AutoMigrate(&indexed{}))
			require.Equal(t, "name nocase 0|age BINARY 1", answer(t, db, "SELECT name, coll, \"desc\" FROM pragma_index_xinfo('i') WHERE key"))
			require.Equal(t, "1 1", answer(t, db, "SELECT \"unique\", partial FROM pragma_index_list('t1') WHERE name = 'i'"))
			require.Contains(t, schema(t, db)["i"], "WHERE name <> ''")
			require.Equal(t, "-2", answer(t, db, "SELECT cid FROM pragma_index_xinfo('e') WHERE key"))
			plan, err = migrator.NewPlan(db, &indexed{})
			require.NoError(t, err)
			require.True(t, plan.Empty(), plan)
			require.Equal(t, "1 x 5", answer(t, db, "SELECT * FROM t1"))
		})
	}
}

// What AutoMigrate leaves alone is in the plan, all of it, and stays.
func TestAPlanReportsWhatStays(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE p(id integer PRIMARY KEY)", "INSERT INTO p VALUES (1)",
		`CREATE TABLE t1(id integer, name varchar(50) COLLATE NOCASE CHECK (name <> ''), age integer AS (id * 5) STORED, old text NOT NULL DEFAULT 'o', p integer REFERENCES p, size integer NOT NULL DEFAULT 7,
			PRIMARY KEY (id, name), CONSTRAINT their_own UNIQUE (name, old))`,
		"CREATE UNIQUE INDEX their_index ON t1(old)", "INSERT INTO t1(id, name, p) VALUES (1, 'x', 1)")
	type left struct {
		ID   int
		Name string `gorm:"type:varchar(50)"`
		Age  int
		Size *int `gorm:"default:7"`
	}
	before := schema(t, db)
	tx := db.Table("t1").Session(&gorm.Session{})
	plan, err := migrator.NewPlan(tx, &left{})
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan)
	var told []string
	for _, u := range plan.Unmet() {
		require.Equal(t, "t1", u.Table)
		told = append(told, u.Object+": "+u.Reason)
	}
	require.ElementsMatch(t, []string{
		`column "name": its collation is NOCASE, the model names none`,
		`column "size": it is NOT NULL, the model's may be NULL; AlterColumn changes that`,
		`column "age": it is generated, and the model's is not`,
		`column "old": the model does not have it; AutoMigrate drops no columns`,
		`column "p": the model does not have it; AutoMigrate drops no columns`,
		`primary key (id, name): the model's is (id); a key does not become shorter`,
		`constraint "their_own" UNIQUE (name, old): the model does not have it, and GORM did not make it`,
		`CHECK (name <> ''): the model does not have it`,
		`FOREIGN KEY (p) to p: the model does not have it`,
		`index "their_index": the model does not have it; AutoMigrate drops no indexes`,
	}, told)
	require.NoError(t, tx.AutoMigrate(&left{}))
	require.Equal(t, before, schema(t, db))
	require.Equal(t, "1 x 5 o 1 7", answer(t, db, "SELECT * FROM t1"))
}

type short struct {
	ID   int
	Name string `gorm:"type:varchar(5);comment:of 5, \"or\" more"`
	Age  int    `gorm:"comment:in years"`
}

func (short) TableName() string { return "t1" }

type textKey struct {
	Name string `gorm:"type:varchar(50);primaryKey"`
	Age  int
}

func (textKey) TableName() string { return "t1" }

func options(text string, models ...any) change {
	return func(db *gorm.DB) error { return db.Set("gorm:table_options", text).AutoMigrate(models...) }
}

// Options that a model asks for of a table that is there.
func TestOptionsOfATable(t *testing.T) {
	const plain, keyed = "CREATE TABLE t1(id integer PRIMARY KEY, name varchar(50), age integer)", "CREATE TABLE t1(name varchar(50), age integer, PRIMARY KEY (name))"
	run(t, []migration{
		{name: "STRICT", live: []string{base, oneRow}, do: options(" STRICT", &t1{}), asks: [][2]string{{"SELECT strict FROM pragma_table_list('t1')", "1"}, {"SELECT * FROM t1", "1 x 5"}}},
		{name: "STRICT and a value that it does not take", live: []string{base, oneRow, "UPDATE t1 SET age = 'old'"}, do: options(" STRICT", &t1{}),
			err: `table "t1": copy rows: cannot store TEXT value in INTEGER column`, asks: [][2]string{{"SELECT * FROM t1", "1 x old"}}},
		{name: "WITHOUT ROWID", live: []string{keyed, "INSERT INTO t1 VALUES ('x', 5)"}, do: options(" WITHOUT ROWID", &textKey{}),
			asks: [][2]string{{"SELECT wr FROM pragma_table_list('t1')", "1"}, {"SELECT * FROM t1", "x 5"}}, models: []any{&textKey{}}},
		{name: "WITHOUT ROWID and AUTOINCREMENT", live: []string{base, oneRow}, do: options(" WITHOUT ROWID", &t1{}),
			err: `table "t1": create table: AUTOINCREMENT not allowed on WITHOUT ROWID tables`, asks: [][2]string{{"SELECT * FROM t1", "1 x 5"}}},
		{name: "RANDOM ROWID", live: []string{plain, oneRow}, do: func(db *gorm.DB) error {
			if err := options(" RANDOM ROWID", &t1{})(db); err != nil {
				return err
			}
			return db.Create(&t1{Name: "y"}).Error
		}, asks: [][2]string{{"SELECT count(*), sum(id = 2) FROM t1", "2 0"}, {"SELECT * FROM t1 WHERE name = 'x'", "1 x 5"}}, models: []any{&t1{}}},
		{name: "RANDOM ROWID and AUTOINCREMENT", live: []string{base, oneRow}, do: options(" RANDOM ROWID", &t1{}),
			err: `table "t1": create table: AUTOINCREMENT not allowed on RANDOM ROWID tables`, asks: [][2]string{{"SELECT * FROM t1", "1 x 5"}}},
	})
}

// Sizes and comments: SQLite enforces no size, and keeps no comment.
func TestSizesAndComments(t *testing.T) {
	const wide = "CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name varchar(50), age integer)"
	row := [2]string{"SELECT * FROM t1", "1 a long name 5"}
	live := []string{wide, "INSERT INTO t1 VALUES (1, 'a long name', 5)"}
	run(t, []migration{
		{name: "shorter", live: live, do: auto(&short{}), asks: [][2]string{row, {"SELECT type FROM pragma_table_info('t1') WHERE name = 'name'", "varchar(5)"}}, models: []any{&short{}}},
		{name: "longer", live: []string{strings.Replace(wide, "50", "5", 1), live[1]}, do: auto(&t1{}), asks: [][2]string{row}, models: []any{&t1{}}},
		{name: "comments", live: []string{strings.Replace(wide, "50", "5", 1), live[1]}, do: auto(&short{}), keeps: []string{"t1"}, asks: [][2]string{row}},
		{name: "of a key", live: []string{"CREATE TABLE t1(name text PRIMARY KEY, age integer)", "INSERT INTO t1 VALUES ('x', 5)"}, do: auto(&textKey{}),
			asks: [][2]string{{"SELECT type, pk FROM pragma_table_info('t1') WHERE name = 'name'", "varchar(50) 1"}, {"SELECT * FROM t1", "x 5"}}, models: []any{&textKey{}}},
	})
	require.Empty(t, open(t).Migrator().GetTypeAliases("text"))
}

// With foreign keys switched off, nobody looks at them.
func TestForeignKeysThatAreOff(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	db := openFile(t, dbtest.DSN(t, "_foreign_keys=0"))
	exec(t, db, "CREATE TABLE p(id integer PRIMARY KEY, name text, age integer)", "CREATE TABLE cs(id integer PRIMARY KEY, parent_id integer)", "INSERT INTO cs VALUES (1, 77)")
	require.NoError(t, db.AutoMigrate(&child{}))
	require.Equal(t, "1 77", answer(t, db, "SELECT * FROM cs"))
	require.Equal(t, "1", answer(t, db, "SELECT count(*) FROM pragma_foreign_key_check"))
	require.Equal(t, "0", answer(t, db, "PRAGMA foreign_keys"))
	plan, err := libsql.Plan(db, &child{})
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan)
}

type coded struct {
	ID   int
	Code string `gorm:"type:text;index:u"`
}

func (coded) TableName() string { return "p" }

type exactly struct {
	ID   int
	Code string `gorm:"type:text COLLATE BINARY"`
}

func (exactly) TableName() string { return "p" }

type numbered struct {
	ID   int
	Code string `gorm:"type:blob"`
}

func (numbered) TableName() string { return "p" }

// What a foreign key of another table needs is not taken away from it, also
// where no table is made anew for it.
func TestWhatForeignKeysNeed(t *testing.T) {
	family := func(code, index, value string, more ...string) []string {
		return append([]string{"CREATE TABLE p(id integer PRIMARY KEY, code " + code + ")", index, "INSERT INTO p VALUES (1, '1a'), (2, '2')",
			"CREATE TABLE c(id integer PRIMARY KEY, code REFERENCES p(code))", "INSERT INTO c VALUES (1, " + value + ")"}, more...)
	}
	const unique, mismatch = "CREATE UNIQUE INDEX u ON p(code)", `table "c": foreign key mismatch - "c" referencing "p"; nothing was changed`
	const orphan = `table "c": rows refer to what is not there: foreign key (code) to p (1 row); nothing was changed`
	indexed, constrained := family("text", unique, "'1a'"), family("text, CONSTRAINT uni_p_code UNIQUE (code)", "SELECT 1", "'1a'")
	dropIndex := func(db *gorm.DB) error { return db.Migrator().DropIndex("p", "u") }
	ask := [2]string{"SELECT * FROM c", "1 1a"}
	insert := func(do change) change {
		return func(db *gorm.DB) error {
			if err := do(db); err != nil {
				return err
			}
			return db.Exec("INSERT INTO c(code) VALUES ('2')").Error
		}
	}
	run(t, []migration{
		{name: "DropColumn with its index", live: indexed, do: drop("p", "code"), err: mismatch, asks: [][2]string{ask}},
		{name: "DropColumn with its UNIQUE", live: constrained, do: drop("p", "code"), err: mismatch, asks: [][2]string{ask}},
		{name: "DropColumn without rows", live: append(indexed[:5:5], "DELETE FROM c"), do: drop("p", "code"), err: mismatch},
		{name: "DropColumn of another", live: family("text, more text", unique, "'1a'")[:2:2], do: drop("p", "more")},
		{name: "DropIndex", live: indexed, do: dropIndex, err: mismatch, asks: [][2]string{ask}},
		{name: "DropIndex beside another", live: append(indexed[:5:5], "CREATE UNIQUE INDEX w ON p(code)"), do: insert(dropIndex)},
		{name: "DropIndex in a transaction", live: indexed, do: func(db *gorm.DB) error { return db.Transaction(dropIndex) }, err: mismatch, asks: [][2]string{ask}},
		{name: "DropConstraint", live: constrained, do: func(db *gorm.DB) error { return db.Migrator().DropConstraint("p", "uni_p_code") }, err: mismatch, asks: [][2]string{ask}},
		{name: "an index that is no more unique", live: indexed, do: auto(&coded{}), err: mismatch, asks: [][2]string{ask}},
		{name: "RenameIndex", live: indexed, do: insert(func(db *gorm.DB) error { return db.Migrator().RenameIndex("p", "u", "w") }), gone: []string{"u"}},
		{name: "a collation", live: family("text COLLATE NOCASE", unique, "'1A'"), do: auto(&exactly{}), err: orphan, asks: [][2]string{{ask[0], "1 1A"}}},
		{name: "a collation that does not matter", live: family("text COLLATE NOCASE", unique, "'1a'"), do: insert(auto(&exactly{}))},
		{name: "a type", live: family("text", unique, "2"), do: auto(&numbered{}), err: orphan, asks: [][2]string{{ask[0], "1 2"}}},
		{name: "a type that does not matter", live: indexed, do: insert(auto(&numbered{}))},
	})
	t.Run("what was broken before", func(t *testing.T) {
		db := open(t)
		exec(t, db, append(indexed[:5:5], "DROP INDEX u", "CREATE UNIQUE INDEX u ON p(id)")...)
		require.NoError(t, dropIndex(db))
		require.NotContains(t, schema(t, db), "u")
	})
}

type noCase struct {
	ID   int
	Code string `gorm:"type:text COLLATE NOCASE"`
}

func (noCase) TableName() string { return "p" }

// ALTER COLUMN computes nothing anew: where a constraint, a generated column
// or an index says something else of the same values when the column's
// affinity or collation is another, it is a rebuild.
func TestWhatDependsOnHowAColumnCompares(t *testing.T) {
	table := func(code, rest string, value string, more ...string) []string {
		return append([]string{"CREATE TABLE p(id integer PRIMARY KEY, code " + code + rest + ")", "INSERT INTO p(id, code) VALUES (1, " + value + ")"}, more...)
	}
	row := func(text string) [][2]string { return [][2]string{{"SELECT * FROM p", text}} }
	run(t, []migration{
		{name: "CHECK, affinity", live: table("text", " CHECK (code = 5)", "'5'"), do: auto(&numbered{}), err: `table "p": copy rows: CHECK constraint failed`, asks: row("1 5")},
		{name: "CHECK of the table, affinity", live: table("text", ", CHECK (code = 5)", "'5'"), do: auto(&numbered{}), err: `table "p": copy rows: CHECK constraint failed`, asks: row("1 5")},
		{name: "CHECK, collation", live: table("text", " CHECK (code <> 'X')", "'x'"), do: auto(&noCase{}), err: `table "p": copy rows: CHECK constraint failed`, asks: row("1 x")},
		{name: "generated, affinity", live: table("text", ", five AS (code = 5) STORED", "'5'"), do: auto(&numbered{}), asks: row("1 5 0")},
		{name: "generated, collation", live: table("text", ", x AS (code = 'X') STORED", "'x'"), do: auto(&noCase{}), asks: row("1 x 1")},
		{name: "index of an expression", live: table("text", "", "'5'", "CREATE INDEX i ON p(code = 5)"), do: auto(&numbered{}), keeps: []string{"i"}, asks: [][2]string{{"SELECT code = 5 FROM p INDEXED BY i WHERE (code = 5) IN (0, 1)", "0"}}},
		{name: "partial index", live: table("text", "", "'5'", "CREATE INDEX i ON p(id) WHERE code = 5"), do: auto(&numbered{}), keeps: []string{"i"}, asks: row("1 5")},
		{name: "index of an expression, collation", live: table("text", "", "'x'", "CREATE INDEX i ON p(code = 'X')"), do: auto(&noCase{}), keeps: []string{"i"}, asks: [][2]string{{"SELECT code = 'X' FROM p INDEXED BY i WHERE (code = 'X') IN (0, 1)", "1"}}},
		{name: "UNIQUE of the table, collation", live: table("text", ", UNIQUE (code)", "'x'", "INSERT INTO p VALUES (2, 'X')"), do: auto(&noCase{}), err: "UNIQUE constraint failed", asks: row("1 x|2 X")},
		{name: "unique index, collation", live: table("text", "", "'x'", "INSERT INTO p VALUES (2, 'X')", "CREATE UNIQUE INDEX i ON p(code)"), do: auto(&noCase{}), err: "UNIQUE constraint failed", asks: row("1 x|2 X")},
		{name: "whole numbers of REAL", live: table("real", "", "5"), do: auto(&numbered{}), asks: [][2]string{{"SELECT typeof(code) FROM p", "real"}}},
	})
}

// A text in double quotes is a column as soon as there is one of that name,
// and a column in double quotes is a text as soon as there is none: SQLite
// tells nobody.
func TestDoubleQuotesAndColumns(t *testing.T) {
	const table = "CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer"
	row := [][2]string{{"SELECT * FROM t1", "1 x 5"}}
	with := func(more ...string) []string { return append([]string{table + ")", oneRow}, more...) }
	dropped := func(user string) string {
		return `table "t1": column "age" cannot be dropped: the ` + user + ` seems to use it`
	}
	added := func(user string) string {
		return `table "t1": column "code" cannot be added: ` + user + ` has the text`
	}
	run(t, []migration{
		{name: "view", live: with(`CREATE VIEW v AS SELECT "age" FROM t1`), do: drop("t1", "age"), err: dropped(`view "v"`), asks: row},
		{name: "view, in a WHERE", live: with(`CREATE VIEW v AS SELECT * FROM "t1" WHERE "AGE" > 3`), do: drop("t1", "age"), err: dropped(`view "v"`), asks: row},
		{name: "trigger", live: with(`CREATE TRIGGER g AFTER INSERT ON t1 BEGIN UPDATE t1 SET name = "age"; END`), do: drop("t1", "age"), err: dropped(`trigger "g"`), asks: row},
		{name: "view, behind a dot", live: with(`CREATE VIEW v AS SELECT t1."age" FROM t1`), do: drop("t1", "age"), err: `"v"`, asks: row},
		{name: "trigger, behind a dot", live: with(`CREATE TRIGGER g AFTER INSERT ON t1 BEGIN SELECT new."age"; END`), do: drop("t1", "age"), err: `"g"`, asks: row},
		{name: "only a name", live: with(`CREATE VIEW v AS SELECT name AS "age" FROM t1`, "CREATE TABLE o(age)", `CREATE VIEW w AS SELECT "age" FROM o`, `CREATE VIEW x AS SELECT "o"."age" FROM o, t1`),
			do: drop("t1", "age"), keeps: []string{"v", "w", "x"}, asks: [][2]string{{"SELECT * FROM t1", "1 x"}}},
		{name: "index", live: with(`CREATE INDEX i ON t1(name || "code")`), do: auto(&newUnique{}), err: added(`index "i"`), asks: row},
		{name: "partial index", live: with(`CREATE INDEX i ON t1(name) WHERE name <> "code"`), do: auto(&newUnique{}), err: added(`index "i"`), asks: row},
		{name: "CHECK", live: []string{table + `, CONSTRAINT no_code CHECK (name <> "code"))`, oneRow}, do: auto(&newUnique{}), err: added(`constraint "no_code" (name <> "code")`), asks: row},
		{name: "generated", live: []string{table + `, both AS (name || "Code"))`, oneRow}, do: auto(&newUnique{}), err: added(`(name || "Code")`)},
		{name: "in single quotes", live: []string{table + ", CHECK (name <> 'code'))", oneRow, `CREATE INDEX "code2" ON "t1"("name") WHERE name <> 'code'`}, do: auto(&newUnique{}), keeps: []string{"code2"}},
		{name: "DEFAULT", live: []string{table + ` DEFAULT "code")`, oneRow}, do: auto(&newUnique{}), asks: [][2]string{{"SELECT dflt_value FROM pragma_table_info('t1') WHERE name = 'age'", `"code"`}}},
	})
}
