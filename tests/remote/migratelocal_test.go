package remote

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
	"github.com/gorm-libsql/libsql/migrator"
)

// readerUnique wants what rows can forbid.
type readerUnique struct {
	ID   uint
	Name string `gorm:"not null;uniqueIndex"`
}

func (readerUnique) TableName() string { return "readers" }

// readerKey has a parent for its readers.
type readerKey struct {
	ID      uint
	Name    string `gorm:"check:name_there,name <> ''"`
	Shelf   *shelf `gorm:"foreignKey:ShelfID"`
	ShelfID *uint
}

func (readerKey) TableName() string { return "readers" }

// loanOrphan has a foreign key more than its table, and a reason to rebuild.
type loanOrphan struct {
	ID       uint
	ReaderID uint
	Reader   reader `gorm:"constraint:OnDelete:CASCADE"`
	BookID   uint
	Book     book
	ShelfID  uint  `gorm:"default:1"`
	Shelf    shelf `gorm:"constraint:OnDelete:CASCADE"`
}

func (loanOrphan) TableName() string { return "loans" }

// state is all that a database holds: its schema in the order of its names, and
// the rows of each table.
func state(t *testing.T, db *gorm.DB) string {
	var b strings.Builder
	var objects []struct{ Type, Name, SQL string }
	require.NoError(t, db.Raw("SELECT type, name, coalesce(sql, '') AS sql FROM sqlite_schema ORDER BY type, name").Scan(&objects).Error)
	for _, o := range objects {
		fmt.Fprintf(&b, "%s %s: %s\n", o.Type, o.Name, o.SQL)
		if o.Type != "table" {
			continue
		}
		rows, err := db.Raw("SELECT * FROM `" + o.Name + "`").Rows()
		require.NoError(t, err)
		cols, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]any, len(cols))
			dest := make([]any, len(cols))
			for i := range values {
				dest[i] = &values[i]
			}
			require.NoError(t, rows.Scan(dest...))
			fmt.Fprintf(&b, "  %v\n", values)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return b.String()
}

