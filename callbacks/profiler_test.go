package callbacks_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// recorded keeps what OnQuery is told.
type recorded struct {
	mu      sync.Mutex
	queries []callbacks.Query
}

func (r *recorded) add(_ context.Context, q *callbacks.Query) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries = append(r.queries, *q)
}

// take returns what came since the last time.
func (r *recorded) take() []callbacks.Query {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.queries
	r.queries = nil
	return out
}

// one returns the only query since the last time, without those that it caused:
// the first look of the dialect into a table, BEGIN and COMMIT.
func (r *recorded) one(t testing.TB) callbacks.Query {
	t.Helper()
	var roots []callbacks.Query
	for _, q := range r.take() {
		if q.Parent == 0 {
			roots = append(roots, q)
		}
	}
	require.Len(t, roots, 1)
	return roots[0]
}

func openRecorded(t testing.TB, cfg callbacks.ProfilerConfig, config ...*gorm.Config) (*gorm.DB, *callbacks.Profiler, *recorded) {
	rec := &recorded{}
	cfg.OnQuery = rec.add
	db, p := open(t, cfg, config...)
	return db, p, rec
}

// The counters are SQLite's and libSQL's own, of the statement that ran.
func TestCountersAreThoseOfTheRun(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	for name, config := range map[string]*gorm.Config{"plain": {}, "PrepareStmt": {PrepareStmt: true}} {
		t.Run(name, func(t *testing.T) {
			db, _, rec := openRecorded(t, callbacks.ProfilerConfig{}, config)
			require.NoError(t, db.Exec("DROP TABLE users; CREATE TABLE users(id INTEGER PRIMARY KEY, name, age)").Error)
			rec.take()
			require.NoError(t, db.Exec("INSERT INTO users(id, name, age) VALUES (1,'a',30),(2,'b',20),(3,'c',10)").Error)
			require.Equal(t, int64(3), rec.one(t).Counters.RowsWritten)
			for range 3 { // of a new statement, and of one that was kept
				require.NoError(t, db.Find(&[]user{}).Error)
				q := rec.one(t)
				require.Equal(t, []int64{2, 3, 0, 1}, []int64{q.Counters.FullScanSteps, q.Counters.RowsRead, q.Counters.Sorts, q.Counters.Runs})
				require.Equal(t, []int64{3, 0, 1}, []int64{q.Rows, q.RowsAffected, q.Statements})
				require.NoError(t, db.Take(&user{}, 2).Error)
				q = rec.one(t)
				require.Equal(t, []int64{0, 1}, []int64{q.Counters.FullScanSteps, q.Counters.RowsRead})
				require.NoError(t, db.Order("age DESC").Find(&[]user{}).Error)
				q = rec.one(t)
				require.Equal(t, []int64{1, 6}, []int64{q.Counters.Sorts, q.Counters.RowsRead})
				require.NoError(t, db.Model(&user{}).Where("id < ?", 3).Update("age", 5).Error)
				q = rec.one(t)
				require.Equal(t, []int64{2, 2}, []int64{q.Counters.RowsWritten, q.RowsAffected})
				require.NoError(t, db.Delete(&user{}, 99).Error)
				require.Equal(t, int64(0), rec.one(t).Counters.RowsWritten)
				var n int64
				require.NoError(t, db.Raw("SELECT count(*) FROM users a JOIN users b ON a.age = b.age").Scan(&n).Error)
				require.Positive(t, rec.one(t).Counters.AutoIndexes)
			}
		})
	}
}

