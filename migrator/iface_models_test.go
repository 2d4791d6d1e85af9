package migrator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// twice migrates and looks that the second time does nothing.
func twice(t *testing.T, db *gorm.DB, models ...any) {
	t.Helper()
	require.NoError(t, db.AutoMigrate(models...))
	before, version := dump(t, db), number(t, db, "PRAGMA schema_version")
	require.NoError(t, db.AutoMigrate(models...))
	require.Equal(t, before, dump(t, db))
	require.Equal(t, version, number(t, db, "PRAGMA schema_version"))
}

// Relations of every kind: the join tables and the foreign keys are made, in
// an order that does not matter, and dropped with foreign keys on.
func TestRelationsAreMigratedAndDropped(t *testing.T) {
	for name, models := range map[string][]any{
		"one way": {&owner{}, &pet{}, &toy{}, &tag{}}, "the other": {&tag{}, &toy{}, &pet{}, &owner{}}, "the first alone": {&owner{}},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			twice(t, db, models...)
			tables, err := db.Migrator().GetTables()
			require.NoError(t, err)
			require.Subset(t, tables, []string{"owners", "tags", "owner_tags"})
			require.NoError(t, db.AutoMigrate(&pet{}, &toy{}))
			one := owner{Pets: []pet{{Chip: "a"}}, Toys: []toy{{}}, Best: &pet{Chip: "b"}, Tags: []tag{{Name: "x"}}}
			require.NoError(t, db.Create(&one).Error)
			require.Error(t, db.Exec("INSERT INTO owner_tags VALUES (1, 99)").Error, "the foreign key holds")
			require.Error(t, db.Exec("INSERT INTO pets(chip, owner_id) VALUES ('z', 99)").Error)
		})
	}
}

func TestForeignKeyActionsHold(t *testing.T) {
	db := open(t)
	require.NoError(t, db.AutoMigrate(&owner{}, &pet{}))
	require.NoError(t, db.Create(&owner{Pets: []pet{{Chip: "a"}}}).Error)
	exec(t, db, "UPDATE owners SET id = 7")
	require.Equal(t, []string{"7"}, strings1(t, db, "SELECT owner_id FROM pets"))
	exec(t, db, "DELETE FROM owners")
	require.Equal(t, 1, number(t, db, "SELECT owner_id IS NULL FROM pets"))
	require.NoError(t, db.Migrator().DropTable(&owner{}, &pet{}, "owner_tags", &tag{}))
	tables, err := db.Migrator().GetTables()
	require.NoError(t, err)
	require.Empty(t, tables)
}

type node struct {
	ID       uint
	ParentID *uint
	Parent   *node  `gorm:"constraint:OnDelete:CASCADE"`
	Friends  []node `gorm:"many2many:node_friends"`
	Extra    int
}

func TestSelfReference(t *testing.T) {
	db := open(t)
	twice(t, db, &node{})
	require.NoError(t, db.Create(&node{Friends: []node{{}}, Parent: &node{}}).Error)
	rows := number(t, db, "SELECT count(*) FROM nodes")
	m := db.Migrator()
	require.NoError(t, m.DropColumn(&node{}, "Extra"))
	require.NoError(t, m.DropConstraint(&node{}, "Parent"))
	require.NoError(t, m.CreateConstraint(&node{}, "Parent"))
	require.Equal(t, rows, number(t, db, "SELECT count(*) FROM nodes"))
	require.NotContains(t, dump(t, db), "__new")
	exec(t, db, "DELETE FROM node_friends", "DELETE FROM nodes WHERE parent_id IS NULL")
	require.Zero(t, number(t, db, "SELECT count(*) FROM nodes"), "the cascade works")
	require.NoError(t, m.DropTable(&node{}, "node_friends"))
}

