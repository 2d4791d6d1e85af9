package foreign

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/tests/compat/kit"
)

// modernc's driver has the name "sqlite". The parameters are its own: times
// as text that sorts, foreign keys on.
const driverName = "sqlite"

func dsn(t *testing.T) string {
	return "file:" + filepath.Join(t.TempDir(), "foreign.db") +
		"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_time_format=sqlite&_txlock=immediate"
}

// each runs the test on a pool that we open by the driver's name, and on one
// that is open already, with and without PrepareStmt.
func each(t *testing.T, test func(t *testing.T, db *gorm.DB)) {
	for name, dialector := range map[string]func(t *testing.T) gorm.Dialector{
		"DriverName": func(t *testing.T) gorm.Dialector {
			return libsql.New(libsql.Config{DriverName: driverName, DSN: dsn(t)})
		},
		"Conn": func(t *testing.T) gorm.Dialector {
			pool, err := sql.Open(driverName, dsn(t))
			require.NoError(t, err)
			return libsql.New(libsql.Config{Conn: pool})
		},
		"value": func(t *testing.T) gorm.Dialector {
			return libsql.Dialector{DriverName: driverName, DSN: dsn(t)}
		},
	} {
		for _, prepare := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/PrepareStmt=%v", name, prepare), func(t *testing.T) {
				db, err := gorm.Open(dialector(t), &gorm.Config{
					Logger: logger.Discard, PrepareStmt: prepare, TranslateError: true,
				})
				require.NoError(t, err)
				pool, err := db.DB()
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, pool.Close()) })
				test(t, db)
			})
		}
	}
}

func migrated(t *testing.T, db *gorm.DB) *gorm.DB {
	t.Helper()
	require.NoError(t, db.AutoMigrate(kit.All()...))
	return db
}

func TestModels(t *testing.T) {
	each(t, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, kit.Make(db))
		rows, err := kit.Read(db)
		require.NoError(t, err)
		require.Contains(t, rows, `"Time": "2024-05-06T01:38:09.123456789Z"`)
		require.Contains(t, rows, `"TimePtr": "1850-06-01T12:00:00Z"`)

		text, version, err := kit.Schema(db)
		require.NoError(t, err)
		require.NoError(t, db.AutoMigrate(kit.All()...))
		again, versionAgain, err := kit.Schema(db)
		require.NoError(t, err)
		require.Equal(t, text, again)
		require.Equal(t, version, versionAgain)

		require.NoError(t, kit.Change(db))
		changed, err := kit.Read(db)
		require.NoError(t, err)
		require.NotEqual(t, rows, changed)
	})
}

func TestClauses(t *testing.T) {
	each(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		topics := []kit.Topic{{Name: "a"}, {Name: "b"}, {Name: "c"}}
		require.NoError(t, db.Create(&topics).Error)
		require.Equal(t, uint(3), topics[2].ID)

		// Upserts: the ids of the rows, none for a row that was skipped.
		again := []kit.Topic{{Name: "b"}, {Name: "d"}}
		require.NoError(t, db.Clauses(clause.OnConflict{DoNothing: true}).Create(&again).Error)
		require.Zero(t, again[0].ID)
		var d kit.Topic
		require.NoError(t, db.First(&d, again[1].ID).Error)
		require.Equal(t, "d", d.Name)
		require.NoError(t, db.Clauses(clause.OnConflict{
			Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.Assignments(map[string]any{"name": "e"}),
		}).Create(&kit.Topic{Name: "d"}).Error)
		require.NoError(t, db.Clauses(clause.Insert{Modifier: "OR IGNORE"}).Create(&kit.Topic{Name: "a"}).Error)

		// RETURNING, locks, limits.
		var deleted []kit.Topic
		require.NoError(t, db.Clauses(clause.Returning{}).Where("name > ?", "b").Order("name").Limit(1).Delete(&deleted).Error)
		require.Equal(t, []kit.Topic{{ID: 3, Name: "c"}}, deleted)
		var names []string
		require.NoError(t, db.Clauses(clause.Locking{Strength: "UPDATE"}).Model(&kit.Topic{}).Order("name").Offset(1).Pluck("name", &names).Error)
		require.Equal(t, []string{"b", "e"}, names)

		// Five empty rows, and rows that leave defaults to the table.
		defaults := []kit.Default{{}, {}, {Count: 1}, {}, {}}
		require.NoError(t, db.Create(&defaults).Error)
		var sum int
		require.NoError(t, db.Model(&kit.Default{}).Select("sum(count)").Scan(&sum).Error)
		require.Equal(t, 4*42+1, sum)
	})
}

