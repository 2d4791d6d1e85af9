package migrating

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type (
	twoFields struct {
		ID uint
		A  string `gorm:"column:total"`
		B  int    `gorm:"column:total"`
	}
	twoCases struct {
		ID uint
		A  string `gorm:"column:total"`
		B  int    `gorm:"column:TOTAL"`
	}
	twoIndexes struct {
		ID   uint
		Note string `gorm:"index:one,unique"`
		More string `gorm:"index:ONE"`
	}
	indexOfOther struct {
		ID   uint
		Note string `gorm:"index:by_name"`
	}
	indexOfBoth struct {
		ID   uint
		Note string `gorm:"index:shared"`
	}
	indexOfBothToo struct {
		ID   uint
		Note string `gorm:"index:shared"`
	}
	orderOfText struct {
		ID    uint
		Total string `gorm:"type:text"`
	}
	orderOfInt struct {
		ID    uint
		Total int `gorm:"type:integer"`
	}
	badCheck struct {
		ID   uint
		Note string `gorm:"check:nothing_there > 0"`
	}
	badSyntax struct {
		ID   uint
		Note string `gorm:"check:note >"`
	}
	badDefault struct {
		ID uint
		At time.Time `gorm:"default:(now("`
	}
	unknownDefault struct {
		ID uint
		At time.Time `gorm:"default:now()"`
	}
	badType struct {
		ID   uint
		Note string `gorm:"type:text, more text"`
	}
	badWhere struct {
		ID   uint
		Note string `gorm:"index:i,where:nothing_there > 0"`
	}
	badClass struct {
		ID   uint
		Note string `gorm:"index:i,class:FULLTEXT"`
	}
	noColumn struct {
		Note string `gorm:"-"`
	}
	nulColumn struct {
		ID   uint
		Note string `gorm:"column:a\x00b"`
	}
	nulIndex struct {
		ID   uint
		Note string `gorm:"index:a\x00b"`
	}
	viewModel struct{ Name string }
)

func (orderOfText) TableName() string { return "orders" }
func (orderOfInt) TableName() string  { return "orders" }
func (viewModel) TableName() string   { return "spenders" }

// A model that cannot be is an error that says why, wherever the migration
// runs and whatever else it was to do.
func TestModelThatContradictsItself(t *testing.T) {
	for name, c := range map[string]struct {
		models []any
		why    []string
	}{
		"two fields of a column":          {[]any{&twoFields{}}, []string{`table "two_fields"`, "the fields A and B are one column", `"total"`}},
		"two cases of a column":           {[]any{&twoCases{}}, []string{`table "two_cases"`, "the fields A and B are one column", `"TOTAL"`}},
		"two indexes of a name":           {[]any{&twoIndexes{}}, []string{`table "two_indexes"`, `two indexes have the name`}},
		"index of another table":          {[]any{&indexOfOther{}}, []string{`"by_name"`, `"customers"`, `"index_of_others"`}},
		"index of two models":             {[]any{&indexOfBoth{}, &indexOfBothToo{}}, []string{`"shared"`, `"index_of_boths"`, `"index_of_both_toos"`}},
		"two types of a column":           {[]any{&orderOfText{}, &orderOfInt{}}, []string{`table "orders"`, `"total"`}},
		"two types of a column and again": {[]any{&orderOfInt{}, &orderOfText{}}, []string{`table "orders"`, `"total"`}},
		"CHECK of no column":              {[]any{&badCheck{}}, []string{`table "bad_checks"`, "nothing_there"}},
		"CHECK that is none":              {[]any{&badSyntax{}}, []string{`table "bad_syntaxes"`}},
		"DEFAULT that is none":            {[]any{&badDefault{}}, []string{`table "bad_defaults"`}},
		"DEFAULT of no function":          {[]any{&unknownDefault{}}, []string{`table "unknown_defaults"`, "now"}},
		"type that is two":                {[]any{&badType{}}, []string{`table "bad_types"`, `a type makes the column "more", which no field has`}},
		"WHERE of no column":              {[]any{&badWhere{}}, []string{`table "bad_wheres"`, "nothing_there"}},
		"class of another database":       {[]any{&badClass{}}, []string{`table "bad_classes"`, `index "i"`, "FULLTEXT"}},
		"no column":                       {[]any{&noColumn{}}, []string{`table "no_columns"`, "no column"}},
		"NUL in a column":                 {[]any{&nulColumn{}}, []string{`table "nul_columns"`, "NUL"}},
		"NUL in an index":                 {[]any{&nulIndex{}}, []string{`table "nul_indices"`, "NUL"}},
		"a view":                          {[]any{&viewModel{}}, []string{`"spenders"`, "view"}},
		"no model":                        {[]any{7}, []string{"7"}},
		"no model either":                 {[]any{nil}, nil},
		"a name":                          {[]any{"orders"}, []string{"orders"}},
	} {
		for way, in := range someWays() {
			t.Run(name+" "+way, func(t *testing.T) {
				db, _ := shop(t, "")
				before := look(t, pool(t, db))
				models := append([]any{&Visit{}, &Bill{}}, c.models...)
				err := in(db, func(tx *gorm.DB) error { return tx.AutoMigrate(models...) })
				failed(t, db, before, err, c.why...)
			})
		}
	}
}

