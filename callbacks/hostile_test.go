package callbacks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func openDSN(t testing.TB, dsn string, cfg callbacks.ProfilerConfig) (*gorm.DB, *callbacks.Profiler) {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	p := callbacks.NewProfiler(cfg)
	require.NoError(t, db.Use(p))
	return db, p
}

// told is all that a profiler shows of itself.
func told(t testing.TB, p *callbacks.Profiler) string {
	t.Helper()
	var b bytes.Buffer
	r := p.Report()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.NoError(t, r.WriteMetrics(&b, map[string]string{"db": `a"b\c` + "\n"}))
	return string(text) + r.String() + b.String() + fmt.Sprintf("%v %+v", r.Slow, r.Shapes)
}

// Whatever values are written into SQL, and whatever is in a DSN, is nowhere.
func TestNoSecretIsTold(t *testing.T) {
	key := strings.Repeat("5ec2e7", 11)[:64]
	db, p := openDSN(t, "file:"+filepath.Join(t.TempDir(), "a.db")+"?encryptionKey=5ec2e7key", callbacks.ProfilerConfig{Slow: 1, Args: callbacks.ArgTypes})
	require.NoError(t, db.AutoMigrate(&user{}))
	for _, text := range []string{
		"SELECT '5ec2e7'", "SELECT x'" + key[:16] + "'", "INSERT INTO users(name) VALUES ('5ec2e7'), ('a''5ec2e7')", "/* 5ec2e7 */ SELECT 1 -- 5ec2e7",
		"SELECT 5e277, 0x5ec2e7", "SELECT * FROM users WHERE name LIKE '5ec2e7%' ESCAPE '\\'", "SELECT '5ec2e7", "SELEC '5ec2e7'", "SELECT '5ec2e7' FROM nowhere",
		"ATTACH '/tmp/5ec2e7/none/x.db' AS other KEY '5ec2e7'", "PRAGMA cipher='aes256cbc'; PRAGMA key='5ec2e7'", "SAVEPOINT \"s5ec2e7\"",
		"SELECT \"a\n\" FROM (SELECT '5ec2e7' AS \"a\n\")", "SELECT json_extract('{\"5ec2e7\":1}', '$.5ec2e7')", "VALUES ('5ec2e7')", "",
		";;", "\x00", "SELECT \xff'5ec2e7'",
	} {
		_ = db.Exec(text).Error
	}
	_ = db.Table("json_each('[\"5ec2e7\"]') AS j").Find(&[]map[string]any{}).Error
	_ = db.Table("(SELECT * FROM users WHERE name = '5ec2e7') AS u").Find(&[]map[string]any{}).Error
	_ = db.Table("users, (SELECT '5ec2e7' AS z)").Find(&[]map[string]any{}).Error
	_ = db.Where("name = ?", "5ec2e7").Order("'5ec2e7'").Find(&[]user{}).Error
	_ = db.Model(&user{}).Where("1=1").Update("name", gorm.Expr("'5ec2e7' || name")).Error
	runtime.Gosched()
	text := strings.ToLower(told(t, p))
	for at := strings.Index(text, "5ec2e7"); at >= 0; at = strings.Index(text, "5ec2e7") {
		t.Errorf("…%s…", text[max(0, at-80):min(len(text), at+40)])
		text = text[at+1:]
	}
	all, err := p.Advise(db)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprint(all), "5ec2e7")
}

// Values that JSON has no form of do not spoil the report.
func TestAnyValueIsTold(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, Args: callbacks.ArgValues})
	for _, v := range []any{math.NaN(), math.Inf(1), "a\xffb", []byte{0, 255}, nil, time.Time{}.AddDate(20000, 0, 0), make(chan int), func() {}, 1i} {
		_ = db.Where("name = ?", v).Find(&[]user{}).Error
	}
	type self struct{ Self any }
	loop := &self{}
	loop.Self = loop
	args := callbacks.ProfilerConfig{Slow: 1, Args: func(_, _ string, _ any) any { return loop }}
	other, q := open(t, args)
	require.NoError(t, other.Where("name = ?", 1).Find(&[]user{}).Error)
	for _, p := range []*callbacks.Profiler{p, q} {
		text, err := json.Marshal(p.Report())
		require.NoError(t, err)
		var back callbacks.Report
		require.NoError(t, json.Unmarshal(text, &back))
	}
}

