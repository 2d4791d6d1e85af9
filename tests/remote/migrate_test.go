package remote

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
	"github.com/gorm-libsql/libsql/migrator"
)

type shelf struct {
	ID   uint
	Name string `gorm:"uniqueIndex"`
}

type book struct {
	ID      uint
	ShelfID uint
	Shelf   shelf
	Title   string `gorm:"index"`
}

type reader struct {
	ID   uint
	Name string
}

// readerV2 has a column that can be added.
type readerV2 struct {
	ID    uint
	Name  string
	Email string `gorm:"index"`
}

func (readerV2) TableName() string { return "readers" }

// readerV3 has what takes a rebuild, and a look at the rows.
type readerV3 struct {
	ID    uint
	Name  string `gorm:"not null;default:none;check:name_there,name <> ''"`
	Email string `gorm:"index"`
}

func (readerV3) TableName() string { return "readers" }

type loan struct {
	ID       uint
	ReaderID uint
	Reader   reader `gorm:"constraint:OnDelete:CASCADE"`
	BookID   uint
	Book     book
}

type fine struct {
	ID     uint
	LoanID uint
	Loan   loan
	Sum    int64 `gorm:"check:sum_positive,sum > 0"`
}

var library = []any{&shelf{}, &book{}, &reader{}, &loan{}, &fine{}}

// around are views and triggers that have to do with readers: views of views, a
// trigger of another table, one of a view, one of the table, and a view that has
// not worked for long. RENAME stops at each of them.
const around = `
	CREATE VIEW named AS SELECT id, name FROM readers WHERE name IS NOT NULL;
	CREATE VIEW /* of a view */ named_again AS SELECT "name" AS n FROM named;
	CREATE VIEW shelved AS SELECT name FROM shelves;
	CREATE VIEW forgotten AS SELECT lost FROM nowhere;
	CREATE TABLE log (line TEXT);
	CREATE TRIGGER loaned AFTER INSERT ON loans BEGIN INSERT INTO log SELECT name FROM readers WHERE id = NEW.reader_id; END;
	CREATE TRIGGER renamed INSTEAD OF UPDATE OF name ON named BEGIN UPDATE readers SET name = NEW.name WHERE id = NEW.id; END;
	CREATE TRIGGER joined AFTER INSERT ON readers BEGIN INSERT INTO log VALUES ('joined ' || NEW.name); END;
	CREATE TRIGGER shelving AFTER INSERT ON shelves BEGIN INSERT INTO log VALUES (NEW.name); END`