// A migration does on a server what it does on a local file, to the byte, and
// where it cannot be done it says the same, and has changed nothing.
func TestMigrationsAsOnALocalDatabase(t *testing.T) {
	rows := `INSERT INTO shelves (name) VALUES ('a');
		INSERT INTO books (shelf_id, title) VALUES (1, 't');
		INSERT INTO readers (name) VALUES ('x'), ('y'), (NULL);
		INSERT INTO loans (reader_id, book_id) VALUES (1, 1), (2, 1);
		DELETE FROM readers WHERE name IS NULL`
	for _, tt := range []struct {
		what  string
		setup string
		do    func(db *gorm.DB) error
		fails string
		trips int // at most
	}{
		{"column", around + ";" + rows, func(db *gorm.DB) error { return db.AutoMigrate(&readerV2{}) }, "", 99},
		{"rebuild", rows, func(db *gorm.DB) error { return db.AutoMigrate(&readerV3{}) }, "", 3},
		{"rebuild with all that is around", around + ";" + rows, func(db *gorm.DB) error { return db.AutoMigrate(&readerV3{}) }, "", 99},
		{"two rebuilds with what is around", around + ";" + rows, func(db *gorm.DB) error {
			return db.AutoMigrate(&readerV3{}, &loanOrphan{})
		}, "", 99},
		{"rebuild, foreign keys that were broken before", rows + "; PRAGMA foreign_keys = OFF; INSERT INTO loans (reader_id, book_id) VALUES (77, 1)",
			func(db *gorm.DB) error { return db.AutoMigrate(&readerV3{}) }, "", 99},
		{"rebuild, foreign keys that would be broken", rows + "; PRAGMA foreign_keys = OFF; UPDATE shelves SET id = 2",
			func(db *gorm.DB) error { return db.AutoMigrate(&loanOrphan{}) }, "refer to what is not there", 99},
		{"a view that would not work any more", rows + "; CREATE VIEW v AS SELECT name FROM readers; CREATE VIEW w AS SELECT * FROM v",
			func(db *gorm.DB) error { return db.Migrator().DropColumn(&reader{}, "name") }, "", 99},
		{"a trigger that would not work any more", rows + "; CREATE TRIGGER tr AFTER INSERT ON shelves BEGIN UPDATE readers SET name = NEW.name; END",
			func(db *gorm.DB) error { return db.Migrator().DropColumn(&reader{}, "name") }, "", 99},
		{"rows that are NULL", rows + "; INSERT INTO readers (name) VALUES (NULL)",
			func(db *gorm.DB) error { return db.AutoMigrate(&readerUnique{}) }, "NULL", 99},
		{"rows that are not unique", rows + "; INSERT INTO readers (name) VALUES ('x')",
			func(db *gorm.DB) error { return db.AutoMigrate(&readerUnique{}) }, "UNIQUE", 3},
		{"rows that a CHECK forbids", rows + "; INSERT INTO readers (name) VALUES ('')",
			func(db *gorm.DB) error { return db.AutoMigrate(&readerV3{}) }, "name_there", 99},
		{"two models of a table", rows, func(db *gorm.DB) error { return db.AutoMigrate(&readerV2{}, &readerKey{}) }, "", 99},
		{"models that contradict each other", rows, func(db *gorm.DB) error { return db.AutoMigrate(&readerV3{}, &readerV2{}, &readerUnique{}) }, "", 99},
		{"drop a table to which rows refer", rows, func(db *gorm.DB) error { return db.Migrator().DropTable(&reader{}) }, "", 3},
		{"in a transaction", rows, func(db *gorm.DB) error {
			return db.Transaction(func(tx *gorm.DB) error { return tx.AutoMigrate(&readerV2{}) })
		}, "", 99},
		{"rebuild in a transaction", rows, func(db *gorm.DB) error {
			return db.Transaction(func(tx *gorm.DB) error { return tx.AutoMigrate(&readerV3{}) })
		}, "foreign keys cannot be switched off here", 99},
		{"rebuild in a transaction, and go on", around, func(db *gorm.DB) error {
			return db.Transaction(func(tx *gorm.DB) error {
				if err := tx.AutoMigrate(&readerV3{}); err != nil {
					return err
				}
				return tx.Create(&readerV3{Name: "z"}).Error
			})
		}, "", 99},
		{"a plan that is run", around + ";" + rows, func(db *gorm.DB) error {
			p, err := migrator.NewPlan(db, &readerV3{})
			if err != nil {
				return err
			}
			return p.Run(bg)
		}, "", 99},
		{"a view that gets another query", rows + "; CREATE VIEW v AS SELECT 1 AS name; CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN DELETE FROM log; END",
			func(db *gorm.DB) error {
				return db.Migrator().CreateView("v", gorm.ViewOption{Replace: true, Query: db.Model(&reader{}).Select("name")})
			}, "", 2},
		{"rename what is mentioned", around + ";" + rows, func(db *gorm.DB) error { return db.Migrator().RenameTable("shelves", "racks") }, "", 99},
		{"foreign keys off", rows, func(db *gorm.DB) error {
			return db.Connection(func(tx *gorm.DB) error {
				if err := tx.Exec("PRAGMA foreign_keys = OFF").Error; err != nil {
					return err
				}
				err := tx.AutoMigrate(&readerV3{})
				var on int
				require.NoError(t, tx.Raw("PRAGMA foreign_keys").Scan(&on).Error)
				require.Zero(t, on)
				require.NoError(t, tx.Exec("PRAGMA foreign_keys = ON").Error)
				return err
			})
		}, "", 99},
	} {
		t.Run(tt.what, func(t *testing.T) {
			local, err := gorm.Open(libsql.Open(filepath.Join(t.TempDir(), "local.db")), &gorm.Config{Logger: logger.Discard})
			require.NoError(t, err)
			pool, err := local.DB()
			require.NoError(t, err)
			defer pool.Close()
			k := serve(t, hranaserver.Options{})
			remote := k.gorm(&gorm.Config{Logger: logger.Discard})
			var before string
			for _, db := range []*gorm.DB{local, remote} {
				require.NoError(t, db.AutoMigrate(library...))
				require.NoError(t, db.Connection(func(tx *gorm.DB) error { return tx.Exec(tt.setup).Error }))
				require.NoError(t, db.Exec("PRAGMA foreign_keys = ON").Error) // on the connection that was just given back
				before = state(t, db)
			}
			localErr := tt.do(local)
			var remoteErr error
			trips := k.trips(func() { remoteErr = tt.do(remote) })
			require.Equal(t, fmt.Sprint(localErr), fmt.Sprint(remoteErr))
			require.Equal(t, state(t, local), state(t, remote))
			if tt.fails != "" {
				require.ErrorContains(t, remoteErr, tt.fails)
			}
			if remoteErr != nil {
				require.Equal(t, before, state(t, remote))
			}
			t.Log(trips, "requests;", remoteErr)
			require.LessOrEqual(t, trips, tt.trips)
			for _, db := range []*gorm.DB{local, remote} {
				var on int
				require.NoError(t, db.Raw("PRAGMA foreign_keys").Scan(&on).Error)
				require.Equal(t, 1, on)
			}
			k.noStreams()
		})
	}
}
