package migrator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type viewed struct {
	ID    int
	Name  string
	Data  []byte
	Made  time.Time
	Score float64
}

func TestCreateViewKeepsBoundValues(t *testing.T) {
	made := time.Date(2024, 2, 29, 12, 30, 0, 123456789, time.UTC)
	rows := []viewed{
		{1, "it's ? :a @b $1 \"q\" `b` \\ 表", []byte{0, 1, 0xff}, made, 1.5},
		{2, "other", nil, made.Add(time.Hour), -2e100},
	}
	for name, query := range map[string]func(db *gorm.DB) *gorm.DB{
		"text":   func(db *gorm.DB) *gorm.DB { return db.Where("name = ?", rows[0].Name) },
		"bytes":  func(db *gorm.DB) *gorm.DB { return db.Where("data = ?", rows[0].Data) },
		"time":   func(db *gorm.DB) *gorm.DB { return db.Where("made = ?", made) },
		"float":  func(db *gorm.DB) *gorm.DB { return db.Where("score = ?", 1.5) },
		"list":   func(db *gorm.DB) *gorm.DB { return db.Where("id IN ?", []int{1, 7}) },
		"struct": func(db *gorm.DB) *gorm.DB { return db.Where(&viewed{ID: 1}) },
		"named":  func(db *gorm.DB) *gorm.DB { return db.Where("id = @id", map[string]any{"id": 1}) },
		"subquery": func(db *gorm.DB) *gorm.DB {
			return db.Where("id = (?)", db.Session(&gorm.Session{NewDB: true}).Table("vieweds").Select("min(id)").Where("id > ?", 0))
		},
		"scope": func(db *gorm.DB) *gorm.DB {
			return db.Scopes(func(db *gorm.DB) *gorm.DB { return db.Where("id < ?", 2) })
		},
		"clause": func(db *gorm.DB) *gorm.DB {
			return db.Clauses(clause.Where{Exprs: []clause.Expression{clause.Eq{Column: "id", Value: 1}}})
		},
		"null": func(db *gorm.DB) *gorm.DB { return db.Where("? IS NULL AND id = ?", nil, 1) },
		"raw":  func(db *gorm.DB) *gorm.DB { return db.Raw("SELECT * FROM vieweds WHERE id = ? AND name <> ?", 1, "?") },
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			require.NoError(t, db.AutoMigrate(&viewed{}))
			require.NoError(t, db.Create(&rows).Error)
			m := db.Migrator()
			// The values of the first are not those of the second.
			require.NoError(t, m.CreateView("first", gorm.ViewOption{Query: db.Model(&viewed{}).Where("id = ?", 2)}))
			require.NoError(t, m.CreateView("v", gorm.ViewOption{Query: query(db.Model(&viewed{}))}))
			var got []viewed
			require.NoError(t, db.Table("v").Find(&got).Error)
			require.Equal(t, rows[:1], got)
			require.Equal(t, []string{"2"}, strings1(t, db, "SELECT id FROM first"))
		})
	}
}

func TestReplaceViewKeepsItsTriggers(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	db := open(t)
	require.NoError(t, db.Connection(func(db *gorm.DB) error {
		exec(t, db, "CREATE TABLE a(x)", "CREATE TABLE log(x)", "CREATE VIEW v AS SELECT x FROM a",
			"CREATE TRIGGER ins INSTEAD OF INSERT ON v BEGIN INSERT INTO a VALUES (new.x); END",
			"CREATE TEMP TRIGGER tmp INSTEAD OF DELETE ON v BEGIN INSERT INTO log VALUES (old.x); END",
			"CREATE VIEW w AS SELECT * FROM v")
		m := db.Migrator()
		require.NoError(t, m.CreateView("V", gorm.ViewOption{Replace: true, Query: db.Table("a").Select("x, ? AS y", 7)}))
		exec(t, db, "INSERT INTO v(x) VALUES (1)", "DELETE FROM v")
		require.Equal(t, 1, number(t, db, "SELECT count(*) FROM log"))
		require.Equal(t, 7, number(t, db, "SELECT y FROM w"))
		version := number(t, db, "PRAGMA schema_version")
		require.NoError(t, m.CreateView("V", gorm.ViewOption{Replace: true, Query: db.Table("a").Select("x, ? AS y", 7)}))
		require.Equal(t, version, number(t, db, "PRAGMA schema_version"), "it has the query")
		return nil
	}))
}

