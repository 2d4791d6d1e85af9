package dialect

import (
	"database/sql"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// rules is what the clause builders and callbacks of one gorm.DB share.
type rules struct {
	dialector Dialector
	own       bool           // the pool is of this module's driver
	loc       *time.Location // of times that are read; nil: as they are stored
	numbers   sync.Map       // *schema.Schema to []numberField: see checkRows
}

func newRules(d Dialector, pool gorm.ConnPool, loc *time.Location) *rules {
	r := &rules{dialector: d, loc: loc}
	if db, ok := pool.(*sql.DB); ok {
		_, r.own = db.Driver().(driver.Driver)
	}
	return r
}