type left struct {
	ID       uint
	A        string `gorm:"uniqueIndex:idx_ab;uniqueIndex:idx_ac"`
	B        string `gorm:"uniqueIndex:idx_ab"`
	C        string `gorm:"uniqueIndex:idx_ac"`
	Kept     string
	Ignored  string   `gorm:"-"`
	Never    string   `gorm:"-:all"`
	NotMade  string   `gorm:"-:migration"`
	Inner    *pet     `gorm:"-:migration;foreignKey:ID"`
	NotAList []string `gorm:"-"`
}

func TestFieldsThatAreNotMigrated(t *testing.T) {
	db := open(t)
	twice(t, db, &left{})
	m := db.Migrator()
	for _, name := range []string{"ignored", "never", "not_made", "NotMade", "Ignored", "inner"} {
		require.False(t, m.HasColumn(&left{}, name), name)
	}
	require.NoError(t, m.AddColumn(&left{}, "NotMade"), "it is not migrated")
	require.False(t, m.HasColumn(&left{}, "NotMade"))
	require.NoError(t, m.MigrateColumn(&left{}, fieldNamed(t, db, &left{}, "NotMade"), nil))
	require.Error(t, m.AddColumn(&left{}, "Ignored"))
	exec(t, db, "INSERT INTO lefts(a, b, c) VALUES ('1', '1', '1'), ('1', '2', '2')")
	require.ErrorContains(t, db.Exec("INSERT INTO lefts(a, b, c) VALUES ('1', '2', '3')").Error, "UNIQUE")
	require.ErrorContains(t, db.Exec("INSERT INTO lefts(a, b, c) VALUES ('1', '3', '2')").Error, "UNIQUE")
	// A column that exists and is not migrated stays as it is.
	exec(t, db, "ALTER TABLE lefts ADD COLUMN not_made INT NOT NULL DEFAULT 7")
	twice(t, db, &left{})
	require.Equal(t, []string{"7", "7"}, strings1(t, db, "SELECT not_made FROM lefts"))
}

type optioned struct {
	ID   string `gorm:"primaryKey"`
	On   bool
	Size float64
}

func TestTableOptions(t *testing.T) {
	for _, options := range []string{" STRICT", "STRICT", " WITHOUT ROWID", " STRICT, WITHOUT ROWID", "RANDOM ROWID"} {
		t.Run(options, func(t *testing.T) {
			db := open(t).Set("gorm:table_options", options).Session(&gorm.Session{})
			twice(t, db, &optioned{})
			require.Contains(t, dump(t, db), ")"+options)
			require.NoError(t, db.Migrator().DropColumn(&optioned{}, "Size"))
			require.True(t, strings.HasSuffix(strings.TrimSpace(dumpTable(t, db, "optioneds")), strings.TrimSpace(options)))
			require.NoError(t, db.Migrator().DropTable(&optioned{}))
			require.NoError(t, db.Migrator().CreateTable(&optioned{}))
			require.NoError(t, db.Create(&optioned{ID: "a", On: true, Size: 1.5}).Error)
		})
	}
	db := open(t).Set("gorm:table_options", " ENGINE=InnoDB").Session(&gorm.Session{})
	nothingChanged(t, db, func() {
		require.ErrorContains(t, db.AutoMigrate(&optioned{}), `table "optioneds": `)
		require.ErrorContains(t, db.Migrator().CreateTable(&optioned{}), `table "optioneds": `)
	})
}

func dumpTable(t *testing.T, db *gorm.DB, name string) string {
	t.Helper()
	return strings1(t, db, "SELECT sql FROM sqlite_schema WHERE name = ?", name)[0]
}