func TestViewsThatCannotBe(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE a(x)", "CREATE VIEW v AS SELECT x FROM a")
	q := func() *gorm.DB { return db.Table("a") }
	m := db.Migrator()
	for name, c := range map[string]struct {
		do  func() error
		why string
	}{
		"no query":     {func() error { return m.CreateView("w", gorm.ViewOption{}) }, gorm.ErrSubQueryRequired.Error()},
		"check option": {func() error { return m.CreateView("w", gorm.ViewOption{Query: q(), CheckOption: "WITH CHECK OPTION"}) }, `view "w": WITH CHECK OPTION is not supported`},
		"there is one": {func() error { return m.CreateView("V", gorm.ViewOption{Query: q()}) }, `view "V": there is a view of that name`},
		"of a table":   {func() error { return m.CreateView("a", gorm.ViewOption{Query: q()}) }, `view "a": there is a table of that name`},
		"for a table":  {func() error { return m.CreateView("a", gorm.ViewOption{Query: q(), Replace: true}) }, `view "a": there is a table of that name`},
		"no name":      {func() error { return m.CreateView("", gorm.ViewOption{Query: q()}) }, "a name cannot be empty"},
		"NUL":          {func() error { return m.CreateView("v\x00", gorm.ViewOption{Query: q(), Replace: true}) }, "a name cannot hold a NUL byte"},
		"no SQL":       {func() error { return m.CreateView("v", gorm.ViewOption{Query: db.Raw("SELECT FROM"), Replace: true}) }, `table "v": create view: `},
		"no model":     {func() error { return m.CreateView("w", gorm.ViewOption{Query: db.Model(7)}) }, `view "w": its query: `},
		"no schema":    {func() error { return m.CreateView("nope.w", gorm.ViewOption{Query: q()}) }, "nope"},
		"drop a table": {func() error { return m.DropView("a") }, `view "a": it is a table`},
		"drop no name": {func() error { return m.DropView("") }, "a name cannot be empty"},
	} {
		t.Run(name, func(t *testing.T) {
			nothingChanged(t, db, func() {
				err := c.do()
				require.ErrorContains(t, err, c.why)
				require.Equal(t, name == "check option", isUnsupported(err))
			})
		})
	}
	require.NoError(t, m.DropView("nope"))
	require.NoError(t, m.DropView("V"))
	require.NoError(t, m.DropView("main.v"))
}

func TestViewsOfOtherSchemas(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	onConn(t, func(db *gorm.DB) {
		exec(t, db, "CREATE TABLE aux.a(x)", "CREATE TABLE a(x)", "INSERT INTO aux.a VALUES (5)")
		m := db.Migrator()
		require.NoError(t, m.CreateView("aux.v", gorm.ViewOption{Query: db.Table("a").Where("x = ?", 5)}))
		require.NoError(t, m.CreateView("temp.v", gorm.ViewOption{Query: db.Table("aux.a")}))
		require.NoError(t, m.CreateView("v", gorm.ViewOption{Query: db.Table("a")}), "one of temp is no other's")
		for v, want := range map[string]int{"aux.v": 1, "temp.v": 1, "main.v": 0} {
			require.Equal(t, want, number(t, db, "SELECT count(*) FROM "+v), v)
			typ, err := m.TableType(v)
			require.NoError(t, err)
			require.Equal(t, "view", typ.Type())
		}
		require.NoError(t, m.CreateView("v", gorm.ViewOption{Replace: true, Query: db.Table("a").Select("x + 1 AS y")}))
		require.True(t, m.HasColumn("main.v", "y"))
		require.True(t, m.HasColumn("v", "x"), "that of temp")
		require.NoError(t, m.DropView("v"), "that of temp")
		require.True(t, m.HasColumn("v", "y"))
		require.NoError(t, m.DropView("aux.v"))
		require.NoError(t, m.DropView("v"))
		require.Empty(t, strings1(t, db, "SELECT name FROM pragma_table_list WHERE type = 'view'"))
	})
}
