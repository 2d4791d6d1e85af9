package libsql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func count(t *testing.T, db *gorm.DB, table string) (n int64) {
	t.Helper()
	require.NoError(t, db.Table(table).Count(&n).Error)
	return n
}

func TestExecBatch(t *testing.T) {
	db := fresh(t, &tag{})
	db.TranslateError = true
	res, err := libsql.ExecBatch(db, "INSERT INTO tags(name) VALUES ('a'), ('b'); SELECT name FROM tags; -- end")
	require.NoError(t, err)
	require.Equal(t, []driver.Result{{RowsAffected: 2, LastInsertID: 2}, {Columns: []string{"name"}, Rows: [][]any{{"a"}, {"b"}}}}, res)
	_, err = libsql.ExecBatch(db, "INSERT INTO tags(name) VALUES ('c'); INSERT INTO tags(name) VALUES ('a')")
	require.ErrorIs(t, err, gorm.ErrDuplicatedKey)
	require.ErrorIs(t, err, driver.ErrConstraintUnique)
	var be *driver.BatchError
	require.ErrorAs(t, err, &be)
	require.Equal(t, 1, be.Index)
	require.EqualValues(t, 2, count(t, db, "tags"))
}

// In a transaction a batch is a savepoint: its failure undoes itself alone.
func TestExecBatchInATransaction(t *testing.T) {
	for _, prepare := range []bool{false, true} {
		db := fresh(t, &tag{})
		db = db.Session(&gorm.Session{PrepareStmt: prepare})
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&tag{Name: "a"}).Error; err != nil {
				return err
			}
			_, err := libsql.ExecBatch(tx, "INSERT INTO tags(name) VALUES ('b'); INSERT INTO tags(name) VALUES ('a')")
			require.ErrorIs(t, err, driver.ErrConstraintUnique)
			_, err = libsql.ExecBatch(tx, "INSERT INTO tags(name) VALUES ('c'); COMMIT")
			require.ErrorIs(t, err, driver.ErrMisuse)
			_, err = libsql.ExecBatch(tx, "INSERT INTO tags(name) VALUES ('d')")
			require.NoError(t, err)
			return tx.Create(&tag{Name: "e"}).Error
		})
		require.NoError(t, err)
		var names []string
		require.NoError(t, db.Model(&tag{}).Order("name").Pluck("name", &names).Error)
		require.Equal(t, []string{"a", "d", "e"}, names)
		boom := errors.New("boom")
		require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
			_, err := libsql.ExecBatch(tx, "DELETE FROM tags")
			require.NoError(t, err)
			return boom
		}), boom)
		require.EqualValues(t, 3, count(t, db, "tags"))
	}
}

// lines is a logger that keeps what it is told.
type lines struct {
	logger.Interface
	all []string
}

func (l *lines) Trace(_ context.Context, _ time.Time, fc func() (string, int64), err error) {
	text, rows := fc()
	l.all = append(l.all, fmt.Sprint(text, " ", rows, " ", err))
}

