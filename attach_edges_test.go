package libsql_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// attachedChild attaches the file args[1] to a database of its own, and runs each
// line of its input.
func attachedChild(args []string) error {
	db, err := sql.Open(driver.Name, args[0])
	if err != nil {
		return err
	}
	defer db.Close()
	gdb, err := gorm.Open(libsql.New(libsql.Config{Conn: db}), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	if err := libsql.Attach(gdb, driver.Attachment{Schema: "shared", Path: args[1], Key: []byte(args[2])}); err != nil {
		return err
	}
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := gdb.Exec(in.Text()).Error; err != nil {
			return err
		}
		fmt.Println("done")
	}
	return nil
}

// Two processes that have attached one encrypted file to databases of their own
// write to it in turn and at once, and one is killed in a transaction.
func TestAttachedByTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	shared := filepath.Join(dir, "shared.db")
	db := openDSN(t, filepath.Join(dir, "one.db"))
	require.NoError(t, libsql.Attach(db, driver.Attachment{Schema: "shared", Path: shared, Key: []byte("secret"), Create: true}))
	require.NoError(t, db.Exec("CREATE TABLE shared.t(who, n)").Error)
	child := dbtest.Start(t, "attached", filepath.Join(dir, "two.db"), shared, "secret")
	child.Expect(t, "ready")
	const each = 30
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for i := range each {
			if err := db.Exec("INSERT INTO shared.t VALUES ('one', ?)", i).Error; err != nil {
				t.Error(err)
			}
		}
	}()
	for i := range each {
		child.Say(fmt.Sprintf("INSERT INTO shared.t VALUES ('two', %d)", i))
		child.Expect(t, "done")
	}
	wg.Wait()
	child.Say("BEGIN IMMEDIATE; DELETE FROM shared.t; INSERT INTO shared.t SELECT 'lost', 1")
	child.Expect(t, "done")
	child.Kill()
	var n int64
	require.NoError(t, db.Table("shared.t").Where("who IN ?", []string{"one", "two"}).Count(&n).Error)
	require.EqualValues(t, 2*each, n)
	require.NoError(t, db.Exec("DELETE FROM shared.t").Error)
	wrong := dbtest.Start(t, "attached", filepath.Join(dir, "two.db"), shared, "wrong")
	_, ok := wrong.Line()
	require.False(t, ok, "the key is wrong")
	require.Error(t, wrong.Wait())
}

// A key is in no log, no span and no error.
func TestAttachLogsNoKey(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	const secret = "pass-phrase"
	var text lockedText
	cfg, err := driver.ParseDSN(dbtest.File(t))
	require.NoError(t, err)
	logs := slog.New(slog.NewTextHandler(&text, nil))
	cfg.Tracer = spans{logs}
	connector, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	pool := sql.OpenDB(connector)
	defer dbtest.Close(t, pool)
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{
		Logger: logger.New(&text, logger.Config{LogLevel: logger.Info, SlowThreshold: time.Nanosecond}),
	})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "b.db")
	a := driver.Attachment{Schema: "aux", Path: path, Key: []byte(secret), Create: true}
	require.NoError(t, libsql.Attach(db, a))
	require.NoError(t, db.Exec("CREATE TABLE aux.t(x)").Error)
	again := libsql.Attach(db, a)
	require.Error(t, again)
	require.NoError(t, libsql.Detach(db, "aux"))
	require.NoError(t, libsql.Attach(openDSN(t, ":memory:"), driver.Attachment{Schema: "aux", Path: filepath.Join(t.TempDir(), "x.db"), Create: true}))
	a.Create, a.Key = false, []byte(secret+"x")
	wrong := libsql.Attach(db, a)
	require.ErrorIs(t, wrong, driver.ErrNotADB)
	require.NoError(t, os.Remove(path))
	gone := libsql.Attach(db, a)
	require.ErrorIs(t, gone, driver.ErrCantOpen)
	for _, err := range []error{again, wrong, gone} {
		fmt.Fprintf(&text, "%v %+v %#v\n", err, err, err)
		for ; err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&text, "%#v\n", err)
		}
	}
	require.NotEmpty(t, text.String())
	require.NotContains(t, text.String(), secret)
}

// spans logs all that a tracer gets.
type spans struct{ logs *slog.Logger }

