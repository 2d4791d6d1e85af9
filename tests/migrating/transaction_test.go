package migrating

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Parent has a CHECK more and one less than the table, and another type.
type Parent struct {
	ID   uint
	Up   *uint
	Code string `gorm:"unique"`
	Kind string `gorm:"type:varchar(9);check:new_check,kind <> 'worse'"`
	Odd  string
}

// relatives are tables that refer to each other: %[1]s is the action of the
// kids' foreign key, %[2]s that of the parents' to themselves.
const relatives = `
CREATE TABLE parents (id integer PRIMARY KEY, up integer %[2]s, code text, kind text, odd text,
	CONSTRAINT uni_parents_code UNIQUE (code), CONSTRAINT old_check CHECK (odd <> 'bad'));
CREATE TABLE kids (id integer PRIMARY KEY, parent_id integer DEFAULT 1 %[1]s, n integer);
CREATE TABLE grandkids (id integer PRIMARY KEY, kid_id integer REFERENCES kids(id) ON DELETE CASCADE);
CREATE TRIGGER kid_gone AFTER DELETE ON kids BEGIN INSERT INTO kids(n) VALUES (-1); END;
INSERT INTO parents(id, code, odd) VALUES (1, 'a', 'x'), (2, 'b', 'y');`

const kidRows = "INSERT INTO kids VALUES (1, 1, 10), (2, 2, 20), (3, NULL, 30); INSERT INTO grandkids VALUES (1, 1), (2, 3)"

// operations are what needs the parents to be made anew, and what does not.
var operations = map[string]struct {
	rebuilds bool
	fn       func(*gorm.DB) error
}{
	"AutoMigrate":      {true, func(db *gorm.DB) error { return db.AutoMigrate(&Parent{}) }},
	"DropColumn":       {true, func(db *gorm.DB) error { return db.Migrator().DropColumn(&Parent{}, "Odd") }},
	"CreateConstraint": {true, func(db *gorm.DB) error { return db.Migrator().CreateConstraint(&Parent{}, "new_check") }},
	"DropConstraint":   {true, func(db *gorm.DB) error { return db.Migrator().DropConstraint(&Parent{}, "old_check") }},
	"AlterColumn":      {false, func(db *gorm.DB) error { return db.Migrator().AlterColumn(&Parent{}, "Kind") }},
}

func relativesOf(t testing.TB, db *gorm.DB) (s state) {
	t.Helper()
	var schema, rows []string
	require.NoError(t, db.Raw("SELECT name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name").Scan(&schema).Error)
	require.NoError(t, db.Raw(`SELECT 'parent ' || id || ' ' || coalesce(up, '') || ' ' || code FROM parents UNION ALL
		SELECT 'kid ' || id || ' ' || coalesce(parent_id, '') || ' ' || n FROM kids UNION ALL
		SELECT 'grandkid ' || id || ' ' || coalesce(kid_id, '') FROM grandkids ORDER BY 1`).Scan(&rows).Error)
	return state{strings.Join(schema, "\n"), strings.Join(rows, "\n")}
}

var actions = []string{"", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON DELETE SET DEFAULT", " ON DELETE RESTRICT",
	" ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED", " DEFERRABLE INITIALLY DEFERRED"}

// Inside a transaction of the user, foreign keys cannot be switched off, and
// dropping the old table of a rebuild deletes its rows: a migration is done
// without an action that fires, or refused before anything is changed.
func TestInATransaction(t *testing.T) {
	for _, c := range []struct {
		name, kids, self string
		sql              string
		refused          bool // when the table has to be made anew and the action does something
	}{
		{"kids", " REFERENCES parents(id)%s", "", kidRows, true},
		{"kids of a code", " REFERENCES parents(code)%s", "", "INSERT INTO kids VALUES (1, 'a', 10), (2, 'b', 20)", true},
		{"no kids", " REFERENCES parents(id)%s", "", "", false},
		{"kids without parents", " REFERENCES PARENTS%s", "", "INSERT INTO kids VALUES (1, NULL, 10), (2, NULL, 20)", false},
		{"itself", "", " REFERENCES parents(id)%s", "UPDATE parents SET up = 1", true},
		{"itself, without rows that do", "", " REFERENCES parents(id)%s", kidRows, false},
		// A virtual table is none that refers to another.
		{"a virtual table", "", "", "CREATE VIRTUAL TABLE found USING fts5(code, content='parents', content_rowid='id')", false},
	} {
		for _, action := range actions {
			if c.kids+c.self == "" && action != "" {
				continue
			}
			for name, op := range operations {
				t.Run(c.name+action+" "+name, func(t *testing.T) {
					db := open(t, dbtest.DSN(t, "_synchronous=OFF"))
					dbtest.Exec(t, pool(t, db), fmt.Sprintf(relatives, with(c.kids, action), with(c.self, action))+c.sql)
					acts := strings.Contains(action, "CASCADE") || strings.Contains(action, "SET")
					inTransaction(t, db, op.fn, c.refused && op.rebuilds && acts)
				})
			}
		}
	}
}

