package changes

import (
	"bytes"
	"log"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Another pool that gives the file a new key is followed: commits of other
// processes are told as before, though the listener's pool cannot open the file
// any more.
func TestRekeyByAnotherPool(t *testing.T) {
	dsn := "file:" + dbtest.File(t) + "?_journal_mode=DELETE&_synchronous=OFF"
	db, other := dbtest.Open(t, dsn), dbtest.Open(t, dsn)
	exec(t, db, "CREATE TABLE t(a)")
	db.SetMaxIdleConns(0)
	c := dbtest.Listen(t, db)
	require.NoError(t, driver.With(t.Context(), other, func(c *driver.Conn) error { return c.Rekey(t.Context(), []byte("secret")) }))
	require.Equal(t, "database", lines(c.Until("database")))
	child := dbtest.Start(t, "run", dsn+"&encryptionKey=secret")
	child.Say("INSERT INTO t VALUES (1)")
	child.Expect(t, "done")
	require.Equal(t, "database", lines(c.Until("database")))
	exec(t, other, "INSERT INTO t VALUES (2)")
	require.Equal(t, "insert main.t 2", lines(c.Until("insert main.t 2")))
	child.Done(t)
}

// Where another process gives it a new key, nothing of the file can be seen any
// more: that is told and logged, once.
func TestRekeyByAnotherProcess(t *testing.T) {
	var logged syncBuffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	dsn := "file:" + dbtest.File(t) + "?_journal_mode=DELETE&_synchronous=OFF&encryptionKey="
	db := dbtest.Open(t, dsn+"first")
	exec(t, db, "CREATE TABLE t(a)")
	db.SetMaxIdleConns(0)
	c := dbtest.Listen(t, db)
	dbtest.Start(t, "rekey", dsn+"first", "second").Done(t)
	require.Equal(t, "database", lines(c.Until("database")))
	require.Error(t, db.Ping())
	dbtest.Start(t, "rekey", dsn+"second", "first").Done(t)
	require.Equal(t, "database", lines(c.Until("database")))
	child := dbtest.Start(t, "run", dsn+"first")
	child.Say("INSERT INTO t VALUES (1)")
	child.Expect(t, "done")
	require.Equal(t, "database", lines(c.Until("database")))
	child.Done(t)
	require.Equal(t, 1, strings.Count(logged.String(), "OnChange does not see what other processes commit: "), logged.String())
}

// syncBuffer is written from any goroutine.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
