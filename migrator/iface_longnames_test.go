package migrator_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// longNames is a model whose UNIQUE, CHECK, indexes and foreign key have names
// that are too long for GORM, which cuts them within a letter.
type longNames struct {
	ID                                                               uint
	User                                                             string `gorm:"column:户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户用;unique"`
	Age                                                              int    `gorm:"column:户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户年;check:户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户年 < 100"`
	T户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户城 string `gorm:"column:户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户城;index"`
	M户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户信 string `gorm:"column:户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户信;uniqueIndex"`

	OfID                                                            uint
	P户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户 *longParent `gorm:"foreignKey:OfID"`
}

type longParent struct{ ID uint }

func (longNames) TableName() string  { return "shelves" }
func (longParent) TableName() string { return "racks" }

// namesOfGORM are the names that GORM gives: of gorm.io/driver/sqlite's databases.
func namesOfGORM(t *testing.T, db *gorm.DB) (out []string) {
	t.Helper()
	stmt := &gorm.Statement{DB: db}
	require.NoError(t, stmt.Parse(&longNames{}))
	for name := range stmt.Schema.ParseUniqueConstraints() {
		out = append(out, name)
	}
	for name := range stmt.Schema.ParseCheckConstraints() {
		out = append(out, name)
	}
	for _, idx := range stmt.Schema.ParseIndexes() {
		out = append(out, idx.Name)
	}
	for _, rel := range stmt.Schema.Relationships.Relations {
		out = append(out, rel.ParseConstraint().Name)
	}
	require.Len(t, out, 5)
	for _, name := range out {
		require.False(t, utf8.ValidString(name), "GORM has cut %q somewhere else", name)
	}
	return out
}

func sqlOf(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var texts []string
	require.NoError(t, db.Raw("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence' ORDER BY type DESC, name").Scan(&texts).Error)
	return strings.Join(texts, ";\n")
}

// dropHalfLetters is a name as the migrator makes it of GORM's.
func dropHalfLetters(name string) string { return strings.ToValidUTF8(name, "") }

// Everything that has a name is found by its field and by either name, goes and
// comes back.
func checkLongNames(t *testing.T, db *gorm.DB) {
	t.Helper()
	m := db.Migrator()
	for _, name := range namesOfGORM(t, db) {
		has, drop, create := m.HasConstraint, m.DropConstraint, m.CreateConstraint
		if strings.HasPrefix(name, "idx_") {
			has, drop, create = m.HasIndex, m.DropIndex, m.CreateIndex
		}
		for _, n := range []string{name, dropHalfLetters(name)} {
			require.True(t, has(&longNames{}, n), n)
			require.NoError(t, drop(&longNames{}, n))
			require.False(t, has(&longNames{}, n), n)
			require.NoError(t, create(&longNames{}, name))
			require.True(t, has(&longNames{}, n), n)
		}
	}
	require.True(t, utf8.ValidString(sqlOf(t, db)), "what was made anew has whole letters")
	require.NoError(t, db.AutoMigrate(&longNames{}))
}

// A name that GORM cuts within a letter is made without the half of it.
func TestNamesCutWithinALetter(t *testing.T) {
	db := open(t)
	twice(t, db, &longParent{}, &longNames{})
	text := sqlOf(t, db)
	require.True(t, utf8.ValidString(text))
	for _, name := range namesOfGORM(t, db) {
		require.Contains(t, text, "`"+dropHalfLetters(name)+"`")
	}
	exec(t, db, "INSERT INTO racks VALUES (1)")
	require.NoError(t, db.Create(&longNames{User: "u", Age: 7, OfID: 1}).Error)
	require.ErrorContains(t, db.Create(&longNames{User: "u", M户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户信: "m", OfID: 1}).Error, "UNIQUE")
	checkLongNames(t, db)
}

// A database that has GORM's broken names, as gorm.io/driver/sqlite makes them,
// is not migrated anew, and what is made anew in it has whole letters.
func TestNamesThatWereCutWithinALetter(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsText)
	made := open(t)
	require.NoError(t, made.AutoMigrate(&longParent{}, &longNames{}))
	text := sqlOf(t, made)
	for _, name := range namesOfGORM(t, made) {
		require.Contains(t, text, dropHalfLetters(name))
		text = strings.ReplaceAll(text, dropHalfLetters(name), name)
	}
	db := open(t)
	for _, s := range strings.Split(text, ";\n") {
		exec(t, db, s)
	}
	exec(t, db, "INSERT INTO racks VALUES (1)")
	require.NoError(t, db.Create(&longNames{User: "u", Age: 7, OfID: 1}).Error)
	before := sqlOf(t, db)
	require.False(t, utf8.ValidString(before))
	twice(t, db, &longParent{}, &longNames{})
	require.Equal(t, before, sqlOf(t, db))
	checkLongNames(t, db)
}

// An index of such a name that has become another is replaced.
func TestIndexCutWithinALetterIsReplaced(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsText)
	db := open(t)
	name := schema.NamingStrategy{}.IndexName("shelves", "T户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户城")
	require.False(t, utf8.ValidString(name))
	require.NoError(t, db.AutoMigrate(&longParent{}, &longNames{}))
	exec(t, db, "DROP INDEX `"+dropHalfLetters(name)+"`", "CREATE INDEX `"+name+"` ON shelves(id)")
	twice(t, db, &longNames{})
	text := sqlOf(t, db)
	require.NotContains(t, text, name)
	require.Contains(t, text, "INDEX `"+dropHalfLetters(name)+"` ON `shelves` (`户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户户城`)", "not that over id")
}
