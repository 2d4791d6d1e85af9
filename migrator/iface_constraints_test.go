package migrator_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type owner struct {
	ID   uint
	Pets []pet `gorm:"constraint:OnUpdate:CASCADE,OnDelete:SET NULL"`
	Toys []toy `gorm:"polymorphic:Owner"`
	Best *pet  `gorm:"foreignKey:BestOf"`
	Tags []tag `gorm:"many2many:owner_tags"`
}

type pet struct {
	ID      uint
	OwnerID *uint
	BestOf  *uint
	Chip    string `gorm:"unique;check:chip <> ''"`
	Age     int    `gorm:"check:age_ok,age < 100"`
	HomeID  *uint
	Home    *owner `gorm:"foreignKey:HomeID"`
}

type toy struct {
	ID        uint
	OwnerID   uint
	OwnerType string
}

type tag struct {
	ID   uint
	Name string
}

// Every constraint is found by its name, by its field and by its relation, is
// dropped and made again by each of them.
func TestConstraintsByEveryName(t *testing.T) {
	for name, c := range map[string]struct {
		of    any
		names []string
		table string
		text  string
	}{
		"unique":     {&pet{}, []string{"uni_pets_chip"}, "pets", "UNIQUE (`chip`)"},
		"check":      {&pet{}, []string{"Age", "age", "age_ok", "AGE_OK"}, "pets", "CHECK (age < 100)"},
		"belongs to": {&pet{}, []string{"Home", "fk_pets_home"}, "pets", "FOREIGN KEY (`home_id`) REFERENCES `owners`(`id`)"},
		"has many":   {&owner{}, []string{"Pets", "fk_owners_pets"}, "pets", "REFERENCES `owners`(`id`) ON DELETE SET NULL ON UPDATE CASCADE"},
		"has one":    {&owner{}, []string{"Best", "fk_owners_best"}, "pets", "FOREIGN KEY (`best_of`) REFERENCES `owners`(`id`)"},
		"by table":   {"pets", []string{"age_ok", "Uni_Pets_Chip", "FK_owners_pets"}, "pets", ""},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			require.NoError(t, db.AutoMigrate(&owner{}, &pet{}, &toy{}, &tag{}))
			exec(t, db, "INSERT INTO owners(id) VALUES (1)", "INSERT INTO pets(id, owner_id, best_of, chip, age, home_id) VALUES (1, 1, 1, 'c', 5, 1)")
			m := db.Migrator()
			for _, n := range c.names {
				require.True(t, m.HasConstraint(c.of, n), n)
				require.Contains(t, dump(t, db), c.text)
				require.NoError(t, m.DropConstraint(c.of, n), n)
				require.False(t, m.HasConstraint(c.of, n), n)
				if _, byTable := c.of.(string); byTable {
					continue
				}
				require.NotContains(t, dump(t, db), c.text)
				require.ErrorContains(t, m.DropConstraint(c.of, n), `table "`+c.table+`": it has no constraint`)
				require.ErrorContains(t, m.CreateConstraint(c.table, n), `the model has no constraint "`+n+`"`)
				create := n
				if n == "AGE_OK" {
					create = "age_ok" // GORM looks its names up as they are spelt
				}
				require.NoError(t, m.CreateConstraint(c.of, create), n)
				require.True(t, m.HasConstraint(c.of, n), n)
				require.Contains(t, dump(t, db), c.text)
				before := dump(t, db)
				require.NoError(t, m.CreateConstraint(c.of, create), "it is there")
				require.Equal(t, before, dump(t, db))
			}
			require.Equal(t, []string{"1"}, strings1(t, db, "SELECT count(*) FROM pets"), "no row is lost")
			require.Equal(t, []string{"1"}, strings1(t, db, "SELECT owner_id FROM pets"))
		})
	}
}