// Fields may share a column when they agree, or when one hides the other.
func TestFieldsOfAColumnThatAgree(t *testing.T) {
	type stamp struct {
		ID   string
		Note int
	}
	type agree struct {
		stamp
		ID      uint
		Note    string
		NoteToo string `gorm:"column:note"`
		Length  int    `gorm:"column:note;->"`
	}
	db, _ := shop(t, "")
	for range 2 {
		require.NoError(t, db.AutoMigrate(&agree{}))
	}
	require.Contains(t, schemaOf(t, pool(t, db)), "`note` text")
}

// One table may have several models that agree.
func TestModelsOfATableThatAgree(t *testing.T) {
	type orderNote struct {
		ID   uint
		Note string `gorm:"index:notes,where:note <> ''"`
		Tag  string
	}
	type orderPlace struct {
		ID    uint
		Place *string
		Seen  bool
	}
	db, _ := shop(t, "")
	before := look(t, pool(t, db))
	tx := db.Table("orders")
	for range 2 {
		require.NoError(t, tx.AutoMigrate(&orderNote{}, &Order{}, &orderPlace{}))
	}
	for _, c := range []string{"tag", "paid", "place", "seen"} {
		require.True(t, db.Migrator().HasColumn("orders", c), c)
	}
	require.Equal(t, before.rows, look(t, pool(t, db)).rows)
	version := dbtest.Int(t, pool(t, db), "PRAGMA schema_version")
	require.NoError(t, tx.AutoMigrate(&orderNote{}, &Order{}, &orderPlace{}))
	require.Equal(t, version, dbtest.Int(t, pool(t, db), "PRAGMA schema_version"))
}

// oddNames are all names.
var oddNames = []string{"select", "two words", `dou"ble`, "sin'gle", "back`tick", "[brackets]", "semi;colon", "--comment", "/*comment*/",
	"ünï", "per%cent", "que?stion", "at@sign", "dollar$1", "new\nline", "a`b\"c'd]e", "1st", ";DROP TABLE orders;--", " "}

// oddly gives the names of tables and of the column note.
type oddly struct {
	schema.NamingStrategy
	name string
}

func (o oddly) TableName(string) string { return o.name }

func (o oddly) ColumnName(table, column string) string {
	if column == "Note" {
		return o.name
	}
	return o.NamingStrategy.ColumnName(table, column)
}

// Names of every kind are names: the table is made, filled, made anew and
// dropped.
func TestOddNames(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsText)
	type plain struct {
		ID   uint
		Note string `gorm:"index"`
	}
	type odd struct {
		ID   uint
		Note string `gorm:"index;unique"`
		More string `gorm:"not null;default:x;check:more <> 'bad'"`
	}
	for i, name := range oddNames {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			db, _ := shop(t, "", &gorm.Config{NamingStrategy: oddly{name: name}})
			before := look(t, pool(t, db))
			require.NoError(t, db.AutoMigrate(&plain{}))
			require.NoError(t, db.Create(&plain{ID: 7, Note: "it"}).Error)
			require.NoError(t, db.AutoMigrate(&odd{}))
			var row odd
			require.NoError(t, db.First(&row).Error)
			require.Equal(t, odd{7, "it", "x"}, row)
			require.ErrorContains(t, db.Create(&odd{Note: "it"}).Error, "UNIQUE")
			require.ErrorContains(t, db.Create(&odd{More: "bad"}).Error, "CHECK")
			after := schemaOf(t, pool(t, db))
			require.NoError(t, db.AutoMigrate(&odd{}))
			require.Equal(t, after, schemaOf(t, pool(t, db)))
			require.Contains(t, tables(t, db), name)
			require.NoError(t, db.Migrator().DropColumn(&odd{}, "Note"))
			require.False(t, db.Migrator().HasColumn(&odd{}, "Note"))
			require.Equal(t, "x", dbtest.Text(t, pool(t, db), "SELECT more FROM `"+strings.ReplaceAll(name, "`", "``")+"`"))
			require.NoError(t, db.Migrator().DropTable(&odd{}))
			require.Equal(t, before, look(t, pool(t, db)))
			settled(t, db)
		})
	}
}
