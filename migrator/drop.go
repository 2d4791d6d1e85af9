package migrator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/pragma"
)

// DropTable drops tables, those first that refer to others. Foreign keys are
// off meanwhile, because dropping a table deletes its rows and that would
// cascade to rows of tables that stay. Inside a transaction they cannot be
// switched off: then a table that a staying table refers to is an error.
func (m Migrator) DropTable(values ...any) error {
	values = m.ReorderModels(values, false)
	if _, inTx := m.DB.Statement.ConnPool.(gorm.TxCommitter); inTx {
		return m.dropInTransaction(values)
	}
	return m.DB.Connection(func(tx *gorm.DB) (err error) {
		tx = tx.Session(&gorm.Session{NewDB: true}) // each call below starts afresh
		var on bool
		if err := tx.Raw("PRAGMA foreign_keys").Row().Scan(&on); err != nil {
			return err
		}
		if on && !tx.DryRun {
			if err := tx.Exec("PRAGMA foreign_keys = OFF").Error; err != nil {
				return err
			}
			defer func() {
				back := tx.WithContext(context.WithoutCancel(m.context()))
				err = errors.Join(err, back.Exec("PRAGMA foreign_keys = ON").Error)
			}()
		}
		return tx.Transaction(func(tx *gorm.DB) error { return m.dropAll(tx, values) })
	})
}

// dropAll drops on the connection of tx what m names.
func (m Migrator) dropAll(tx *gorm.DB, values []any) error {
	for i := len(values) - 1; i >= 0; i-- {
		err := m.RunWithValue(values[i], func(stmt *gorm.Statement) error {
			return tx.Exec("DROP TABLE IF EXISTS ?", m.CurrentTable(stmt)).Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m Migrator) dropInTransaction(values []any) error {
	going := map[string]bool{}
	for _, v := range values {
		err := m.RunWithValue(v, func(stmt *gorm.Statement) error {
			going[strings.ToLower(tableOf(stmt).name)] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	ctx, q := m.context(), m.DB.Statement.ConnPool
	tables, err := pragma.TableList(ctx, q, "")
	if err != nil {
		return err
	}
	for _, t := range tables {
		if t.Type != "table" || going[strings.ToLower(t.Name)] {
			continue
		}
		keys, err := pragma.ForeignKeyList(ctx, q, t.Schema, t.Name)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if going[strings.ToLower(k.Table)] {
				return fmt.Errorf("libsql: table %q: %q refers to it, and foreign keys cannot be switched off inside a transaction: "+
					"drop it outside, or drop both: %w", k.Table, t.Name, driver.ErrUnsupported)
			}
		}
	}
	return m.dropAll(m.DB, values)
}
