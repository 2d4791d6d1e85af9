package driver_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func statsOf(t testing.TB, h driver.Handle, reset bool) (s driver.ConnStats) {
	t.Helper()
	require.NoError(t, driver.With(context.Background(), h, func(c *driver.Conn) (err error) {
		s, err = c.Stats(context.Background(), reset)
		return err
	}))
	return s
}

// The counts of SQLite, on every kind of database.
func TestStats(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	onEach(t, func(t *testing.T, db *sql.DB) {
		conn := pin(t, db)
		exec(t, conn, "CREATE TABLE t(a); INSERT INTO t VALUES (1); CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
		value(t, conn, "SELECT count(*) FROM t")
		s := statsOf(t, conn, true)
		require.Positive(t, s.CacheUsed)
		require.Positive(t, s.CacheHits)
		require.Positive(t, s.CacheWrites)
		require.Positive(t, s.SchemaUsed)
		require.True(t, s.Autocommit)
		require.False(t, s.ReadOnly)
		require.Equal(t, driver.TxNone, s.TxState)
		require.Equal(t, int64(1), s.TotalChanges)
		s = statsOf(t, conn, false)
		require.Zero(t, s.CacheWrites)
		require.Zero(t, s.CacheHits+s.CacheMisses+s.CacheSpills+s.LookasideHits)
		require.Equal(t, 1.0, s.CacheHitRatio())
		require.Positive(t, s.CacheUsed)
		exec(t, conn, "INSERT INTO t VALUES (2), (3), (4)")
		s = statsOf(t, conn, false)
		require.Positive(t, s.CacheWrites)
		require.Equal(t, []int64{3, 4}, []int64{s.Changes, s.TotalChanges})
		require.Positive(t, s.CacheHitRatio())

		tx, err := conn.BeginTx(context.Background(), nil)
		require.NoError(t, err)
		s = statsOf(t, tx, false)
		require.False(t, s.Autocommit)
		require.Equal(t, driver.TxWrite, s.TxState)
		require.Zero(t, s.DeferredForeignKeys)
		exec(t, tx, "INSERT INTO c VALUES (1)")
		require.Equal(t, int64(1), statsOf(t, tx, false).DeferredForeignKeys)
		require.NoError(t, tx.Rollback())
		tx, err = conn.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
		require.NoError(t, err)
		require.Equal(t, driver.TxNone, statsOf(t, tx, false).TxState)
		value(t, tx, "SELECT count(*) FROM t")
		require.Equal(t, driver.TxRead, statsOf(t, tx, false).TxState)
		require.NoError(t, tx.Rollback())
	})
	require.Equal(t, "none read write TxState(9)", fmt.Sprint(driver.TxNone, " ", driver.TxRead, " ", driver.TxWrite, " ", driver.TxState(9)))
}

// The memory of statements grows with those that are open, and goes with them.
func TestStatsOfStatements(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db := open(t, ":memory:?_stmt_cache_size=0")
	conn := pin(t, db)
	exec(t, conn, "CREATE TABLE t(a)")
	before := statsOf(t, conn, false)
	st, err := conn.PrepareContext(context.Background(), "SELECT a, count(*) FROM t GROUP BY a ORDER BY 2")
	require.NoError(t, err)
	require.Greater(t, statsOf(t, conn, false).StmtUsed, before.StmtUsed)
	require.NoError(t, st.Close())
	require.Equal(t, before.StmtUsed, statsOf(t, conn, false).StmtUsed)

	conn = pin(t, open(t, ":memory:?_stmt_cache_size=3"))
	statsOf(t, conn, true)
	for range 5 {
		for i := range 3 {
			exec(t, conn, fmt.Sprint("SELECT ", i))
		}
	}
	s := statsOf(t, conn, false)
	require.Equal(t, []int64{3, 12, 3, 0}, []int64{s.StmtCacheLen, s.StmtCacheHits, s.StmtCacheMisses, s.StmtCacheEvictions})
	exec(t, conn, "SELECT 4")
	s = statsOf(t, conn, true)
	require.Equal(t, []int64{3, 12, 4, 1}, []int64{s.StmtCacheLen, s.StmtCacheHits, s.StmtCacheMisses, s.StmtCacheEvictions})
	s = statsOf(t, conn, false)
	require.Equal(t, []int64{3, 0, 0, 0}, []int64{s.StmtCacheLen, s.StmtCacheHits, s.StmtCacheMisses, s.StmtCacheEvictions})
}

func TestStatsOfAReadOnlyDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	path := filepath.Join(t.TempDir(), "a.db")
	exec(t, open(t, path), "CREATE TABLE t(a)")
	require.True(t, statsOf(t, open(t, "file:"+path+"?mode=ro"), false).ReadOnly)
	db := memory(t)
	require.NoError(t, driver.With(context.Background(), db, func(c *driver.Conn) error {
		_, err := c.Stats(cancelled(), true)
		require.ErrorIs(t, err, context.Canceled)
		return nil
	}))
}

