package libsql_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type account struct {
	ID     uint
	Amount int
}

// accounts opens a file with one account, closed with the test.
func accounts(t testing.TB, params string, prepare bool) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t, params)), &gorm.Config{PrepareStmt: prepare, Logger: logger.Discard})
	require.NoError(t, err)
	t.Cleanup(func() { closePool(db) })
	require.NoError(t, db.AutoMigrate(&account{}))
	require.NoError(t, db.Create(&account{ID: 1}).Error)
	return db
}

func amount(t testing.TB, db *gorm.DB) int {
	t.Helper()
	var a account
	require.NoError(t, db.First(&a, 1).Error)
	return a.Amount
}

// bump reads the amount and then writes it.
func bump(tx *gorm.DB) error {
	var a account
	if err := tx.First(&a, 1).Error; err != nil {
		return err
	}
	return tx.Model(&a).Update("amount", a.Amount+1).Error
}

// setNow writes through the pool what a transaction has read before.
func setNow(t testing.TB, db *gorm.DB, amount int) {
	t.Helper()
	require.NoError(t, db.Model(&account{}).Where("id = 1").Update("amount", amount).Error)
}

func TestTransactionModes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	for _, prepare := range []bool{false, true} {
		db := accounts(t, "_busy_timeout=0&_journal_mode=DELETE&_synchronous=OFF", prepare)
		for _, m := range []struct {
			mode          driver.TxMode
			reads, writes bool // others
		}{{driver.Deferred, true, true}, {driver.Immediate, true, false}, {driver.Exclusive, false, false}, {driver.ReadOnlyTx, true, true}} {
			before := amount(t, db)
			err := libsql.Transaction(db, m.mode, func(tx *gorm.DB) error {
				require.Equal(t, m.reads, db.First(&account{}, 1).Error == nil, m.mode)
				require.Equal(t, m.writes, db.Model(&account{}).Where("id = 1").Update("amount", before).Error == nil, m.mode)
				// The context is the caller's own again.
				require.Equal(t, db.Statement.Context, tx.Statement.Context)
				return bump(tx)
			})
			if m.mode == driver.ReadOnlyTx {
				require.ErrorIs(t, err, driver.ErrReadOnly)
				require.Equal(t, before, amount(t, db))
				continue
			}
			require.NoError(t, err)
			require.Equal(t, before+1, amount(t, db))
		}
		require.ErrorIs(t, libsql.Transaction(db, driver.Concurrent, bump), libsql.ErrUnsupported)
		stop := errors.New("stop")
		require.ErrorIs(t, libsql.Transaction(db, driver.Exclusive, func(tx *gorm.DB) error { return errors.Join(bump(tx), stop) }), stop)
		require.PanicsWithValue(t, "stop", func() {
			libsql.Transaction(db, driver.Exclusive, func(tx *gorm.DB) error { bump(tx); panic("stop") })
		})
		require.Equal(t, 3, amount(t, db))
	}
}

