package migrations_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/tests/fixtures"
	"github.com/gorm-libsql/libsql/tests/migrations/models"
)

// The first AutoMigrate on a file that gorm.io/driver/sqlite or glebarez made
// from the same models writes nothing and takes no lock. See gen for the files.
func TestTheFirstTimeOnSchemasOfOtherDialects(t *testing.T) {
	files, err := filepath.Glob("testdata/firstrun/*.sql")
	require.NoError(t, err)
	require.Len(t, files, 10)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			path := dbtest.DSN(t, "_synchronous=OFF")
			db := openFile(t, path)
			exec(t, db, string(text))
			var there []any
			for _, m := range models.All() {
				if db.Migrator().HasTable(m) {
					there = append(there, m)
				}
			}
			require.GreaterOrEqual(t, len(there), len(models.All())-1, "old ones could not write %T", &models.Hard{})
			for _, m := range there {
				requireNothingToDo(t, db, path, m)
			}
		})
	}
}

// So do the files that they wrote themselves, with rows.
func TestTheFirstTimeOnFilesOfOtherDialects(t *testing.T) {
	for _, name := range fixtures.ModelNames {
		t.Run(name, func(t *testing.T) {
			path := fixtures.Path(t, name)
			db := openFile(t, path)
			before := schema(t, db)
			requireNothingToDo(t, db, path, &fixtures.Company{}, &fixtures.User{}, &fixtures.Order{}, &fixtures.Tag{})
			require.Equal(t, before, schema(t, db))
		})
	}
}

// Texts that they wrote in other versions, or that came from their migrations.
func TestTheFirstTimeOnOtherTexts(t *testing.T) {
	type named struct {
		ID    uint
		Name  string `gorm:"size:80;not null;default:x"`
		Email string `gorm:"unique"`
		Price string `gorm:"type:decimal(10,2);index:idx_price,sort:desc,where:price > 0"`
	}
	const index = "CREATE INDEX `idx_price` ON `t1`(`price` desc) WHERE price > 0"
	for name, texts := range map[string][]string{
		"renamed from __temp":     {"CREATE TABLE \"t1\" (`id` integer PRIMARY KEY AUTOINCREMENT,`name` text NOT NULL DEFAULT \"x\",`email` text,`price` decimal(10,2),CONSTRAINT `uni_t1_email` UNIQUE (`email`))", index},
		"two blanks":              {"CREATE TABLE \"t1\"  (`id` integer PRIMARY KEY AUTOINCREMENT,`name` text NOT NULL DEFAULT \"x\",`email` text,`price` decimal(10,2),CONSTRAINT `uni_t1_email` UNIQUE (`email`))", index},
		"without AUTOINCREMENT":   {"CREATE TABLE `t1` (`id` integer,`name` text NOT NULL DEFAULT 'x',`email` text UNIQUE,`price` decimal(10,2),PRIMARY KEY (`id`))", index},
		"key in the column":       {"CREATE TABLE `t1` (`id` integer NOT NULL PRIMARY KEY,`name` text NOT NULL DEFAULT ('x'),`email` text,`price` decimal(10,2),UNIQUE (`email`))", index},
		"of the first GORM":       {"CREATE TABLE \"t1\" (\"id\" integer primary key autoincrement,\"name\" text NOT NULL DEFAULT 'x',\"email\" text UNIQUE,\"price\" decimal(10,2) )", "CREATE INDEX idx_price ON \"t1\"(price desc) WHERE (price > 0)"},
		"columns that were added": {"CREATE TABLE `t1` (`id` integer PRIMARY KEY AUTOINCREMENT,`email` text, `name` text NOT NULL DEFAULT \"x\", `price` decimal(10,2),CONSTRAINT `uni_t1_email` UNIQUE (`email`))", index},
		"unique as an index":      {"CREATE TABLE `t1` (`id` integer PRIMARY KEY AUTOINCREMENT,`name` text NOT NULL DEFAULT \"x\",`email` text,`price` decimal(10,2))", "CREATE UNIQUE INDEX `idx_t1_email` ON `t1`(`email`)", index},
		"brackets":                {"CREATE TABLE [t1] ([id] INTEGER PRIMARY KEY AUTOINCREMENT, [name] TEXT NOT NULL DEFAULT 'x', [email] TEXT, [price] DECIMAL(10, 2), CONSTRAINT [uni_t1_email] UNIQUE ([email]))", "create index [idx_price] on [t1] ([price] DESC) where [price]>0"},
		"a column more":           {"CREATE TABLE `t1` (`id` integer PRIMARY KEY AUTOINCREMENT,`old` text,`name` text NOT NULL DEFAULT \"x\",`email` text,`price` decimal(10,2),CONSTRAINT `uni_t1_email` UNIQUE (`email`))", index},
		"comments and lines":      {"CREATE TABLE `t1` (\n  `id` integer PRIMARY KEY AUTOINCREMENT, -- it's (\n  `name` text NOT NULL /* , */ DEFAULT \"x\",\n\t`email`\ttext,\n  `price` decimal(10,2),\nCONSTRAINT `uni_t1_email` UNIQUE (`email`)\n)", "CREATE INDEX `idx_price`\nON `t1`(`price` desc) -- why\nWHERE price > 0"},
	} {
		t.Run(name, func(t *testing.T) {
			path := dbtest.DSN(t, "_synchronous=OFF")
			db := openFile(t, path)
			exec(t, db, texts...)
			exec(t, db, "INSERT INTO t1(id, email, price) VALUES (1, 'e', '1.50')")
			before := schema(t, db)
			requireNothingToDo(t, db.Table("t1"), path, &named{})
			require.Equal(t, before, schema(t, db))
			require.Equal(t, "1 x e 1.5", answer(t, db, "SELECT id, name, email, price FROM t1"))
		})
	}
}
