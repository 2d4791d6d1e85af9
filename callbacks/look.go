package callbacks

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/driver"
)

// DB is the gorm.DB that the profiler is in use for: nil before Initialize and
// after Remove.
func (p *Profiler) DB() *gorm.DB {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.db
}

// Unmeasured returns a context for what no profiler is to measure, such as a
// look at the database by a program that shows reports. It holds for GORM, for
// database/sql and for the driver; COMMIT and ROLLBACK of database/sql, which
// have no context, are measured all the same.
func Unmeasured(ctx context.Context) context.Context { return withOwn(ctx) }

// Explain tells how SQLite is going to run the shape, like the function
// [Explain]: without running it, and refusing what is no query and no change of
// rows. What is compiled is the SQL of one of its queries, with parameters of
// which nothing is known; db is the profiler's, or another one that reads the
// same database. It is not measured. The error has no values in it, either.
func (s *Shape) Explain(db *gorm.DB) (plan QueryPlan, err error) {
	ctx := withOwn(db.Statement.Context)
	err = withConn(db.WithContext(ctx), func(c *driver.Conn) error {
		if plan, err = planOf(ctx, c, s.text(), nil); err == nil || ctx.Err() != nil {
			return err
		}
		var e *driver.Error
		if !errors.As(err, &e) {
			return err
		}
		// SQLite may quote a value. Of the shape it says the same, without any.
		if _, err := planOf(ctx, c, s.SQL, nil); err != nil {
			return err
		}
		return e.Extended
	})
	if err != nil {
		return QueryPlan{}, err
	}
	return plan.shaped(s.SQL), nil
}
