package crash

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
)

// gormStore is a store on GORM.
type gormStore struct{ db *gorm.DB }

func openGORM(dsn string) (store, error) {
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, err
	}
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	pool.SetMaxIdleConns(writers)
	return gormStore{db}, nil
}

func (s gormStore) prepare() error { return s.db.AutoMigrate(&row{}, &slot{}) }

func (s gormStore) last(writer int) (n int, err error) {
	if hasSlots(writer) {
		all := make([]slot, slots)
		for n := range all {
			all[n] = slot{Writer: writer, N: n + 1}
		}
		if err := s.db.Clauses(clause.OnConflict{DoNothing: true}).Create(&all).Error; err != nil {
			return 0, err
		}
	}
	err = s.db.Raw(lastCommit, writer).Scan(&n).Error
	return n, err
}

func (s gormStore) write(writer, seq int) error {
	rows := rowsOf(writer, seq)
	switch writer {
	case single:
		return s.db.Create(&rows[0]).Error
	case update:
		return s.db.Model(&slot{}).Where("writer = ?", writer).Update("seq", seq).Error
	case several: // in the transaction that Create makes by itself
		return s.db.CreateInBatches(&rows, 50).Error
	}
	return s.db.Transaction(func(tx *gorm.DB) error {
		if err := before(tx, writer, seq); err != nil {
			return err
		}
		return tx.Create(&rows).Error
	})
}

// before does what a commit does beside inserting.
func before(tx *gorm.DB, writer, seq int) error {
	if writer == replace {
		return tx.Where("writer = ? AND seq = ?", writer, seq-1).Delete(&row{}).Error
	}
	for n := range slots {
		if err := tx.Save(&slot{Writer: writer, N: n + 1, Seq: seq}).Error; err != nil {
			return fmt.Errorf("slot %d: %w", n, err)
		}
	}
	return nil
}
