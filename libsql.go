package libsql

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/dialect"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/migrator"
)

// DriverName is the name of the database/sql driver, for sql.Open.
const DriverName = driver.Name

type (
	// Config says which database to open, and how.
	Config = dialect.Config
	// Dialector is the gorm.Dialector.
	Dialector = dialect.Dialector
	// Migrator is the gorm.Migrator.
	Migrator = migrator.Migrator
	// Error is a failure that SQLite or libSQL reported.
	Error = driver.Error
)

// ErrUnsupported is wrapped by the error of what this build, engine or
// platform cannot do.
var ErrUnsupported = driver.ErrUnsupported

// Open returns the dialector for a data source name: the path of a file,
// ":memory:", or a URI with parameters. See [driver.ParseDSN] for all of them.
func Open(dsn string) gorm.Dialector { return &Dialector{DSN: dsn} }

// New returns the dialector for a configuration.
func New(config Config) gorm.Dialector {
	d := Dialector(config)
	return &d
}

// Plan is what db.AutoMigrate of the models is going to do; it only reads. See
// [migrator.NewPlan].
func Plan(db *gorm.DB, models ...any) (*migrator.Plan, error) {
	return migrator.NewPlan(db, models...)
}

// Conn calls fn with the driver's connection under db: inside a transaction
// or db.Connection the very one, else any of the pool. fn must not keep it,
// and must not use db meanwhile. The context is that of db.WithContext. On a
// pool of another driver the error wraps [ErrUnsupported]. An error that db has
// already is returned, and fn does not run. A dry run is none for fn.
func Conn(db *gorm.DB, fn func(*driver.Conn) error) error {
	if db.Error != nil {
		return db.Error
	}
	pool := gormdb.Pool(db.Statement.ConnPool)
	if p, ok := pool.(driver.Handle); ok {
		return driver.With(db.Statement.Context, p, fn)
	}
	return fmt.Errorf("libsql: %w: %T is no connection of this driver", ErrUnsupported, pool)
}
