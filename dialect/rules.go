package dialect

import (
	"database/sql"
	sqldriver "database/sql/driver"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// rules is what the clause builders and callbacks of one gorm.DB share.
type rules struct {
	dialector     Dialector
	own           bool           // the pool is of this module's driver
	loc           *time.Location // of times that are read; nil: as they are stored
	numbers       sync.Map       // *schema.Schema to its number fields: see checkRows
	compositeKeys sync.Map       // tables that have one, [2]string of schema and name: see numberedField
}

func newRules(d Dialector, pool gorm.ConnPool, loc *time.Location) *rules {
	r := &rules{dialector: d, loc: loc}
	r.own = isOwn(pool)
	return r
}

// isOwn tells whether the pool is of this module's driver.
func isOwn(pool gorm.ConnPool) bool {
	switch p := pool.(type) {
	case nil:
		return false
	case *sql.DB:
		if p == nil {
			return false
		}
		_, ok := p.Driver().(driver.Driver)
		return ok
	case interface{ Driver() sqldriver.Driver }: // what embeds a *sql.DB
		_, ok := p.Driver().(driver.Driver)
		return ok
	case *sql.Conn:
		if p == nil {
			return false
		}
		own := false
		_ = p.Raw(func(c any) error {
			_, own = c.(*driver.Conn)
			return nil
		})
		return own
	case gorm.GetDBConnector:
		db, err := p.GetDBConn()
		return err == nil && db != nil && isOwn(db)
	}
	return false
}
