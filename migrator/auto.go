package migrator

import (
	"gorm.io/gorm"
)

// AutoMigrate makes what the models need and the database lacks: tables,
// columns, indexes. It drops nothing. All of it is one transaction: when a
// model asks for what cannot be done, the error says so and the database is
// as before. Two processes that migrate at once take turns.
func (m Migrator) AutoMigrate(values ...any) error {
	pool := m.DB.Statement.ConnPool
	_, begins := pool.(gorm.TxBeginner)
	_, beginsPool := pool.(gorm.ConnPoolBeginner)
	_, inTx := pool.(gorm.TxCommitter)
	if m.DB.DryRun || !begins && !beginsPool && !inTx {
		return m.Migrator.AutoMigrate(values...)
	}
	return m.DB.Transaction(func(tx *gorm.DB) error {
		base := m.Migrator
		base.DB = tx
		if err := (Migrator{base}).reportKeys(values...); err != nil {
			return err
		}
		return base.AutoMigrate(values...)
	})
}
