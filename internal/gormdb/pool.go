package gormdb

import "gorm.io/gorm"

// Pool is the pool, connection or transaction behind GORM's caches of prepared
// statements, of which there may be several.
func Pool(pool gorm.ConnPool) gorm.ConnPool {
	for {
		switch p := pool.(type) {
		case *gorm.PreparedStmtDB:
			pool = p.ConnPool
		case *gorm.PreparedStmtTX:
			pool = p.Tx
		default:
			return pool
		}
	}
}
