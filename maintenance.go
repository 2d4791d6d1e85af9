package libsql

import (
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// Vacuum writes the database anew, without the space that deleted rows have
// left (https://www.sqlite.org/lang_vacuum.html). Vector indexes stay as they
// are: libSQL leaves its notes of them out of order, and the driver puts those
// right before the call returns, also for a VACUUM in SQL of your own. If that
// fails, the indexes still work, and the next Vacuum or [Reindex] does it.
// Vacuum needs the database for itself and cannot run in a transaction. A dry
// run runs nothing.
func Vacuum(db *gorm.DB) error { return maintain(db, "VACUUM") }

// Reindex builds indexes anew from their tables
// (https://www.sqlite.org/lang_reindex.html): those of the names, which are of
// indexes or of tables, with a schema before a dot or without, or all without a
// name. A vector index finds better after many updates and deletes when it is
// built anew. Either all are, or none. A dry run runs nothing.
func Reindex(db *gorm.DB, names ...string) error {
	if len(names) == 0 {
		return maintain(db, "REINDEX")
	}
	var script strings.Builder
	for _, name := range names {
		schema, name := sqltext.SplitName(name)
		script.WriteString("REINDEX ")
		if schema != "" {
			script.WriteString(sqltext.Backquote(schema) + ".")
		}
		script.WriteString(sqltext.Backquote(name) + ";\n")
	}
	_, err := ExecBatch(db, script.String())
	return err
}

// maintain runs a statement as GORM does, but for the transaction that GORM
// puts around what it runs.
func maintain(db *gorm.DB, sql string) error {
	if db.Error != nil || db.DryRun {
		return db.Error
	}
	begin := time.Now()
	err := translate(db, Conn(db, func(c *driver.Conn) error {
		_, err := c.ExecContext(db.Statement.Context, sql, nil)
		return err
	}))
	db.Logger.Trace(db.Statement.Context, begin, func() (string, int64) { return sql, -1 }, err)
	return err
}
