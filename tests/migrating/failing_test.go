package migrating

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// lockChild holds the write lock until a line comes in.
func lockChild(args []string) error {
	db, err := sql.Open(driver.Name, args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	fmt.Println("locked")
	bufio.NewScanner(os.Stdin).Scan()
	return nil
}

// changes are one call of each kind that has to write.
var changes = map[string]func(gorm.Migrator) error{
	"rebuild":          func(m gorm.Migrator) error { return m.AutoMigrate(&Customer{}) },
	"native":           func(m gorm.Migrator) error { return m.AutoMigrate(&Order{}) },
	"several":          func(m gorm.Migrator) error { return m.AutoMigrate(works["several"]...) },
	"CreateTable":      func(m gorm.Migrator) error { return m.CreateTable(&Bill{}) },
	"AddColumn":        func(m gorm.Migrator) error { return m.AddColumn(&Order{}, "Place") },
	"AlterColumn":      func(m gorm.Migrator) error { return m.AlterColumn(&Customer{}, "Name") },
	"DropColumn":       func(m gorm.Migrator) error { return m.DropColumn(&Visit{}, "At") },
	"RenameColumn":     func(m gorm.Migrator) error { return m.RenameColumn(&Visit{}, "At", "time") },
	"CreateConstraint": func(m gorm.Migrator) error { return m.CreateConstraint(&Customer{}, "sane_age") },
	"CreateIndex":      func(m gorm.Migrator) error { return m.CreateIndex(&Order{}, "notes") },
	"DropIndex":        func(m gorm.Migrator) error { return m.DropIndex(&Customer{}, "by_name") },
	"RenameIndex":      func(m gorm.Migrator) error { return m.RenameIndex(&Customer{}, "by_name", "by_no_name") },
	"RenameTable":      func(m gorm.Migrator) error { return m.RenameTable("visits", "calls") },
	"DropTable":        func(m gorm.Migrator) error { return m.DropTable("visits") },
}

// A file that cannot be written is an error of each call, and can be read
// afterwards.
func TestFileThatIsReadOnly(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for name, params := range map[string]string{"mode=ro": "?mode=ro", "query_only": "?_query_only=1"} {
		t.Run(name, func(t *testing.T) {
			_, dsn := shop(t, "")
			db := open(t, dsn+params)
			before := look(t, pool(t, db))
			for call, fn := range changes {
				err := fn(db.Migrator())
				require.ErrorContains(t, err, "readonly database", call)
				require.Equal(t, before, look(t, pool(t, db)), call)
				require.Equal(t, defaults, dbtest.Text(t, pool(t, db), settings), call)
			}
			plan, err := migrator.NewPlan(db, works["several"]...)
			require.NoError(t, err)
			require.False(t, plan.Empty())
			require.ErrorContains(t, plan.Run(context.Background()), "readonly database")
		})
	}
}

// Nor can one that the file system lets nobody write.
func TestFileWithoutPermission(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := dbtest.DSN(t)
	// The child is somebody else when this is root, whom no permission stops.
	for dir := filepath.Dir(path); dir != filepath.Clean(os.TempDir()); dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	db := open(t, "file:"+path+"?_journal_mode=DELETE")
	makeShop(t, dbtest.Conn(t, pool(t, db)), 100)
	before := look(t, pool(t, db))
	require.NoError(t, os.Chmod(path, 0o444))
	dbtest.Start(t, "read", "file:"+path).Done(t)
	require.NoError(t, os.Chmod(path, 0o644))
	require.Equal(t, before, look(t, pool(t, db)))
}

// readChild tries to change a file that it may not write: DSN. It fails to
// open it, because it does not say that it only wants to read.
func readChild(args []string) error {
	if os.Getuid() == 0 {
		if err := dbtest.BecomeNobody(); err != nil {
			return err
		}
	}
	const want = "attempt to write a readonly database: %s (the file is read-only: open it with mode=ro, or make it writable)"
	_, err := openWith(args[0], nil)
	if err == nil || err.Error() != fmt.Sprintf(want, strings.TrimPrefix(args[0], "file:")) {
		return fmt.Errorf("opening: %v", err)
	}
	db, err := openWith(args[0]+"?mode=ro", nil)
	if err != nil {
		return err
	}
	p, err := db.DB()
	if err != nil {
		return err
	}
	defer p.Close()
	for call, fn := range changes {
		if err := fn(db.Migrator()); err == nil || !strings.Contains(err.Error(), "readonly database") {
			return fmt.Errorf("%s: %v", call, err)
		}
	}
	return nil
}

// A database that another process is writing is an error after the busy
// timeout, and migrates when the other is done.
func TestFileThatIsLocked(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	db, dsn := shop(t, "")
	before := look(t, pool(t, db))
	hasty := open(t, dsn+"?_busy_timeout=20")
	other := dbtest.Start(t, "lock", dsn)
	other.Expect(t, "locked")
	for call, fn := range changes {
		err := fn(hasty.Migrator())
		require.ErrorContains(t, err, "database is locked", call)
		var e *driver.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, before, look(t, pool(t, hasty)), call)
		require.Equal(t, defaults, dbtest.Text(t, pool(t, hasty), settings), call)
	}
	require.ErrorContains(t, hasty.AutoMigrate(works["several"]...), `table "customers", "orders", "visits", "bills": migrating: database is locked`)
	other.Done(t)
	settled(t, hasty)
	require.NoError(t, hasty.AutoMigrate(works["several"]...))
	require.Equal(t, before.rows, look(t, pool(t, hasty)).rows)
}

