package dialect_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/dialect"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

type jsonText string

func (jsonText) GormDataType() string                          { return "json" }
func (jsonText) GormDBDataType(*gorm.DB, *schema.Field) string { return "JSON" }

// The declared types of gorm.io/driver/sqlite, so that its files and ours are
// each other's.
func TestDeclaredTypes(t *testing.T) {
	db := open(t, nil)
	require.NoError(t, db.Migrator().CreateTable(&withTypes{}))
	var ddl string
	require.NoError(t, db.Raw("SELECT sql FROM sqlite_schema WHERE name = 'with_types'").Scan(&ddl).Error)
	require.Equal(t, "CREATE TABLE `with_types` (`id` integer PRIMARY KEY AUTOINCREMENT,`b` numeric,`i8` integer,`u` integer,`f` real,"+
		"`s` text,`at` datetime,`tagged` timestamp,`time` time,`bytes` blob,`d` decimal(10,2),`v` varchar(20) NOT NULL DEFAULT \"x\","+
		"`j` JSON,`n` integer,`on` numeric DEFAULT true)", ddl)
	require.NoError(t, db.Migrator().CreateTable(&numbered{}))
	require.NoError(t, db.Raw("SELECT sql FROM sqlite_schema WHERE name = 'numbereds'").Scan(&ddl).Error)
	require.Equal(t, "CREATE TABLE `numbereds` (`id` integer,`tenant` integer,`name` text,PRIMARY KEY (`id`,`tenant`))", ddl)
}

type withTypes struct {
	ID     uint
	B      bool
	I8     int8
	U      uint `gorm:"size:16"`
	F      float32
	S      string `gorm:"size:100"`
	At     sql.NullTime
	Tagged sql.NullTime `gorm:"type:timestamp"`
	Time   sql.NullTime `gorm:"type:time"`
	Bytes  []byte
	D      string `gorm:"type:decimal(10,2)"`
	V      string `gorm:"type:varchar(20);not null;default:x"`
	J      jsonText
	N      sql.NullInt64
	On     bool `gorm:"default:true"`
}

func TestQuoteTo(t *testing.T) {
	db := open(t, nil)
	for name, want := range map[string]string{
		"a": "`a`", "a.b": "`a`.`b`", "a.b.c": "`a`.`b`.`c`", "`a`": "`a`", "`a`.`b`": "`a`.`b`", "`a`.b": "`a`.`b`", "`a.b`": "`a.b`",
		"`a``b`": "`a``b`", "a`b": "`a``b`", "`a": "```a`", "a`": "`a```", "": "``", ".": "``.``", "a.": "`a`.``", ".a": "``.`a`", "`": "````",
		"a b": "`a b`", `a"b'c`: "`a\"b'c`", "größe": "`größe`", "a;--": "`a;--`", "``": "``", "`a`b": "```a``b`",
	} {
		var b strings.Builder
		dialect.Dialector{}.QuoteTo(&b, name)
		require.Equal(t, want, b.String(), name)
	}
	for _, name := range []string{"a b", "a`b", `a"b`, "a'b", "a;b", "a?b", "[a]", "größe", "select", "--a", "/*", "a\nb", "@a", "$a", "%s"} {
		quoted := "`" + strings.ReplaceAll(name, "`", "``") + "`"
		require.NoError(t, db.Exec("CREATE TABLE "+quoted+"("+quoted+" INT)").Error)
		require.NoError(t, db.Table(quoted).Create(map[string]any{quoted: 7}).Error)
		var n int
		require.NoError(t, db.Table("main."+quoted).Select(quoted).Where(clause.Eq{Column: clause.Column{Name: quoted}, Value: 7}).Find(&n).Error, name)
		require.Equal(t, 7, n)
	}
}

func TestSavepoints(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		db := open(t, config, &task{})
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			for i, name := range []string{"a b", "a`b", "a.b", `"'`, "1", "select", "größe", ""} {
				require.NoError(t, tx.SavePoint(name).Error, name)
				require.NoError(t, tx.Create(&task{Rank: i}).Error)
				require.NoError(t, tx.RollbackTo(name).Error, name)
				require.Empty(t, ranks(t, tx))
				require.NoError(t, tx.RollbackTo(name).Error, "it is still there")
			}
			require.Error(t, tx.Session(&gorm.Session{}).RollbackTo("nope").Error, "an unknown name")
			for i := range 100 {
				require.NoError(t, tx.SavePoint(fmt.Sprint("many", i)).Error)
				require.NoError(t, tx.Create(&task{Rank: i}).Error)
			}
			require.NoError(t, tx.RollbackTo("many50").Error)
			require.Len(t, ranks(t, tx), 50)
			require.Error(t, tx.Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Create(&task{Rank: 1000}).Error)
				require.NoError(t, tx.Transaction(func(tx *gorm.DB) error { return tx.Create(&task{Rank: 1001}).Error }))
				return errors.New("no")
			}))
			require.Len(t, ranks(t, tx), 50)
			return nil
		}))
		require.Len(t, ranks(t, db), 50)
	})
}