// Conditions of db and a context of the caller's reach the function, and the
// end of the context ends the wait for the mode's lock.
func TestTransactionContext(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	db := accounts(t, "", false)
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, "mine")
	err := libsql.Transaction(db.WithContext(ctx).Where("id = 2"), driver.Deferred, func(tx *gorm.DB) error {
		require.Equal(t, "mine", tx.Statement.Context.Value(key{}))
		require.ErrorIs(t, tx.First(&account{}).Error, gorm.ErrRecordNotFound)
		return nil
	})
	require.NoError(t, err)
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	err = libsql.Transaction(db, driver.Immediate, func(*gorm.DB) error {
		return libsql.Transaction(db.WithContext(short), driver.Immediate, bump)
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// A transaction that is open has its mode, and cannot run again as a whole.
func TestNoTransactionInside(t *testing.T) {
	for _, prepare := range []bool{false, true} {
		db := accounts(t, "", prepare)
		ran := func(*gorm.DB) error { t.Error("it ran"); return nil }
		check := func(tx *gorm.DB) error {
			require.ErrorIs(t, libsql.Transaction(tx, driver.Immediate, ran), libsql.ErrUnsupported)
			require.ErrorIs(t, libsql.Retry(tx, ran), libsql.ErrUnsupported)
			require.ErrorIs(t, libsql.Retry(tx.Session(&gorm.Session{}), ran), libsql.ErrUnsupported)
			return tx.Transaction(bump)
		}
		require.NoError(t, libsql.Transaction(db, driver.Immediate, check))
		require.NoError(t, libsql.Retry(db, check))
		require.NoError(t, db.Transaction(check))
		require.Equal(t, 3, amount(t, db))
		require.NoError(t, db.Connection(func(conn *gorm.DB) error { return libsql.Transaction(conn, driver.Exclusive, bump) }))
		require.Equal(t, 4, amount(t, db))
	}
}

// Another driver would begin as it always does.
func TestTransactionModeOfAnotherDriver(t *testing.T) {
	pool, err := sql.Open("libsql", "file:"+filepath.Join(t.TempDir(), "a.db"))
	require.NoError(t, err)
	defer pool.Close()
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	require.ErrorIs(t, libsql.Transaction(db, driver.Exclusive, func(*gorm.DB) error { t.Error("it ran"); return nil }), libsql.ErrUnsupported)
}

// A transaction whose snapshot is old runs again, from its beginning.
func TestRetryAfterAnOldSnapshot(t *testing.T) {
	for _, prepare := range []bool{false, true} {
		db := accounts(t, "", prepare)
		runs := 0
		err := libsql.Retry(db.WithContext(driver.WithTxMode(context.Background(), driver.Deferred)), func(tx *gorm.DB) error {
			var a account
			if err := tx.First(&a, 1).Error; err != nil {
				return err
			}
			if runs++; runs <= 3 {
				setNow(t, db, 10*runs)
			}
			return tx.Model(&a).Update("amount", a.Amount+1).Error
		})
		require.NoError(t, err)
		require.Equal(t, 4, runs)
		require.Equal(t, 31, amount(t, db))
	}
}

// A lock that is not to be had within the busy timeout is asked for again.
func TestRetryAfterABusyTimeout(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	db := accounts(t, "_busy_timeout=1", false)
	held := db.Begin()
	require.NoError(t, held.Error)
	pool, err := db.DB()
	require.NoError(t, err)
	begin := &countedBegin{DB: pool, third: func() { require.NoError(t, held.Rollback().Error) }}
	retried := db.Session(&gorm.Session{NewDB: true})
	retried.Statement.ConnPool = begin
	require.NoError(t, libsql.Retry(retried, bump))
	require.Equal(t, 3, begin.tries)
	require.Equal(t, 1, amount(t, db))
}

// countedBegin calls third before the third transaction begins.
type countedBegin struct {
	*sql.DB
	third func()
	tries int
}

func (c *countedBegin) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	if c.tries++; c.tries == 3 {
		c.third()
	}
	return c.DB.BeginTx(ctx, opts)
}

// GetDBConn is how GORM finds the pool.
func (c *countedBegin) GetDBConn() (*sql.DB, error) { return c.DB, nil }

// It ends after its last run, with that run's error.
func TestRetryHasALimit(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsLock)
	db := accounts(t, "_busy_timeout=0", false)
	held := db.Begin()
	require.NoError(t, held.Error)
	defer held.Rollback()
	start := time.Now()
	err := libsql.Retry(db, func(*gorm.DB) error { t.Error("it ran"); return nil })
	require.ErrorIs(t, err, driver.ErrBusy)
	require.ErrorContains(t, err, "10 times")
	require.Less(t, time.Since(start), time.Minute)

	runs := 0
	err = libsql.Retry(db, func(*gorm.DB) error { return nil }, &sql.TxOptions{ReadOnly: true})
	require.NoError(t, err, "a reader waits for nobody")
	require.NoError(t, held.Rollback().Error)
	err = libsql.Retry(db, func(*gorm.DB) error {
		runs++
		return &driver.Error{Code: driver.ErrBusy, Extended: driver.ErrBusySnapshot}
	})
	require.ErrorIs(t, err, driver.ErrBusySnapshot)
	require.Equal(t, 10, runs)
}