// A report comes back from JSON as it was, and its shapes can still be planned.
func TestReportRoundTrip(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, Args: callbacks.ArgValues, NoPlans: true})
	require.NoError(t, db.Create(&user{Name: "a", Orders: []order{{}, {}}}).Error)
	require.NoError(t, db.Preload("Orders").Where("name IN ?", []string{"a", "b"}).Find(&[]user{}).Error)
	require.Error(t, db.Exec("SELECT * FROM nowhere").Error)
	r := p.Report()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(text), "null,")
	var back callbacks.Report
	require.NoError(t, json.Unmarshal(text, &back))
	again, err := json.Marshal(&back)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(again))
	require.Equal(t, r.Total, back.Total)
	for i := range back.Shapes {
		if back.Shapes[i].Verb == "SELECT" && back.Shapes[i].Errors == 0 {
			plan, err := back.Shapes[i].Explain(db)
			require.NoError(t, err)
			require.NotEmpty(t, plan.Statements)
		}
	}
	require.NotEmpty(t, back.String())
	require.NotEmpty(t, (&callbacks.Report{}).String())
	_, err = json.Marshal(&callbacks.Report{})
	require.NoError(t, err)
	require.NoError(t, (&callbacks.Report{}).WriteMetrics(&bytes.Buffer{}, nil))
}

// Prometheus would refuse all samples for one label with such a name.
func TestMetricsRefuseLabelsThatAreNone(t *testing.T) {
	_, p := open(t, callbacks.ProfilerConfig{})
	for _, name := range []string{"", "a-b", "1a", "a b", "a=\"", "ä", "table", "error", "part", "le", "__name__"} {
		require.Error(t, p.WriteMetrics(&bytes.Buffer{}, map[string]string{name: "x"}), name)
	}
	require.NoError(t, p.WriteMetrics(&bytes.Buffer{}, map[string]string{"a_1": "\xff\"\\\n", "Z": ""}))
}

// All kinds of sessions are measured.
func TestSessions(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	require.NoError(t, db.Create(&user{Name: "a"}).Error)
	sessions := []*gorm.Session{
		{}, {NewDB: true}, {PrepareStmt: true}, {SkipHooks: true}, {SkipDefaultTransaction: true}, {QueryFields: true}, {Context: context.Background()},
		{AllowGlobalUpdate: true}, {CreateBatchSize: 1}, {FullSaveAssociations: true}, {DisableNestedTransaction: true},
		{PropagateUnscoped: true},
	}
	p.Reset()
	for _, s := range sessions {
		s := db.Session(s)
		require.NoError(t, s.Find(&[]user{}).Error)
		require.NoError(t, s.Model(&user{}).Where("id = 1").Update("age", 1).Error)
		require.NoError(t, s.Transaction(func(tx *gorm.DB) error {
			return tx.Transaction(func(tx *gorm.DB) error { return tx.Exec("SELECT 1").Error })
		}))
		if cached, ok := s.Statement.ConnPool.(*gorm.PreparedStmtDB); ok {
			defer cached.Close()
		}
	}
	n := int64(len(sessions))
	require.NoError(t, db.Session(&gorm.Session{DryRun: true}).Find(&[]user{}).Error)
	r := p.Report()
	require.Equal(t, int64(1), r.DryRuns)
	require.Equal(t, n, shapeOf(t, r, "UPDATE `users` SET `age` = ? WHERE id = ?").Count)
	require.Equal(t, n, shapeOf(t, r, "SELECT ?").Count)
	require.Equal(t, n, shapeOf(t, r, "SELECT * FROM `users`").Count+shapeOf(t, r, "SELECT `users`.`id`, `users`.`name`, `users`.`age` FROM `users`").Count)
}