// What is known of each kind of query.
func TestKindsOfQueries(t *testing.T) {
	db, p, rec := openRecorded(t, callbacks.ProfilerConfig{})
	for _, c := range []struct {
		kind, sql, model, table string
		run                     func() error
	}{
		{"create", "INSERT INTO `users` (`name`, `age`) VALUES (?, ?) RETURNING `id`", "callbacks_test.user", "users",
			func() error { return db.Create(&user{Name: "a"}).Error }},
		{"query", "SELECT * FROM `users` WHERE name = ? ORDER BY `users`.`id` LIMIT ?", "callbacks_test.user", "users",
			func() error { return db.Where("name = ?", "a").First(&user{}).Error }},
		{"query", "SELECT * FROM `users` WHERE id IN (?)", "callbacks_test.user", "users",
			func() error { return db.Find(&[]user{}, "id IN ?", []int{1, 2, 3}).Error }},
		{"update", "UPDATE `users` SET `age` = ? WHERE `id` = ?", "callbacks_test.user", "users",
			func() error { return db.Model(&user{ID: 1}).Update("age", 2).Error }},
		{"delete", "DELETE FROM `users` WHERE `users`.`id` = ?", "callbacks_test.user", "users",
			func() error { return db.Delete(&user{}, 7).Error }},
		{"raw", "UPDATE users SET age = ?", "", "users", func() error { return db.Exec("UPDATE users SET age = 5").Error }},
		{"row", "SELECT count(*) FROM `users`", "", "users", func() error { return db.Table("users").Select("count(*)").Row().Scan(new(int)) }},
		{"query", "SELECT count(*) FROM `users`", "callbacks_test.user", "users", func() error { return db.Model(&user{}).Count(new(int64)).Error }},
		{"row", "SELECT name FROM users", "", "users", func() error { return db.Raw("SELECT name FROM users").Scan(&[]string{}).Error }},
	} {
		require.NoError(t, c.run())
		q := rec.one(t)
		require.Equal(t, []string{c.kind, c.sql, c.model, c.table}, []string{q.Kind, q.SQL, q.Model, q.Table})
		require.Contains(t, q.Caller.File, "profiler_test.go")
		require.Contains(t, q.Caller.Function, "TestKindsOfQueries")
		require.Empty(t, q.Args, "values only when asked")
		require.Zero(t, q.Parent)
		require.False(t, q.Migration || q.DryRun || q.InTx)
	}
	// Without GORM.
	pool, err := db.DB()
	require.NoError(t, err)
	_, err = pool.Exec("UPDATE users SET age = 1")
	require.NoError(t, err)
	q := rec.one(t)
	require.Equal(t, []string{"exec", "UPDATE users SET age = ?", "users"}, []string{q.Kind, q.SQL, q.Table})
	require.Contains(t, q.Caller.Function, "TestKindsOfQueries")
	require.NoError(t, libsql.Conn(db, func(c *driver.Conn) error {
		_, err := c.Batch(context.Background(), "UPDATE users SET age = 2; SELECT 1")
		return err
	}))
	require.Equal(t, "batch", rec.one(t).Kind)
	sum := int64(0)
	for _, s := range p.Report().Shapes {
		sum += s.Count
	}
	require.Equal(t, p.Report().Total.Count, sum)
}

// Parts of a query's time never overlap, and are no longer than the whole, which
// is no longer than what is measured outside.
func TestTimesAddUp(t *testing.T) {
	db, p, rec := openRecorded(t, callbacks.ProfilerConfig{})
	require.NoError(t, db.Create(&[]user{{Name: "a", Orders: []order{{}, {}}}, {Name: "b"}}).Error)
	rec.take()
	p.Reset()
	var outside time.Duration
	for i, run := range []func() error{
		func() error { return db.Preload("Orders").Find(&[]user{}).Error },
		func() error { return db.Create(&user{Name: "c", Orders: []order{{}}}).Error },
		func() error { return db.Model(&user{ID: 1}).Update("age", 7).Error },
		func() error {
			return db.Exec("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 100000) SELECT sum(x) FROM c").Error
		},
		func() error {
			rows, err := db.Model(&user{}).Rows()
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				if err := db.ScanRows(rows, &user{}); err != nil {
					return err
				}
			}
			return rows.Err()
		},
		func() error {
			return db.Transaction(func(tx *gorm.DB) error { return tx.Create(&hookUser{Name: "x"}).Error })
		},
	} {
		if i == 5 {
			require.NoError(t, db.AutoMigrate(&hookUser{}))
			rec.take()
			p.Reset()
			outside = 0
		}
		for try := 1; ; try++ {
			start := time.Now()
			require.NoError(t, run())
			wall := time.Since(start)
			outside += wall
			var roots time.Duration
			lost := ""
			for _, q := range rec.take() {
				tm := q.Times
				sum := tm.PoolWait + tm.LockWait + tm.Engine + tm.Scan + tm.Hooks + tm.Children
				require.LessOrEqual(t, sum, tm.Whole, "%s: %+v", q.SQL, tm)
				require.LessOrEqual(t, tm.Whole, wall, q.SQL)
				require.Positive(t, tm.Engine, q.SQL)
				require.GreaterOrEqual(t, int64(tm.PoolWait), int64(0))
				require.Positive(t, tm.Scan+tm.Hooks+tm.Engine)
				if tm.Whole-sum >= 5*time.Millisecond+tm.Whole/2 {
					lost = fmt.Sprintf("%s: %+v", q.SQL, tm)
				}
				if q.Parent == 0 {
					roots += tm.Whole
				}
			}
			require.LessOrEqual(t, roots, wall)
			// Nothing is lost: what is not accounted for is rounding and our own
			// work, which a busy machine may interrupt, but not each time.
			if lost == "" {
				break
			}
			require.Less(t, try, 10, lost)
		}
	}
	total := p.Report().Total.Times
	require.LessOrEqual(t, total.Whole-total.Children, outside)
}