func poolStats(t testing.TB, db *sql.DB, reset bool) driver.PoolStats {
	t.Helper()
	s, err := driver.ReadPoolStats(context.Background(), db, reset)
	require.NoError(t, err)
	return s
}

// Nothing is lost of connections in use and of closed ones, and nobody waits.
func TestPoolStats(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := memory(t)
	db.SetMaxIdleConns(4)
	db.SetMaxOpenConns(4)
	s := poolStats(t, db, false)
	require.Zero(t, s.Open)
	exec(t, db, "CREATE TABLE t(a)")
	var conns []*sql.Conn
	for i := range 4 {
		c, err := db.Conn(context.Background())
		require.NoError(t, err)
		exec(t, c, fmt.Sprintf("INSERT INTO t SELECT value FROM generate_series(1, %d)", i+1))
		conns = append(conns, c)
	}
	s = poolStats(t, db, false) // all are taken: this must not wait
	require.Equal(t, []int{4, 4}, []int{s.Open, s.InUse})
	for _, c := range conns {
		require.NoError(t, c.Close())
	}
	s = poolStats(t, db, false)
	require.Equal(t, int64(10), s.TotalChanges)
	require.Positive(t, s.CacheWrites)
	require.Positive(t, s.CacheUsed)
	writes := s.CacheWrites

	// One in use counts as before, and what it does when it is back.
	c := pin(t, db)
	exec(t, c, "INSERT INTO t VALUES (1), (2)")
	s = poolStats(t, db, false)
	require.Equal(t, int64(10), s.TotalChanges)
	require.NoError(t, c.Close())
	s = poolStats(t, db, false)
	require.Equal(t, int64(12), s.TotalChanges)
	require.Greater(t, s.CacheWrites, writes)
	writes = s.CacheWrites

	// Closed ones keep their counts, and give back their bytes.
	db.SetMaxIdleConns(0)
	s = poolStats(t, db, false)
	require.Equal(t, []int{0, 0}, []int{s.Open, s.InUse})
	require.Equal(t, int64(4), s.Closed)
	require.Equal(t, int64(12), s.TotalChanges)
	require.Equal(t, writes, s.CacheWrites)
	require.Zero(t, s.CacheUsed+s.StmtUsed+s.SchemaUsed)

	db.SetMaxIdleConns(2)
	c = pin(t, db)
	exec(t, c, "INSERT INTO t VALUES (1), (2)")
	require.Positive(t, poolStats(t, db, true).CacheWrites)
	require.NoError(t, c.Close()) // it is reset now
	s = poolStats(t, db, false)
	require.Zero(t, s.CacheWrites)
	require.Equal(t, int64(14), s.TotalChanges)
	exec(t, db, "INSERT INTO t VALUES (1)")
	require.Positive(t, poolStats(t, db, false).CacheWrites)

	_, err := driver.ReadPoolStats(cancelled(), db, false)
	require.ErrorIs(t, err, context.Canceled)
}

// Reading beside the pool's users races with nobody.
func TestPoolStatsConcurrently(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := memory(t, "CREATE TABLE t(a)")
	db.SetMaxIdleConns(2)
	var users, readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := driver.ReadPoolStats(context.Background(), db, false); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for range 6 {
		users.Add(1)
		go func() {
			defer users.Done()
			for i := range 100 {
				if _, err := db.Exec("INSERT INTO t VALUES (?)", i); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	users.Wait()
	close(stop)
	readers.Wait()
	require.Equal(t, int64(600), poolStats(t, db, false).TotalChanges)
}

// A statement of the pool is closed on connections that lie there, while the
// counts of those are read.
func TestPoolStatsWhileStatementsAreClosed(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	db.SetMaxIdleConns(8)
	var group sync.WaitGroup
	for range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range 200 {
				stmt, err := db.Prepare(fmt.Sprintf("SELECT %d", i))
				if !assert.NoError(t, err) {
					return
				}
				var n int
				assert.NoError(t, stmt.QueryRow().Scan(&n))
				assert.NoError(t, stmt.Close())
			}
		}()
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				_, err := driver.ReadPoolStats(t.Context(), db, false)
				assert.NoError(t, err)
			}
		}
	}()
	group.Wait()
	close(stop)
	<-done
}

