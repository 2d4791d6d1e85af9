package migrating

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// rowsOf is a table whose rows forbid a lot.
const rowsOf = `
CREATE TABLE places (id integer PRIMARY KEY);
CREATE TABLE things (id integer PRIMARY KEY, code text, name text, size integer, place_id integer, weight text);
CREATE TABLE parts (id integer PRIMARY KEY, thing_id integer REFERENCES things(id) ON DELETE CASCADE);
INSERT INTO places VALUES (1);
INSERT INTO things VALUES (1, 'a', 'x', 5, 1, '10'), (2, 'a', NULL, -5, 99, '007'), (3, 'A', 'z', 0, NULL, '30');
CREATE INDEX things_name ON things(name);
CREATE TRIGGER things_gone AFTER DELETE ON things BEGIN DELETE FROM places; END;
CREATE VIEW big_things AS SELECT * FROM things WHERE size > 1;`

// Place is what a Thing is in.
type Place struct{ ID uint }

type (
	unique struct {
		ID   uint
		Code string `gorm:"unique"`
	}
	uniqueIndex struct {
		ID   uint
		Code string `gorm:"uniqueIndex:codes"`
		New  string `gorm:"check:new <> 'x'"` // after a rebuild
	}
	uniqueLower struct {
		ID   uint
		Code string `gorm:"uniqueIndex:codes,expression:lower(code)"`
	}
	notNull struct {
		ID   uint
		Name string `gorm:"not null"`
	}
	newNotNull struct {
		ID  uint
		New string `gorm:"not null"`
	}
	check struct {
		ID   uint
		Size int `gorm:"check:sane_size,size >= 0"`
	}
	checkOfTwo struct {
		ID   uint
		Code string `gorm:"check:sane,code <> name OR size > 0"`
		New  string `gorm:"check:sane2,length(new) < 9"`
		Size int    `gorm:"check:sane3,size <> 0"`
	}
	foreign struct {
		ID      uint
		PlaceID *uint
		Place   *Place
	}
	number struct {
		ID     uint
		Weight int
	}
	generated struct {
		ID  uint
		New int `gorm:"type:integer GENERATED ALWAYS AS (json_extract(weight, '$')) STORED"`
	}
)