func TestExecBatchBesides(t *testing.T) {
	db := fresh(t, &tag{})
	log := &lines{Interface: logger.Discard}
	_, err := libsql.ExecBatch(db.Session(&gorm.Session{Logger: log}), "INSERT INTO tags(name) VALUES ('a'); UPDATE tags SET name = 'b'")
	require.NoError(t, err)
	require.Equal(t, []string{"INSERT INTO tags(name) VALUES ('a'); UPDATE tags SET name = 'b' 2 <nil>"}, log.all)

	res, err := libsql.ExecBatch(db.Session(&gorm.Session{DryRun: true}), "DELETE FROM tags")
	require.NoError(t, err)
	require.Empty(t, res)
	require.NoError(t, libsql.ExecFS(db.Session(&gorm.Session{DryRun: true}), fstest.MapFS{"a.sql": file("DELETE FROM tags")}, "*.sql"))
	require.EqualValues(t, 1, count(t, db, "tags"))

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = libsql.ExecBatch(db.WithContext(ctx), "DELETE FROM tags")
	require.ErrorIs(t, err, context.Canceled)
	failed := db.Where("nonsense").Find(&[]tag{})
	_, err = libsql.ExecBatch(failed, "DELETE FROM tags")
	require.Equal(t, failed.Error, err)
	require.Equal(t, failed.Error, libsql.ExecFS(failed, fstest.MapFS{}, "*"))
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestExecFS(t *testing.T) {
	db := fresh(t)
	files := fstest.MapFS{
		"m/2.sql":      file("INSERT INTO log VALUES ('2');\r\nINSERT INTO log VALUES ('2b')"),
		"m/10.sql":     file("INSERT INTO log VALUES ('10'); SELECT * FROM log"),
		"m/1.sql":      file("CREATE TABLE log(v); CREATE TRIGGER g AFTER DELETE ON log BEGIN SELECT 1; END;"),
		"m/README.md":  file("not SQL"),
		"m/11 ü'.sql":  file("-- nothing yet"),
		"other/00.sql": file("nonsense"),
	}
	require.NoError(t, libsql.ExecFS(db, files, "m/*.sql"))
	seen := func() (out []string) {
		require.NoError(t, db.Raw("SELECT v FROM log ORDER BY rowid").Scan(&out).Error)
		return out
	}
	require.Equal(t, []string{"2", "2b", "10"}, seen())
	var records []struct {
		Name, Checksum string
		AppliedAt      time.Time
	}
	require.NoError(t, db.Table(driver.FilesTable).Find(&records).Error)
	require.Len(t, records, 4)
	require.Len(t, records[0].Checksum, 64)
	require.WithinDuration(t, time.Now(), records[0].AppliedAt, time.Minute)

	files["m/2.sql"] = file("INSERT INTO log VALUES ('2');\nINSERT INTO log VALUES ('2b')") // other line ends
	files["m/12.sql"] = file("INSERT INTO log VALUES ('12')")
	delete(files, "m/10.sql")
	for range 2 {
		require.NoError(t, libsql.ExecFS(db, files, "m/*.sql"))
	}
	require.Equal(t, []string{"2", "2b", "10", "12"}, seen())

	// An error before anything runs, which names the file.
	files["m/13.sql"] = file("INSERT INTO log VALUES ('13')")
	files["m/2.sql"] = file("INSERT INTO log VALUES ('2'); INSERT INTO log VALUES ('2c')")
	err := libsql.ExecFS(db, files, "m/*.sql")
	require.ErrorIs(t, err, driver.ErrFileChanged)
	require.ErrorContains(t, err, `"m/2.sql"`)
	delete(files, "m/2.sql")
	files["m/3.sql"] = file("INSERT INTO log VALUES ('3')")
	require.ErrorContains(t, libsql.ExecFS(db, files, "m/*.sql"), `file "m/3.sql": it comes before "m/12.sql", which has run already`)
	require.ErrorIs(t, libsql.ExecFS(db, files, "n/*.sql"), fs.ErrNotExist)
	require.ErrorIs(t, libsql.ExecFS(db, files, "["), path.ErrBadPattern)
	require.Equal(t, []string{"2", "2b", "10", "12"}, seen())

	// A file that fails is undone, those before it stay.
	delete(files, "m/3.sql")
	files["m/14.sql"] = file("INSERT INTO log VALUES ('14');\nINSERT INTO nowhere VALUES (1)")
	err = libsql.ExecFS(db, files, "m/*.sql")
	require.EqualError(t, err, `libsql: file "m/14.sql": libsql: statement 2 of the batch, line 2, column 1: no such table: nowhere`)
	var be *driver.BatchError
	require.ErrorAs(t, err, &be)
	require.Equal(t, 1, be.Index)
	require.Equal(t, []string{"2", "2b", "10", "12", "13"}, seen())
	files["m/14.sql"] = file("BEGIN; INSERT INTO log VALUES ('14'); COMMIT")
	require.ErrorIs(t, libsql.ExecFS(db, files, "m/*.sql"), driver.ErrMisuse)
	files["m/14.sql"] = file("INSERT INTO log VALUES ('14')")
	require.NoError(t, libsql.ExecFS(db, files, "m/*.sql"))
	require.Equal(t, []string{"2", "2b", "10", "12", "13", "14"}, seen())

	// The table is nobody's model.
	tables, err := db.Migrator().GetTables()
	require.NoError(t, err)
	require.Equal(t, []string{"log"}, tables)
	require.NoError(t, db.AutoMigrate(&tag{}))
	require.True(t, db.Migrator().HasTable(driver.FilesTable))
}

// Where no statement of a file is at fault, the error blames none.
func TestExecFSReadOnly(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := dbtest.DSN(t)
	files := fstest.MapFS{"1.sql": file("CREATE TABLE a(x)")}
	db, pool, err := openShared(path + "?")
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, libsql.ExecFS(db, files, "*.sql"))
	ro, readers, err := openShared(path + "?mode=ro&")
	require.NoError(t, err)
	defer readers.Close()
	require.NoError(t, libsql.ExecFS(ro, files, "*.sql"), "nothing to do")
	files["2.sql"] = file("SELECT 1")
	err = libsql.ExecFS(ro, files, "*.sql")
	require.ErrorIs(t, err, driver.ErrReadOnly)
	require.EqualError(t, err, `libsql: file "2.sql": attempt to write a readonly database`)
}

