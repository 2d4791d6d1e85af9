package fsvfs_test

import (
	"archive/zip"
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/vfs/fsvfs"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.NeedsFile, nil) }

//go:embed testdata/words.db
var embedded embed.FS

func register(t testing.TB, name string, v vfs.VFS) {
	t.Helper()
	require.NoError(t, vfs.Register(name, v))
	t.Cleanup(func() { require.NoError(t, vfs.Unregister(name)) })
}

const rows = 2000

// make a database file, with parameters of the DSN.
func made(t testing.TB, params string) string {
	t.Helper()
	path := dbtest.File(t)
	db := dbtest.New(t, path+params)
	dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, word TEXT)")
	dbtest.Exec(t, db, fmt.Sprintf("WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < %d) INSERT INTO t SELECT i, 'word ' || i FROM r", rows))
	dbtest.Close(t, db)
	return path
}

func contents(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// zipped returns an archive, which os.ReadFile'd files are in.
func zipped(t testing.TB, name string, data []byte) *zip.Reader {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	require.NoError(t, err)
	_, err = f.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	require.NoError(t, err)
	return r
}

func TestSources(t *testing.T) {
	path := made(t, "")
	data := contents(t, path)
	for name, v := range map[string]vfs.VFS{
		"dir":      fsvfs.New(os.DirFS(filepath.Dir(path))),
		"map":      fsvfs.New(fstest.MapFS{"test.db": {Data: data}}),
		"zip":      fsvfs.New(zipped(t, "test.db", data)),
		"readerat": fsvfs.FromReaderAt(bytes.NewReader(data), int64(len(data))),
	} {
		t.Run(name, func(t *testing.T) {
			register(t, "source", v)
			for _, dsn := range []string{"file:test.db?vfs=source&mode=ro", "file:/test.db?vfs=source&mode=ro", "file:./test.db?vfs=source&immutable=1"} {
				db := dbtest.Open(t, dsn)
				db.SetMaxOpenConns(8)
				var wg sync.WaitGroup
				for range 8 {
					wg.Add(1)
					go func() {
						defer wg.Done()
						for i := 1; i < rows; i += 50 {
							var word string
							if err := db.QueryRow("SELECT word FROM t WHERE id = ?", i).Scan(&word); err != nil || word != fmt.Sprint("word ", i) {
								t.Errorf("%d: %s, %v", i, word, err)
							}
						}
					}()
				}
				wg.Wait()
				dbtest.Intact(t, db)
				require.Equal(t, "word 999", dbtest.Text(t, db, "SELECT word FROM t ORDER BY word DESC LIMIT 1"))
				for _, write := range []string{"INSERT INTO t VALUES (0, 'x')", "CREATE TABLE u(x)", "VACUUM"} {
					_, err := db.Exec(write)
					require.ErrorIs(t, err, driver.ErrReadOnly, write)
				}
				dbtest.Exec(t, db, "CREATE TEMP TABLE temporary(x); INSERT INTO temporary VALUES (1)")
			}
		})
	}
}

func TestEmbedded(t *testing.T) {
	register(t, "embedded", fsvfs.New(embedded))
	db := dbtest.Open(t, "file:testdata/words.db?vfs=embedded&mode=ro")
	require.Equal(t, "aardvark", dbtest.Text(t, db, "SELECT word FROM words ORDER BY word LIMIT 1"))
	// Beside another database, and joined with it.
	main := dbtest.Conn(t, dbtest.Open(t, ":memory:"))
	dbtest.Exec(t, main, "ATTACH 'file:testdata/words.db?vfs=embedded&mode=ro' AS words; CREATE TABLE w AS SELECT * FROM words.words")
	require.EqualValues(t, 3, dbtest.Int(t, main, "SELECT count(*) FROM w"))
}

func TestEncryptedDatabase(t *testing.T) {
	data := contents(t, made(t, "?encryptionKey=secret"))
	register(t, "source", fsvfs.FromReaderAt(bytes.NewReader(data), int64(len(data))))
	db := dbtest.Open(t, "file:a.db?vfs=multipleciphers-source&mode=ro&encryptionKey=secret")
	require.EqualValues(t, rows, dbtest.Int(t, db, "SELECT count(*) FROM t"))
	require.ErrorIs(t, dbtest.Open(t, "file:a.db?vfs=multipleciphers-source&mode=ro&encryptionKey=other").Ping(), driver.ErrNotADB)
	require.ErrorIs(t, dbtest.Open(t, "file:a.db?vfs=source&mode=ro").Ping(), driver.ErrNotADB)
}

func TestRefused(t *testing.T) {
	data := contents(t, made(t, ""))
	register(t, "map", fsvfs.New(fstest.MapFS{"a.db": {Data: data}, "dir/b.db": {Data: data}, "text": {Data: []byte("no database, but long enough to be read as the header of one: it has a hundred bytes and some more than that")}}))
	err := dbtest.Open(t, "file:none.db?vfs=map&mode=ro").Ping()
	require.ErrorIs(t, err, driver.ErrCantOpen)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorIs(t, dbtest.Open(t, "file:dir?vfs=map&mode=ro").Ping(), driver.ErrCantOpen)
	require.ErrorIs(t, dbtest.Open(t, "file:../a.db/..?vfs=map&mode=ro").Ping(), driver.ErrCantOpen)
	require.ErrorIs(t, dbtest.Open(t, "file:text?vfs=map&mode=ro").Ping(), driver.ErrNotADB)
	err = dbtest.Open(t, "file:a.db?vfs=map").Ping()
	require.ErrorIs(t, err, driver.ErrReadOnly)
	require.ErrorContains(t, err, "mode=ro")
}

func TestMaxMemory(t *testing.T) {
	data := contents(t, made(t, ""))
	register(t, "zip", fsvfs.NewWithOptions(zipped(t, "a.db", data), fsvfs.Options{MaxMemory: int64(len(data))}))
	for range 3 { // which is read once
		db := dbtest.New(t, "file:a.db?vfs=zip&mode=ro")
		require.EqualValues(t, rows, dbtest.Int(t, db, "SELECT count(*) FROM t"))
		dbtest.Close(t, db)
	}
	for _, limit := range []int64{int64(len(data)) - 1, -1} {
		register(t, fmt.Sprint("small", limit), fsvfs.NewWithOptions(zipped(t, "a.db", data), fsvfs.Options{MaxMemory: limit}))
		err := dbtest.Open(t, fmt.Sprintf("file:a.db?vfs=small%d&mode=ro", limit)).Ping()
		require.ErrorIs(t, err, driver.ErrCantOpen)
		require.ErrorContains(t, err, "no random access")
	}
}

// shorter has less than it says.
type shorter struct{ io.ReaderAt }

func TestTruncatedSource(t *testing.T) {
	data := contents(t, made(t, ""))
	register(t, "short", fsvfs.FromReaderAt(shorter{bytes.NewReader(data[:len(data)/2])}, int64(len(data))))
	db := dbtest.Open(t, "file:a.db?vfs=short&mode=ro")
	_, err := db.Exec("SELECT sum(length(word)) FROM t")
	require.ErrorIs(t, err, driver.ErrIO)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// A database in WAL mode whose log holds its rows: they are not there without it.
func TestWALMode(t *testing.T) {
	path := dbtest.File(t)
	db := dbtest.Open(t, path)
	dbtest.Exec(t, db, "CREATE TABLE t(x); INSERT INTO t VALUES (1)")
	unpacked := contents(t, path)
	dbtest.Exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
	packed := contents(t, path)
	register(t, "source", fsvfs.New(fstest.MapFS{"unpacked.db": {Data: unpacked}, "packed.db": {Data: packed}}))
	require.EqualValues(t, 1, dbtest.Int(t, dbtest.Open(t, "file:packed.db?vfs=source&mode=ro"), "SELECT count(*) FROM t"))
	require.EqualValues(t, 0, dbtest.Int(t, dbtest.Open(t, "file:unpacked.db?vfs=source&mode=ro"), "SELECT count(*) FROM sqlite_schema"))
}