type parent struct {
	ID    uint
	Email string `gorm:"unique"`
	Age   int    `gorm:"check:age_positive,age > 0"`
}

type child struct {
	ID       uint
	ParentID uint
	Parent   parent
}

type stranger struct{ Code int }

func (stranger) Error() string { return "UNIQUE constraint failed: parents.email" }

func TestTranslate(t *testing.T) {
	each(t, func(t *testing.T, config *gorm.Config) {
		config.TranslateError = true
		db := open(t, config, &parent{}, &child{})
		require.NoError(t, db.Create(&parent{ID: 1, Email: "a", Age: 1}).Error)
		for _, c := range []struct {
			err  error
			gorm error
			code driver.Code
		}{
			{db.Create(&parent{Email: "a", Age: 1}).Error, gorm.ErrDuplicatedKey, driver.ErrConstraintUnique},
			{db.Create(&parent{ID: 1, Email: "b", Age: 1}).Error, gorm.ErrDuplicatedKey, driver.ErrConstraintPrimaryKey},
			{db.Create(&[]parent{{Email: "x", Age: 1}, {Email: "x", Age: 1}}).Error, gorm.ErrDuplicatedKey, driver.ErrConstraintUnique},
			{db.Omit("Parent").Create(&child{ParentID: 9}).Error, gorm.ErrForeignKeyViolated, driver.ErrConstraintForeignKey},
			{db.Create(&parent{Email: "c", Age: -1}).Error, gorm.ErrCheckConstraintViolated, driver.ErrConstraintCheck},
			{db.Exec("INSERT INTO parents(email, age) VALUES('a', 1)").Error, gorm.ErrDuplicatedKey, driver.ErrConstraintUnique},
			{db.Model(&parent{}).Where("1 = 1").Update("age", -1).Error, gorm.ErrCheckConstraintViolated, driver.ErrConstraintCheck},
		} {
			require.ErrorIs(t, c.err, c.gorm)
			require.True(t, errors.Is(c.err, c.code) || c.code == driver.ErrConstraintPrimaryKey && dbtest.PrimaryKeyTaken(c.err), c.err)
			var e *driver.Error
			require.ErrorAs(t, c.err, &e, "the failure stays in the chain")
			require.ErrorContains(t, c.err, e.Message)
		}
	})
	var d dialect.Dialector
	unique := &driver.Error{Code: driver.ErrConstraint, Extended: driver.ErrConstraintUnique, Message: "m"}
	once := d.Translate(fmt.Errorf("wrapped: %w", unique))
	require.ErrorIs(t, once, gorm.ErrDuplicatedKey)
	require.Equal(t, once, d.Translate(once))
	wrapped := fmt.Errorf("again: %w", once)
	require.Equal(t, wrapped, d.Translate(wrapped))
	for _, err := range []error{nil, stranger{2067}, &stranger{2067}, errors.New("UNIQUE constraint failed"), gorm.ErrRecordNotFound, context.Canceled,
		&driver.Error{Code: driver.ErrBusy, Extended: driver.ErrBusy}, &driver.Error{Code: driver.ErrConstraint, Extended: driver.ErrConstraintNotNull}} {
		require.Equal(t, err, d.Translate(err))
	}
}

// mockPool is a gorm.ConnPool that is no *sql.DB.
type mockPool struct{ *sql.DB }