// In a transaction all files are part of it.
func TestExecFSInATransaction(t *testing.T) {
	db := fresh(t)
	files := fstest.MapFS{"1.sql": file("CREATE TABLE a(x)"), "2.sql": file("INSERT INTO a VALUES (1)"), "3.sql": file("nonsense")}
	err := db.Transaction(func(tx *gorm.DB) error {
		require.Error(t, libsql.ExecFS(tx, files, "*.sql"))
		require.EqualValues(t, 1, count(t, tx, "a"))
		require.EqualValues(t, 2, count(t, tx, driver.FilesTable))
		return errors.New("boom")
	})
	require.EqualError(t, err, "boom")
	require.False(t, db.Migrator().HasTable("a"))
	require.False(t, db.Migrator().HasTable(driver.FilesTable))
}

func openShared(dsn string) (*gorm.DB, *sql.DB, error) {
	db, err := gorm.Open(libsql.Open("file:"+dsn+"_txlock=deferred&_busy_timeout=30000"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, nil, err
	}
	pool, err := db.DB()
	return db, pool, err
}

// execFSChild runs the files of a directory.
func execFSChild(args []string) error {
	db, pool, err := openShared(args[0] + "?")
	if err != nil {
		return err
	}
	defer pool.Close()
	fmt.Println("ready")
	var line string
	fmt.Scanln(&line)
	return libsql.ExecFS(db, os.DirFS(args[1]), "*.sql")
}

// Processes and goroutines that do it at once do it once.
func TestExecFSOnceAmongProcesses(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "a.db")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "1.sql"), []byte("CREATE TABLE n(v)"), 0o600))
	for i := 2; i <= 20; i++ {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i, ".sql")), []byte(fmt.Sprintf("INSERT INTO n VALUES (%d)", i)), 0o600))
	}
	children := dbtest.StartTogether(t, 4, "execfs", file, dir)
	db, pool, err := openShared(file + "?")
	require.NoError(t, err)
	defer pool.Close()
	errs := make(chan error, 3)
	for range cap(errs) {
		go func() { errs <- libsql.ExecFS(db, os.DirFS(dir), "*.sql") }()
	}
	for range cap(errs) {
		require.NoError(t, <-errs)
	}
	for _, c := range children {
		c.Done(t)
	}
	var all []int
	require.NoError(t, db.Raw("SELECT v FROM n ORDER BY rowid").Scan(&all).Error)
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, all)
}
