package migrator_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

// printed is what fn prints to the standard output.
func printed(t *testing.T, fn func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	old := os.Stdout
	os.Stdout = w
	all := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		all <- string(b)
	}()
	func() {
		defer func() { os.Stdout = old; w.Close() }()
		fn()
	}()
	return <-all
}

type dry struct {
	ID    uint
	Name  string `gorm:"index:idx_dry;unique"`
	Age   string `gorm:"check:age_ok,age > 0"`
	Fresh int    `gorm:"index"`
}

func TestDryRunPrintsAndDoesNothing(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE dries(id INTEGER PRIMARY KEY, name text, age INT, old INT)", "CREATE INDEX idx_old ON dries(old)",
		"CREATE TABLE named(a INT CONSTRAINT c CHECK (a > 0))", "CREATE VIEW v AS SELECT 1 AS one", "INSERT INTO dries VALUES (1, 'n', 2, 3)")
	m := db.Session(&gorm.Session{DryRun: true}).Migrator()
	field := fieldNamed(t, db, &dry{}, "Age")
	for name, c := range map[string]struct {
		do   func() error
		want []string // the begins of the lines
	}{
		"AutoMigrate": {func() error { return m.AutoMigrate(&dry{}) }, []string{"CREATE TABLE `dries__new1`", "INSERT OR ABORT", "DROP TABLE `dries`",
			"ALTER TABLE `dries__new1` RENAME TO `dries`", "CREATE INDEX idx_old", "CREATE INDEX `idx_dry`", "CREATE INDEX `idx_dries_fresh`"}},
		"AutoMigrate of what is not there": {func() error { return m.AutoMigrate(&indexed{}) }, []string{"CREATE TABLE `indexeds`"}},
		"CreateTable":                      {func() error { return m.CreateTable(&sameIndexA{}) }, []string{"CREATE TABLE `same_index_as`", "CREATE INDEX `idx_same`"}},
		"DropTable":                        {func() error { return m.DropTable(&dry{}, "nope", "named") }, []string{"DROP TABLE", "DROP TABLE"}},
		"RenameTable":                      {func() error { return m.RenameTable(&dry{}, "other") }, []string{"ALTER TABLE `dries` RENAME TO `other`"}},
		"AddColumn":                        {func() error { return m.AddColumn(&dry{}, "Fresh") }, []string{"ALTER TABLE `dries` ADD COLUMN `fresh` integer"}},
		"DropColumn":                       {func() error { return m.DropColumn(&dry{}, "old") }, []string{"DROP INDEX `idx_old`", "ALTER TABLE `dries` DROP COLUMN `old`"}},
		"AlterColumn":                      {func() error { return m.AlterColumn(&dry{}, "Age") }, []string{""}},
		"MigrateColumn":                    {func() error { return m.MigrateColumn(&dry{}, field, nil) }, []string{""}},
		"MigrateColumnUnique":              {func() error { return m.MigrateColumnUnique(&dry{}, fieldNamed(t, db, &dry{}, "Name"), nil) }, []string{"CREATE TABLE `dries__new1`"}},
		"RenameColumn":                     {func() error { return m.RenameColumn("dries", "old", "older") }, []string{"ALTER TABLE `dries` RENAME COLUMN `old` TO `older`"}},
		"CreateView": {func() error {
			return m.CreateView("w", gorm.ViewOption{Query: db.Table("dries").Where("name = ?", "x")})
		}, []string{"CREATE VIEW `w` AS SELECT * FROM `dries` WHERE name = 'x'"}},
		"CreateView with Replace": {func() error { return m.CreateView("v", gorm.ViewOption{Replace: true, Query: db.Table("dries")}) }, []string{"DROP VIEW `v`", "CREATE VIEW `v`"}},
		"DropView":                {func() error { return m.DropView("v") }, []string{"DROP VIEW `v`"}},
		"CreateConstraint":        {func() error { return m.CreateConstraint(&dry{}, "age_ok") }, []string{"CREATE TABLE `dries__new1`"}},
		"DropConstraint":          {func() error { return m.DropConstraint("named", "c") }, []string{""}},
		"CreateIndex":             {func() error { return m.CreateIndex(&dry{}, "idx_dry") }, []string{"CREATE INDEX `idx_dry` ON `dries` (`name`)"}},
		"DropIndex":               {func() error { return m.DropIndex("dries", "idx_old") }, []string{"DROP INDEX `idx_old`"}},
		"RenameIndex":             {func() error { return m.RenameIndex("dries", "idx_old", "idx_new") }, []string{"DROP INDEX `idx_old`", "CREATE INDEX `idx_new` ON dries(old)"}},
	} {
		t.Run(name, func(t *testing.T) {
			nothingChanged(t, db, func() {
				out := printed(t, func() { require.NoError(t, c.do()) })
				lines := strings.Split(out, "\n")
				require.True(t, strings.HasSuffix(out, ";\n"), out)
				for i, want := range c.want {
					require.Less(t, i, len(lines), out)
					require.True(t, strings.HasPrefix(lines[i], want), "%s\nwanted %s", out, want)
				}
			})
		})
	}
	// Questions are answered, and errors are told, as without it.
	require.True(t, m.HasTable(&dry{}))
	require.True(t, m.HasColumn(&dry{}, "old"))
	require.True(t, m.HasIndex("dries", "idx_old"))
	require.True(t, m.HasConstraint("named", "c"))
	types, err := m.ColumnTypes(&dry{})
	require.NoError(t, err)
	require.Len(t, types, 4)
	require.Empty(t, printed(t, func() {
		require.Error(t, m.RenameTable("nope", "x"))
		require.Error(t, m.DropColumn("dries", "nope"))
		require.NoError(t, m.DropTable("nope"))
		require.NoError(t, m.DropView("nope"))
	}))
}

// What a dry run prints is what then runs.
func TestDryRunPrintsWhatThenRuns(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE dries(id INTEGER PRIMARY KEY, name text, age INT)")
	dryDB := db.Session(&gorm.Session{DryRun: true})
	script := printed(t, func() { require.NoError(t, dryDB.AutoMigrate(&dry{})) })
	other := open(t)
	exec(t, other, "CREATE TABLE dries(id INTEGER PRIMARY KEY, name text, age INT)")
	for _, s := range strings.Split(strings.TrimSuffix(script, ";\n"), ";\n") {
		exec(t, other, s)
	}
	require.NoError(t, db.AutoMigrate(&dry{}))
	require.Equal(t, dump(t, db), dump(t, other))
	require.Empty(t, printed(t, func() { require.NoError(t, dryDB.AutoMigrate(&dry{})) }), "nothing is left")
}