// What a migration costs: the schema is one request and so is the plan, with
// what is looked at before and after it. What has to be asked about the rows is
// one more.
func TestMigrationTrips(t *testing.T) {
	rows := func(k *kit) {
		k.exec("INSERT INTO shelves (name) VALUES ('a'); INSERT INTO books (shelf_id, title) VALUES (1, 't');" +
			"INSERT INTO readers (name) VALUES ('x'), ('y'); INSERT INTO loans (reader_id, book_id) VALUES (1, 1), (2, 1)")
	}
	for _, tt := range []struct {
		what  string
		trips int
		first func(k *kit, db *gorm.DB)
		do    func(db *gorm.DB, m gorm.Migrator) error
	}{
		{"AutoMigrate, 1 model, new", 2, func(k *kit, _ *gorm.DB) { k.exec("DROP TABLE fines") }, func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(&fine{}) }},
		{"AutoMigrate, 5 models, new", 2, func(_ *kit, db *gorm.DB) { require.NoError(t, db.Migrator().DropTable(library...)) },
			func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(library...) }},
		{"AutoMigrate, 1 model, unchanged", 1, nil, func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(&shelf{}) }},
		{"AutoMigrate, 5 models, unchanged", 1, nil, func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(library...) }},
		{"AutoMigrate, a column and its index", 2, nil, func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(&readerV2{}) }},
		{"AutoMigrate, a column where there are views and triggers", 2, func(k *kit, _ *gorm.DB) { k.exec(around + "; DROP VIEW forgotten; DROP TRIGGER renamed") },
			func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(&readerV2{}) }},
		{"AutoMigrate, rebuild", 3, nil, func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(&readerV3{}) }},
		{"AutoMigrate, rebuild with foreign keys", 3, func(k *kit, _ *gorm.DB) { rows(k) }, func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(&readerV3{}) }},
		{"AutoMigrate, rebuild with foreign keys, views and triggers", 3, func(k *kit, _ *gorm.DB) {
			rows(k)
			k.exec(around + "; DROP VIEW forgotten; DROP TRIGGER renamed")
		}, func(db *gorm.DB, _ gorm.Migrator) error { return db.AutoMigrate(&readerV3{}) }},
		{"NewPlan", 2, func(k *kit, _ *gorm.DB) { rows(k) }, func(db *gorm.DB, _ gorm.Migrator) error {
			_, err := migrator.NewPlan(db, &readerV3{})
			return err
		}},
		{"AutoMigrate in a transaction, with its COMMIT", 3, nil, func(db *gorm.DB, _ gorm.Migrator) error {
			return db.Transaction(func(tx *gorm.DB) error { return tx.AutoMigrate(&readerV2{}) })
		}},
		{"HasTable", 1, nil, func(_ *gorm.DB, m gorm.Migrator) error { return there(m.HasTable(&shelf{})) }},
		{"HasColumn", 1, nil, func(_ *gorm.DB, m gorm.Migrator) error { return there(m.HasColumn(&shelf{}, "name")) }},
		{"HasIndex", 1, nil, func(_ *gorm.DB, m gorm.Migrator) error { return there(m.HasIndex(&shelf{}, "Name")) }},
		{"HasConstraint", 1, nil, func(_ *gorm.DB, m gorm.Migrator) error { return there(m.HasConstraint(&fine{}, "sum_positive")) }},
		{"ColumnTypes", 4, nil, func(_ *gorm.DB, m gorm.Migrator) error {
			types, err := m.ColumnTypes(&book{})
			require.Len(t, types, 3)
			return err
		}},
		{"GetIndexes", 1, nil, func(_ *gorm.DB, m gorm.Migrator) error {
			indexes, err := m.GetIndexes(&book{})
			require.Len(t, indexes, 1)
			return err
		}},
		{"GetTables", 2, nil, func(_ *gorm.DB, m gorm.Migrator) error {
			tables, err := m.GetTables()
			require.Len(t, tables, 5)
			return err
		}},
		{"TableType", 1, nil, func(_ *gorm.DB, m gorm.Migrator) error {
			_, err := m.TableType(&book{})
			return err
		}},
		{"CreateTable", 2, func(k *kit, _ *gorm.DB) { k.exec("DROP TABLE fines") }, func(_ *gorm.DB, m gorm.Migrator) error { return m.CreateTable(&fine{}) }},
		{"DropTable", 3, func(k *kit, _ *gorm.DB) { rows(k) }, func(_ *gorm.DB, m gorm.Migrator) error { return m.DropTable(&readerV2{}, &loan{}) }},
		{"RenameTable", 3, nil, func(_ *gorm.DB, m gorm.Migrator) error { return m.RenameTable(&fine{}, "fees") }},
		{"AddColumn", 2, nil, func(_ *gorm.DB, m gorm.Migrator) error { return m.AddColumn(&readerV2{}, "Email") }},
		{"AlterColumn", 3, nil, func(_ *gorm.DB, m gorm.Migrator) error { return m.AlterColumn(&readerV3{}, "Name") }},
		{"DropColumn", 2, nil, func(_ *gorm.DB, m gorm.Migrator) error { return m.DropColumn(&reader{}, "name") }},
		{"RenameColumn", 2, nil, func(_ *gorm.DB, m gorm.Migrator) error { return m.RenameColumn(&reader{}, "name", "called") }},
		{"CreateIndex", 2, func(k *kit, _ *gorm.DB) { k.exec("DROP INDEX idx_books_title") }, func(_ *gorm.DB, m gorm.Migrator) error { return m.CreateIndex(&book{}, "Title") }},
		{"DropIndex", 2, nil, func(_ *gorm.DB, m gorm.Migrator) error { return m.DropIndex(&book{}, "Title") }},
		{"CreateConstraint", 3, nil, func(_ *gorm.DB, m gorm.Migrator) error { return m.CreateConstraint(&readerV3{}, "name_there") }},
		{"CreateView", 2, nil, func(db *gorm.DB, m gorm.Migrator) error {
			return m.CreateView("titles", gorm.ViewOption{Query: db.Model(&book{}).Select("title")})
		}},
		{"DropView", 2, func(k *kit, _ *gorm.DB) { k.exec("CREATE VIEW titles AS SELECT 1") }, func(_ *gorm.DB, m gorm.Migrator) error { return m.DropView("titles") }},
	} {
		t.Run(tt.what, func(t *testing.T) {
			k := serve(t, hranaserver.Options{})
			db := k.gorm()
			require.NoError(t, db.AutoMigrate(library...))
			if tt.first != nil {
				tt.first(k, db)
			}
			require.Equal(t, tt.trips, k.trips(func() { require.NoError(t, tt.do(db, db.Migrator())) }))
			k.noStreams()
		})
	}
}

func there(is bool) error {
	if !is {
		return errors.New("it is not there")
	}
	return nil
}