func with(reference, action string) string {
	if reference == "" {
		return ""
	}
	return fmt.Sprintf(reference, action)
}

// inTransaction does what a user does before and after it, in a transaction.
func inTransaction(t *testing.T, db *gorm.DB, op func(*gorm.DB) error, refused bool) {
	t.Helper()
	before := relativesOf(t, db)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("INSERT INTO parents(id, code) VALUES (8, 'mine')").Error)
		mine := relativesOf(t, tx)
		err := op(tx)
		now := relativesOf(t, tx)
		require.Equal(t, mine.rows, now.rows)
		if refused {
			require.ErrorIs(t, err, driver.ErrUnsupported)
			require.ErrorContains(t, err, `table "parents"`)
			require.ErrorContains(t, err, "migrate outside the transaction")
			require.Equal(t, mine.schema, now.schema)
		} else {
			require.NoError(t, err)
			require.NotEqual(t, mine.schema, now.schema)
		}
		var set string
		require.NoError(t, tx.Raw(settings).Scan(&set).Error)
		require.Equal(t, defaults, set)
		return tx.Exec("INSERT INTO parents(id, code) VALUES (9, 'more')").Error
	}))
	after := relativesOf(t, db)
	require.Equal(t, refused, before.schema == after.schema)
	for _, row := range strings.Split(before.rows, "\n") {
		require.Contains(t, after.rows, row)
	}
	require.Contains(t, after.rows, "parent 8  mine")
	require.Contains(t, after.rows, "parent 9  more")
	settled(t, db)
	if refused { // outside it can be done
		require.NoError(t, op(db))
		now := relativesOf(t, db)
		require.Equal(t, after.rows, now.rows)
		require.NotEqual(t, after.schema, now.schema)
	}
}

// Each way to have a transaction is one.
func TestKindsOfTransaction(t *testing.T) {
	for name, cfg := range map[string]*gorm.Config{
		"default":                  {},
		"SkipDefaultTransaction":   {SkipDefaultTransaction: true},
		"PrepareStmt":              {PrepareStmt: true},
		"DisableNestedTransaction": {DisableNestedTransaction: true},
	} {
		for _, nested := range []bool{false, true} {
			for _, refused := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, nested %v, refused %v", name, nested, refused), func(t *testing.T) {
					db := open(t, dbtest.DSN(t), cfg)
					rows := ""
					if refused {
						rows = kidRows
					}
					dbtest.Exec(t, pool(t, db), fmt.Sprintf(relatives, " REFERENCES parents(id) ON DELETE CASCADE", "")+rows)
					op := operations["AutoMigrate"].fn
					inTransaction(t, db, func(tx *gorm.DB) error {
						if nested && inTx(tx) {
							return tx.Transaction(op)
						}
						return op(tx)
					}, refused)
				})
			}
		}
	}
}

func inTx(db *gorm.DB) bool {
	_, ok := db.Statement.ConnPool.(gorm.TxCommitter)
	return ok
}

// What was done in a transaction goes with it.
func TestTransactionThatIsRolledBack(t *testing.T) {
	db, _ := shop(t, "")
	before := look(t, pool(t, db))
	boom := errors.New("boom")
	require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.AutoMigrate(&Visit{}, &Order{}, &Bill{}))
		require.True(t, tx.Migrator().HasTable(&Bill{}))
		return boom
	}), boom)
	failed(t, db, before, boom)

	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.AutoMigrate(&Visit{}, &Bill{}))
			return boom
		}), boom)
		return tx.AutoMigrate(&Order{})
	}))
	require.False(t, db.Migrator().HasTable(&Bill{}))
	require.True(t, db.Migrator().HasColumn(&Order{}, "Place"))
	require.Equal(t, before.rows, look(t, pool(t, db)).rows)
	settled(t, db)
}

