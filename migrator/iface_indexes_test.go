package migrator_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

type indexed struct {
	ID     int
	Plain  string `gorm:"index"`
	Uniq   string `gorm:"uniqueIndex:idx_u"`
	Class  string `gorm:"index:idx_class,class:UNIQUE"`
	Part   string `gorm:"index:idx_part,unique,where:part <> '' AND id > 3"`
	Expr   string `gorm:"index:idx_expr,expression:lower(expr)"`
	Sorted string `gorm:"index:idx_sorted,sort:desc,collate:nocase"`
	B      string `gorm:"index:idx_multi,priority:2;index:idx_two,priority:1"`
	A      string `gorm:"index:idx_multi,priority:1,sort:desc;index:idx_two,priority:2"`
	Typed  string `gorm:"index:idx_typed,type:btree,length:10,comment:it's a comment,option:CONCURRENTLY"`
	Hash   string `gorm:"index:idx_hash,type:hash"`
}

func TestCreateIndexWithEveryOption(t *testing.T) {
	want := map[string]string{
		"idx_indexeds_plain": "CREATE INDEX `idx_indexeds_plain` ON `indexeds` (`plain`)",
		"idx_u":              "CREATE UNIQUE INDEX `idx_u` ON `indexeds` (`uniq`)",
		"idx_class":          "CREATE UNIQUE INDEX `idx_class` ON `indexeds` (`class`)",
		"idx_part":           "CREATE UNIQUE INDEX `idx_part` ON `indexeds` (`part`) WHERE part <> '' AND id > 3",
		"idx_expr":           "CREATE INDEX `idx_expr` ON `indexeds` (lower(expr))",
		"idx_sorted":         "CREATE INDEX `idx_sorted` ON `indexeds` (`sorted` COLLATE nocase desc)",
		"idx_multi":          "CREATE INDEX `idx_multi` ON `indexeds` (`a` desc,`b`)",
		"idx_two":            "CREATE INDEX `idx_two` ON `indexeds` (`b`,`a`)",
		"idx_typed":          "CREATE INDEX `idx_typed` ON `indexeds` (`typed`)",
		"idx_hash":           "CREATE INDEX `idx_hash` ON `indexeds` (`hash`)",
	}
	byField := map[string]string{
		"Plain": "idx_indexeds_plain", "Uniq": "idx_u", "Class": "idx_class", "Part": "idx_part", "Expr": "idx_expr",
		"Sorted": "idx_sorted", "A": "idx_multi", "Typed": "idx_typed", "Hash": "idx_hash", "idx_two": "idx_two",
	}
	db := open(t)
	exec(t, db, "CREATE TABLE indexeds(id INTEGER PRIMARY KEY, plain, uniq, class, part, expr, sorted, b, a, typed, hash)")
	m := db.Migrator()
	for field, name := range byField {
		require.False(t, m.HasIndex(&indexed{}, field), field)
		require.NoError(t, m.CreateIndex(&indexed{}, field), field)
		require.True(t, m.HasIndex(&indexed{}, field), field)
		require.True(t, m.HasIndex(&indexed{}, name), name)
		require.Equal(t, []string{want[name]}, strings1(t, db, "SELECT sql FROM sqlite_schema WHERE name = ?", name))
		require.ErrorContains(t, m.CreateIndex(&indexed{}, name), `table "indexeds": it has an index "`+name+`" already`)
		require.NoError(t, m.DropIndex(&indexed{}, field), field)
		require.False(t, m.HasIndex("indexeds", name), name)
		require.ErrorContains(t, m.DropIndex(&indexed{}, field), `table "indexeds": it has no index "`+name+`"`)
		require.NoError(t, m.CreateIndex(&indexed{}, name))
	}
	// AutoMigrate makes the same, and finds them as they are to be.
	before := dump(t, db)
	require.NoError(t, db.AutoMigrate(&indexed{}))
	for name, sql := range want {
		require.Contains(t, before, sql, name)
		require.Contains(t, dump(t, db), sql, name)
	}
	after := dump(t, db)
	require.NoError(t, db.AutoMigrate(&indexed{}))
	require.Equal(t, after, dump(t, db))

	indexes, err := m.GetIndexes(&indexed{})
	require.NoError(t, err)
	columns := map[string][]string{}
	for _, i := range indexes {
		unique, ok := i.Unique()
		require.True(t, ok)
		require.Equal(t, i.Name() == "idx_u" || i.Name() == "idx_class" || i.Name() == "idx_part", unique, i.Name())
		key, ok := i.PrimaryKey()
		require.True(t, ok)
		require.False(t, key)
		require.Equal(t, "indexeds", i.Table())
		require.Empty(t, i.Option())
		columns[i.Name()] = i.Columns()
	}
	require.Len(t, columns, len(want))
	require.Equal(t, []string{"a", "b"}, columns["idx_multi"])
	require.Equal(t, []string{"lower(expr)"}, columns["idx_expr"])
}