func TestMemoryStats(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := memory(t)
	exec(t, db, "CREATE TABLE t(a)")
	m, err := driver.ReadMemoryStats(true)
	require.NoError(t, err)
	require.Positive(t, m.Used)
	require.GreaterOrEqual(t, m.Highest, m.Used)
	require.Positive(t, m.Allocations)
	exec(t, db, "SELECT length(zeroblob(20000000) || 'x')")
	again, err := driver.ReadMemoryStats(false)
	require.NoError(t, err)
	require.Greater(t, again.Highest, m.Used+10_000_000)
	require.GreaterOrEqual(t, again.LargestAllocation, int64(20_000_000))
	require.Equal(t, again.Highest, poolStats(t, db, false).Memory.Highest)
}

func sizesOf(h driver.Handle, schema string) (s driver.Sizes, err error) {
	err = driver.With(context.Background(), h, func(c *driver.Conn) error {
		s, err = c.Sizes(context.Background(), schema)
		return err
	})
	return s, err
}

func TestSizes(t *testing.T) {
	onEach(t, func(t *testing.T, db *sql.DB) {
		conn := pin(t, db)
		exec(t, conn, `CREATE TABLE "t ""1"(id INTEGER PRIMARY KEY, v); CREATE INDEX i ON "t ""1"(id, v); CREATE TABLE gone(v)`)
		exec(t, conn, `INSERT INTO "t ""1" SELECT value, hex(zeroblob(100)) FROM generate_series(1, 100); INSERT INTO gone SELECT zeroblob(100000); DROP TABLE gone`)
		s, err := sizesOf(conn, "")
		require.NoError(t, err)
		require.Equal(t, value(t, conn, "PRAGMA page_size"), s.PageSize)
		require.Equal(t, value(t, conn, "PRAGMA page_count"), s.Pages)
		require.Equal(t, value(t, conn, "PRAGMA freelist_count"), s.FreePages)
		require.Greater(t, s.FreePages, int64(20))
		require.Len(t, s.Objects, 3)
		index, schema, table := s.Objects[0], s.Objects[1], s.Objects[2]
		require.Equal(t, []string{"i", `t "1`}, []string{index.Name, index.Table})
		require.True(t, index.Index)
		require.Equal(t, []string{"sqlite_schema", "sqlite_schema"}, []string{schema.Name, schema.Table})
		require.Equal(t, []string{`t "1`, `t "1`}, []string{table.Name, table.Table})
		require.False(t, table.Index)
		require.Equal(t, int64(100), table.Cells-(table.Pages-2), "with the cells of the root")
		require.Greater(t, table.Payload, int64(20_000))
		require.Greater(t, table.LargestPayload, int64(200))
		require.Equal(t, table.Pages*s.PageSize, table.Bytes)
		require.Equal(t, s.Pages, index.Pages+schema.Pages+table.Pages+s.FreePages)
	})
}

func TestSizesOfOtherSchemas(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	conn := pin(t, memory(t))
	exec(t, conn, `ATTACH ':memory:' AS "a ""b"; CREATE TABLE "a ""b".t(v); CREATE TEMP TABLE x(v)`)
	for schema, table := range map[string]string{`a "b`: "t", "temp": "x"} {
		s, err := sizesOf(conn, schema)
		require.NoError(t, err)
		require.Equal(t, table, s.Objects[len(s.Objects)-1].Name)
	}
	_, err := sizesOf(conn, "nowhere")
	require.Error(t, err)
}

// page_count times page_size is the size of a file without a WAL.
func TestSizesAreThoseOfTheFile(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	path := filepath.Join(t.TempDir(), "a.db")
	db := open(t, path+"?_journal_mode=DELETE")
	exec(t, db, "CREATE TABLE t(v); INSERT INTO t SELECT hex(zeroblob(100)) FROM generate_series(1, 100)")
	s, err := sizesOf(db, "main")
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, info.Size(), s.Pages*s.PageSize)
	require.Equal(t, int64(7), s.Objects[1].Pages)
	require.Equal(t, int64(7*4096), s.Objects[1].Bytes)
}

