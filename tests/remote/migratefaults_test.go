package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
	"github.com/gorm-libsql/libsql/migrator"
)

const libraryRows = `INSERT INTO shelves (name) VALUES ('a');
	INSERT INTO books (shelf_id, title) VALUES (1, 't');
	INSERT INTO readers (name) VALUES ('x'), ('y');
	INSERT INTO loans (reader_id, book_id) VALUES (1, 1), (2, 1)`

// migrated is what the library is before and after a rebuild of readers.
func migrated(t *testing.T, setup string) (before, after string) {
	k := serve(t, hranaserver.Options{})
	db := k.gorm()
	require.NoError(t, db.AutoMigrate(library...))
	k.exec(setup)
	before = state(t, db)
	require.NoError(t, db.AutoMigrate(&readerV3{}))
	return before, state(t, db)
}

// whole requires that a migration has happened as its error says, or not at
// all, that nothing is left of it on the connection, and that it can be done
// again.
func (k *kit) whole(db *gorm.DB, err error, before, after, what string) (outcome string) {
	k.Helper()
	t := k.TB.(*testing.T)
	now := state(t, db)
	switch {
	case err == nil:
		outcome = "done"
		require.Equal(t, after, now, what)
	case errors.Is(err, driver.ErrCommitUnknown):
		outcome = "unknown, not done"
		if now != before {
			outcome = "unknown, done"
			require.Equal(t, after, now, what)
		}
	default:
		outcome = "not done"
		if errors.Is(err, driver.ErrTxRolledBack) {
			outcome = "rolled back"
		}
		require.Equal(t, before, now, what)
	}
	var on int
	require.NoError(t, db.Raw("PRAGMA foreign_keys").Scan(&on).Error)
	require.Equal(t, 1, on, what)
	require.NoError(t, db.AutoMigrate(&readerV3{}), what)
	require.Equal(t, after, state(t, db), what)
	return outcome
}

// Each fault in each request of a migration leaves all of it done, or nothing.
func TestMigrationFaults(t *testing.T) {
	before, after := migrated(t, libraryRows)
	var table strings.Builder
	for n, fk := range faultKinds {
		for i, on := range []string{"schema_version FROM", "typeof(", "COMMIT"} {
			if i < 2 && n%5 > 0 && !dbtest.Long() {
				continue
			}
			k := serve(t, hranaserver.Options{TxLimit: 20 * time.Millisecond})
			db := k.gorm()
			require.NoError(t, db.AutoMigrate(library...))
			k.exec(libraryRows)
			f := fk.fault
			f.On = func(_ *http.Request, body []byte) bool { return strings.Contains(string(body), on) }
			k.srv.Inject(f)
			err := db.AutoMigrate(&readerV3{})
			k.srv.ClearFaults()
			what := fmt.Sprintf("%s, request %d: %v", fk.name, i+1, err)
			if err != nil && i == 2 && !fk.known {
				require.ErrorIs(t, err, driver.ErrCommitUnknown, what)
				require.ErrorContains(t, err, `table "readers"`, what)
			}
			if i < 2 {
				require.NotErrorIs(t, err, driver.ErrCommitUnknown, what)
			}
			fmt.Fprintf(&table, "%-26s request %d  %s\n", fk.name, i+1, k.whole(db, err, before, after, what))
		}
	}
	t.Log("\n" + table.String())
}

// So does the end of the stream, or of the network, anywhere in a migration that
// is carried out step by step: here, because a row has broken a foreign key for
// long.
func TestMigrationThatIsBrokenOff(t *testing.T) {
	setup := libraryRows + "; PRAGMA foreign_keys = OFF; INSERT INTO loans (reader_id, book_id) VALUES (77, 1)"
	before, after := migrated(t, setup)
	for name, fault := range map[string]hranaserver.Fault{
		"expired": {Expire: true}, "reset before": {ResetBefore: true}, "reset after": {ResetAfter: true},
	} {
		t.Run(name, func(t *testing.T) {
			outcomes := map[string]int{}
			step := 9
			if dbtest.Long() {
				step = 1
			}
			for nth := 1; ; nth += step {
				k := serve(t, hranaserver.Options{TxLimit: 20 * time.Millisecond})
				db := k.gorm()
				require.NoError(t, db.AutoMigrate(library...))
				k.exec(setup)
				f := fault
				f.Nth = nth
				faults := k.srv.Counters().Faults
				k.srv.Inject(f)
				err := db.AutoMigrate(&readerV3{})
				k.srv.ClearFaults()
				if k.srv.Counters().Faults == faults {
					require.NoError(t, err)
					require.Greater(t, nth, 20, "it was carried out step by step")
					break // there was no such request any more
				}
				outcomes[k.whole(db, err, before, after, fmt.Sprintf("request %d: %v", nth, err))]++
			}
			require.NotZero(t, outcomes["rolled back"])
			t.Log(outcomes)
		})
	}
}