func (s spans) TraceStart(ctx context.Context, op driver.Op, text string) context.Context {
	s.logs.Info("start", "op", op, "sql", text)
	return ctx
}

func (s spans) TraceEnd(_ context.Context, e driver.TraceEvent) {
	s.logs.Info("end", "event", fmt.Sprintf("%+v %v", e, e.Err))
}

type lockedText struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedText) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedText) Printf(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }

func (b *lockedText) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// A file that rows are read from stays until they are closed.
func TestDetachWhileRowsAreOpen(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	db := openDSN(t, dbtest.DSN(t))
	require.NoError(t, libsql.Attach(db, driver.Attachment{Schema: "aux", Path: dbtest.File(t), Create: true}))
	require.NoError(t, db.Exec("CREATE TABLE aux.t(x); INSERT INTO aux.t VALUES (1), (2), (3)").Error)
	rows, err := db.Raw("SELECT x FROM aux.t").Rows()
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, libsql.Detach(db, "aux")) // for all others
	requireSchemas(t, db, 1, "")
	n := 1
	for ; rows.Next(); n++ {
	}
	require.NoError(t, rows.Err())
	require.NoError(t, rows.Close())
	require.Equal(t, 3, n)
	requireSchemas(t, db, 3, "")

	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("ATTACH ? AS one", dbtest.File(t)).Error)
		require.NoError(t, tx.Exec("CREATE TABLE one.t(x); INSERT INTO one.t SELECT value FROM generate_series(1, 100000)").Error)
		return libsql.Conn(tx, func(c *driver.Conn) error {
			st, err := c.Statement(t.Context(), "SELECT x FROM one.t")
			require.NoError(t, err)
			require.True(t, st.Next())
			require.ErrorContains(t, c.Detach(t.Context(), "one"), "database one is locked")
			require.True(t, st.Next())
			require.NoError(t, st.Close())
			return c.Detach(t.Context(), "one")
		})
	}))
}

// ATTACH in a batch is refused, since a batch is a transaction; one with Raw is of
// the connection that it runs on, as PRAGMAs are.
func TestAttachByOtherPaths(t *testing.T) {
	t.Chdir(t.TempDir())
	db := openDSN(t, "main.db")
	_, err := libsql.ExecBatch(db, "CREATE TABLE t(x); ATTACH 'b.db' AS b; CREATE TABLE b.t(x)")
	require.ErrorContains(t, err, "ATTACH cannot be in this batch")
	require.False(t, db.Migrator().HasTable("t"))
	require.NoFileExists(t, "b.db")
	requireSchemas(t, db, 2, "")
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	var name string
	require.NoError(t, db.Raw("ATTACH 'c.db' AS c").Scan(&name).Error)
	requireSchemas(t, db, 1, "c")
	pool.SetMaxOpenConns(0)
	held := dbtest.Conn(t, pool)
	defer held.Close()
	requireSchemas(t, db, 2, "")
}

// A file in WAL mode in a directory that is read-only can be attached while its
// index is there, and is an error that says so otherwise.
func TestAttachInAReadOnlyDirectory(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "b.db")
	db := openDSN(t, path)
	require.NoError(t, db.Exec("CREATE TABLE t(x); INSERT INTO t VALUES (1)").Error)
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // for others
	require.NoError(t, os.Chmod(dir, 0o555))
	defer os.Chmod(dir, 0o700)
	child := dbtest.Start(t, "readonly", path)
	child.Expect(t, "1 <nil>")
	child.Expect(t, "1 <nil>")
	pool, err := db.DB()
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o700))
	require.NoError(t, pool.Close())
	require.NoError(t, os.Chmod(dir, 0o555))
	child.Say("go")
	for range 2 {
		child.Expect(t, "0 attempt to write a readonly database (the directory of "+path+" is read-only: a database in WAL mode can be attached there only while another program has it open)")
	}
	child.Say("end")
	child.Done(t)
}

// readOnlyChild attaches a file as a user who may write nothing, twice.
func readOnlyChild(args []string) error {
	if os.Getuid() == 0 {
		if err := dbtest.BecomeNobody(); err != nil {
			return err
		}
	}
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	in := bufio.NewScanner(os.Stdin)
	for range 2 {
		for _, readOnly := range []bool{false, true} {
			var n int64
			err := libsql.Attach(db, driver.Attachment{Schema: "b", Path: args[0], ReadOnly: readOnly})
			if err == nil {
				err = errors.Join(db.Table("b.t").Count(&n).Error, libsql.Detach(db, "b"))
			}
			fmt.Println(n, err)
		}
		in.Scan()
	}
	return nil
}

// The file of the main database may be attached, too: it is read by either name,
// and a transaction that writes by one of them does not wait for itself for ever
// by the other.
func TestAttachTheMainFile(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	for mode, params := range map[string]string{"wal": "", "delete": "&_journal_mode=DELETE"} {
		t.Run(mode, func(t *testing.T) {
			path := dbtest.DSN(t)
			db := openDSN(t, path+"?_busy_timeout=100"+params)
			require.NoError(t, db.Exec("CREATE TABLE t(x); INSERT INTO t VALUES (1)").Error)
			require.NoError(t, libsql.Attach(db, driver.Attachment{Schema: "again", Path: path}))
			require.NoError(t, db.Exec("INSERT INTO again.t VALUES (2)").Error)
			require.NoError(t, db.Exec("INSERT INTO t VALUES (3)").Error)
			var n int64
			require.NoError(t, db.Table("again.t").Count(&n).Error)
			require.EqualValues(t, 3, n)
			err := db.Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Exec("INSERT INTO t VALUES (4)").Error)
				return tx.Exec("INSERT INTO again.t VALUES (5)").Error
			})
			require.ErrorIs(t, err, driver.ErrBusy)
			require.NoError(t, libsql.Detach(db, "again"))
			require.NoError(t, db.Table("t").Count(&n).Error)
			require.EqualValues(t, 3, n)
		})
	}
}

// A transaction over several files is undone in all of them, and told once.
func TestTransactionOverFiles(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	for mode, params := range map[string]string{"wal": "", "delete": "?_journal_mode=DELETE"} {
		t.Run(mode, func(t *testing.T) {
			db := openDSN(t, dbtest.DSN(t)+params)
			require.NoError(t, libsql.Attach(db, driver.Attachment{Schema: "aux", Path: dbtest.File(t), Create: true}))
			require.NoError(t, db.Exec("PRAGMA aux.journal_mode = "+mode).Error)
			require.NoError(t, db.AutoMigrate(&auxTag{}, &auxUser{}, &auxNote{}))
			require.NoError(t, db.Exec("CREATE TABLE mark(id INTEGER PRIMARY KEY)").Error)
			changes := make(chan driver.Change, 100)
			stop, err := libsql.OnChange(db, func(c driver.Change) { changes <- c })
			require.NoError(t, err)
			defer stop()
			hooked := map[string]int{}
			pool, err := db.DB()
			require.NoError(t, err)
			pool.SetMaxOpenConns(1)
			require.NoError(t, libsql.Conn(db, func(c *driver.Conn) error {
				_, err := c.OnUpdate(func(ch driver.Change) { hooked[ch.Schema+"."+ch.Table]++ })
				require.NoError(t, err)
				_, err = c.OnCommit(func() error { hooked["commit"]++; return nil })
				return err
			}))
			write := func(id int, fail error) error {
				return db.Transaction(func(tx *gorm.DB) error {
					require.NoError(t, tx.Create(&auxUser{Name: fmt.Sprint("u", id)}).Error)
					require.NoError(t, tx.Exec("INSERT INTO mark VALUES (?)", id).Error)
					return fail
				})
			}
			require.ErrorIs(t, write(1, gorm.ErrInvalidData), gorm.ErrInvalidData)
			require.NoError(t, write(2, nil))
			first, second := <-changes, <-changes
			require.Equal(t, "insert aux.users 1 insert main.mark 2", fmt.Sprint(first, " ", second))
			require.Equal(t, first.Commit, second.Commit)
			require.Equal(t, map[string]int{"aux.users": 2, "main.mark": 2, "commit": 1}, hooked)
			var n int64
			require.NoError(t, db.Model(&auxUser{}).Count(&n).Error)
			require.EqualValues(t, 1, n)
			require.True(t, strings.HasPrefix(first.Schema, "aux"))
		})
	}
}