// sample is a line of a text of metrics.
type sample struct {
	name   string
	labels map[string]string
	value  int64
}

var (
	sampleLine = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9]+)$`)
	labelPart  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)`)
)

// parseMetrics reads the text format of Prometheus as strictly as its rules are.
func parseMetrics(t testing.TB, text string) (all []sample) {
	t.Helper()
	require.True(t, strings.HasSuffix(text, "\n"))
	kind, helped := map[string]string{}, map[string]bool{}
	seen, last := map[string]bool{}, ""
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			name, help, _ := strings.Cut(rest, " ")
			require.False(t, helped[name], line)
			require.NotEmpty(t, help)
			helped[name], last = true, name
			continue
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, k, _ := strings.Cut(rest, " ")
			require.Equal(t, last, name)
			require.Contains(t, []string{"counter", "gauge"}, k)
			require.Equal(t, k == "counter", strings.HasSuffix(name, "_total"), name)
			kind[name] = k
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		require.NotNil(t, m, line)
		require.Equal(t, last, m[1], "the samples of a metric stand together")
		require.NotEmpty(t, kind[m[1]])
		s := sample{name: m[1], labels: map[string]string{}}
		for rest := m[2]; rest != ""; {
			l := labelPart.FindStringSubmatch(rest)
			require.NotNil(t, l, rest)
			require.NotContains(t, s.labels, l[1])
			s.labels[l[1]] = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(l[2])
			rest = rest[len(l[0]):]
		}
		require.False(t, seen[m[1]+m[2]], line)
		seen[m[1]+m[2]] = true
		var err error
		s.value, err = strconv.ParseInt(m[3], 10, 64)
		require.NoError(t, err)
		all = append(all, s)
	}
	return all
}

func TestMetrics(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db := memory(t, "CREATE TABLE \"we\\\"\"ird\nü\"(a); CREATE INDEX \"i\xff\" ON \"we\\\"\"ird\nü\"(a)", "INSERT INTO \"we\\\"\"ird\nü\" VALUES (1), (2)")
	s := poolStats(t, db, false)
	for _, labels := range []map[string]string{nil, {"db": "a\\b\"c\nd,}", "1 x": "é"}} {
		var text bytes.Buffer
		require.NoError(t, s.WriteMetrics(&text, labels))
		byName := map[string]int64{}
		for _, m := range parseMetrics(t, text.String()) {
			byName[m.name+m.labels["reason"]] = m.value
			if labels != nil {
				require.Equal(t, labels["db"], m.labels["db"])
				require.Equal(t, "é", m.labels["_1_x"])
			} else if m.name != "libsql_lookaside_misses_total" {
				require.Empty(t, m.labels)
			}
		}
		require.Len(t, byName, 24)
		require.Equal(t, s.TotalChanges, byName["libsql_changes_total"])
		require.Equal(t, s.CacheHits, byName["libsql_cache_hits_total"])
		require.Equal(t, s.LookasideMissesFull, byName["libsql_lookaside_misses_totalfull"])
		require.Equal(t, s.Memory.Used, byName["libsql_memory_used_bytes"])
		require.Equal(t, int64(s.Open), byName["libsql_connections"])

		sizes, err := sizesOf(db, "")
		require.NoError(t, err)
		text.Reset()
		require.NoError(t, sizes.WriteMetrics(&text, labels))
		all := parseMetrics(t, text.String())
		require.Len(t, all, 3+4*3)
		require.Equal(t, sizes.Pages, all[1].value)
		require.Equal(t, "we\\\"ird\nü", all[3].labels["table"])
		require.Equal(t, "i\ufffd", all[3].labels["index"])
	}
	// No label stands twice: parseMetrics refuses it.
	var text bytes.Buffer
	sizes, err := sizesOf(db, "")
	require.NoError(t, err)
	require.NoError(t, sizes.WriteMetrics(&text, map[string]string{"a b": "1", "a_b": "2", "table": "mine", "index": "mine"}))
	all := parseMetrics(t, text.String())
	require.Equal(t, map[string]string{"a_b": "2", "table": "mine", "index": "mine"}, all[0].labels)
	require.Equal(t, map[string]string{"a_b": "2", "table": "we\\\"ird\nü", "index": ""}, all[5].labels)
	require.ErrorIs(t, s.WriteMetrics(failing{}, nil), errFailing)
	require.ErrorIs(t, (&driver.Sizes{}).WriteMetrics(failing{}, nil), errFailing)
}

var errFailing = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFailing }
