package dialect

import (
	"database/sql"
	"sync"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// rules is what the clause builders and callbacks of one gorm.DB share.
type rules struct {
	dialector Dialector
	own       bool     // the pool is of this module's driver
	numbers   sync.Map // *schema.Schema to []numberField: see checkRows
}

func newRules(d Dialector, pool gorm.ConnPool) *rules {
	r := &rules{dialector: d}
	if db, ok := pool.(*sql.DB); ok {
		_, r.own = db.Driver().(driver.Driver)
	}
	return r
}