func TestLongLists(t *testing.T) {
	each(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		cells := make([]kit.Cell, 12_000) // of four variables each
		rows := make([]int, 40_000)
		for i := range cells {
			cells[i] = kit.Cell{Sheet: "s", Row: i}
		}
		for i := range rows {
			rows[i] = i
		}
		require.NoError(t, db.Create(&cells).Error)
		var n int64
		require.NoError(t, db.Model(&kit.Cell{}).Where("row IN ?", rows).Count(&n).Error)
		require.EqualValues(t, 12_000, n)
		require.NoError(t, db.Where("row IN ?", rows).Delete(&kit.Cell{}).Error)
		require.NoError(t, db.Model(&kit.Cell{}).Count(&n).Error)
		require.Zero(t, n)
	})
}

func TestTransactions(t *testing.T) {
	each(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		undo := errors.New("undo")
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&kit.Topic{Name: "kept"}).Error)
			require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Create(&kit.Topic{Name: "undone"}).Error)
				return undo
			}), undo)
			require.NoError(t, tx.SavePoint("a b").Error)
			require.NoError(t, tx.Create(&kit.Topic{Name: "undone too"}).Error)
			return tx.RollbackTo("a b").Error
		}))
		require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&kit.Topic{Name: "undone"}).Error)
			return undo
		}), undo)
		var names []string
		require.NoError(t, db.Model(&kit.Topic{}).Pluck("name", &names).Error)
		require.Equal(t, []string{"kept"}, names)

		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, db.WithContext(ctx).Create(&kit.Topic{Name: "late"}).Error, context.Canceled)
	})
}

// GORM's errors go by SQLite's code, which modernc's errors tell, too.
func TestErrors(t *testing.T) {
	each(t, func(t *testing.T, db *gorm.DB) {
		migrated(t, db)
		require.NoError(t, db.Create(&kit.Topic{ID: 1, Name: "a"}).Error)
		require.ErrorIs(t, db.Create(&kit.Topic{Name: "a"}).Error, gorm.ErrDuplicatedKey)
		require.ErrorIs(t, db.Create(&kit.Topic{ID: 1, Name: "b"}).Error, gorm.ErrDuplicatedKey)
		missing := uint(99)
		require.ErrorIs(t, db.Create(&kit.Book{ID: "x", Price: 1, AuthorID: &missing}).Error, gorm.ErrForeignKeyViolated)
		require.ErrorIs(t, db.Create(&kit.Book{ID: "x", Price: 0}).Error, gorm.ErrCheckConstraintViolated)
		require.ErrorIs(t, db.First(&kit.Book{}).Error, gorm.ErrRecordNotFound)
	})
}

func TestMigrator(t *testing.T) {
	type Wide struct {
		ID    uint
		Name  string
		Added time.Time `gorm:"index"`
	}
	each(t, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.Exec("CREATE TABLE wides (id integer PRIMARY KEY AUTOINCREMENT, name text)").Error)
		require.NoError(t, db.Exec("INSERT INTO wides (name) VALUES ('old')").Error)
		require.NoError(t, db.AutoMigrate(&Wide{}))
		m := db.Migrator()
		require.True(t, m.HasColumn(&Wide{}, "Added"))
		require.True(t, m.HasIndex(&Wide{}, "idx_wides_added"))
		types, err := m.ColumnTypes(&Wide{})
		require.NoError(t, err)
		require.Len(t, types, 3)
		require.NoError(t, m.RenameColumn(&Wide{}, "name", "title"))
		require.NoError(t, m.CreateView("titles", gorm.ViewOption{Query: db.Table("wides").Select("title")}))
		var titles []string
		require.NoError(t, db.Table("titles").Pluck("title", &titles).Error)
		require.Equal(t, []string{"old"}, titles)
		require.NoError(t, m.DropView("titles"))
		require.NoError(t, m.DropTable(&Wide{}))
		tables, err := m.GetTables()
		require.NoError(t, err)
		for _, name := range tables {
			require.NotEqual(t, "wides", name)
		}
	})
}

// What only libSQL's driver can do says so, wherever it is asked.
func TestNativeCallsAreUnsupported(t *testing.T) {
	each(t, func(t *testing.T, db *gorm.DB) {
		unsupported := func(err error) {
			t.Helper()
			require.ErrorIs(t, err, libsql.ErrUnsupported)
		}
		never := func(*driver.Conn) error { t.Error("a connection of another driver was handed out"); return nil }
		ctx := context.Background()
		unsupported(libsql.Conn(db, never))
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			unsupported(libsql.Conn(tx, never))
			return tx.Exec("SELECT 1").Error // it goes on
		}))
		require.NoError(t, db.Connection(func(tx *gorm.DB) error {
			unsupported(libsql.Conn(tx, never))
			return tx.Exec("SELECT 1").Error
		}))
		pool, err := db.DB()
		require.NoError(t, err)
		unsupported(driver.With(ctx, pool, never))
		conn, err := pool.Conn(ctx)
		require.NoError(t, err)
		unsupported(driver.With(ctx, conn, never))
		require.NoError(t, conn.Close())
		tx, err := pool.Begin()
		require.NoError(t, err)
		unsupported(driver.With(ctx, tx, never))
		require.NoError(t, tx.Rollback())
		require.Zero(t, pool.Stats().InUse)
	})
}

