package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// SQLite's DROP COLUMN and libSQL's ALTER COLUMN would write texts in double
// quotes anew, in every object of the database: it is a rebuild where there is
// one, and stays a single statement where there is none.
func TestTextsInDoubleQuotesStay(t *testing.T) {
	t.Parallel()
	type item struct {
		ID   int64
		Size string `gorm:"type:varchar(20)"`
		Old  string
	}
	for _, c := range []struct {
		name, sql string
		rebuilt   bool
	}{
		{"none", "CREATE TABLE other (a TEXT DEFAULT 'x')", false},
		{"names in a table", `CREATE TABLE "other" ("a" TEXT CHECK ("a" <> 'x'), "b" AS ("a"), CHECK ("other"."b" > ''), FOREIGN KEY ("a") REFERENCES "items" ("id"))`, false},
		{"names in an index", `CREATE TABLE other (a TEXT); CREATE INDEX i ON "other" ("a", lower("a")) WHERE "a" > ''`, false},
		{"CHECK", `CREATE TABLE other (a TEXT CHECK (a <> "x"))`, true},
		{"CHECK of the table", `CREATE TABLE other (a TEXT, CHECK (a IN ("x", 'y')))`, true},
		{"DEFAULT", `CREATE TABLE other (a TEXT DEFAULT "x")`, true},
		{"generated", `CREATE TABLE other (a TEXT, b AS (a || "x"))`, true},
		{"partial index", `CREATE TABLE other (a TEXT); CREATE INDEX i ON other (a) WHERE a <> "x"`, true},
		{"index", `CREATE TABLE other (a TEXT); CREATE INDEX i ON other ("lower", a)`, true},
		{"view", `CREATE VIEW other AS SELECT id, "x" AS a FROM items`, true},
		{"trigger", `CREATE TRIGGER other AFTER DELETE ON items BEGIN SELECT "x"; END`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, conn := openWith(t)
			dbtest.Exec(t, conn, "CREATE TABLE items (id integer PRIMARY KEY, size varchar(10), old text); INSERT INTO items VALUES (1, 'a', 'b');"+c.sql)
			before := lookAt(t, conn, nil, map[string][]string{"items": {"old"}})
			plan, err := migrator.NewPlan(db, &item{})
			require.NoError(t, err)
			kinds := map[migrator.Kind]bool{}
			for _, s := range plan.Steps() {
				kinds[s.Kind] = true
			}
			require.Equal(t, c.rebuilt, kinds[migrator.CopyRows], plan)
			require.Equal(t, !c.rebuilt, kinds[migrator.AlterColumn], plan)
			require.NoError(t, db.AutoMigrate(&item{}))
			require.NoError(t, db.Migrator().DropColumn(&item{}, "Old"))
			sameBut(t, before, lookAt(t, conn, nil, nil), []string{"table items"})
		})
	}
}

// libSQL's ALTER COLUMN takes the first comma or parenthesis for the end of
// the column, which made "y" of the first comment a column, and leaves out a
// comment before the end.
func TestAlterColumnKeepsWhatStandsBehindIt(t *testing.T) {
	t.Parallel()
	type item struct {
		ID   int64
		Size string `gorm:"type:varchar(20)"`
	}
	for name, rest := range map[string]string{
		"comma in a comment":       "text, size char -- x, y\n, z text",
		"comment":                  "text, size char -- as told\n, z text",
		"comment at the end":       "text, z text, size char /* as told */",
		"parenthesis in a comment": "text, z text, size char -- as told)\n",
		"comma in a type":          "text, size decimal(10,2), z text",
		"comma in a text":          "text, size char DEFAULT 'a,b', z text",
		"parenthesis in a text":    "text, size char DEFAULT 'a)b', z text",
		"comma in a CHECK":         "text, size char CHECK (size IN ('a', 'null')), z text",
		"comma in a function":      "text, size char CHECK (size > min('a', '')), z text CHECK (z IN (1, 2))",
		"comma behind the table":   "text, z text, size char",
	} {
		t.Run(name, func(t *testing.T) {
			db, conn := openWith(t)
			options := ""
			if name == "comma behind the table" {
				options = " WITHOUT ROWID /* a, b */"
			}
			dbtest.Exec(t, conn, "CREATE TABLE items (id integer PRIMARY KEY, a "+rest+")"+options+"; INSERT INTO items(id, size) VALUES (1, 'a')")
			before := lookAt(t, conn, nil, nil)
			require.NoError(t, db.AutoMigrate(&item{}))
			after := lookAt(t, conn, nil, nil)
			sameBut(t, before, after, []string{"table items"})
			for _, comment := range []string{"-- x, y\n", "-- as told", "/* as told */", "/* a, b */"} {
				if text := "main.table items"; before.objects[text] != "" {
					require.Equal(t, contains(before.objects[text], comment), contains(after.objects[text], comment), after.objects[text])
				}
			}
			writesNothing(t, db, conn, []any{&item{}})
		})
	}
}