// hookUser has hooks that query.
type hookUser struct {
	ID   uint
	Name string
}

var inHook = func(tx *gorm.DB, u *hookUser) error { return nil }

func (u *hookUser) BeforeCreate(tx *gorm.DB) error {
	return tx.Session(&gorm.Session{NewDB: true}).Model(&user{}).Count(new(int64)).Error
}

func (u *hookUser) AfterFind(tx *gorm.DB) error { return inHook(tx, u) }

// What an operation causes are its children: preloads, queries of hooks, BEGIN
// and COMMIT.
func TestChildren(t *testing.T) {
	db, _, rec := openRecorded(t, callbacks.ProfilerConfig{})
	require.NoError(t, db.Create(&[]user{{Name: "a", Orders: []order{{}, {}}}, {Name: "b"}}).Error)
	rec.take()
	require.NoError(t, db.Preload("Orders").Find(&[]user{}).Error)
	qs := rec.take()
	require.Len(t, qs, 2)
	preload, find := qs[0], qs[1] // a query ends after what it causes
	require.Equal(t, find.ID, preload.Parent)
	require.Equal(t, find.Caller, preload.Caller)
	require.Equal(t, "orders", preload.Table)
	require.Equal(t, preload.Times.Whole, find.Times.Children)

	require.NoError(t, db.AutoMigrate(&hookUser{}))
	for _, q := range rec.take() {
		require.True(t, q.Migration, q.SQL)
		require.Contains(t, q.Caller.Function, "TestChildren")
	}
	require.NoError(t, db.Create(&hookUser{Name: "x"}).Error)
	var kinds []string
	qs = rec.take()
	for _, q := range qs[:3] {
		kinds = append(kinds, q.Kind)
		require.Equal(t, qs[3].ID, q.Parent)
	}
	require.Equal(t, []string{"begin", "query", "commit"}, kinds)
	require.Contains(t, qs[1].Caller.Function, "BeforeCreate", "a hook is the program's own line")
	require.True(t, qs[1].InTx)
	require.False(t, qs[3].InTx, "it is its own, and was not open before")
	require.Equal(t, qs[3].Times.Children, qs[0].Times.Whole+qs[1].Times.Whole+qs[2].Times.Whole)
}