// As the documents say.
func TestDocumented(t *testing.T) {
	t.Chdir(t.TempDir())
	db, err := gorm.Open(libsql.New(libsql.Config{
		DriverName: "sqlite", // of modernc.org/sqlite
		DSN:        "file:app.db?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_time_format=sqlite&_txlock=immediate",
	}), &gorm.Config{})
	require.NoError(t, err)
	require.NoError(t, db.AutoMigrate(&kit.Note{}))
	pool, err := db.DB()
	require.NoError(t, err)
	require.NoError(t, pool.Close())
}

// A configuration of our driver for a driver that is not ours is a mistake.
func TestDriverConfigNeedsOurDriver(t *testing.T) {
	cfg, err := driver.ParseDSN("app.db")
	require.NoError(t, err)
	_, err = gorm.Open(libsql.New(libsql.Config{DriverName: driverName, Driver: cfg}), &gorm.Config{})
	require.ErrorContains(t, err, "Config.Driver")

	_, err = gorm.Open(libsql.New(libsql.Config{DriverName: "no such driver", DSN: "x.db"}), &gorm.Config{Logger: logger.Discard})
	require.True(t, err != nil && strings.Contains(err.Error(), "no such driver"), "%v", err)
}

// A change is a rebuild there, on one connection of the pool, and loses no
// more than it does with libSQL.
func TestRebuild(t *testing.T) {
	type Owner struct {
		ID   uint
		Name string `gorm:"type:varchar(20);not null;default:x"`
		Code *string
	}
	each(t, func(t *testing.T, db *gorm.DB) {
		for _, sql := range []string{
			"CREATE TABLE owners (id integer PRIMARY KEY AUTOINCREMENT, name text, code text) -- theirs",
			"CREATE TABLE pets (id integer PRIMARY KEY, owner_id integer REFERENCES owners ON DELETE CASCADE)",
			"CREATE INDEX by_name ON owners(name DESC) WHERE name <> ''",
			"CREATE VIEW names AS SELECT name FROM owners",
			"CREATE TRIGGER codes AFTER INSERT ON owners BEGIN UPDATE owners SET code = 'c' WHERE id = new.id; END",
			"INSERT INTO owners(id, name) VALUES (1, 'a'), (9, 'b')", "DELETE FROM owners WHERE id = 9",
			"INSERT INTO pets VALUES (1, 1), (2, 1)",
		} {
			require.NoError(t, db.Exec(sql).Error)
		}
		plan, err := libsql.Plan(db, &Owner{})
		require.NoError(t, err)
		require.Contains(t, plan.String(), "rebuild (rewrite)")
		require.NotContains(t, plan.SQL(), "ALTER COLUMN")
		require.NoError(t, plan.Run(t.Context()))
		plan, err = libsql.Plan(db, &Owner{})
		require.NoError(t, err)
		require.True(t, plan.Empty(), plan)

		for _, c := range [][2]string{
			{"SELECT group_concat(id || owner_id) FROM pets", "11,21"},
			{"SELECT group_concat(name) FROM names", "a"},
			{"SELECT group_concat(name, ' ') FROM sqlite_schema WHERE type IN ('index', 'view', 'trigger')", "names by_name codes"},
			{"SELECT type || \"notnull\" FROM pragma_table_info('owners') WHERE name = 'name'", "varchar(20)1"},
			{"SELECT seq FROM sqlite_sequence", "9"},
			{"SELECT foreign_keys || legacy_alter_table FROM pragma_foreign_keys, pragma_legacy_alter_table", "10"},
			{"SELECT count(*) FROM pragma_foreign_key_check", "0"},
			{"SELECT integrity_check FROM pragma_integrity_check", "ok"},
			{"INSERT INTO owners DEFAULT VALUES RETURNING id || name", "10x"},
		} {
			var got string
			require.NoError(t, db.Raw(c[0]).Scan(&got).Error, c[0])
			require.Equal(t, c[1], got, c[0])
		}
		err = db.Transaction(func(tx *gorm.DB) error { return tx.Migrator().DropColumn(&Owner{}, "code") })
		require.ErrorIs(t, err, libsql.ErrUnsupported)
		require.ErrorContains(t, err, "migrate outside the transaction")
		require.ErrorContains(t, db.Migrator().DropColumn(&Owner{}, "code"), `the trigger "codes"`)
		require.NoError(t, db.Exec("UPDATE owners SET name = '007'").Error)
		type number struct {
			ID   uint
			Name int
		}
		require.ErrorContains(t, db.Table("owners").AutoMigrate(&number{}), `table "owners": column "name": a value would not be the same in the type "integer"`)
	})
}