// What running again would not mend, or could do twice, runs once.
func TestRetryRunsOnce(t *testing.T) {
	db := accounts(t, "", false)
	for _, failure := range []error{errors.New("stop"), driver.ErrLocked, driver.ErrConstraint, driver.ErrInterrupt, driver.ErrTxRolledBack,
		errors.Join(driver.ErrBusy, driver.ErrCommitUnknown), context.Canceled} {
		runs := 0
		require.ErrorIs(t, libsql.Retry(db, func(tx *gorm.DB) error { runs++; return errors.Join(bump(tx), failure) }), failure)
		require.Equal(t, 1, runs, failure)
	}
	require.PanicsWithValue(t, "stop", func() { libsql.Retry(db, func(tx *gorm.DB) error { bump(tx); panic("stop") }) })
	require.Zero(t, amount(t, db))
	require.NoError(t, libsql.Retry(db, bump))
	require.Equal(t, 1, amount(t, db))
}

func TestRetryHonoursTheContext(t *testing.T) {
	db := accounts(t, "_busy_timeout=0", false)
	ctx, cancel := context.WithCancel(context.Background())
	runs := 0
	err := libsql.Retry(db.WithContext(ctx), func(tx *gorm.DB) error {
		if runs++; runs == 2 {
			cancel()
		}
		return driver.ErrBusy
	})
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, driver.ErrBusy)
	require.Equal(t, 2, runs)
}

// Many who read and then write all get their turn, and nothing is lost.
func TestRetryOfMany(t *testing.T) {
	db := accounts(t, "_synchronous=OFF&_txlock=deferred", true)
	const workers, each = 4, 25
	var lost atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range each {
				if err := libsql.Retry(db, bump); err != nil {
					lost.Add(1)
					if !errors.Is(err, driver.ErrBusy) {
						t.Error(err)
					}
				}
			}
		}()
	}
	wg.Wait()
	require.Equal(t, workers*each-int(lost.Load()), amount(t, db))
	t.Logf("%d of %d gave up", lost.Load(), workers*each)
}

// faults are those of a server's connection: how COMMIT answers, after it has
// committed.
type faults struct {
	answer  error
	commits int
}

// faulty opens a database behind a driver that is not ours.
func faulty(t testing.TB, f *faults) *gorm.DB {
	t.Helper()
	cfg, err := driver.ParseDSN(":memory:")
	require.NoError(t, err)
	connector, err := driver.NewConnector(cfg)
	require.NoError(t, err)
	pool := sql.OpenDB(faultyConnector{connector, f})
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{Logger: logger.Discard, SkipDefaultTransaction: true})
	require.NoError(t, err)
	require.NoError(t, db.Exec("CREATE TABLE accounts(id INTEGER PRIMARY KEY, amount INTEGER); INSERT INTO accounts VALUES (1, 0)").Error)
	return db
}

type faultyConnector struct {
	*driver.Connector
	faults *faults
}

func (c faultyConnector) Connect(ctx context.Context) (sqldriver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &faultyConn{conn.(*driver.Conn), c.faults}, nil
}

type faultyConn struct {
	*driver.Conn
	faults *faults
}

func (c *faultyConn) BeginTx(ctx context.Context, opts sqldriver.TxOptions) (sqldriver.Tx, error) {
	tx, err := c.Conn.BeginTx(ctx, opts)
	return faultyTx{tx, c.faults}, err
}

type faultyTx struct {
	sqldriver.Tx
	faults *faults
}

func (t faultyTx) Commit() error {
	t.faults.commits++
	return errors.Join(t.Tx.Commit(), t.faults.answer)
}

// A COMMIT whose answer was lost may have been done: it is not done twice.
func TestRetryNotAfterAnUnknownCommit(t *testing.T) {
	f := &faults{answer: errors.Join(&driver.Error{Code: driver.ErrBusy, Extended: driver.ErrBusy}, driver.ErrCommitUnknown)}
	db := faulty(t, f)
	err := libsql.Retry(db, bump)
	require.ErrorIs(t, err, driver.ErrCommitUnknown)
	require.Equal(t, 1, f.commits)
	require.Equal(t, 1, amount(t, db))

	// One that is known to have failed is.
	f.answer, f.commits = driver.ErrBusy, 0
	require.ErrorIs(t, libsql.Retry(db, func(*gorm.DB) error { return nil }), driver.ErrBusy)
	require.Equal(t, 10, f.commits)
}
