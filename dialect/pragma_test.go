package dialect_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// ask returns what a PRAGMA says on each of some connections of the pool, of
// which the first ones are old and the last ones new.
func ask(t *testing.T, db *gorm.DB, name string) (answers []string) {
	t.Helper()
	pool, err := db.DB()
	require.NoError(t, err)
	var held []*sql.Conn
	for range 5 {
		c, err := pool.Conn(context.Background())
		require.NoError(t, err)
		held = append(held, c)
		var s string
		require.NoError(t, c.QueryRowContext(context.Background(), "PRAGMA "+name).Scan(&s))
		answers = append(answers, s)
	}
	for _, c := range held {
		require.NoError(t, c.Close())
	}
	return answers
}

func everywhere(answer string) []string { return []string{answer, answer, answer, answer, answer} }

// A PRAGMA on the pool holds for every connection, whichever way it is run.
func TestPragmaOnThePool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	script := func(text string) func(*gorm.DB) error {
		return func(db *gorm.DB) error { return db.Exec(text).Error }
	}
	for name, tc := range map[string]struct {
		run          func(*gorm.DB) error
		pragma, want string
	}{
		"exec":        {script("PRAGMA foreign_keys = OFF"), "foreign_keys", "0"},
		"in brackets": {script("pragma cache_size(-77)"), "cache_size", "-77"},
		"of main":     {script(`PRAGMA "main".synchronous = 'extra'`), "synchronous", "3"},
		"the last":    {script("PRAGMA foreign_keys = OFF; CREATE TABLE x(a); PRAGMA foreign_keys = ON;"), "foreign_keys", "1"},
		"in a script": {script("CREATE TABLE x(a); -- more\nPRAGMA recursive_triggers = 1; INSERT INTO x VALUES (1)"), "recursive_triggers", "1"},
		"scan": {func(db *gorm.DB) error {
			var n int
			return db.Raw("PRAGMA busy_timeout = 777").Scan(&n).Error
		}, "busy_timeout", "777"},
		"row": {func(db *gorm.DB) error {
			var n int
			return db.Raw("PRAGMA busy_timeout = 776").Row().Scan(&n)
		}, "busy_timeout", "776"},
		"rows": {func(db *gorm.DB) error {
			rows, err := db.Raw("PRAGMA busy_timeout = 775").Rows()
			if err != nil {
				return err
			}
			return rows.Close()
		}, "busy_timeout", "775"},
		"session": {func(db *gorm.DB) error {
			return db.Session(&gorm.Session{PrepareStmt: true}).WithContext(context.Background()).Exec("PRAGMA query_only = 1").Error
		}, "query_only", "1"},
		"journal mode": {script("PRAGMA journal_mode = MEMORY"), "journal_mode", "memory"},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, nil)
			ask(t, db, tc.pragma)            // so that there are old connections
			if tc.pragma == "journal_mode" { // which only the one user of a file may change
				pool, err := db.DB()
				require.NoError(t, err)
				pool.SetMaxIdleConns(1)
			}
			require.NoError(t, tc.run(db))
			require.Equal(t, everywhere(tc.want), ask(t, db, tc.pragma))
		})
	}
}

// The pool may have one connection only.
func TestPragmaOnAPoolOfOne(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	db := open(t, nil)
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	rows, err := db.Raw("PRAGMA cache_size = 33").Rows()
	require.NoError(t, err)
	require.NoError(t, rows.Close())
	require.NoError(t, db.Exec("PRAGMA cache_size = 34").Error)
	var n int
	require.NoError(t, db.Raw("PRAGMA cache_size").Scan(&n).Error)
	require.Equal(t, 34, n)
}

// Inside Connection and a transaction it is the setting of that connection.
func TestPragmaOnAConnection(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	db := open(t, nil)
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxIdleConns(0) // no connection comes back with what was set
	for name, within := range map[string]func(func(*gorm.DB) error) error{
		"connection":  db.Connection,
		"transaction": func(fn func(*gorm.DB) error) error { return db.Transaction(fn) },
		"cached": func(fn func(*gorm.DB) error) error {
			return db.Session(&gorm.Session{PrepareStmt: true}).Transaction(fn)
		},
	} {
		require.NoError(t, within(func(tx *gorm.DB) error {
			tx = tx.Session(&gorm.Session{NewDB: true})
			if err := tx.Exec("PRAGMA cache_size = 11").Error; err != nil {
				return err
			}
			var n int
			err := tx.Raw("PRAGMA cache_size").Scan(&n).Error
			require.Equal(t, 11, n, name)
			return err
		}), name)
	}
	require.Equal(t, everywhere("-2000"), ask(t, db, "cache_size"))
}

