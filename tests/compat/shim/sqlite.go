// Package sqlite stands where gorm.io/driver/sqlite stood, by a replace line
// in go.mod, and opens libSQL.
package sqlite

import (
	"os"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
)

// DriverName is that of libSQL's driver.
const DriverName = libsql.DriverName

type (
	// Config is libSQL's.
	Config = libsql.Config
	// Dialector is libSQL's.
	Dialector = libsql.Dialector
	// Migrator is libSQL's.
	Migrator = libsql.Migrator
)

// Open is [libsql.Open], and switches PrepareStmt on if the environment has
// LIBSQL_COMPAT_PREPARE=1.
func Open(dsn string) gorm.Dialector { return New(Config{DSN: dsn}) }

// New is [libsql.New], and switches PrepareStmt on if the environment has
// LIBSQL_COMPAT_PREPARE=1.
func New(config Config) gorm.Dialector {
	d := Dialector(config)
	if os.Getenv("LIBSQL_COMPAT_PREPARE") == "1" {
		return prepared{&d}
	}
	return &d
}

// prepared has no way to tell the suites' own gorm.Open to set PrepareStmt but
// the hook that GORM has for dialectors.
type prepared struct{ *Dialector }

// Apply is called by gorm.Open.
func (prepared) Apply(c *gorm.Config) error {
	c.PrepareStmt = true
	return nil
}