// When one of several models is refused, none is carried out.
func TestRefusalIsOfTheWholeCall(t *testing.T) {
	db, _ := shop(t, "")
	before := look(t, pool(t, db))
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.ErrorIs(t, tx.AutoMigrate(works["several"]...), driver.ErrUnsupported)
		require.False(t, tx.Migrator().HasTable(&Bill{}))
		require.False(t, tx.Migrator().HasColumn(&Order{}, "Place"))
		require.NoError(t, tx.AutoMigrate(&Order{}))
		return nil
	}))
	require.Equal(t, before.rows, look(t, pool(t, db)).rows)
	require.True(t, db.Migrator().HasColumn(&Order{}, "Place"))
	settled(t, db)
}

// Keys refer within their own file.
func TestTransactionOnAnAttachedFile(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	for _, c := range []struct {
		schema  string
		refused bool
	}{{"main", false}, {"other", true}} {
		t.Run("kids in "+c.schema, func(t *testing.T) {
			db := open(t, dbtest.DSN(t))
			pool(t, db).SetMaxOpenConns(1)
			other := dbtest.File(t)
			require.NoError(t, db.Connection(func(db *gorm.DB) error {
				db = db.Session(&gorm.Session{}) // so that each statement has its own error
				require.NoError(t, db.Exec("ATTACH ? AS other", other).Error)
				for _, s := range []string{
					"CREATE TABLE parents (id integer PRIMARY KEY)", "CREATE TABLE other.parents (id integer PRIMARY KEY, up integer, code text, kind text, odd text)",
					"CREATE TABLE " + c.schema + ".kids (id integer PRIMARY KEY, parent_id integer REFERENCES parents(id) ON DELETE CASCADE)",
					"INSERT INTO parents VALUES (1)", "INSERT INTO other.parents(id, code, kind) VALUES (1, 'a', 'b')", "INSERT INTO kids VALUES (1, 1)",
				} {
					require.NoError(t, db.Exec(s).Error, s)
				}
				require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
					err := tx.Table("other.parents").AutoMigrate(&Parent{})
					if c.refused {
						require.ErrorIs(t, err, driver.ErrUnsupported)
						require.ErrorContains(t, err, `table "other.parents"`)
						return nil
					}
					return err
				}))
				for _, table := range []string{"parents", "other.parents", "kids"} {
					var n int64
					require.NoError(t, db.Table(table).Count(&n).Error)
					require.Equal(t, int64(1), n, table)
				}
				require.Equal(t, c.refused, db.Exec("INSERT INTO other.parents(id, kind) VALUES (2, 'worse')").Error == nil)
				return db.Exec("DETACH other").Error
			}))
		})
	}
}

// A transaction that only reads refuses to migrate, and goes on reading.
func TestTransactionThatReads(t *testing.T) {
	db, _ := shop(t, "")
	before := look(t, pool(t, db))
	require.NoError(t, db.AutoMigrate(&Order{}))
	after := look(t, pool(t, db))
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.AutoMigrate(&Order{}), "there is nothing to do")
		require.ErrorContains(t, tx.AutoMigrate(&Bill{}), "readonly")
		var n int64
		return tx.Model(&Order{}).Count(&n).Error
	}, &sql.TxOptions{ReadOnly: true}))
	require.Equal(t, before.rows, after.rows)
	failed(t, db, after, errors.New("readonly"))
}

// A table that rows refer to is not dropped in a transaction, because they
// would be, too. With the others it is.
func TestDropTableInATransaction(t *testing.T) {
	for _, action := range actions {
		t.Run(action, func(t *testing.T) {
			db := open(t, dbtest.DSN(t))
			dbtest.Exec(t, pool(t, db), fmt.Sprintf(relatives, " REFERENCES parents(id)"+action, "")+kidRows)
			require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
				before := relativesOf(t, tx)
				require.ErrorIs(t, tx.Migrator().DropTable("parents"), driver.ErrUnsupported)
				require.ErrorIs(t, tx.Migrator().DropTable("kids"), driver.ErrUnsupported)
				require.ErrorIs(t, tx.Migrator().DropTable("parents", "kids"), driver.ErrUnsupported)
				require.Equal(t, before, relativesOf(t, tx))
				require.NoError(t, tx.Migrator().DropTable("grandkids"))
				return tx.Migrator().DropTable("parents", "kids")
			}))
			require.Empty(t, tables(t, db))
			settled(t, db)
		})
	}
}