// Rows that are open when the profiler goes, or that are left by their context.
func TestRowsThatAreOpen(t *testing.T) {
	db, p, rec := openRecorded(t, callbacks.ProfilerConfig{})
	require.NoError(t, db.Create(&[]user{{Name: "a"}, {Name: "b"}}).Error)
	rec.take()
	ctx, cancel := context.WithCancel(t.Context())
	rows, err := db.WithContext(ctx).Model(&user{}).Rows()
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.Empty(t, rec.take(), "it has not ended")
	cancel()
	for rows.Next() {
	}
	_ = rows.Close()
	require.Eventually(t, func() bool { return p.Report().Total.Count >= 2 }, 30*time.Second, time.Millisecond)
	rows, err = db.Model(&user{}).Rows()
	require.NoError(t, err)
	require.True(t, rows.Next())
	require.NoError(t, p.Remove())
	require.True(t, rows.Next())
	require.NoError(t, rows.Close())
	require.NoError(t, db.Use(p))
	before := p.Report().Total.Count
	require.NoError(t, db.Find(&[]user{}).Error)
	require.Equal(t, before+1, p.Report().Total.Count)
}

// Two of them on two gorm.DB of one pool: each sees all that the pool does.
func TestTwoProfilersOfOnePool(t *testing.T) {
	db1, p1 := open(t, callbacks.ProfilerConfig{})
	pool, err := db1.DB()
	require.NoError(t, err)
	db2, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	p2 := callbacks.NewProfiler(callbacks.ProfilerConfig{})
	require.NoError(t, db2.Use(p2))
	require.ErrorIs(t, db2.Use(p2), gorm.ErrRegistered)
	p1.Reset()
	p2.Reset()
	require.NoError(t, db1.Preload("Orders").Find(&[]user{}).Error)
	require.NoError(t, db2.Find(&[]order{}).Error)
	for _, p := range []*callbacks.Profiler{p1, p2} {
		r := p.Report()
		require.Equal(t, int64(2), r.Total.Count)
		require.Equal(t, int64(1), shapeOf(t, r, "SELECT * FROM `orders`").Counters.Runs)
	}
	require.NoError(t, p1.Remove())
	require.NoError(t, db2.Find(&[]order{}).Error)
	require.Equal(t, int64(2), shapeOf(t, p2.Report(), "SELECT * FROM `orders`").Count)
}

// What another gorm.DB asks the pool is a query of the line that asks, not of
// GORM.
func TestAnotherGORMOfThePool(t *testing.T) {
	var callers []string
	db, _ := open(t, callbacks.ProfilerConfig{Slow: 1, NoPlans: true, OnQuery: func(_ context.Context, q *callbacks.Query) {
		callers = append(callers, filepath.Base(q.Caller.File))
	}})
	pool, err := db.DB()
	require.NoError(t, err)
	other, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	callers = nil
	require.NoError(t, other.Find(&[]order{}).Error)
	require.NoError(t, other.Model(&user{}).Where("id = 1").Update("age", 2).Error)
	require.Equal(t, []string{"hostile_test.go", "hostile_test.go"}, callers)
}

// A closed pool: reports stay, advice is an error.
func TestClosedPool(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1})
	require.NoError(t, db.Find(&[]user{}).Error)
	pool, err := db.DB()
	require.NoError(t, err)
	require.NoError(t, pool.Close())
	require.Error(t, db.Find(&[]user{}).Error)
	r := p.Report()
	require.Equal(t, int64(2), r.Total.Count)
	require.Equal(t, int64(1), r.Total.Errors)
	_, err = p.Advise(db)
	require.Error(t, err)
	s := shapeOf(t, r, "SELECT * FROM `users`")
	_, err = s.Explain(db)
	require.Error(t, err)
	p.Reset()
	require.NoError(t, p.Remove())
}