// What others do between the look at the database and the plan stops it, and
// then it is made anew, under the lock.
func TestMigrationMeetsAnother(t *testing.T) {
	for _, tt := range []struct {
		what, does, fails string
	}{
		{"the same change", "ALTER TABLE readers ADD COLUMN email text", ""},
		{"another table", "CREATE TABLE other (a)", ""},
		{"a row that forbids it", "INSERT INTO readers (name) VALUES ('')", "a row breaks the constraint"},
		{"rows that do not matter", "INSERT INTO readers (name) VALUES ('z')", ""},
		{"the table is gone", "PRAGMA foreign_keys = OFF; DROP TABLE readers", ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			var k *kit
			armed := false
			k = serve(t, hranaserver.Options{Observe: func(_ *http.Request, body []byte) {
				if armed && strings.Contains(string(body), "BEGIN IMMEDIATE") {
					armed = false
					_, err := k.db.Exec(tt.does)
					require.NoError(t, err)
				}
			}})
			db := k.gorm()
			require.NoError(t, db.AutoMigrate(library...))
			k.exec(libraryRows)
			armed = true
			err := db.AutoMigrate(&readerV3{})
			require.False(t, armed)
			if tt.fails != "" {
				require.ErrorContains(t, err, tt.fails)
				require.False(t, db.Migrator().HasColumn(&readerV3{}, "email"))
			} else {
				require.NoError(t, err)
				require.True(t, db.Migrator().HasIndex(&readerV3{}, "Email"))
				p, err := migrator.NewPlan(db, &readerV3{})
				require.NoError(t, err)
				require.True(t, p.Empty(), p)
			}
		})
	}
}

// A plan is no longer run when the database needs another.
func TestPlanThatIsOutOfDate(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	db := k.gorm()
	require.NoError(t, db.AutoMigrate(library...))
	p, err := migrator.NewPlan(db, &readerV3{})
	require.NoError(t, err)
	require.NotContains(t, p.SQL(), "legacy_alter_table", "no server takes it")
	k.exec("ALTER TABLE readers ADD COLUMN email text")
	require.ErrorIs(t, p.Run(bg), migrator.ErrChanged)
}

// noted are the statements that GORM's logger was told of.
type noted struct {
	logger.Interface
	all *[]string
}

func (n noted) Trace(_ context.Context, _ time.Time, fc func() (string, int64), _ error) {
	sql, rows := fc()
	*n.all = append(*n.all, fmt.Sprint(strings.Fields(sql)[0], " ", rows))
}

// The logger and OnMigrate are told of the steps, when they are done.
func TestMigrationIsTold(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	var events []migrator.Event
	var logged []string
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: k.cfg, OnMigrate: func(e migrator.Event) { events = append(events, e) }}),
		&gorm.Config{Logger: noted{logger.Discard, &logged}})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, db.AutoMigrate(library...))
	k.exec(libraryRows)
	events, logged = nil, nil
	require.NoError(t, db.AutoMigrate(&readerV3{}))
	require.Equal(t, migrator.Event{Table: "readers", Step: migrator.CreateTable}, events[0])
	require.Equal(t, migrator.Event{Table: "readers", Step: migrator.CopyRows, Rows: 2, Total: 2}, events[1])
	require.Equal(t, migrator.CreateIndex, events[len(events)-1].Step)
	require.Equal(t, []string{"CREATE 0", "INSERT 2"}, logged[:2])
	require.Len(t, logged, len(events))
}

type dated struct {
	ID uint
	At time.Time
}

// A step that is done for many rows takes them together.
func TestTimesAreRewrittenTogether(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	db := k.gorm()
	require.NoError(t, db.AutoMigrate(&dated{}))
	k.exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)" +
		"INSERT INTO dateds (at) SELECT '2024-05-06T07:08:09.5+02:00' FROM n")
	p, err := migrator.NormalizeTimes(db, &dated{})
	require.NoError(t, err)
	trips := k.trips(func() { require.NoError(t, p.Run(bg)) })
	require.Less(t, trips, 40)
	require.EqualValues(t, 2500, k.int("SELECT count(*) FROM dateds WHERE at || '' = '2024-05-06 05:08:09.5+00:00'"))
	k.noStreams()
}

// What is attached, or temporary, is not the server's: the plan of a local
// database is carried out as ever.
func TestLocalMigrationIsStepByStep(t *testing.T) {
	cfg, err := driver.ParseDSN(filepath.Join(t.TempDir(), "a.db"))
	require.NoError(t, err)
	db, err := gorm.Open(libsql.New(libsql.Config{Driver: cfg}), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	pool, err := db.DB()
	require.NoError(t, err)
	defer pool.Close()
	require.NoError(t, db.AutoMigrate(library...))
	p, err := migrator.NewPlan(db, &readerV3{})
	require.NoError(t, err)
	require.Contains(t, p.SQL(), "PRAGMA legacy_alter_table = ON")
	for _, st := range p.Steps() {
		require.NotEqual(t, migrator.DropView, st.Kind)
	}
}