func TestWaysToOpen(t *testing.T) {
	path := func() string { return dbtest.DSN(t) }
	pool, err := sql.Open(driver.Name, path())
	require.NoError(t, err)
	defer pool.Close()
	conn, err := pool.Conn(context.Background())
	require.NoError(t, err)
	defer conn.Close()
	cfg, err := driver.ParseDSN(path())
	require.NoError(t, err)
	config := func() *gorm.Config { return &gorm.Config{Logger: logger.Discard} }
	for name, d := range map[string]gorm.Dialector{
		"pointer": &dialect.Dialector{DSN: path()}, "value": dialect.Dialector{DSN: path()}, "Open": libsql.Open(path()),
		"name": libsql.New(libsql.Config{DriverName: driver.Name, DSN: path()}), "Driver": libsql.New(libsql.Config{Driver: cfg}),
		"pool": libsql.New(libsql.Config{Conn: pool}), "conn": dialect.Dialector{Conn: conn}, "mock": &dialect.Dialector{Conn: mockPool{pool}},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := gorm.Open(d, config())
			require.NoError(t, err)
			require.Equal(t, "sqlite", db.Name())
			require.NoError(t, db.AutoMigrate(&task{}))
			rows := []task{{Rank: 1}, {Rank: 2}}
			require.NoError(t, db.Create(&rows).Error)
			require.NotZero(t, rows[1].ID)
			require.NoError(t, db.Where("true").Limit(1).Delete(&task{}).Error)
			if p, ok := db.ConnPool.(*sql.DB); ok && p != pool {
				require.NoError(t, p.Close())
			}
		})
	}
	for _, c := range []libsql.Config{
		{DSN: path(), Driver: cfg}, {DriverName: "other", Driver: cfg}, {DriverName: "no such driver", DSN: path()},
		{DSN: "file:a.db?nonsense=1"}, {Driver: &driver.Config{}},
	} {
		_, err := gorm.Open(libsql.New(c), config())
		require.Error(t, err)
	}
}

func TestUsersClauseBuildersStay(t *testing.T) {
	config := &gorm.Config{ClauseBuilders: map[string]clause.ClauseBuilder{
		"LIMIT": func(c clause.Clause, b clause.Builder) { b.WriteString("LIMIT 1 /* mine */") },
	}}
	db := open(t, config, &task{})
	sql := db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Limit(5).Find(&[]task{}) })
	require.Contains(t, sql, "LIMIT 1 /* mine */")
	require.NoError(t, db.Create([]task{{Rank: 1}, {Rank: 2}}).Error)
	require.EqualValues(t, 1, db.Unscoped().Where("true").Limit(5).Delete(&task{}).RowsAffected)
}

// The logger hears nothing of callbacks that the dialect replaces, and each
// statement of a batch once.
func TestLogging(t *testing.T) {
	var lines []string
	log := logger.New(printer(func(s string) { lines = append(lines, s) }), logger.Config{LogLevel: logger.Info})
	db := open(t, &gorm.Config{Logger: log}, &wide{})
	require.NotContains(t, strings.Join(lines, "\n"), "replacing")
	lines = nil
	rows := wideRows(20_000)
	require.NoError(t, db.Create(&rows).Error)
	inserts := 0
	for _, l := range lines {
		inserts += strings.Count(l, "INSERT INTO")
	}
	require.Equal(t, 25, inserts)
}

type printer func(string)

func (p printer) Printf(format string, args ...any) { p(fmt.Sprintf(format, args...)) }

// madeUp is a pool that a test has made up: it answers nothing.
type madeUp struct{}

func (madeUp) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, nil }
func (madeUp) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, nil
}
func (madeUp) QueryContext(context.Context, string, ...any) (*sql.Rows, error) { return nil, nil }
func (madeUp) QueryRowContext(context.Context, string, ...any) *sql.Row        { return nil }

// DryRun asks a pool that is none for nothing that it needs.
func TestDryRunOnAPoolThatIsMadeUp(t *testing.T) {
	type ticket struct {
		ID    uint   `gorm:"primaryKey;autoIncrement"`
		Org   uint   `gorm:"primaryKey;autoIncrement:false"`
		Price string `gorm:"type:decimal(20,8)"`
	}
	db, err := gorm.Open(libsql.New(libsql.Config{Conn: madeUp{}}), &gorm.Config{DryRun: true, DisableAutomaticPing: true, Logger: logger.Discard})
	require.NoError(t, err)
	res := db.Create(&ticket{Org: 1})
	require.NoError(t, res.Error)
	require.Contains(t, res.Statement.SQL.String(), "SELECT MAX")
	require.NoError(t, db.Create(&[]ticket{{Org: 1}, {Org: 2}}).Error)
	require.ErrorContains(t, db.Create(&ticket{Price: "12345678901234567.12345678"}).Error, "has more digits")
	require.NoError(t, db.Where("org = 1").Limit(1).Delete(&ticket{}).Error)
	for _, pool := range []gorm.ConnPool{(*sql.DB)(nil), (*sql.Conn)(nil)} {
		_, err := gorm.Open(libsql.New(libsql.Config{Conn: pool}), &gorm.Config{DryRun: true, DisableAutomaticPing: true})
		require.NoError(t, err)
	}
}