func TestErrorsHaveClasses(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	db, p, rec := openRecorded(t, callbacks.ProfilerConfig{})
	require.ErrorIs(t, db.First(&user{}, 99).Error, gorm.ErrRecordNotFound)
	require.Equal(t, "not found", rec.one(t).Error)
	require.Error(t, db.Exec("SELECT * FROM nowhere").Error)
	require.Equal(t, "SQL error", rec.one(t).Error)
	require.NoError(t, db.Create(&user{ID: 1}).Error)
	rec.take()
	require.Error(t, db.Create(&user{ID: 1}).Error)
	class := rec.one(t).Error
	if dbtest.Remote() && class == "UNIQUE constraint failed" {
		class = "PRIMARY KEY constraint failed" // libsql-server sends SQLite's text alone, which says UNIQUE
	}
	require.Equal(t, "PRIMARY KEY constraint failed", class)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, db.WithContext(ctx).Find(&[]user{}).Error, context.Canceled)
	require.Equal(t, "canceled", rec.one(t).Error)
	// In the middle of a query.
	pool, err := db.DB()
	require.NoError(t, err)
	dbtest.Stoppable(t, pool)
	const endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(CASE x WHEN 200000 THEN stop() END) FROM c"
	require.ErrorIs(t, db.WithContext(dbtest.Stopping(context.DeadlineExceeded)).Exec(endless).Error, context.DeadlineExceeded)
	q := rec.one(t)
	require.Equal(t, "deadline", q.Error)
	require.Positive(t, q.Counters.VMSteps, "what it did until then")
	require.GreaterOrEqual(t, q.Times.Engine, time.Millisecond)
	r := p.Report()
	require.Equal(t, int64(4), r.Total.Errors, "not found is no failure")
	require.Equal(t, map[string]int64{"SQL error": 1, "PRIMARY KEY constraint failed": 1, "canceled": 1, "deadline": 1}, r.Total.Classes)
	require.NoError(t, db.Take(&user{}).Error, "all is well afterwards")
}

func TestDryRunIsCountedApart(t *testing.T) {
	db, p, rec := openRecorded(t, callbacks.ProfilerConfig{})
	require.NoError(t, db.Session(&gorm.Session{DryRun: true}).Find(&[]user{}).Error)
	require.NotEmpty(t, db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Create(&user{}) }))
	for _, q := range rec.take() {
		require.True(t, q.DryRun)
		require.NotEmpty(t, q.SQL)
	}
	r := p.Report()
	require.Equal(t, int64(2), r.DryRuns)
	require.Zero(t, r.Total.Count)
}

func TestPanicInAHook(t *testing.T) {
	db, p, rec := openRecorded(t, callbacks.ProfilerConfig{})
	require.NoError(t, db.AutoMigrate(&hookUser{}))
	require.NoError(t, db.Create(&hookUser{Name: "x"}).Error)
	defer func(old func(*gorm.DB, *hookUser) error) { inHook = old }(inHook)
	inHook = func(*gorm.DB, *hookUser) error { panic("in a hook") }
	rec.take()
	for range 10 {
		require.PanicsWithValue(t, "in a hook", func() { db.Find(&[]hookUser{}) })
	}
	require.NoError(t, db.Find(&[]user{}).Error)
	q := rec.one(t)
	require.Zero(t, q.Parent)
	require.Equal(t, "SELECT * FROM `users`", q.SQL)
	require.NoError(t, p.Remove())
}