// A transaction that has begun to read cannot write when another has written
// since: it is an error, and the transaction can still read.
func TestTransactionThatIsTooLate(t *testing.T) {
	db, dsn := shop(t, "")
	late := open(t, dsn+"?_txlock=deferred&_busy_timeout=20")
	require.NoError(t, late.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("SELECT count(*) FROM orders").Error)
		var n int64
		require.NoError(t, tx.Model(&Order{}).Count(&n).Error)
		require.NoError(t, db.Exec("INSERT INTO audit VALUES ('meanwhile', 1)").Error)
		require.ErrorContains(t, tx.AutoMigrate(&Order{}, &Bill{}), "locked")
		require.False(t, tx.Migrator().HasTable(&Bill{}))
		var again int64
		require.NoError(t, tx.Model(&Order{}).Count(&again).Error)
		require.Equal(t, n, again)
		return nil
	}))
	settled(t, late)
	require.NoError(t, late.AutoMigrate(works["several"]...))
}

// A full disk ends a migration wherever it happens: the database is as before,
// and migrates when there is space.
func TestDiskIsFull(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	for _, params := range []string{"", "?_journal_mode=DELETE"} {
		for name, in := range someWays() {
			t.Run(params+name, func(t *testing.T) {
				db, _ := shop(t, params)
				p := pool(t, db)
				p.SetMaxOpenConns(1)
				before := look(t, p)
				work := works["several"]
				if inTransactionOf(name) {
					work = []any{&Order{}, &Visit{}, &Bill{}}
				}
				pages := dbtest.Int(t, p, "PRAGMA page_count")
				ended := map[string]bool{}
				for limit := pages; ; limit++ {
					require.Equal(t, limit, dbtest.Int(t, p, fmt.Sprintf("PRAGMA max_page_count = %d", limit)))
					last := ""
					err := in(db, func(tx *gorm.DB) error {
						return watched(t, tx, func(e migrator.Event) { last = e.Table + ": " + string(e.Step) }).AutoMigrate(work...)
					})
					if err == nil {
						break
					}
					require.ErrorContains(t, err, "database or disk is full")
					table, kind, _ := strings.Cut(last, ": ")
					require.ErrorContains(t, err, fmt.Sprintf("table %q: %s", table, kind))
					ended[last] = true
					failed(t, db, before, err)
				}
				require.Greater(t, len(ended), 1, "steps that it ended at: %v", ended)
				require.Equal(t, before.rows, look(t, p).rows)
			})
		}
	}
}

// A file that is no database is one that nothing is done with.
func TestFileThatIsNoDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := dbtest.DSN(t)
	text := []byte(strings.Repeat("This is no database. ", 1000))
	require.NoError(t, os.WriteFile(path, text, 0o600))
	db, err := openWith("file:"+path, nil)
	if err == nil {
		defer dbtest.Close(t, pool(t, db))
		err = db.AutoMigrate(&Order{})
	}
	require.ErrorContains(t, err, "file is not a database")
	left, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, text, left)
}