// A hundred goroutines with everything on, while reports are made and forgotten.
func TestHundredGoroutinesAndResets(t *testing.T) {
	for name, config := range map[string]*gorm.Config{"plain": {}, "PrepareStmt": {PrepareStmt: true}} {
		t.Run(name, func(t *testing.T) {
			var seen, begun atomic.Int64
			db, p := open(t, callbacks.ProfilerConfig{Slow: 1, MaxGroups: 3, Repeats: 2, Args: callbacks.ArgValues,
				OnStart: func(ctx context.Context, _ *callbacks.QueryStart) context.Context { begun.Add(1); return ctx },
				OnQuery: func(context.Context, *callbacks.Query) { seen.Add(1) }}, config)
			require.NoError(t, db.Create(&[]user{{Name: "a", Orders: []order{{}}}, {Name: "b"}}).Error)
			var group sync.WaitGroup
			for i := range 100 {
				group.Add(1)
				go func() {
					defer group.Done()
					ctx, cancel := context.WithCancel(context.Background())
					defer cancel()
					for j := range 6 {
						switch (i + j) % 6 {
						case 0:
							_ = db.WithContext(ctx).Preload("Orders").Find(&[]user{}).Error
						case 1:
							_ = db.Transaction(func(tx *gorm.DB) error { return tx.Model(&user{ID: 1}).Update("age", i).Error })
						case 2:
							_ = db.Exec(fmt.Sprintf("SELECT %d AS a%d", j, i)).Error
						case 3:
							go cancel()
							_ = db.WithContext(ctx).Raw("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 5000) SELECT count(*) FROM c").Scan(new(int)).Error
						case 4:
							if i%10 == 0 {
								p.Reset()
							}
							_ = told(t, p)
						case 5:
							if rows, err := db.WithContext(ctx).Model(&user{}).Rows(); err == nil {
								rows.Next()
								rows.Close()
							}
						}
					}
				}()
			}
			group.Wait()
			require.Positive(t, seen.Load())
			p.Reset()
			require.NoError(t, db.Find(&[]user{}).Error)
			require.Equal(t, int64(1), p.Report().Total.Count)
			require.NoError(t, p.Remove())
		})
	}
}

// Schemas with whatever SQLite lets pass: what is advised can be run, and helps.
func TestAdviceOnHostileSchemas(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsAttach)
	other := filepath.Join(t.TempDir(), "other.db")
	for name, c := range map[string]struct {
		schema, rows, query string
		advice              bool
	}{
		"quoted names":    {"CREATE TABLE \"se`le'ct \"\"from\"(\"or der\" TEXT, \"gr`oup\", \"a]b\")", "INSERT INTO \"se`le'ct \"\"from\" SELECT value, value, value FROM n", "SELECT * FROM \"se`le'ct \"\"from\" WHERE \"gr`oup\" = '7'", true},
		"reserved words":  {"CREATE TABLE \"table\"(\"order\", \"index\")", "INSERT INTO \"table\" SELECT value, value FROM n", "SELECT \"index\" FROM \"table\" WHERE \"order\" = 7", true},
		"unicode":         {"CREATE TABLE größe(ж, 数)", "INSERT INTO größe SELECT value, value FROM n", "SELECT * FROM größe WHERE 数 = 7", true},
		"without rowid":   {"CREATE TABLE t(a, b, c, PRIMARY KEY(a, b)) WITHOUT ROWID", "INSERT INTO t SELECT value, value, value FROM n", "SELECT * FROM t WHERE c = 7", true},
		"view":            {"CREATE TABLE t(a, b); CREATE VIEW v AS SELECT a AS x, b AS y FROM t WHERE a IS NOT NULL", "INSERT INTO t SELECT value, value FROM n", "SELECT * FROM v WHERE y = 7", true},
		"generated":       {"CREATE TABLE t(a, b AS (a * 2) VIRTUAL, c AS (a + 1) STORED)", "INSERT INTO t(a) SELECT value FROM n", "SELECT * FROM t WHERE b = 14", true},
		"partial there":   {"CREATE TABLE t(a, b); CREATE INDEX p ON t(a) WHERE b > 5000", "INSERT INTO t SELECT value, value FROM n", "SELECT * FROM t WHERE a = 7", true},
		"partial fits":    {"CREATE TABLE t(a, b); CREATE INDEX p ON t(a) WHERE b > 5", "INSERT INTO t SELECT value, value FROM n", "SELECT * FROM t WHERE a = 7 AND b > 5", false},
		"attached":        {"ATTACH '" + other + "' AS o; CREATE TABLE o.t(a, b)", "INSERT INTO o.t SELECT value, value FROM n", "SELECT * FROM o.t WHERE a = 7", false},
		"attached shadow": {"ATTACH '" + other + "2' AS o; CREATE TABLE o.t(a, b); CREATE TABLE t(a PRIMARY KEY, b)", "INSERT INTO o.t SELECT value, value FROM n", "SELECT * FROM o.t WHERE a = 7", false},
		"temporary":       {"CREATE TABLE t(a PRIMARY KEY, b); CREATE TEMP TABLE t(a, b)", "INSERT INTO temp.t SELECT value, value FROM n", "SELECT * FROM t WHERE a = 7", false},
		"full text":       {"CREATE VIRTUAL TABLE t USING fts5(a)", "INSERT INTO t SELECT value FROM n", "SELECT * FROM t WHERE a = '7'", false},
		"index exists":    {"CREATE TABLE t(a); CREATE INDEX idx_t_a ON t(a DESC)", "INSERT INTO t SELECT value FROM n", "SELECT * FROM t WHERE +a = 7", false},
		"name taken":      {"CREATE TABLE t(a, b); CREATE TABLE idx_t_a(x)", "INSERT INTO t SELECT value, value FROM n", "SELECT * FROM t WHERE a = 7", true},
		"table gone":      {"CREATE TABLE t(a, b)", "INSERT INTO t SELECT value, value FROM n", "SELECT * FROM t WHERE a = 7", true},
	} {
		t.Run(name, func(t *testing.T) {
			db, p := openDSN(t, dbtest.DSN(t), callbacks.ProfilerConfig{})
			pool, err := db.DB()
			require.NoError(t, err)
			pool.SetMaxOpenConns(1) // what is attached is the connection's
			require.NoError(t, db.Exec(c.schema).Error)
			require.NoError(t, db.Exec(strings.Replace(c.rows, "FROM n", "FROM generate_series(1, 1000)", 1)).Error)
			run := func() int64 {
				p.Reset()
				for range 5 {
					require.NoError(t, db.Exec(c.query).Error)
				}
				return p.Report().Total.Counters.RowsRead
			}
			before := run()
			all, err := p.Advise(db)
			require.NoError(t, err)
			advised := 0
			for _, a := range all {
				if a.Kind == callbacks.AdviceIndex {
					advised++
					require.Equal(t, name == "quoted names", a.Go == "", "no tag could say it")
					require.NoError(t, db.Exec(a.SQL).Error, a.SQL)
				}
			}
			require.Equal(t, c.advice, advised == 1, all)
			if c.advice {
				require.Less(t, run(), before/10)
			}
			if name == "table gone" {
				run()
				require.NoError(t, db.Exec("DROP TABLE t").Error)
				_, err := p.Advise(db)
				require.NoError(t, err)
			}
		})
	}
}