// A loop that asks for each row by itself.
func TestRepeatedQueries(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	for range 20 {
		require.NoError(t, db.Create(&user{Orders: []order{{}}}).Error)
	}
	p.Reset()
	loop := func(db *gorm.DB) {
		var users []user
		require.NoError(t, db.Find(&users).Error)
		for _, u := range users {
			require.NoError(t, db.Where("user_id = ?", u.ID).Find(&u.Orders).Error)
		}
	}
	type key struct{}
	var r *callbacks.Report
	var rep callbacks.Repeated
	// A busy machine may part a loop, but not each time.
	for try := 1; ; try++ {
		loop(db.WithContext(context.WithValue(context.Background(), key{}, 2*try)))
		loop(db.WithContext(context.WithValue(context.Background(), key{}, 2*try+1)))
		loop(db) // without a context of its own: by the goroutine
		r = p.Report()
		if len(r.Repeated) == 1 {
			rep = r.Repeated[0]
			if reflect.DeepEqual([]int64{3, 60, 20, 60}, []int64{rep.Runs, rep.Count, rep.Max, rep.Alone}) {
				break
			}
		}
		require.Less(t, try, 20, "%+v", r.Repeated)
		time.Sleep(50 * time.Millisecond) // longer than a loop may rest: the next one is another
		p.Reset()
	}
	require.Equal(t, "SELECT * FROM `orders` WHERE user_id = ?", rep.SQL)
	require.Contains(t, rep.Caller.Function, "TestRepeatedQueries")
	require.Empty(t, rep.Parent)
	require.Equal(t, shapeOf(t, r, rep.SQL).ID, rep.ShapeID)

	// The same queries of many goroutines, each asking once, are none.
	p.Reset()
	var group sync.WaitGroup
	for i := range 40 {
		group.Add(1)
		go func() {
			defer group.Done()
			var o []order
			if err := db.WithContext(context.WithValue(context.Background(), key{}, i)).Where("user_id = ?", i).Find(&o).Error; err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	require.Empty(t, p.Report().Repeated)

	// In a hook, once for each row.
	require.NoError(t, db.AutoMigrate(&hookUser{}))
	for range 15 {
		require.NoError(t, db.Create(&hookUser{}).Error)
	}
	p.Reset()
	defer func(old func(*gorm.DB, *hookUser) error) { inHook = old }(inHook)
	inHook = func(tx *gorm.DB, u *hookUser) error {
		return tx.Session(&gorm.Session{NewDB: true}).Where("user_id = ?", u.ID).Find(&[]order{}).Error
	}
	require.NoError(t, db.WithContext(context.WithValue(context.Background(), key{}, 0)).Find(&[]hookUser{}).Error)
	require.Len(t, p.Report().Repeated, 1)
	require.Equal(t, "SELECT * FROM `hook_users`", p.Report().Repeated[0].Parent)
	require.Equal(t, int64(15), p.Report().Repeated[0].Count)
}

// What GORM does in batches, and rows that are inserted many at once within a
// transaction, are no loops; what is a transaction of its own each time is.
func TestBatchesAreNoLoops(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	db = db.WithContext(ctx) // a loop may rest in it
	all := make([]user, 300)
	for i := range all {
		all[i].Orders = make([]order, 1+i%4)
	}
	require.NoError(t, db.CreateInBatches(all, 20).Error)
	var found []user
	require.NoError(t, db.Preload("Orders").FindInBatches(&found, 10, func(tx *gorm.DB, _ int) error { return nil }).Error)
	require.NoError(t, db.Session(&gorm.Session{CreateBatchSize: 20}).Create(make([]user, 300)).Error)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		for range 15 {
			if err := tx.Create(&[]user{{}, {}}).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	require.Empty(t, p.Report().Repeated)

	// A loop of the program within one of GORM's.
	err := db.FindInBatches(&found, 30, func(tx *gorm.DB, _ int) error {
		for _, u := range found[:2] {
			if err := tx.Session(&gorm.Session{NewDB: true}).Where("user_id = ?", u.ID).Find(&[]order{}).Error; err != nil {
				return err
			}
		}
		return nil
	}).Error
	require.NoError(t, err)
	require.Len(t, p.Report().Repeated, 1)
	require.Equal(t, int64(42), p.Report().Repeated[0].Count, "two for each thirty of 630")

	// GORM begins a transaction for each of these.
	p.Reset()
	for range 20 {
		require.NoError(t, db.Create(&user{Orders: []order{{}, {}}}).Error)
	}
	rep := p.Report().Repeated
	require.Len(t, rep, 1)
	require.Equal(t, "INSERT INTO `users` (`name`, `age`) VALUES (?, ?) RETURNING `id`", rep[0].SQL)
	require.Equal(t, []int64{20, 20}, []int64{rep[0].Count, rep[0].Alone})
	advice, err := p.Advise(db)
	require.NoError(t, err)
	require.Len(t, advice, 1)
	require.Equal(t, callbacks.AdviceNoTransaction, advice[0].Kind)
	require.Contains(t, advice[0].Evidence[0], "once, with up to 20 writes each")

	// What came before a reset is forgotten.
	for range 2 {
		p.Reset()
		for range 7 {
			require.NoError(t, db.Create(&user{}).Error)
		}
	}
	require.Empty(t, p.Report().Repeated)

	p.Reset()
	loose := db.Session(&gorm.Session{SkipDefaultTransaction: true})
	require.NoError(t, loose.CreateInBatches(make([]user, 300), 20).Error)
	require.Equal(t, int64(15), p.Report().Repeated[0].Alone, "each is a transaction of its own")
}

// With a timeout GORM makes a context for each query, which tells no loop.
func TestRepeatedQueriesWithTimeouts(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, &gorm.Config{DefaultContextTimeout: time.Minute})
	// A busy machine may part a loop, but not each time.
	for try := 1; ; try++ {
		for i := range 50 {
			require.NoError(t, db.Where("user_id = ?", i).Find(&[]order{}).Error)
		}
		if rep := p.Report().Repeated; len(rep) == 1 && rep[0].Count >= 10 {
			break
		}
		require.Less(t, try, 20)
	}
}

// Waiting for a connection is what database/sql says of it.
func TestPoolWaitIsThatOfThePool(t *testing.T) {
	for name, config := range map[string]*gorm.Config{"plain": {}, "PrepareStmt": {PrepareStmt: true}} {
		t.Run(name, func(t *testing.T) {
			db, p := open(t, callbacks.ProfilerConfig{}, config)
			pool, err := db.DB()
			require.NoError(t, err)
			pool.SetMaxOpenConns(1)
			const work = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 20000) SELECT count(*) FROM c"
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			// A busy machine may come between the two clocks, but not each time.
			for try := 1; ; try++ {
				p.Reset()
				var group sync.WaitGroup
				for i := range 4 {
					group.Add(1)
					go func() {
						defer group.Done()
						db := db
						if i%2 == 0 {
							db = db.WithContext(ctx)
						}
						for range 10 {
							if err := db.Exec(work).Error; err != nil {
								t.Error(err)
							}
							var n int
							if err := db.Raw(work).Scan(&n).Error; err != nil {
								t.Error(err)
							}
						}
					}()
				}
				group.Wait()
				r := p.Report()
				require.Equal(t, int64(80), r.Total.Count)
				got, want := r.Total.Times.PoolWait, r.Pool.WaitDuration
				require.Positive(t, r.Pool.WaitCount)
				if (got - want).Abs() <= want/5+5*time.Millisecond {
					break
				}
				require.Less(t, try, 10, "%v, and the pool says %v", got, want)
			}
		})
	}
}

// waitTracer is closed when a connection begins to wait for a lock.
type waitTracer chan struct{}

func (w waitTracer) TraceStart(ctx context.Context, op driver.Op, _ string) context.Context {
	if op == driver.OpLockWait {
		close(w)
	}
	return ctx
}

func (waitTracer) TraceEnd(context.Context, driver.TraceEvent) {}

// Waiting for another connection's lock, and who held it.
func TestLockWaits(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	db, p, rec := openRecorded(t, callbacks.ProfilerConfig{})
	require.NoError(t, db.Create(&user{ID: 1}).Error)
	rec.take()
	p.Reset()
	pool, err := db.DB()
	require.NoError(t, err)
	locked, waits := make(chan struct{}), make(waitTracer)
	remove, err := driver.AddTracer(pool, waits)
	require.NoError(t, err)
	defer remove()
	done := make(chan error)
	go func() {
		<-locked
		done <- db.Exec("UPDATE users SET age = 1").Error
	}()
	holder := func() error {
		return db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec("UPDATE users SET age = 2").Error; err != nil {
				return err
			}
			close(locked)
			<-waits
			time.Sleep(20 * time.Millisecond) // makes it long, not right
			return nil
		})
	}
	require.NoError(t, holder())
	require.NoError(t, <-done)
	r := p.Report()
	require.Len(t, r.LockWaits, 1)
	w := r.LockWaits[0]
	require.Equal(t, "UPDATE users SET age = ?", w.SQL)
	require.Contains(t, w.Holder.Function, "TestLockWaits")
	require.False(t, w.Failed)
	var waited time.Duration
	for _, q := range rec.take() {
		waited += q.Times.LockWait
	}
	require.Equal(t, w.Duration, waited)
	require.Len(t, r.Transactions, 1)
	tx := r.Transactions[0]
	require.Equal(t, int64(1), tx.Blocked)
	require.Positive(t, tx.BlockedTime)
	require.GreaterOrEqual(t, tx.Locked, tx.BlockedTime)
	require.Equal(t, []int64{1, 0, 1}, []int64{tx.Statements, tx.Inserts, tx.RowsMoved})
	require.False(t, tx.Rollback)
}

