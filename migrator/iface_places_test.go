package migrator_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// onConn calls fn with one connection that has a file attached as aux.
func onConn(t *testing.T, fn func(db *gorm.DB)) {
	t.Helper()
	db := open(t)
	require.NoError(t, db.Connection(func(db *gorm.DB) error {
		db = db.Session(&gorm.Session{NewDB: true}) // or db.Table would stay with db
		exec(t, db, "ATTACH '"+filepath.Join(t.TempDir(), "aux.db")+"' AS aux")
		fn(db)
		require.Equal(t, 1, number(t, db, "PRAGMA foreign_keys"))
		require.Empty(t, strings1(t, db, "SELECT name FROM aux.sqlite_master WHERE name LIKE '%\\_\\_new%' ESCAPE '\\'"))
		return nil
	}))
}

type place struct {
	ID    uint
	Name  string `gorm:"size:20;not null;default:x;index:idx_place_name,where:name <> ''"`
	Code  string `gorm:"unique"`
	Price int    `gorm:"check:price_ok,price >= 0"`
	Old   string
}

type placeAfter struct {
	ID    uint
	Name  string `gorm:"size:30;not null;default:y;index:idx_place_name,where:name <> '',sort:desc"`
	Code  string
	Price int     `gorm:"check:price_ok,price >= -5"`
	Extra *string `gorm:"index"`
}

func (placeAfter) TableName() string { return "places" }

// Every method, on a table of main, of an attached file and of temp, while
// the others have a table of the same name that must stay as it is.
func TestEveryMethodInEveryPlace(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	for _, where := range []string{"places", "main.places", "aux.places", "temp.places"} {
		for _, twins := range []bool{false, true} {
			for _, by := range []string{"model", "name"} {
				if where == "places" && twins {
					continue // it is temp's then
				}
				name := where + " by " + by
				if twins {
					name += " with others of the name"
				}
				t.Run(name, func(t *testing.T) { onConn(t, func(db *gorm.DB) { everyMethod(t, db, where, by == "name", twins) }) })
			}
		}
	}
}

func everyMethod(t *testing.T, db *gorm.DB, where string, byName, twins bool) {
	var others []string
	for _, s := range []string{"main", "aux", "temp"} {
		if s+".places" != where && twins {
			exec(t, db, "CREATE TABLE "+s+".places(other, name)", "CREATE INDEX "+s+".idx_place_name ON places(other)",
				"INSERT INTO "+s+".places VALUES (1, 2)")
			others = append(others, s)
		}
	}
	schemaOfOthers := func() (out []string) {
		for _, s := range others {
			out = append(out, strings1(t, db, "SELECT sql FROM "+s+".sqlite_master WHERE tbl_name = 'places' ORDER BY name")...)
			out = append(out, strings1(t, db, "SELECT other || name FROM "+s+".places")...)
		}
		return out
	}
	before := schemaOfOthers()

	m, value, after := db.Table(where).Migrator(), any(&place{}), any(&placeAfter{})
	require.False(t, m.HasTable(&place{}))
	require.NoError(t, m.CreateTable(&place{}))
	require.NoError(t, m.AutoMigrate(&place{}), "nothing to do")
	exec(t, db, "INSERT INTO "+where+"(name, code, price, old) VALUES ('a', 'c', 1, 'o')")
	if byName {
		m, value = db.Migrator(), where
	}
	typ, err := m.TableType(value)
	require.NoError(t, err)
	schema := typ.Schema()
	require.Contains(t, []string{where, where + ".places"}, map[bool]string{true: "places", false: schema + ".places"}[where == "places"])

	require.True(t, m.HasTable(value))
	require.True(t, m.HasColumn(value, "OLD"))
	require.False(t, m.HasColumn(value, "other"))
	require.True(t, m.HasIndex(value, "idx_place_name"))
	require.True(t, m.HasConstraint(value, "price_ok"))
	require.True(t, m.HasConstraint(value, "uni_places_code"))
	require.False(t, m.HasConstraint(value, "nope"))
	types, err := m.ColumnTypes(value)
	require.NoError(t, err)
	require.Len(t, types, 5)
	counts, _ := types[0].AutoIncrement()
	require.True(t, counts)
	indexes, err := m.GetIndexes(value)
	require.NoError(t, err)
	require.Len(t, indexes, 1)
	require.Equal(t, []string{"name"}, indexes[0].Columns())

	require.NoError(t, m.RenameIndex(value, "idx_place_name", "idx_other"))
	require.True(t, m.HasIndex(value, "idx_other"))
	hidden := twins && where != "temp.places"
	old := "older"
	if err := m.RenameColumn(value, "old", old); hidden {
		require.True(t, isUnsupported(err), err)
		require.ErrorContains(t, err, `temp has a table "places"`)
		old = "old"
	} else {
		require.NoError(t, err)
	}
	require.NoError(t, m.DropColumn(value, old))
	require.NoError(t, m.DropIndex(value, "idx_other"))
	require.Error(t, m.DropIndex(value, "idx_place_name"), "it is of no other table")
	require.NoError(t, m.DropConstraint(value, "price_ok"))
	require.False(t, m.HasConstraint(value, "price_ok"))

	// What takes a model to say what it is.
	m = db.Table(where).Migrator()
	require.NoError(t, m.CreateConstraint(after, "price_ok"))
	require.NoError(t, m.AddColumn(after, "Extra"))
	require.NoError(t, m.CreateIndex(after, "Extra"))
	require.NoError(t, m.AlterColumn(after, "Name"))
	require.NoError(t, m.MigrateColumn(after, fieldNamed(t, db, after, "Code"), nil))
	require.False(t, m.HasConstraint(&place{}, "Code"))
	require.NoError(t, m.MigrateColumnUnique(&place{}, fieldNamed(t, db, &place{}, "Code"), nil))
	require.True(t, m.HasConstraint(&place{}, "Code"))
	require.NoError(t, m.AutoMigrate(after))
	plan := dumpOf(t, db, schema)
	require.NoError(t, m.AutoMigrate(after))
	require.Equal(t, plan, dumpOf(t, db, schema))
	require.Contains(t, plan, "desc")
	require.NoError(t, m.CreateView(schema+".seen", gorm.ViewOption{Query: db.Table("places").Where("price > ?", 0)}))
	require.Equal(t, 1, number(t, db, "SELECT count(*) FROM "+schema+".seen"))
	require.Equal(t, []string{"1|a|c|1|-"}, strings1(t, db, "SELECT concat_ws('|', id, name, code, price, coalesce(extra, '-')) FROM "+where))

	require.Equal(t, before, schemaOfOthers())
	require.NoError(t, m.DropView(schema+".seen"))
	if hidden {
		err := m.RenameTable(value, "moved")
		require.True(t, isUnsupported(err), err)
	} else {
		require.NoError(t, m.RenameTable(value, "moved"))
		require.True(t, m.HasTable(schema+".moved"))
		require.NoError(t, m.RenameTable(schema+".moved", schema+".places"))
	}
	require.NoError(t, m.DropTable(value))
	require.False(t, m.HasTable(where))
	require.Equal(t, before, schemaOfOthers())
}