// What the rows forbid is an error that names the table, the column and the
// reason. Everything is as it was.
func TestWhatRowsForbid(t *testing.T) {
	for name, c := range map[string]struct {
		model any
		why   []string
	}{
		"UNIQUE":                     {&unique{}, []string{"UNIQUE", "code"}},
		"unique index":               {&uniqueIndex{}, []string{"create index", "UNIQUE", "code"}},
		"unique index of expression": {&uniqueLower{}, []string{"create index", "UNIQUE", "codes"}},
		"NOT NULL":                   {&notNull{}, []string{`column "name" cannot be NOT NULL: a value is NULL (1 row)`}},
		"new column NOT NULL":        {&newNotNull{}, []string{`column "new" is NOT NULL without a default`, "(3 rows)"}},
		"CHECK":                      {&check{}, []string{"sane_size", "size >= 0", "(1 row)"}},
		"one of several CHECKs":      {&checkOfTwo{}, []string{"sane3", "size <> 0", "(1 row)"}},
		"foreign key":                {&foreign{}, []string{"place_id", "places", "(1 row"}},
		"type":                       {&number{}, []string{`column "weight": a value would not be the same in the type "integer" (1 row)`}},
		"generated column":           {&generated{}, []string{"JSON"}},
	} {
		for way, in := range someWays() {
			t.Run(name+" "+way, func(t *testing.T) {
				db := open(t, dbtest.DSN(t, "_synchronous=OFF"))
				dbtest.Exec(t, pool(t, db), rowsOf)
				// Rows that refer are no matter here: inside a transaction
				// they would be the first reason.
				if inTransactionOf(way) {
					dbtest.Exec(t, pool(t, db), "INSERT INTO parts VALUES (1, NULL)")
				} else {
					dbtest.Exec(t, pool(t, db), "INSERT INTO parts VALUES (1, 1), (2, 2)")
				}
				before := thingsOf(t, db)
				err := in(db, func(tx *gorm.DB) error { return tx.Table("things").AutoMigrate(c.model) })
				require.Error(t, err)
				for _, part := range append(c.why, `table "things"`) {
					require.ErrorContains(t, err, part)
				}
				require.Equal(t, before, thingsOf(t, db))
				settled(t, db)

				// A user who goes on has what was done before and after.
				require.NoError(t, in(db, func(tx *gorm.DB) error {
					require.NoError(t, tx.Exec("INSERT INTO places VALUES (2)").Error)
					require.Error(t, tx.Session(&gorm.Session{}).Table("things").AutoMigrate(c.model))
					return tx.Session(&gorm.Session{}).Exec("INSERT INTO places VALUES (3)").Error
				}))
				require.Equal(t, before, thingsOf(t, db))
				require.Equal(t, int64(3), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM places"))
				settled(t, db)

				// Without the rows it is done.
				dbtest.Exec(t, pool(t, db), "PRAGMA foreign_keys = OFF; DELETE FROM parts; DROP TRIGGER things_gone; DELETE FROM things; PRAGMA foreign_keys = ON")
				require.NoError(t, in(db, func(tx *gorm.DB) error { return tx.Table("things").AutoMigrate(c.model) }))
			})
		}
	}
}

func inTransactionOf(way string) bool {
	return way == "transaction" || way == "prepared in a transaction"
}

func thingsOf(t testing.TB, db *gorm.DB) state {
	t.Helper()
	s := state{schema: schemaOf(t, pool(t, db))}
	for _, q := range []string{"SELECT * FROM things ORDER BY id", "SELECT * FROM parts ORDER BY id"} {
		s.rows += dbtest.Text(t, pool(t, db), "SELECT hex(sha3_query(?))", q)
	}
	return s
}

// Rows that broke a foreign key before go on doing so, and are no reason to
// refuse another change; one row more is.
func TestRowsThatBrokeAKeyBefore(t *testing.T) {
	db, err := openWith(dbtest.DSN(t), nil)
	require.NoError(t, err)
	defer dbtest.Close(t, pool(t, db))
	c := dbtest.Conn(t, pool(t, db))
	dbtest.Exec(t, c, "PRAGMA foreign_keys = OFF;"+rowsOf+"INSERT INTO parts VALUES (1, 1), (2, 77); PRAGMA foreign_keys = ON")
	require.NoError(t, c.Close())
	type checked struct {
		ID   uint
		Name string `gorm:"check:name <> 'bad'"`
	}
	require.NoError(t, db.Table("things").AutoMigrate(&checked{}))
	type part struct {
		ID      uint
		ThingID *uint `gorm:"check:thing_id <> 5"`
	}
	require.NoError(t, db.AutoMigrate(&part{}))
	require.Equal(t, int64(1), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM pragma_foreign_key_check"))
	require.Equal(t, int64(2), dbtest.Int(t, pool(t, db), "SELECT count(*) FROM parts"))
	before := thingsOf(t, db)
	require.ErrorContains(t, db.Table("things").AutoMigrate(&foreign{}), "place_id")
	require.Equal(t, before, thingsOf(t, db))
	settled(t, db)
}

// Triggers of the user do not run for the rows of a rebuild, and cannot make
// it fail.
func TestTriggersDoNotRun(t *testing.T) {
	db, _ := shop(t, "")
	for _, event := range []string{"INSERT", "DELETE", "UPDATE"} {
		for _, table := range []string{"customers", "orders", "visits"} {
			dbtest.Exec(t, pool(t, db), "CREATE TRIGGER no_"+table+event+" BEFORE "+event+" ON "+table+" BEGIN SELECT raise(ABORT, 'never'); END")
		}
	}
	before := look(t, pool(t, db))
	steps := 0
	require.NoError(t, watched(t, db, func(migrator.Event) { steps++ }).AutoMigrate(works["several"]...))
	require.NotZero(t, steps)
	require.Equal(t, before.rows, look(t, pool(t, db)).rows)
	require.ErrorContains(t, db.Exec("DELETE FROM customers").Error, "never")
}