func TestTransactionsAndSavepoints(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	fail := errors.New("no")
	require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Create(&user{Name: "a"}).Error)
		require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&user{Name: "b"}).Error)
			return fail
		}), fail)
		return fail
	}), fail)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		return tx.Find(&[]user{}).Error
	}, &sql.TxOptions{ReadOnly: true}))
	// By hand, on one connection.
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		for _, text := range []string{"BEGIN", "INSERT INTO users(name) VALUES ('x')", "COMMIT"} {
			if err := tx.Exec(text).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	r := p.Report()
	require.Len(t, r.Transactions, 3)
	tx := r.Transactions[0]
	require.True(t, tx.Rollback)
	require.Equal(t, []int64{4, 2, 1}, []int64{tx.Statements, tx.Inserts, tx.Savepoints})
	require.Positive(t, tx.Locked)
	require.Zero(t, r.Transactions[1].Locked, "it only read")
	require.Positive(t, r.Transactions[2].Locked)
	require.Equal(t, int64(2), shapeOf(t, r, "SAVEPOINT ?").Count+shapeOf(t, r, "ROLLBACK TO SAVEPOINT ?").Count)
	for _, tx := range r.Transactions {
		require.Contains(t, tx.Caller.Function, "TestTransactionsAndSavepoints")
		require.LessOrEqual(t, tx.Locked, tx.Duration)
	}
}