// What is no setting of connections is run once, as it stands.
func TestPragmaThatIsNoSetting(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	db := open(t, nil)
	file := filepath.Join(t.TempDir(), "b.db")
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		return tx.Session(&gorm.Session{NewDB: true}).Exec("ATTACH ? AS b; PRAGMA b.cache_size = 5; DETACH b", file).Error
	}))
	for _, text := range []string{
		"PRAGMA user_version = 7", "PRAGMA table_info(x)", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA optimize",
		"PRAGMA cache_size", "PRAGMA no_such_pragma = 1", "SELECT 'PRAGMA foreign_keys = OFF'", "SELECT 1 /* pragma */",
		"PRAGMA journal_mode = WAL",
	} {
		require.NoError(t, db.Exec(text).Error, text)
	}
	require.NoError(t, db.Session(&gorm.Session{DryRun: true}).Exec("PRAGMA foreign_keys = OFF").Error)
	require.Equal(t, everywhere("1"), ask(t, db, "foreign_keys"))
	require.Equal(t, everywhere("-2000"), ask(t, db, "cache_size"))
	require.Equal(t, everywhere("7"), ask(t, db, "user_version"))
}

// WAL is the file's own, and no connection may undo it for another.
func TestPragmaJournalModeBackToWAL(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	db := open(t, nil)
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxIdleConns(1)
	require.NoError(t, db.Exec("PRAGMA journal_mode = TRUNCATE").Error)
	require.Equal(t, everywhere("truncate"), ask(t, db, "journal_mode"))
	require.NoError(t, db.Exec("PRAGMA journal_mode = WAL").Error)
	require.Equal(t, everywhere("wal"), ask(t, db, "journal_mode"))

	// Another program's decision stands.
	pool.SetMaxIdleConns(0)
	var file string
	require.NoError(t, db.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file).Error)
	other, err := sql.Open(driver.Name, file)
	require.NoError(t, err)
	defer other.Close()
	_, err = other.Exec("PRAGMA journal_mode = DELETE")
	require.NoError(t, err)
	require.Equal(t, everywhere("delete"), ask(t, db, "journal_mode"))
}

// connector is a pool in a wrapper that tells what it wraps, as those of
// plugins do.
type connector struct {
	gorm.ConnPool
	db *sql.DB
}

func (c connector) GetDBConn() (*sql.DB, error) { return c.db, nil }

// A pool of ours is one in a wrapper, too.
func TestWrappedPool(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	pool, err := sql.Open(driver.Name, dbtest.DSN(t))
	require.NoError(t, err)
	defer pool.Close()
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: connector{pool, pool}}), &gorm.Config{})
	require.NoError(t, err)
	ask(t, db, "cache_size")
	require.NoError(t, db.Exec("PRAGMA cache_size = 44").Error)
	require.Equal(t, everywhere("44"), ask(t, db, "cache_size"))

	conn, err := pool.Conn(t.Context())
	require.NoError(t, err)
	defer conn.Close()
	for name, p := range map[string]gorm.ConnPool{"wrapper": connector{pool, pool}, "connection": conn, "embedded": struct{ *sql.DB }{pool}} {
		db, err := gorm.Open(libsql.New(libsql.Config{Conn: p}), &gorm.Config{})
		require.NoError(t, err, name)
		require.NoError(t, db.AutoMigrate(&event{}), name)
		times := make([]time.Time, 33_000)
		for i := range times {
			times[i] = time.Unix(int64(i), 0)
		}
		require.NoError(t, db.Where("1 = 1").Delete(&event{}).Error)
		require.NoError(t, db.Create(&event{CreatedAt: times[7]}).Error)
		var n int64
		require.NoError(t, db.Model(&event{}).Where("created_at IN ?", times).Count(&n).Error, name)
		require.Equal(t, int64(1), n, name)
	}
}

// A PRAGMA that fails is the error of its statement and holds nowhere.
func TestPragmaFails(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	db := open(t, nil)
	err := db.Exec("PRAGMA cache_size = 5 6").Error
	require.ErrorContains(t, err, "syntax error")
	err = db.Exec("PRAGMA cache_size = 9; SELECT * FROM nowhere").Error
	require.ErrorContains(t, err, "no such table: nowhere")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, db.WithContext(ctx).Exec("PRAGMA foreign_keys = OFF").Error, context.Canceled)
	require.Equal(t, everywhere("1"), ask(t, db, "foreign_keys"))
}

// A pool of another driver runs the PRAGMA as it stands.
func TestPragmaOnAForeignPool(t *testing.T) {
	pool, err := sql.Open("libsql", ":memory:")
	require.NoError(t, err)
	defer pool.Close()
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{})
	require.NoError(t, err)
	require.NoError(t, db.Exec("PRAGMA foreign_keys = OFF").Error)
	require.NotEmpty(t, strings.Join(ask(t, db, "foreign_keys"), ""))
}