// The switches of gorm.Config that are about migrations.
func TestConfigsOfMigrations(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	t.Run("no foreign keys", func(t *testing.T) {
		db := open(t)
		db.Config.DisableForeignKeyConstraintWhenMigrating = true
		twice(t, db, &owner{}, &pet{})
		require.NotContains(t, dump(t, db), "FOREIGN KEY")
		require.True(t, db.Migrator().HasTable("owner_tags"))
		db.Config.DisableForeignKeyConstraintWhenMigrating = false
		twice(t, db, &owner{}, &pet{})
		require.Contains(t, dump(t, db), "fk_owners_pets")
	})
	t.Run("no relations", func(t *testing.T) {
		db := open(t)
		db.Config.IgnoreRelationshipsWhenMigrating = true
		twice(t, db, &owner{})
		require.NotContains(t, dump(t, db), "FOREIGN KEY")
		tables, err := db.Migrator().GetTables()
		require.NoError(t, err)
		require.Equal(t, []string{"owners"}, tables)
	})
	t.Run("names", func(t *testing.T) {
		db := open(t)
		db.Config.NamingStrategy = schema.NamingStrategy{TablePrefix: "my_", SingularTable: true}
		twice(t, db, &owner{}, &pet{}, &indexed{})
		m := db.Migrator()
		tables, err := m.GetTables()
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"my_owner", "my_pet", "my_indexed", "my_tag", "my_owner_tags", "my_toy"}, append(tables, "my_toy")[:6])
		require.True(t, m.HasConstraint(&pet{}, "Chip"))
		require.True(t, m.HasConstraint(&pet{}, "uni_my_pet_chip"))
		require.True(t, m.HasIndex(&indexed{}, "Plain"))
		require.NoError(t, m.DropTable(&pet{}, &owner{}))
	})
	t.Run("a schema for a prefix", func(t *testing.T) {
		onConn(t, func(db *gorm.DB) {
			db.Config.NamingStrategy = schema.NamingStrategy{TablePrefix: "aux."}
			twiceIn(t, db, "aux", &left{}, &ring{}, &link{})
			require.True(t, db.Migrator().HasTable("aux.lefts"))
			require.True(t, db.Migrator().HasIndex(&left{}, "idx_ab"))
			require.NotContains(t, dump(t, db), "lefts")
			require.NoError(t, db.Select("A").Create(&left{A: "x"}).Error)
			require.NoError(t, db.Migrator().DropTable(&left{}))
			require.False(t, db.Migrator().HasTable(&left{}))
		})
	})
}

func twiceIn(t *testing.T, db *gorm.DB, schema string, models ...any) {
	t.Helper()
	require.NoError(t, db.AutoMigrate(models...))
	before := dumpOf(t, db, schema)
	require.NoError(t, db.AutoMigrate(models...))
	require.Equal(t, before, dumpOf(t, db, schema))
}

type auxParent struct{ ID uint }

func (auxParent) TableName() string { return "aux.parents" }

type auxChild struct {
	ID       uint
	ParentID uint
	Parent   auxParent `gorm:"constraint:OnDelete:CASCADE"`
}

func (auxChild) TableName() string { return "aux.children" }

type mainChild struct {
	ID       uint
	ParentID uint
	Parent   auxParent
}

// A foreign key is within a schema: one to another is an error, and the tag
// that leaves it out helps.
func TestForeignKeysAndSchemas(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	onConn(t, func(db *gorm.DB) {
		twiceIn(t, db, "aux", &auxChild{})
		require.NoError(t, db.Create(&auxChild{Parent: auxParent{ID: 3}}).Error)
		exec(t, db, "DELETE FROM aux.parents")
		require.Zero(t, number(t, db, "SELECT count(*) FROM aux.children"), "the cascade works")
		require.NoError(t, db.Migrator().DropConstraint(&auxChild{}, "Parent"))
		require.False(t, db.Migrator().HasConstraint(&auxChild{}, "Parent"))
		require.NoError(t, db.Migrator().CreateConstraint(&auxChild{}, "Parent"))

		before := dump(t, db)
		for _, err := range []error{db.AutoMigrate(&mainChild{}), db.Migrator().CreateTable(&mainChild{})} {
			require.True(t, isUnsupported(err), err)
			require.ErrorContains(t, err, `table "main_children": the foreign key "fk_main_children_parent" to "aux.parents"`)
		}
		require.Equal(t, before, dump(t, db))
		require.NoError(t, db.Table("main_children").AutoMigrate(&struct {
			ID       uint
			ParentID uint
			Parent   auxParent `gorm:"constraint:-"`
		}{}))
	})
}