// Two profilers of two databases do not mix, not even when a hook of one asks
// the other.
func TestTwoProfilers(t *testing.T) {
	db1, p1, rec1 := openRecorded(t, callbacks.ProfilerConfig{})
	db2, p2, rec2 := openRecorded(t, callbacks.ProfilerConfig{})
	require.NoError(t, db1.AutoMigrate(&hookUser{}))
	require.NoError(t, db1.Create(&hookUser{}).Error)
	rec1.take()
	defer func(old func(*gorm.DB, *hookUser) error) { inHook = old }(inHook)
	inHook = func(tx *gorm.DB, _ *hookUser) error {
		return db2.WithContext(tx.Statement.Context).Find(&[]order{}).Error
	}
	require.NoError(t, db1.Find(&[]hookUser{}).Error)
	require.Equal(t, "SELECT * FROM `hook_users`", rec1.one(t).SQL)
	q := rec2.one(t)
	require.Equal(t, "SELECT * FROM `orders`", q.SQL)
	require.Zero(t, q.Parent)
	require.Equal(t, int64(1), p2.Report().Total.Count)
	require.Error(t, p1.Initialize(db2), "it is in use")
	require.ErrorIs(t, db1.Use(callbacks.NewProfiler(callbacks.ProfilerConfig{})), gorm.ErrRegistered)
}

// handlers are the callbacks of a processor, in the order in which they run.
func handlers(db *gorm.DB) (out [][]uintptr) {
	for _, p := range []any{db.Callback().Create(), db.Callback().Query(), db.Callback().Update(), db.Callback().Delete(), db.Callback().Row(), db.Callback().Raw()} {
		fns := reflect.ValueOf(p).Elem().FieldByName("fns")
		var of []uintptr
		for i := range fns.Len() {
			f := fns.Index(i)
			of = append(of, *(*uintptr)(unsafe.Pointer(reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Pointer())))
		}
		out = append(out, of)
	}
	return out
}

// Removing it restores the callbacks, and it can be used again.
func TestRemoveRestoresTheCallbacks(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	with := handlers(db)
	require.NoError(t, p.Remove())
	require.NoError(t, p.Remove(), "twice is once")
	without := handlers(db)
	require.NotEqual(t, with, without)
	fresh, err := gorm.Open(libsql.Open(dbtest.Memory(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	for i, of := range handlers(fresh) {
		require.Len(t, without[i], len(of))
	}
	pool, err := fresh.DB()
	require.NoError(t, err)
	require.NoError(t, pool.Close())
	require.NoError(t, db.Find(&[]user{}).Error)
	require.Zero(t, p.Report().Total.Count)
	require.NoError(t, db.Use(p))
	require.Len(t, handlers(db)[0], len(with[0]))
	require.NoError(t, db.Find(&[]user{}).Error)
	require.Equal(t, int64(1), p.Report().Total.Count)
	require.NoError(t, p.Remove())
	require.Equal(t, without, handlers(db))
}

func TestAnotherDriversPool(t *testing.T) {
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: struct{ gorm.ConnPool }{}}), &gorm.Config{DisableAutomaticPing: true, Logger: logger.Discard})
	require.NoError(t, err)
	require.Error(t, db.Use(callbacks.NewProfiler(callbacks.ProfilerConfig{})))
}