// Advice on databases that are not plain files, or not to be had.
func TestAdviseWhereItIsHard(t *testing.T) {
	for name, dsn := range map[string]string{
		"memory": ":memory:", "encrypted": "file:" + filepath.Join(t.TempDir(), "k.db") + "?encryptionKey=abc",
		"rollback journal": "file:" + filepath.Join(t.TempDir(), "r.db") + "?_journal_mode=delete",
	} {
		t.Run(name, func(t *testing.T) {
			db, p := openDSN(t, dsn, callbacks.ProfilerConfig{Slow: 1})
			require.NoError(t, db.AutoMigrate(&user{}, &order{}))
			manyUsers(t, db, 300)
			for range 5 {
				require.NoError(t, db.Where("name = ?", "name277").First(&user{}).Error)
			}
			require.Equal(t, []string{"index users[name]"}, advised(t, p, db))
			require.Empty(t, planOfSlow(t, p, "SELECT * FROM `users` WHERE name = ? ORDER BY `users`.`id` LIMIT ?").Error)

			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := p.Advise(db.WithContext(ctx))
			require.ErrorIs(t, err, context.Canceled)

			// While another connection has the write lock, and one alone.
			require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Exec("UPDATE users SET age = 1 WHERE id = 1").Error)
				require.Equal(t, []string{"index users[name]"}, advised(t, p, tx))
				return nil
			}))
			pool, err := db.DB()
			require.NoError(t, err)
			pool.SetMaxOpenConns(1)
			conn, err := pool.Conn(t.Context())
			require.NoError(t, err)
			ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
			_, err = p.Advise(db.WithContext(ctx))
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NoError(t, conn.Close())
			require.Equal(t, []string{"index users[name]"}, advised(t, p, db))
		})
	}
}

