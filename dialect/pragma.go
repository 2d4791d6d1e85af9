package dialect

import (
	"context"
	"database/sql"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/gormdb"
	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// setEverywhere gives every connection of the pool, present and future, the
// settings that the statement's text makes on the one connection it runs on.
// Whoever writes db.Exec("PRAGMA foreign_keys = OFF") means the database and
// not one connection of many. Inside a transaction or Connection the setting
// is that connection's, as it stands.
func (r *rules) setEverywhere(db *gorm.DB) {
	text := db.Statement.SQL.String()
	if !r.own || !mentions(text, "pragma") {
		return
	}
	pool := poolOf(db.Statement.ConnPool)
	if pool == nil {
		return
	}
	for _, s := range sqltext.Split(text) {
		one := s.Text(text)
		schema, name, value, ok := sqltext.ParsePragma(one)
		row := pragmas.Find(name)
		if !ok || value == "" || row == nil || row.Scope != pragmas.Connection || isAttached(schema) {
			continue
		}
		err := driver.EachConn(db.Statement.Context, pool, row.Each(schema), func(ctx context.Context, c *driver.Conn) error {
			_, err := c.ExecContext(ctx, one, nil)
			return err
		})
		if err == nil && row.IsOfFile(sqltext.Unquote(value)) {
			err = driver.EachConn(db.Statement.Context, pool, row.Each(schema), nil)
		}
		if err != nil {
			db.AddError(err)
			return
		}
	}
}

// isAttached reports whether a schema is one that ATTACH made, which other
// connections do not have.
func isAttached(schema string) bool {
	return schema != "" && !strings.EqualFold(schema, "main") && !strings.EqualFold(schema, "temp")
}

// poolOf is the pool that a statement takes any connection of; nil when it has
// its own connection.
func poolOf(pool gorm.ConnPool) *sql.DB {
	switch p := gormdb.Pool(pool).(type) {
	case *sql.DB:
		return p
	case gorm.TxCommitter:
		return nil
	case gorm.GetDBConnector:
		db, err := p.GetDBConn()
		if err != nil {
			return nil
		}
		return db
	}
	return nil
}
