package migrator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// names gives every table, column, index and constraint an odd name.
type names struct {
	schema.NamingStrategy
	odd string
}

func (n names) TableName(string) string                       { return "`" + strings.ReplaceAll("t"+n.odd, "`", "``") + "`" }
func (n names) ColumnName(_, column string) string            { return column + n.odd }
func (n names) IndexName(_, column string) string             { return "i" + column + n.odd }
func (n names) CheckerName(_, column string) string           { return "c" + column + n.odd }
func (n names) UniqueName(_, column string) string            { return "u" + column + n.odd }
func (n names) RelationshipFKName(schema.Relationship) string { return "f" + n.odd }

type odd struct {
	ID    uint
	Name  string `gorm:"index;unique"`
	Other string
}

// Every method works for names with any characters in them.
func TestOddNames(t *testing.T) {
	for _, o := range []string{`"`, `""`, "'", "`", "``", "[", "]", "a b", ";--", "/*", "%", "_", "\\", "表", "é", "\t", "\n", "?", "@a", ":b", "$1", "{}", "__new1"} {
		t.Run(o, func(t *testing.T) {
			db := open(t)
			db.Config.NamingStrategy = names{odd: o}
			twice(t, db, &odd{})
			m, table := db.Migrator(), "t"+o
			require.True(t, m.HasTable(&odd{}))
			require.True(t, m.HasColumn(&odd{}, "Name"))
			require.True(t, m.HasColumn(&odd{}, "NAME"+o))
			require.True(t, m.HasIndex(&odd{}, "Name"))
			require.True(t, m.HasConstraint(&odd{}, "Name"))
			require.NoError(t, db.Create(&odd{Name: "n", Other: "o"}).Error)
			tables, err := m.GetTables()
			require.NoError(t, err)
			require.Equal(t, []string{table}, tables)
			require.NoError(t, m.DropConstraint(&odd{}, "Name"))
			require.NoError(t, m.CreateConstraint(&odd{}, "Name"))
			require.NoError(t, m.RenameIndex(&odd{}, "Name", "new"+o))
			require.NoError(t, m.RenameColumn(&odd{}, "Other", "new"+o))
			require.NoError(t, m.RenameColumn(&odd{}, "new"+o, "Other"))
			require.NoError(t, m.AlterColumn(&odd{}, "Other"))
			require.NoError(t, m.DropColumn(&odd{}, "Other"))
			require.NoError(t, m.AddColumn(&odd{}, "Other"))
			require.NoError(t, m.DropIndex(&odd{}, "new"+o))
			require.NoError(t, m.CreateIndex(&odd{}, "Name"))
			require.NoError(t, m.RenameTable(&odd{}, "other"))
			require.NoError(t, m.RenameTable("other", &odd{}))
			view := "`v" + strings.ReplaceAll(o, "`", "``") + "`"
			require.NoError(t, m.CreateView(view, gorm.ViewOption{Query: db.Model(&odd{})}))
			require.NoError(t, m.CreateView(view, gorm.ViewOption{Query: db.Model(&odd{}).Where("1 = ?", 1), Replace: true}))
			require.NoError(t, m.DropView(view))
			types, err := m.ColumnTypes(&odd{})
			require.NoError(t, err)
			require.Equal(t, "Name"+o, types[1].Name())
			require.Equal(t, 1, number(t, db, "SELECT count(*) FROM "+"`"+strings.ReplaceAll(table, "`", "``")+"`"))
			twice(t, db, &odd{})
			require.NoError(t, m.DropTable(&odd{}))
			require.Empty(t, strings.ReplaceAll(dump(t, db), "CREATE TABLE sqlite_sequence(name,seq)", ""))
		})
	}
}

// A NUL in a name is an error of every method that would write it.
func TestNamesThatCannotBe(t *testing.T) {
	for _, part := range []string{"table", "column", "index"} {
		t.Run(part, func(t *testing.T) {
			db := open(t)
			exec(t, db, "CREATE TABLE t(a)")
			var model any = &odd{}
			switch part {
			case "table":
				db = db.Table("t\x00x")
			case "column":
				model = &struct {
					ID uint
					A  string `gorm:"column:a\x00b"`
				}{}
				db = db.Table("u")
			case "index":
				model = &struct {
					ID uint
					A  string `gorm:"index:a\x00b"`
				}{}
				db = db.Table("u")
			}
			m := db.Migrator()
			clean := db.Session(&gorm.Session{NewDB: true})
			nothingChanged(t, clean, func() {
				require.ErrorContains(t, m.AutoMigrate(model), "NUL")
				require.ErrorContains(t, m.CreateTable(model), "NUL")
				require.False(t, m.HasTable(model))
			})
		})
	}
	db := open(t)
	exec(t, db, "CREATE TABLE t(a)", "CREATE INDEX i ON t(a)", "INSERT INTO t VALUES (1)", "CREATE VIEW v AS SELECT 1 AS one")
	m := db.Migrator()
	nothingChanged(t, db, func() {
		for _, bad := range []string{"t\x00", "t\x00x", "", "\x00"} {
			require.False(t, m.HasTable(bad), "%q", bad)
			require.NoError(t, m.DropTable(bad), "%q is not there", bad)
			for what, err := range map[string]error{
				"DropColumn": m.DropColumn(bad, "a"), "RenameColumn": m.RenameColumn(bad, "a", "b"), "RenameTable": m.RenameTable(bad, "x"),
				"DropIndex": m.DropIndex(bad, "i"), "RenameIndex": m.RenameIndex(bad, "i", "j"), "DropConstraint": m.DropConstraint(bad, "x"),
			} {
				require.ErrorContains(t, err, fmt.Sprintf("table %q: there is none of that name", bad), what)
			}
		}
		require.Error(t, m.DropIndex("t", "i\x00"))
		require.Error(t, m.DropColumn("t", "a\x00"))
		require.Error(t, m.DropColumn("t", ""))
		require.Error(t, m.DropView("v\x00"))
		require.False(t, m.HasIndex("t", "i\x00"))
		require.False(t, m.HasConstraint("t\x00", "x"))
	})
}

// What SQLite takes and nobody should have is still dropped and read.
func TestAnEmptyTableName(t *testing.T) {
	db := open(t)
	exec(t, db, `CREATE TABLE ""("" INT)`)
	tables, err := db.Migrator().GetTables()
	require.NoError(t, err)
	require.Equal(t, []string{""}, tables)
	require.NoError(t, db.AutoMigrate(&odd{}), "it is not in the way")
}
