package dialect

import (
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/logger"
)

// registerCallbacks sets up GORM's own callbacks, with those replaced that
// SQLite needs to be different.
func (r *rules) registerCallbacks(db *gorm.DB) error {
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses:        []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses:        []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses:        []string{"DELETE", "FROM", "WHERE", "RETURNING"},
		LastInsertIDReversed: true,
	})
	// GORM tells the logger of each callback that is replaced. These are not
	// the user's doing.
	log := db.Logger
	db.Logger = logger.Discard
	defer func() { db.Logger = log }()
	create, update, remove := db.Callback().Create(), db.Callback().Update(), db.Callback().Delete()
	query, row, raw := db.Callback().Query(), db.Callback().Row(), db.Callback().Raw()
	defer func() { r.registered = true }()
	return errors.Join(
		transact(r, create, r.createsAlone),
		transact(r, update, updatesAlone),
		transact(r, remove, deletesAlone),
		create.Replace("gorm:create", namingColumns(r.create(r.withTimeContext(create.Get("gorm:create"))))),
		update.Replace("gorm:update", namingColumns(limitEverything(withoutEmptyFrom(r.withTimeContext(update.Get("gorm:update")))))),
		remove.Replace("gorm:delete", namingColumns(limitEverything(r.withTimeContext(remove.Get("gorm:delete"))))),
		query.Replace("gorm:query", namingColumns(r.query)),
		row.Replace("gorm:row", r.row),
		raw.Replace("gorm:raw", r.raw(raw.Get("gorm:raw"))),
	)
}

// withoutEmptyFrom drops a FROM clause without tables, which gorm.io/hints
// leaves in every statement: written by its own builder, it panics.
func withoutEmptyFrom(base func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		if from, ok := db.Statement.Clauses["FROM"]; ok && from.Expression == nil {
			delete(db.Statement.Clauses, "FROM")
		}
		base(db)
	}
}