// What the driver does beside SQL's plain ways.
func TestOtherWaysToAsk(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsHandle)
	db, p, rec := openRecorded(t, callbacks.ProfilerConfig{Slow: 1})
	require.NoError(t, db.Exec("CREATE VIRTUAL TABLE words USING fts5(a); INSERT INTO words VALUES ('one two'), ('three')").Error)
	require.NoError(t, db.Exec("CREATE TABLE v(id INTEGER PRIMARY KEY, e F32_BLOB(2)); CREATE INDEX vi ON v(libsql_vector_idx(e)); INSERT INTO v(e) VALUES (vector('[1,2]')), (vector('[3,4]'))").Error)
	rec.take()
	p.Reset()
	require.NoError(t, db.Raw("SELECT * FROM words WHERE words MATCH ?", "two").Scan(&[]map[string]any{}).Error)
	require.NoError(t, db.Raw("SELECT v.id FROM vector_top_k('vi', vector('[1,2]'), 1) AS k JOIN v ON v.rowid = k.id").Scan(&[]map[string]any{}).Error)
	users := make([]user, 50)
	require.NoError(t, db.CreateInBatches(&users, 7).Error)
	require.NoError(t, db.FindInBatches(&[]user{}, 10, func(*gorm.DB, int) error { return nil }).Error)
	var names []string
	require.NoError(t, db.Model(&user{}).Pluck("name", &names).Error)
	require.NoError(t, db.FirstOrCreate(&user{}, user{Name: "new"}).Error)
	require.NoError(t, libsql.Conn(db, func(c *driver.Conn) error {
		_, err := c.BatchStmts(t.Context(), []driver.BatchStmt{{SQL: "SELECT 1"}, {SQL: "UPDATE users SET age = 3"}}, driver.BatchOptions{})
		return err
	}))
	require.NoError(t, libsql.Conn(db, func(c *driver.Conn) error {
		s, err := c.Statement(t.Context(), "SELECT name FROM users WHERE id > ?")
		if err != nil {
			return err
		}
		for range 3 {
			s.BindInt64(1, 0)
			for s.Next() {
			}
		}
		return s.Close()
	}))
	require.NoError(t, libsql.Backup(db, filepath.Join(t.TempDir(), "b.db")))
	r := p.Report()
	require.Equal(t, int64(1), shapeOf(t, r, "BACKUP").Count)
	require.Positive(t, shapeOf(t, r, "BACKUP").Times.Engine)
	require.GreaterOrEqual(t, shapeOf(t, r, "SELECT name FROM users WHERE id > ?").Rows, int64(51))
	sum := int64(0)
	for _, s := range r.Shapes {
		require.Zero(t, s.Errors, s.SQL)
		sum += s.Count
	}
	require.Equal(t, r.Total.Count, sum)
	require.Empty(t, planOfSlow(t, p, "SELECT v.id FROM vector_top_k(?, vector(?), ?) AS k JOIN v ON v.rowid = k.id").Error)
}

// What the profiler asks by itself is in nobody's figures, not even as a wait
// for a lock.
func TestOwnWaitsForLocksAreNotMeasured(t *testing.T) {
	dsn := "file:" + filepath.Join(t.TempDir(), "a.db") + "?_journal_mode=delete&_busy_timeout=10"
	db, p := openDSN(t, dsn, callbacks.ProfilerConfig{NoPlans: true})
	require.NoError(t, db.AutoMigrate(&user{}))
	require.NoError(t, db.Find(&[]user{}).Error)
	other, _ := openDSN(t, dsn, callbacks.ProfilerConfig{})
	s := shapeOf(t, p.Report(), "SELECT * FROM `users`")
	p.Reset()
	require.NoError(t, other.Connection(func(tx *gorm.DB) error {
		require.NoError(t, tx.Exec("BEGIN EXCLUSIVE").Error)
		_, err := s.Explain(db)
		require.ErrorIs(t, err, driver.ErrBusy)
		require.Empty(t, p.Report().LockWaits)
		require.Zero(t, p.Report().Total.Count)
		require.Error(t, db.Find(&[]user{}).Error)
		require.Len(t, p.Report().LockWaits, 1)
		require.True(t, p.Report().LockWaits[0].Failed)
		return tx.Exec("ROLLBACK").Error
	}))
}
