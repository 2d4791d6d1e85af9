package dialect

import (
	"database/sql"
	sqldriver "database/sql/driver"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// rules is what the clause builders and callbacks of one gorm.DB share.
type rules struct {
	dialector     Dialector
	own           bool           // the pool is of this module's driver
	loc           *time.Location // of times that are read; nil: as they are stored
	schemas       sync.Map       // *schema.Schema to its *columnRules
	typed         sync.Map       // *schema.Schema to its map[string]typedField, joined models' too
	compositeKeys sync.Map       // tables that have one, [2]string of schema and name: see numberedField
	rowIDs        sync.Map       // rowIDKey to bool: see isRowID
	started       sync.Map       // *gorm.Statement that began a transaction, to true; its own settings would allocate
	registered    bool           // the callbacks: those that come now are the user's
	plans         sync.Map       // planKey to *structPlan
	planned       atomic.Int64   // how many plans were made
}

func newRules(d Dialector, pool gorm.ConnPool, loc *time.Location) *rules {
	return &rules{dialector: d, own: isOwn(pool), loc: loc}
}

// isOwn tells whether the pool is of this module's driver.
func isOwn(pool gorm.ConnPool) bool {
	switch p := pool.(type) {
	case interface{ Driver() sqldriver.Driver }: // *sql.DB, and what embeds it
		if db, ok := p.(*sql.DB); ok && db == nil {
			return false
		}
		_, own := p.Driver().(driver.Driver)
		return own
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