func TestRenameIndexKeepsAllButTheName(t *testing.T) {
	for name, ddl := range map[string]string{
		"unique":     `CREATE UNIQUE INDEX old ON t(a)`,
		"partial":    `CREATE INDEX old ON t(a) WHERE b <> 'old' AND a > 1`,
		"expression": `CREATE INDEX old ON t(lower(old), a || 'old')`,
		"collation":  `CREATE INDEX old ON t(a COLLATE NOCASE DESC, b COLLATE RTRIM)`,
		"comments":   "CREATE INDEX old -- the old one\nON t /* t */ (a, old)",
		"quotes":     `CREATE UNIQUE INDEX "old" ON "t" ([a], "old") WHERE "old" <> ''`,
		"named like": `CREATE INDEX [old] ON t(old)`,
	} {
		for _, to := range []string{"new", "OLD", "it's `a` \"q\" [表]"} {
			t.Run(name+" "+to, func(t *testing.T) {
				db := open(t)
				exec(t, db, "CREATE TABLE t(a, b, old)", ddl, "INSERT INTO t VALUES (2, 'x', 'y')")
				info := "SELECT group_concat(concat_ws(':', seqno, cid, name, desc, coll), ',') || ' ' || (SELECT \"unique\" || partial FROM pragma_index_list('t')) FROM pragma_index_xinfo(?)"
				before := strings1(t, db, info, "old")
				m := db.Migrator()
				require.NoError(t, m.RenameIndex("t", "Old", to))
				require.Equal(t, before, strings1(t, db, info, to))
				require.True(t, m.HasIndex("t", to))
				require.Equal(t, to == "OLD", m.HasIndex("t", "old"))
				require.NoError(t, m.RenameIndex("t", to, "old"))
				again := strings1(t, db, "SELECT sql FROM sqlite_schema WHERE type = 'index'")[0]
				require.Len(t, again, len(ddl)+2*btoi(name != "quotes" && name != "named like"), "no other byte has changed")
			})
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

type sameIndexA struct {
	ID   int
	Name string `gorm:"index:idx_same"`
}

type sameIndexB struct {
	ID   int
	Name string `gorm:"index:IDX_SAME"`
}

// An index has its name in the whole schema: the error names both tables.
func TestOneIndexNameInTwoModels(t *testing.T) {
	db := open(t)
	both := `the index "IDX_SAME" is of the table "same_index_as" already, and the table "same_index_bs" wants one of that name`
	nothingChanged(t, db, func() {
		require.ErrorContains(t, db.AutoMigrate(&sameIndexA{}, &sameIndexB{}), both)
	})
	require.NoError(t, db.AutoMigrate(&sameIndexA{}))
	exec(t, db, "CREATE TABLE same_index_bs(id INTEGER PRIMARY KEY, name TEXT)", "CREATE INDEX b ON same_index_bs(name)")
	m := db.Migrator()
	for name, do := range map[string]func() error{
		"AutoMigrate": func() error { return db.AutoMigrate(&sameIndexB{}) },
		"CreateIndex": func() error { return m.CreateIndex(&sameIndexB{}, "Name") },
		"RenameIndex": func() error { return m.RenameIndex(&sameIndexB{}, "b", "IDX_SAME") },
	} {
		nothingChanged(t, db, func() {
			err := do()
			require.ErrorContains(t, err, `"same_index_as"`, name)
			require.ErrorContains(t, err, `"same_index_bs"`, name)
		})
	}
	nothingChanged(t, db, func() {
		require.ErrorContains(t, m.DropIndex(&sameIndexB{}, "Name"), `table "same_index_bs": it has no index "IDX_SAME"`)
		require.ErrorContains(t, m.DropIndex("same_index_bs", "idx_same"), `it has no index "idx_same"`)
		require.ErrorContains(t, m.RenameIndex("same_index_bs", "b", "same_index_as"), `there is a table of that name`)
		require.ErrorContains(t, m.RenameIndex("same_index_bs", "b", ""), "a name cannot be empty")
		require.ErrorContains(t, m.RenameIndex("same_index_bs", "b", "x\x00y"), "a name cannot hold a NUL byte")
		require.NoError(t, m.RenameIndex("same_index_bs", "b", "b"))
	})
	require.False(t, m.HasIndex(&sameIndexB{}, "Name"), "it is of another table")
}

// A constraint's index goes with the constraint alone.
func TestIndexesOfConstraints(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t(a TEXT PRIMARY KEY, b UNIQUE, c) WITHOUT ROWID")
	m := db.Migrator()
	require.True(t, m.HasIndex("t", "SQLITE_AUTOINDEX_T_2"))
	nothingChanged(t, db, func() {
		require.ErrorContains(t, m.DropIndex("t", "sqlite_autoindex_t_2"), "it has no index")
		require.ErrorContains(t, m.RenameIndex("t", "sqlite_autoindex_t_2", "x"), "it has no index")
	})
	indexes, err := m.GetIndexes("t")
	require.NoError(t, err)
	require.Len(t, indexes, 1)
	key, _ := indexes[0].PrimaryKey()
	require.True(t, key)
	require.Equal(t, []string{"a"}, indexes[0].Columns())
}

func TestIndexesThatCannotBe(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)", "INSERT INTO t(a) VALUES ('x'), ('x')", "CREATE VIEW v AS SELECT * FROM t", "CREATE VIRTUAL TABLE f USING fts5(a)")
	for name, c := range map[string]struct {
		model any
		why   string
	}{
		"class": {&struct {
			ID int
			A  string `gorm:"index:i,class:FULLTEXT"`
		}{}, `table "t": index "i": SQLite has no class FULLTEXT`},
		"twins": {&struct {
			ID int
			A  string `gorm:"uniqueIndex:i"`
		}{}, `table "t": create index: `},
		"where": {&struct {
			ID int
			A  string `gorm:"index:i,where:nope > 1"`
		}{}, `no such column: nope`},
		"no name": {&struct {
			ID int
			A  string `gorm:"index:i,where:a IN (SELECT a FROM t)"`
		}{}, `subqueries prohibited in partial index`},
	} {
		t.Run(name, func(t *testing.T) {
			nothingChanged(t, db, func() {
				require.ErrorContains(t, db.Table("t").Migrator().CreateIndex(c.model, "i"), c.why)
				require.ErrorContains(t, db.Table("t").AutoMigrate(c.model), c.why)
			})
		})
	}
	model := &struct {
		ID int
		A  string `gorm:"index:i"`
	}{}
	for _, table := range []string{"v", "f", "nope"} {
		nothingChanged(t, db, func() {
			err := db.Table(table).Migrator().CreateIndex(model, "i")
			require.ErrorContains(t, err, `table "`+table+`": `)
			require.Equal(t, table == "f", isUnsupported(err))
		})
	}
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.Error(t, tx.Table("t").Migrator().CreateIndex(&indexed{}, "idx_u"))
		return tx.Table("t").Migrator().CreateIndex(model, "A")
	}))
	require.True(t, db.Migrator().HasIndex("t", "i"))
}
