package dialect

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// buildWhere writes the conditions, with long lists as one variable, and with
// the LIMIT of an UPDATE or a DELETE in a subquery.
func (r *rules) buildWhere(c clause.Clause, b clause.Builder) {
	where, ok := c.Expression.(clause.Where)
	stmt, isStmt := b.(*gorm.Statement)
	if !ok || !isStmt {
		c.Build(b)
		return
	}
	if exprs, changed := r.convertWhere(stmt, where.Exprs); changed {
		where.Exprs = exprs
		c.Expression = where
	}
	if exprs, changed := r.shortenAll(where.Exprs); changed {
		where.Exprs = exprs
		c.Expression = where
	}
	if !limitsChange(stmt) {
		c.Build(b)
		return
	}
	buildLimited(stmt, c)
}