// Another tool's constraints have no names: the model's field stands for them.
func TestConstraintsWithoutNames(t *testing.T) {
	db := open(t)
	exec(t, db, `CREATE TABLE owners(id INTEGER PRIMARY KEY)`,
		`CREATE TABLE pets(id INTEGER PRIMARY KEY, owner_id INT REFERENCES owners(id), best_of INT, chip TEXT UNIQUE, age INT CHECK (age<100), home_id INT,
			FOREIGN KEY (home_id) REFERENCES owners)`,
		"INSERT INTO owners VALUES (1)", "INSERT INTO pets VALUES (1, 1, 1, 'c', 5, 1)")
	m := db.Migrator()
	for _, c := range []struct {
		of   any
		name string
		gone string
	}{
		{&pet{}, "Age", "CHECK"}, {&pet{}, "uni_pets_chip", "UNIQUE"}, {&pet{}, "Home", "FOREIGN KEY"}, {&owner{}, "Pets", "owner_id INT REFERENCES"},
	} {
		require.True(t, m.HasConstraint(c.of, c.name), c.name)
		require.False(t, m.HasConstraint("pets", c.name), "a name alone is none that the table has")
		require.Contains(t, dump(t, db), c.gone)
		require.NoError(t, m.DropConstraint(c.of, c.name), c.name)
		require.NotContains(t, dump(t, db), c.gone)
		require.False(t, m.HasConstraint(c.of, c.name), c.name)
	}
	require.False(t, m.HasConstraint(&owner{}, "Best"))
	require.Equal(t, []string{"1"}, strings1(t, db, "SELECT owner_id FROM pets"))
}

func TestConstraintsThatCannotBe(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE owners(id INTEGER PRIMARY KEY)", "CREATE TABLE pets(id INTEGER PRIMARY KEY, owner_id INT, best_of INT, chip TEXT, age INT, home_id INT)",
		"INSERT INTO pets VALUES (1, 9, 9, 'x', 500, NULL), (2, 9, 9, 'x', 5, NULL)", "CREATE VIEW v AS SELECT * FROM pets", "CREATE VIRTUAL TABLE f USING fts5(age)")
	m := db.Migrator()
	for name, c := range map[string]struct {
		do  func() error
		why string
	}{
		"rows break the check": {func() error { return m.CreateConstraint(&pet{}, "age_ok") }, `table "pets": a row breaks the constraint "age_ok" CHECK (age < 100) (1 row)`},
		"rows are no unique":   {func() error { return m.CreateConstraint(&pet{}, "uni_pets_chip") }, "UNIQUE constraint failed"},
		"rows are orphans":     {func() error { return m.CreateConstraint(&owner{}, "Pets") }, `table "pets": rows refer to what is not there: foreign key (owner_id) to owners (2 rows)`},
		"no such":              {func() error { return m.CreateConstraint(&pet{}, "nope") }, `table "pets": the model has no constraint "nope"`},
		"drop no such":         {func() error { return m.DropConstraint("pets", "nope") }, `table "pets": it has no constraint "nope"`},
		"of a view":            {func() error { return m.DropConstraint("v", "x") }, `table "v": it is a view`},
		"of a virtual table":   {func() error { return m.DropConstraint("f", "x") }, `table "f": changing it is not supported`},
		"of no table":          {func() error { return m.DropConstraint("nope", "x") }, `table "nope": there is none of that name`},
		"empty":                {func() error { return m.DropConstraint("pets", "") }, `table "pets": it has no constraint ""`},
	} {
		t.Run(name, func(t *testing.T) {
			nothingChanged(t, db, func() { require.ErrorContains(t, c.do(), c.why) })
		})
	}
	for _, table := range []any{"v", "f", "nope", &toy{}} {
		require.False(t, m.HasConstraint(table, "x"))
	}
	require.Equal(t, 2, number(t, db, "SELECT count(*) FROM pets"))
}

// A name is compared as a whole, and what only looks like one is none.
func TestHasConstraintReadsTheText(t *testing.T) {
	db := open(t)
	exec(t, db, `CREATE TABLE t(a TEXT DEFAULT 'CONSTRAINT fake CHECK (1)' /* CONSTRAINT com CHECK (1) */, -- CONSTRAINT line UNIQUE
		b INT CONSTRAINT [in line] CHECK (b > 0) CONSTRAINT nn NOT NULL, "CONSTRAINT col" INT,
		CONSTRAINT "it's ""q""" UNIQUE (a), CONSTRAINT 'single' PRIMARY KEY (b), constraint FK foreign key (b) references t(b))`)
	m := db.Migrator()
	for name, want := range map[string]bool{
		"fake": false, "com": false, "line": false, "col": false, "in": false, "": false, "in line": true, "IN LINE": true,
		"nn": true, `it's "q"`: true, "single": true, "fk": true, "f": false, "fk foreign": false, "fk\x00": false,
	} {
		require.Equal(t, want, m.HasConstraint("t", name), name)
	}
	for _, name := range []string{"in line", "fk", `it's "q"`, "nn"} {
		require.NoError(t, m.DropConstraint("t", name), name)
		require.False(t, m.HasConstraint("t", name), name)
	}
	require.Contains(t, dump(t, db), "/* CONSTRAINT com CHECK (1) */, -- CONSTRAINT line UNIQUE")
}