// begins counts the transactions of a database.
func begins(r *callbacks.Report) (n int64) {
	for _, s := range r.Shapes {
		if s.Verb == "BEGIN" {
			n += s.Count
		}
	}
	return n
}

// The profiler's callbacks only look on: they do not bring GORM's transaction
// back for what is one statement. Somebody else's do.
func TestTransactionStaysOut(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	run := func() {
		require.NoError(t, db.Create(&user{Name: "a"}).Error)
		require.NoError(t, db.Model(&user{ID: 1}).Update("age", 1).Error)
		require.NoError(t, db.Delete(&user{ID: 1}).Error)
	}
	run()
	require.Zero(t, begins(p.Report()))
	require.NoError(t, p.Remove())
	require.NoError(t, db.Use(p))
	run()
	require.Zero(t, begins(p.Report()))
	require.NoError(t, db.Create(&user{Name: "a", Orders: []order{{}}}).Error)
	require.Equal(t, int64(1), begins(p.Report()))
	for _, c := range []interface {
		Register(string, func(*gorm.DB)) error
	}{db.Callback().Create(), db.Callback().Update(), db.Callback().Delete()} {
		require.NoError(t, c.Register("somebody's", func(*gorm.DB) {}))
	}
	run()
	require.Equal(t, int64(4), begins(p.Report()))
}

// A plugin such as dbresolver puts another pool into the statement.
func TestAnotherPoolOfAPlugin(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	replica, _ := open(t, callbacks.ProfilerConfig{})
	other, err := replica.DB()
	require.NoError(t, err)
	require.NoError(t, db.Callback().Query().Before("*").Register("resolver", func(db *gorm.DB) { db.Statement.ConnPool = other }))
	require.NoError(t, db.Find(&[]user{}).Error)
	require.NoError(t, db.Find(&[]user{}).Error)
	s := shapeOf(t, p.Report(), "SELECT * FROM `users`")
	require.Equal(t, int64(2), s.Count)
	require.Equal(t, int64(2), s.Counters.Runs)
}

// Rows that are returned are not affected, and the other way round; what ran
// before on the connection counts for nothing.
func TestRowsAffectedAreThoseThatChanged(t *testing.T) {
	for name, config := range map[string]*gorm.Config{"plain": {}, "PrepareStmt": {PrepareStmt: true}} {
		t.Run(name, func(t *testing.T) {
			db, p := open(t, callbacks.ProfilerConfig{}, config)
			require.NoError(t, db.Create(&[]user{{Name: "a"}, {Name: "b"}, {Name: "c"}}).Error)
			for range 2 {
				require.NoError(t, db.Find(&[]user{}).Error)
				require.NoError(t, db.First(&user{}).Error)
				var n int64
				require.NoError(t, db.Model(&user{}).Count(&n).Error)
				require.NoError(t, db.Model(&user{}).Where("id < 3").Update("age", 1).Error)
				require.NoError(t, db.Raw("UPDATE users SET age = 2 WHERE id = 3 RETURNING *").Scan(&[]user{}).Error)
				require.NoError(t, db.Exec("SELECT 1 FROM users").Error)
				require.NoError(t, db.Exec("CREATE TABLE IF NOT EXISTS other(a)").Error)
				require.NoError(t, db.Where("id > 100").Delete(&user{}).Error)
			}
			r := p.Report()
			var got []string
			for _, s := range r.Shapes {
				if s.Verb != "INSERT" && s.Verb != "UPDATE" {
					require.Zero(t, s.RowsAffected, s.SQL)
					continue
				}
				got = append(got, fmt.Sprint(s.Verb, s.Count, s.Rows, s.RowsAffected))
			}
			require.ElementsMatch(t, []string{"INSERT1 3 3", "UPDATE2 0 4", "UPDATE2 2 2"}, got)
		})
	}
}
