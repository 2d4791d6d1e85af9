package callbacks_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// planOfSlow waits for the plan of a shape.
func planOfSlow(t testing.TB, p *callbacks.Profiler, sql string) (plan *callbacks.SlowPlan) {
	t.Helper()
	require.Eventually(t, func() bool {
		plan = shapeOf(t, p.Report(), sql).SlowPlan
		return plan != nil
	}, 30*time.Second, time.Millisecond)
	return plan
}

const slowShape = "SELECT * FROM `users` WHERE name = ? AND age > ?"

// A slow query has its plan, which nobody waits for and nothing counts.
func TestPlanOfSlowQueries(t *testing.T) {
	var log bytes.Buffer
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
	run := func() { require.NoError(t, db.Where("name = 'secret' AND age > ?", 7).Find(&[]user{}).Error) }
	p.Reset()
	run()
	plan := planOfSlow(t, p, slowShape)
	require.Empty(t, plan.Error)
	require.Len(t, plan.Statements, 1)
	require.Equal(t, slowShape, plan.Statements[0].SQL)
	require.Equal(t, callbacks.PlanScan, plan.Statements[0].Nodes[0].Kind)
	require.Equal(t, "users", plan.Statements[0].Nodes[0].Table)
	r := p.Report()
	require.Equal(t, int64(1), r.Total.Count, "the plan is not measured")
	require.Equal(t, plan, r.Slow[0].Plan)
	require.Contains(t, r.String(), "`--SCAN users")
	require.NotContains(t, log.String(), "SCAN users")
	run()
	require.Contains(t, log.String(), "SCAN users", "the next one is logged with the plan")
	require.Equal(t, plan, shapeOf(t, p.Report(), slowShape).SlowPlan, "once for each shape")

	text, err := json.Marshal(p.Report())
	require.NoError(t, err)
	require.NotContains(t, string(text)+log.String()+r.String(), "secret")
	var back callbacks.Report
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, plan.Statements, back.Slow[0].Plan.Statements)
	require.True(t, plan.At.Equal(back.Shapes[0].SlowPlan.At))

	p.Reset()
	require.NoError(t, db.Exec("CREATE INDEX by_name ON users(name)").Error)
	run()
	require.Equal(t, "by_name", planOfSlow(t, p, slowShape).Statements[0].Nodes[0].Index)
	for _, s := range p.Report().Shapes {
		if s.Verb == "CREATE" {
			require.Nil(t, s.SlowPlan)
		}
	}
	require.NoError(t, p.Remove())
	require.NotNil(t, shapeOf(t, p.Report(), slowShape).SlowPlan, "the report stays")
}

// With one connection, which a transaction has, the plan does not wait among
// those who want it.
func TestPlanOfSlowQueriesLeavesTheConnectionAlone(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1})
	pool, err := db.DB()
	require.NoError(t, err)
	pool.SetMaxOpenConns(1)
	p.Reset()
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.NoError(t, tx.Where("name = ? AND age > ?", "a", 1).Find(&[]user{}).Error)
		require.Nil(t, shapeOf(t, p.Report(), slowShape).SlowPlan)
		return tx.Create(&user{Name: "a"}).Error
	}))
	require.Len(t, planOfSlow(t, p, slowShape).Statements, 1)
	require.Zero(t, p.Report().Pool.WaitCount)
}

// A plan in which nothing is looked for is a list, of nothing.
func TestPlanOfSlowInserts(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1})
	require.NoError(t, db.Exec("INSERT INTO users(name) VALUES ('a')").Error)
	text, err := json.Marshal(planOfSlow(t, p, "INSERT INTO users(name) VALUES (?)"))
	require.NoError(t, err)
	require.Contains(t, string(text), `"nodes":[]`)
}

// What has no plan says why, and costs nothing but that.
func TestPlanOfSlowQueriesThatHaveNone(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsTemp)
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1})
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		for _, text := range []string{"CREATE TEMP TABLE mine(secret)", "SELECT secret FROM mine WHERE secret = 'secret'"} {
			if err := tx.Exec(text).Error; err != nil {
				return err
			}
		}
		plan := planOfSlow(t, p, "SELECT secret FROM mine WHERE secret = ?")
		require.NotEmpty(t, plan.Error)
		require.NotContains(t, plan.Error, "mine", "a class, no message")
		require.Contains(t, p.Report().String(), "no plan: "+plan.Error)
		text, err := json.Marshal(plan)
		require.NoError(t, err)
		require.Contains(t, string(text), `"statements":[]`)
		return nil
	}))

	db, p = open(t, callbacks.ProfilerConfig{Slow: 1, NoPlans: true})
	require.NoError(t, db.Find(&[]user{}).Error)
	require.Nil(t, p.Report().Slow[0].Plan)

	// Of a pool that is closed meanwhile.
	db, err := gorm.Open(libsql.Open(dbtest.Memory(t)), &gorm.Config{Logger: logger.Discard})
	require.NoError(t, err)
	p = callbacks.NewProfiler(callbacks.ProfilerConfig{Slow: 1})
	require.NoError(t, db.Use(p))
	require.NoError(t, db.Exec("SELECT 1").Error)
	pool, err := db.DB()
	require.NoError(t, err)
	require.NoError(t, pool.Close())
	planOfSlow(t, p, "SELECT ?")
	require.Error(t, db.Exec("SELECT 1").Error)
	require.NoError(t, p.Remove())
	require.NotEmpty(t, p.Report().String())
}

// Shapes without end, all of them slow, keep a bounded number of plans; and
// whatever is under way when the profiler goes, goes with it.
func TestPlansOfSlowShapesWithoutEnd(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1, MaxGroups: 2000})
	for i := range 600 {
		require.NoError(t, db.Table("users").Select("id AS "+string(rune('a'+i%26))+string(rune('a'+i/26))+"_").Find(&[]map[string]any{}).Error)
	}
	require.NoError(t, p.Remove())
	plans := 0
	for _, s := range p.Report().Shapes {
		if s.SlowPlan != nil {
			plans++
		}
	}
	require.LessOrEqual(t, plans, 256)
}

// A plan is made in the pool that the query ran in, which may have tables of
// its own: also within a transaction, and without GORM.
func TestPlanOfSlowQueriesOfAnotherPool(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1})
	replica, _ := open(t, callbacks.ProfilerConfig{Slow: -1})
	require.NoError(t, replica.Exec("CREATE TABLE there(a); CREATE INDEX there_a ON there(a)").Error)
	other, err := replica.DB()
	require.NoError(t, err)
	require.NoError(t, db.Callback().Row().Before("*").Register("resolver", func(db *gorm.DB) { db.Statement.ConnPool = other }))
	require.NoError(t, db.Raw("SELECT * FROM there WHERE a = 1").Scan(&[]string{}).Error)
	require.Contains(t, planOfSlow(t, p, "SELECT * FROM there WHERE a = ?").String(), "SEARCH there USING COVERING INDEX there_a")

	tx, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.Exec("DELETE FROM there WHERE a > 1")
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	require.Contains(t, planOfSlow(t, p, "DELETE FROM there WHERE a > ?").String(), "SEARCH there USING INDEX there_a")
}
