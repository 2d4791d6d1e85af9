package migrations_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// openWith opens a new file, with a connection to look at it.
func openWith(t *testing.T) (*gorm.DB, *sql.Conn) {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { dbtest.Close(t, pool) })
	return db, dbtest.Conn(t, pool)
}

type Part struct {
	ID   int64
	Name string `gorm:"type:varchar(20)"`
	Size int64
}

type PartUnique struct {
	Part
	Name string `gorm:"type:varchar(40);unique"`
}

func (PartUnique) TableName() string { return "parts" }

type PartWider struct {
	Part
	Name string `gorm:"type:varchar(40)"`
	More string
}

func (PartWider) TableName() string { return "parts" }

const parts = "CREATE TABLE parts (id integer PRIMARY KEY, name varchar(20), size integer, UNIQUE (size)); INSERT INTO parts VALUES (1, 'a', 1), (2, 'b', 2);"

// Views and triggers that were broken before stay as they are.
func TestWhatWasBrokenStays(t *testing.T) {
	t.Parallel()
	for name, ddl := range map[string]string{
		"view of a table that is gone":     "CREATE VIEW v AS SELECT * FROM gone",
		"view of a column that is gone":    "CREATE VIEW v AS SELECT gone, id FROM parts",
		"views of each other":              "CREATE VIEW v AS SELECT * FROM w; CREATE VIEW w AS SELECT * FROM v",
		"trigger on a table that is gone":  "CREATE TRIGGER t AFTER INSERT ON parts BEGIN INSERT INTO gone VALUES (1); END",
		"trigger on a column that is gone": "CREATE TRIGGER t AFTER UPDATE ON parts BEGIN UPDATE parts SET gone = 1; END",
		"trigger of another table":         "CREATE TABLE o (a); CREATE TRIGGER t AFTER DELETE ON o BEGIN DELETE FROM parts WHERE gone = old.a; END",
		"function that is gone":            "CREATE VIEW v AS SELECT gone(id) FROM parts",
		"collation that is gone":           "CREATE VIEW v AS SELECT name COLLATE gone AS n FROM parts ORDER BY 1",
	} {
		t.Run(name, func(t *testing.T) {
			db, conn := openWith(t)
			dbtest.Exec(t, conn, parts+ddl)
			text := "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY name)"
			before := dbtest.Text(t, conn, text)
			for _, model := range []any{&PartWider{}, &PartUnique{}} {
				require.NoError(t, db.AutoMigrate(model))
				require.Equal(t, before, dbtest.Text(t, conn, text))
			}
			require.NoError(t, db.Migrator().DropColumn("parts", "more"))
			require.NoError(t, db.Migrator().AlterColumn(&Part{}, "Name"))
			require.Equal(t, before, dbtest.Text(t, conn, text))
			require.Equal(t, "1|a|1;2|b|2", dbtest.Text(t, conn, "SELECT group_concat(id || '|' || name || '|' || size, ';') FROM parts"))
			dbtest.Intact(t, conn)
		})
	}
}

// What a change would break is named, and nothing is changed.
func TestWhatWouldBreakIsNamed(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	t.Parallel()
	wider := func(db *gorm.DB) error { return db.AutoMigrate(&PartWider{}) }
	drop := func(column string) func(*gorm.DB) error {
		return func(db *gorm.DB) error { return db.Migrator().DropColumn("parts", column) }
	}
	for name, c := range map[string]struct {
		ddl    string
		change func(*gorm.DB) error
		want   []string
	}{
		"trigger that counts columns": {
			"CREATE TRIGGER fine AFTER INSERT ON o BEGIN SELECT 1; END; CREATE TRIGGER counts AFTER INSERT ON o BEGIN INSERT INTO parts SELECT new.a, 'x', 9; END",
			wider, []string{`table "parts"`, `the trigger "counts"`, "4 columns but 3 values"},
		},
		"trigger of the table itself": {
			"CREATE TRIGGER first AFTER UPDATE ON parts BEGIN SELECT 1; END; CREATE TRIGGER counts AFTER UPDATE ON parts BEGIN INSERT OR IGNORE INTO parts VALUES (9, 'x', 9); END",
			wider, []string{`table "parts"`, `the trigger "counts"`, "4 columns but 3 values"},
		},
		"one more beside one that is broken": {
			"CREATE TRIGGER broken AFTER DELETE ON o BEGIN DELETE FROM gone; END; CREATE TRIGGER counts AFTER INSERT ON o BEGIN INSERT INTO parts VALUES (9, 'x', 9); END",
			wider, []string{`the trigger "counts"`},
		},
		"view that compares columns": {
			"CREATE VIEW both AS SELECT * FROM parts UNION SELECT 1, 2, 3",
			wider, []string{`table "parts"`, `the view "both"`},
		},
		"view that uses a column": {
			"CREATE VIEW names AS SELECT name FROM parts", drop("name"), []string{`parts`, `view "?names`, "name"},
		},
		"trigger that uses a column": {
			"CREATE TRIGGER named AFTER UPDATE OF name ON parts BEGIN SELECT 1; END", drop("name"), []string{"parts", `trigger "?named`, "name"},
		},
		"trigger that uses a column, with a rebuild": {
			"CREATE TRIGGER sized AFTER INSERT ON o BEGIN UPDATE parts SET size = 1; END", drop("size"), []string{"parts", `trigger "?sized`, "size"},
		},
		"temp trigger for updates of a column": {
			"CREATE TEMP TRIGGER named UPDATE OF id, name ON parts BEGIN SELECT 1; END", drop("name"), []string{"parts", `trigger "named"`, "name"},
		},
		"temp trigger": {
			"CREATE TEMP TRIGGER counts AFTER INSERT ON o BEGIN INSERT INTO parts SELECT 1, 2, 3; END",
			wider, []string{`the trigger "counts"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, conn := openWith(t)
			dbtest.Exec(t, conn, parts+"CREATE TABLE o (a);"+c.ddl)
			before := lookAt(t, conn, nil, nil)
			err := db.Connection(func(tx *gorm.DB) error {
				one := tx.Session(&gorm.Session{NewDB: true})
				one.Statement.ConnPool = conn // that of the temp trigger
				return c.change(one)
			})
			require.Error(t, err)
			for _, want := range c.want {
				require.Regexp(t, want, err.Error())
			}
			require.Equal(t, before, lookAt(t, conn, nil, nil))
		})
	}
}

// A clause ON CONFLICT of the table must not decide over rows that are copied.
func TestConflictClausesDropNoRows(t *testing.T) {
	t.Parallel()
	type item struct {
		ID   int64
		Name string `gorm:"type:text COLLATE NOCASE"`
	}
	for _, clause := range []string{"REPLACE", "IGNORE", "ROLLBACK", "FAIL", "ABORT"} {
		t.Run(clause, func(t *testing.T) {
			db, conn := openWith(t)
			dbtest.Exec(t, conn, "CREATE TABLE items (id integer PRIMARY KEY, name text UNIQUE ON CONFLICT "+clause+"); INSERT INTO items VALUES (1, 'a'), (2, 'A')")
			before := lookAt(t, conn, nil, nil)
			err := db.AutoMigrate(&item{})
			require.ErrorContains(t, err, `table "items"`)
			require.ErrorContains(t, err, "UNIQUE constraint failed")
			require.Equal(t, before, lookAt(t, conn, nil, nil))
		})
	}
}
