package dialect

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	gormmigrator "gorm.io/gorm/migrator"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/migrator"
)

// Config says which database to open, and how. Set DSN, or Driver, or Conn.
type Config struct {
	// DriverName is the name of the database/sql driver that opens DSN.
	// Default: [driver.Name]. With another SQLite driver the dialect works,
	// and what only this driver can do is an error that wraps
	// [driver.ErrUnsupported].
	DriverName string
	// DSN is the data source name: see [driver.ParseDSN].
	DSN string
	// Conn is a pool that is open already, such as *sql.DB, *sql.Conn or a
	// mock. It is used as it is; DSN, Driver and DriverName are then unused.
	Conn gorm.ConnPool
	// Driver is a configuration from [driver.ParseDSN], with hooks or a
	// tracer set, to be used in the place of DSN.
	Driver *driver.Config
	// AllowLossyNumeric lets texts be stored in number columns that cannot
	// hold all of their digits, as a decimal(20,8) column, which SQLite keeps
	// as a 64-bit float, cannot hold "12345678901234567.12345678". Without it
	// such a value is an error that names the column. Default: false.
	AllowLossyNumeric bool
	// OnMigrate, if there is one, is told of each step of a migration as it
	// begins, and of the rows of a long copy: see [migrator.Event]. It is
	// called from one goroutine at a time and must not use the database. The
	// pool's other connections may be used meanwhile by others.
	OnMigrate func(migrator.Event)
}

// Dialector is the gorm.Dialector for libSQL, as a value and as a pointer.
type Dialector Config

var (
	_ gorm.Dialector                     = Dialector{}
	_ gorm.ErrorTranslator               = Dialector{}
	_ gorm.SavePointerDialectorInterface = Dialector{}
)

// Name is "sqlite", the name by which GORM's plugins know the SQL dialect.
func (Dialector) Name() string { return "sqlite" }

// Initialize opens the database and sets up GORM's callbacks and clauses. It
// leaves alone what the user has set.
func (d Dialector) Initialize(db *gorm.DB) error {
	pool, loc, err := d.open()
	if err != nil {
		return err
	}
	db.ConnPool = pool
	r := newRules(d, pool, loc)
	if err := r.registerCallbacks(db); err != nil {
		return err
	}
	for name, build := range r.clauseBuilders() {
		if _, ok := db.ClauseBuilders[name]; !ok {
			db.ClauseBuilders[name] = build
		}
	}
	return nil
}

// open returns the pool, and the location of its times where it is known.
func (d Dialector) open() (gorm.ConnPool, *time.Location, error) {
	switch {
	case d.Conn != nil:
		return d.Conn, nil, nil
	case d.DriverName != "" && d.DriverName != driver.Name:
		if d.Driver != nil {
			return nil, nil, errors.New("libsql: Config.Driver configures this module's driver: delete DriverName, or give a DSN for " + d.DriverName)
		}
		pool, err := sql.Open(d.DriverName, d.DSN)
		return pool, nil, err
	}
	cfg := d.Driver
	if cfg == nil {
		var err error
		if cfg, err = driver.ParseDSN(d.DSN); err != nil {
			return nil, nil, err
		}
	} else if d.DSN != "" {
		return nil, nil, errors.New("libsql: Config has a DSN and a Driver: set one of them")
	}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxIdleConns(idleConns)
	return pool, cfg.Loc, nil
}

// idleConns is how many connections a pool keeps that nobody uses. The two of
// database/sql are few for a database whose connections hold its schema and
// compiled statements: more goroutines than that would open and close them all
// the time.
const idleConns = 8

// Migrator returns the migrator of the database.
func (d Dialector) Migrator(db *gorm.DB) gorm.Migrator {
	return migrator.Migrator{OnMigrate: d.OnMigrate, Migrator: gormmigrator.Migrator{Config: gormmigrator.Config{
		DB: db, Dialector: migrating{Dialector: d, db: db}, CreateIndexAfterCreateTable: true,
	}}}
}

// SavePoint sets a savepoint in the transaction of tx.
func (Dialector) SavePoint(tx *gorm.DB, name string) error {
	return tx.Exec("SAVEPOINT " + quoteName(name)).Error
}

// RollbackTo undoes what was done since the savepoint; the savepoint stays.
// A name that was not set is an error.
func (Dialector) RollbackTo(tx *gorm.DB, name string) error {
	return tx.Exec("ROLLBACK TO SAVEPOINT " + quoteName(name)).Error
}

// Translate turns constraint failures into GORM's errors, by their code.
// GORM calls it when TranslateError is set. The failure stays in the chain,
// so that errors.As still finds the [driver.Error].
func (d Dialector) Translate(err error) error {
	var done translated
	if err == nil || errors.As(err, &done) {
		return err
	}
	code := driver.Code(0)
	var foreign coder
	if (d.Conn != nil || d.DriverName != "" && d.DriverName != driver.Name) && errors.As(err, &foreign) {
		code = driver.Code(foreign.Code())
	}
	for _, t := range translations {
		if t.code == code || errors.Is(err, t.code) {
			return translated{t.gorm, err}
		}
	}
	return err
}

// coder is a failure that another SQLite driver reports, with SQLite's extended
// code: modernc's and glebarez's are such.
type coder interface {
	error
	Code() int
}

var translations = []struct {
	code driver.Code
	gorm error
}{
	{driver.ErrConstraintUnique, gorm.ErrDuplicatedKey},
	{driver.ErrConstraintPrimaryKey, gorm.ErrDuplicatedKey},
	{driver.ErrConstraintRowID, gorm.ErrDuplicatedKey},
	{driver.ErrConstraintForeignKey, gorm.ErrForeignKeyViolated},
	{driver.ErrConstraintCheck, gorm.ErrCheckConstraintViolated},
}

// translated is one of GORM's errors with the failure that it stands for.
type translated struct{ gorm, cause error }

func (t translated) Error() string   { return fmt.Sprintf("%v: %v", t.gorm, t.cause) }
func (t translated) Unwrap() []error { return []error{t.gorm, t.cause} }
