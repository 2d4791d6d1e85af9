package callbacks_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/driver"
)

func TestDB(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	require.Same(t, db, p.DB())
	require.NoError(t, p.Remove())
	require.Nil(t, p.DB())
}

func TestUnmeasured(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	before := p.Report().Total
	ctx := callbacks.Unmeasured(t.Context())
	require.NoError(t, db.WithContext(ctx).Find(&[]user{}).Error)
	pool, err := db.DB()
	require.NoError(t, err)
	require.NoError(t, pool.PingContext(ctx))
	require.NoError(t, driver.With(ctx, pool, func(c *driver.Conn) error {
		_, err := c.Sizes(ctx, "main")
		return err
	}))
	require.Equal(t, before, p.Report().Total)
	require.NoError(t, db.Find(&[]user{}).Error)
	require.Equal(t, before.Count+1, p.Report().Total.Count)
}

// A shape has the plan of its queries, without their values.
func TestShapeExplain(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	require.NoError(t, db.Where("age > ?", 471108154711).Order("name").Find(&[]user{}).Error)
	require.NoError(t, db.Exec("UPDATE orders SET total = 471108154711 WHERE user_id = 'secret'").Error)
	require.NoError(t, db.Exec("CREATE TABLE other (x)").Error)
	before := p.Report().Total
	s := shapeOf(t, p.Report(), "SELECT * FROM `users` WHERE age > ? ORDER BY name")
	plan, err := s.Explain(db)
	require.NoError(t, err)
	require.Equal(t, "QUERY PLAN\n|--SCAN users\n`--USE TEMP B-TREE FOR ORDER BY", plan.String())
	require.Equal(t, s.SQL, plan.Statements[0].SQL)
	s = shapeOf(t, p.Report(), "UPDATE orders SET total = ? WHERE user_id = ?")
	plan, err = s.Explain(db)
	require.NoError(t, err)
	require.Equal(t, s.SQL, plan.Statements[0].SQL)
	s = shapeOf(t, p.Report(), "CREATE TABLE other(x)")
	_, err = s.Explain(db)
	require.ErrorIs(t, err, driver.ErrUnsupported)
	require.Equal(t, before, p.Report().Total)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s = shapeOf(t, p.Report(), "SELECT * FROM `users` WHERE age > ? ORDER BY name")
	_, err = s.Explain(db.WithContext(ctx))
	require.ErrorIs(t, err, context.Canceled)
}

// COMMIT has the context of its BEGIN, which database/sql does not give.
func TestContextOfCommit(t *testing.T) {
	type key struct{}
	var got []any
	db, _ := open(t, callbacks.ProfilerConfig{OnQuery: func(ctx context.Context, q *callbacks.Query) { got = append(got, q.Kind, ctx.Value(key{})) }})
	tx := db.WithContext(context.WithValue(t.Context(), key{}, 1)).Begin()
	require.NoError(t, tx.Commit().Error)
	require.Equal(t, []any{"begin", 1, "commit", 1}, got)
}
