package callbacks_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
)

// manyUsers makes users with orders.
func manyUsers(t testing.TB, db *gorm.DB, n int) {
	t.Helper()
	users := make([]user, n)
	for i := range users {
		users[i] = user{Name: fmt.Sprint("name", i), Age: i % 90, Orders: []order{{Total: i}, {Total: i + 1}}}
	}
	require.NoError(t, db.CreateInBatches(&users, 200).Error)
}

func advised(t testing.TB, p *callbacks.Profiler, db *gorm.DB) (out []string) {
	t.Helper()
	all, err := p.Advise(db)
	require.NoError(t, err)
	for _, a := range all {
		out = append(out, string(a.Kind)+" "+a.Table+strings.ReplaceAll(fmt.Sprint(a.Columns), "`", ""))
	}
	return out
}

// From the program to the advice, and without it once it is taken.
func TestAdvise(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	manyUsers(t, db, 500)
	require.Empty(t, advised(t, p, db), "making them is well done")
	p.Reset()

	type key struct{}
	works := 0
	work := func() {
		works++ // a context of its own: without one, a busy machine may part a loop
		db := db.WithContext(context.WithValue(t.Context(), key{}, works))
		var users []user
		require.NoError(t, db.Limit(20).Find(&users).Error)
		for i := range users { // N+1, each with a scan of orders
			require.NoError(t, db.Where("user_id = ?", users[i].ID).Find(&users[i].Orders).Error)
		}
		for range 5 {
			require.NoError(t, db.Where("name = ?", "name277").First(&user{}).Error)
			require.NoError(t, db.Order("total DESC").Limit(3).Find(&[]order{}).Error)
			require.NoError(t, db.Where("id = ?", 7).Find(&[]user{}).Error)
			require.NoError(t, db.Find(&[]user{}).Error)
		}
		for i := range 30 { // each its own transaction
			require.NoError(t, db.Create(&order{UserID: 1, Total: i}).Error)
		}
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			for i := range 30 {
				if err := tx.Create(&user{Name: fmt.Sprint("in one ", i)}).Error; err != nil {
					return err
				}
			}
			return nil
		}))
	}
	work()
	count := p.Report().Total.Count
	require.ElementsMatch(t, []string{
		"repeated query orders[]", "index orders[user_id]", "index users[name]", "sort orders[total]", "no transaction orders[]",
	}, advised(t, p, db))
	require.Equal(t, count, p.Report().Total.Count, "what is asked for advice is not measured")

	all, err := p.Advise(db)
	require.NoError(t, err)
	for _, a := range all {
		require.NotEmpty(t, a.Callers, a.Title)
		require.True(t, strings.HasSuffix(a.Callers[0].File, "advise_test.go"), a.Callers)
		if a.SQL != "" {
			require.NoError(t, db.Exec(a.SQL).Error)
		}
	}
	p.Reset()
	work()
	require.ElementsMatch(t, []string{"repeated query orders[]", "no transaction orders[]"}, advised(t, p, db))
}

func TestAdviseInATransaction(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{}, &gorm.Config{PrepareStmt: true})
	t.Cleanup(db.ConnPool.(*gorm.PreparedStmtDB).Close)
	manyUsers(t, db, 300)
	for range 5 {
		require.NoError(t, db.Where("name = ?", "name277").First(&user{}).Error)
	}
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		require.Equal(t, []string{"index users[name]"}, advised(t, p, tx))
		return nil
	}))
	require.NoError(t, p.Remove())
	require.Equal(t, []string{"index users[name]"}, advised(t, p, db))
}

// Explain is not measured either, in a hook of a query that is.
func TestExplainIsNotMeasured(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	_, err := callbacks.Explain(db, func(tx *gorm.DB) *gorm.DB { return tx.Preload("Orders").Find(&[]user{}) })
	require.NoError(t, err)
	require.NoError(t, db.Callback().Query().After("gorm:query").Register("explains", func(tx *gorm.DB) {
		if tx.DryRun {
			return
		}
		_, err := callbacks.Explain(tx.Session(&gorm.Session{NewDB: true}), func(tx *gorm.DB) *gorm.DB { return tx.Find(&[]order{}) })
		require.NoError(t, err)
	}))
	require.NoError(t, db.Find(&[]user{}).Error)
	for _, s := range p.Report().Shapes {
		require.NotContains(t, s.SQL, "EXPLAIN")
		require.NotContains(t, s.SQL, "sqlite_schema")
	}
}

func ExampleProfiler_Advise() {
	type User struct {
		ID    uint
		Email string
	}
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() {
		if pool, err := db.DB(); err == nil {
			pool.Close()
		}
	}()
	users := make([]User, 1000)
	for i := range users {
		users[i].Email = fmt.Sprintf("user%d@example.com", i)
	}
	p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
	if err := errorsOf(db.AutoMigrate(&User{}), db.Create(&users).Error, db.Use(p)); err != nil {
		fmt.Println(err)
		return
	}
	for range 5 {
		db.Where("email = ?", "user7@example.com").Find(&User{})
	}
	all, err := p.Advise(db)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range all {
		fmt.Println(a.Title)
		fmt.Println(a.SQL)
		fmt.Println(a.Trials[0].After)
	}
	// Output:
	// users: an index on (`email`) leaves out rows that are read for nothing
	// CREATE INDEX `idx_users_email` ON `users`(`email`)
	// QUERY PLAN
	// `--SEARCH users USING COVERING INDEX idx_users_email (email=?)
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// An index on an expression would have the literals of the expression. What may
// be a value is not told; what is a part of the program is.
func TestAdviceTellsNoValue(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{})
	manyUsers(t, db, 1000)
	p.Reset()
	for _, text := range []string{
		"SELECT id FROM users WHERE instr(name, 'secret') = 1", "SELECT id FROM users WHERE name || 'secret' = 'x'",
		"SELECT age FROM users WHERE abs(age - 471108) = 3", "SELECT age FROM users WHERE hex(name || x'5ec2') = 'a'",
		"SELECT id FROM users WHERE json_extract(json_array(name), '$.\"secret\"') = 1", "SELECT name FROM users WHERE replace(name, '', 'secret') = 'x' ORDER BY id",
	} {
		for range 5 {
			require.NoError(t, db.Raw(text).Find(&[]map[string]any{}).Error)
		}
	}
	all, err := p.Advise(db)
	require.NoError(t, err)
	for _, a := range all {
		require.NotEqual(t, callbacks.AdviceIndex, a.Kind, a)
	}
	for text, want := range map[string]string{
		"SELECT id FROM users WHERE substr(name, 1, 12) = 'secret'":              "(substr(name, 1, 12))",
		"SELECT id FROM users WHERE strftime('%Y-%m', name, 'start of day')='x'": "(strftime('%Y-%m', name, 'start of day'))",
		"SELECT id FROM users WHERE coalesce(name, '') = 'secret'":               "(coalesce(name, ''))",
		"SELECT id FROM users WHERE lower(name) = 'secret'":                      "(lower(name))",
	} {
		p.Reset()
		for range 5 {
			require.NoError(t, db.Raw(text).Find(&[]map[string]any{}).Error)
		}
		all, err := p.Advise(db)
		require.NoError(t, err)
		require.Len(t, all, 1, text)
		require.Contains(t, all[0].SQL, want)
		require.NotContains(t, fmt.Sprint(all), "secret")
	}
}
