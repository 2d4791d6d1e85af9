package libsql_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// open opens a fresh file with the tables of the models.
func open(t testing.TB, config gorm.Config, models ...any) *gorm.DB {
	t.Helper()
	if config.Logger == nil {
		config.Logger = logger.Discard
	}
	db, err := gorm.Open(libsql.Open(dbtest.DSN(t)), &config)
	require.NoError(t, err)
	t.Cleanup(func() {
		if p, ok := db.ConnPool.(*gorm.PreparedStmtDB); ok {
			p.Close()
		}
		pool, err := db.DB()
		require.NoError(t, err)
		// database/sql ends a cancelled transaction in a goroutine of its own.
		dbtest.Unused(t, pool, time.Minute)
		require.NoError(t, pool.Close())
	})
	require.NoError(t, db.AutoMigrate(models...))
	return db
}

// eachWay runs a test with and without PrepareStmt, on the pool, on one
// connection and in a transaction.
func eachWay(t *testing.T, test func(t *testing.T, db *gorm.DB), models ...any) {
	for name, config := range map[string]gorm.Config{"plain": {}, "PrepareStmt": {PrepareStmt: true}, "TranslateError": {TranslateError: true}} {
		t.Run(name, func(t *testing.T) {
			t.Run("pool", func(t *testing.T) { test(t, open(t, config, models...)) })
			t.Run("transaction", func(t *testing.T) {
				tx := open(t, config, models...).Begin()
				require.NoError(t, tx.Error)
				defer tx.Rollback()
				test(t, tx)
			})
			t.Run("connection", func(t *testing.T) {
				require.NoError(t, open(t, config, models...).Connection(func(tx *gorm.DB) error {
					test(t, tx.Session(&gorm.Session{}))
					return nil
				}))
			})
		})
	}
}

func names(d driver.Description) (out []string) {
	for _, c := range d.Columns {
		out = append(out, c.Name+"="+c.Table+"."+c.Origin)
	}
	return out
}

func TestDescribe(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsMetadata)
	eachWay(t, func(t *testing.T, db *gorm.DB) {
		all := []string{"id=tags.id", "name=tags.name"}
		for name, c := range map[string]struct {
			query    func(tx *gorm.DB) *gorm.DB
			columns  []string
			params   int
			readOnly bool
		}{
			"Find":   {func(tx *gorm.DB) *gorm.DB { return tx.Where("name = ?", "a").Find(&[]tag{}) }, all, 1, true},
			"First":  {func(tx *gorm.DB) *gorm.DB { return tx.First(&tag{}, 7) }, all, 1, true},
			"no end": {func(tx *gorm.DB) *gorm.DB { return tx.Model(&tag{}).Where("id > ?", 1) }, all, 1, true},
			"Table":  {func(tx *gorm.DB) *gorm.DB { return tx.Table("tags AS x").Select("x.name AS n, 1 AS one") }, []string{"n=tags.name", "one=."}, 0, true},
			"Raw": {func(tx *gorm.DB) *gorm.DB {
				return tx.Raw("SELECT id FROM tags WHERE name = ? OR id IN ?", "a", []int{1, 2})
			}, all[:1], 3, true},
			"Count":  {func(tx *gorm.DB) *gorm.DB { var n int64; return tx.Model(&tag{}).Count(&n) }, []string{"count(*)=."}, 0, true},
			"Pluck":  {func(tx *gorm.DB) *gorm.DB { return tx.Model(&tag{}).Pluck("name", &[]string{}) }, all[1:], 0, true},
			"Create": {func(tx *gorm.DB) *gorm.DB { return tx.Create(&tag{Name: "never"}) }, all[:1], 1, false},
			"Returning": {func(tx *gorm.DB) *gorm.DB {
				return tx.Model(&[]tag{}).Clauses(clause.Returning{}).Where("1 = 1").Update("name", "never")
			}, all, 1, false},
			"Delete":  {func(tx *gorm.DB) *gorm.DB { return tx.Where("1 = 1").Delete(&tag{}) }, nil, 0, false},
			"Exec":    {func(tx *gorm.DB) *gorm.DB { return tx.Exec("UPDATE tags SET name = 'never'") }, nil, 0, false},
			"Preload": {func(tx *gorm.DB) *gorm.DB { return tx.Preload("Tags").Select("title").Find(&[]note{}) }, []string{"title=notes.title"}, 0, true},
		} {
			t.Run(name, func(t *testing.T) {
				d, err := libsql.Describe(db, c.query)
				require.NoError(t, err)
				require.Equal(t, c.columns, names(d))
				require.Len(t, d.Params, c.params)
				require.Equal(t, c.readOnly, d.ReadOnly)
			})
		}
		var n int64
		require.NoError(t, db.Model(&tag{}).Count(&n).Error)
		require.Zero(t, n, "nothing was done")
	}, &note{}, &tag{})
}

func TestDescribeErrors(t *testing.T) {
	db := open(t, gorm.Config{}, &tag{})
	oops := errors.New("oops")
	for name, c := range map[string]struct {
		query func(tx *gorm.DB) *gorm.DB
		want  error
	}{
		"DDL":     {func(tx *gorm.DB) *gorm.DB { return tx.Exec("DROP INDEX idx_tags_name") }, libsql.ErrUnsupported},
		"several": {func(tx *gorm.DB) *gorm.DB { return tx.Exec("SELECT 1; SELECT 2") }, libsql.ErrUnsupported},
		"own":     {func(tx *gorm.DB) *gorm.DB { tx.AddError(oops); return tx }, oops},
		"syntax":  {func(tx *gorm.DB) *gorm.DB { return tx.Raw("SELEC") }, driver.ErrError},
		"nothing": {func(tx *gorm.DB) *gorm.DB { return tx }, nil},
		"nil":     {func(tx *gorm.DB) *gorm.DB { return nil }, nil},
	} {
		_, err := libsql.Describe(db, c.query)
		require.Error(t, err, name)
		if c.want != nil {
			require.ErrorIs(t, err, c.want, name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := libsql.Describe(db.WithContext(ctx), func(tx *gorm.DB) *gorm.DB { return tx.Find(&[]tag{}) })
	require.ErrorIs(t, err, context.Canceled)
}
