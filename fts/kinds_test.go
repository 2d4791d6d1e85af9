package fts_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/fts"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestKindsOfDatabases(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	for name, c := range map[string]struct{ params, options string }{
		"plain":          {"", ""},
		"strict":         {"", " STRICT"},
		"encrypted":      {"?encryptionKey=secret", ""},
		"defensive":      {"?_defensive=1&_trusted_schema=0", ""},
		"single process": {"?_single_process=1", ""},
		"UTF-16":         {"?_pragma=encoding('UTF-16')", ""},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, dbtest.DSN(t)+c.params)
			models := []any{&Article{}, &Note{}}
			require.NoError(t, db.Set("gorm:table_options", c.options).AutoMigrate(models...))
			again(t, db.Set("gorm:table_options", c.options), models...)
			require.NoError(t, db.Create(&Article{ID: 1, Title: "größer fox"}).Error)
			require.NoError(t, db.Exec("INSERT OR REPLACE INTO articles(id, title) VALUES (1, 'größer ape')").Error)
			require.NoError(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&Article{ID: 1, Title: "größer bee"}).Error)
			require.NoError(t, db.Create(&[]Note{{Text: "größer bee"}, {Text: "cat"}}).Error)
			require.NoError(t, db.Where("text = ?", "cat").Delete(&Note{}).Error)
			for _, m := range models {
				require.EqualValues(t, 1, count(t, db, m, "größer BEE"))
				require.Zero(t, count(t, db, m, "fox"))
				require.Zero(t, count(t, db, m, "cat"))
				sound(t, db, m)
				require.NoError(t, fts.Optimize(db, m))
				require.NoError(t, fts.Rebuild(db, m))
				sound(t, db, m)
			}
			err := db.Transaction(func(tx *gorm.DB) error {
				require.EqualValues(t, 1, count(t, tx, &Article{}, "bee"))
				return nil
			}, &sql.TxOptions{ReadOnly: true})
			require.NoError(t, err)
			require.ErrorIs(t, db.Migrator().DropView("notes_fts_rows"), libsql.ErrUnsupported)
			require.ErrorIs(t, db.Migrator().CreateView("notes_fts_rows", gorm.ViewOption{Query: db.Model(&Note{}), Replace: true}), libsql.ErrUnsupported)
			require.NoError(t, db.Migrator().DropTable(models...))
			require.Empty(t, tables(t, db))
		})
	}
}
