package gormtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
)

func TestDryRun(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		dry := db.Session(&gorm.Session{DryRun: true})
		for _, c := range []struct {
			tx   *gorm.DB
			sql  string
			vars []any
		}{
			{dry.First(&person{}, 2), "SELECT * FROM `people` WHERE `people`.`id` = ? ORDER BY `people`.`id` LIMIT 1", []any{2}},
			{dry.Create(&person{Name: "x"}), "INSERT INTO `people` (`name`,`age`,`city`) VALUES (?,?,?) RETURNING `id`", []any{"x", 0, ""}},
			{dry.Create(&[]person{{Name: "x"}, {ID: 9}}), "INSERT INTO `people` (`name`,`age`,`city`,`id`) VALUES (?,?,?,NULL),(?,?,?,?) RETURNING `id`", []any{"x", 0, "", "", 0, "", uint(9)}},
			{dry.Model(&person{ID: 2}).Update("age", 1), "UPDATE `people` SET `age`=? WHERE `id` = ?", []any{1, uint(2)}},
			{dry.Delete(&person{}, []int{1, 2}), "DELETE FROM `people` WHERE `people`.`id` IN (?,?)", []any{1, 2}},
			{dry.Save(&person{ID: 2, Name: "x"}), "UPDATE `people` SET `name`=?,`age`=?,`city`=? WHERE `id` = ?", []any{"x", 0, "", uint(2)}},
			{dry.Exec("UPDATE people SET age = ?", 1), "UPDATE people SET age = ?", []any{1}},
		} {
			require.NoError(t, c.tx.Error)
			require.Equal(t, c.sql, c.tx.Statement.SQL.String())
			require.Equal(t, c.vars, c.tx.Statement.Vars)
			require.Zero(t, c.tx.RowsAffected)
		}
		_, err := dry.Model(&person{}).Rows()
		require.ErrorIs(t, err, gorm.ErrDryRunModeUnsupported)
		require.Equal(t, allPeople, people(t, db))
	})
}

func TestToSQL(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range []struct {
			do   func(tx *gorm.DB) *gorm.DB
			want string
		}{
			{func(tx *gorm.DB) *gorm.DB {
				return tx.Model(&person{}).Where("id = ?", 100).Limit(10).Order("age desc").Find(&[]person{})
			}, "SELECT * FROM `people` WHERE id = 100 ORDER BY age desc LIMIT 10"},
			{func(tx *gorm.DB) *gorm.DB { return tx.Create(&person{Name: "it's"}) }, "INSERT INTO `people` (`name`,`age`,`city`) VALUES ('it''s',0,'') RETURNING `id`"},
			{func(tx *gorm.DB) *gorm.DB {
				return tx.Clauses(clause.OnConflict{Columns: columns("id"), DoNothing: true}).Create(&person{ID: 1})
			},
				"INSERT INTO `people` (`name`,`age`,`city`,`id`) VALUES ('',0,'',1) ON CONFLICT (`id`) DO NOTHING RETURNING `id`"},
			{func(tx *gorm.DB) *gorm.DB { return tx.Where("name IN ?", []string{"a", "b"}).Delete(&person{}) }, "DELETE FROM `people` WHERE name IN ('a','b')"},
			{func(tx *gorm.DB) *gorm.DB {
				return tx.Raw("SELECT * FROM people WHERE age > @n", map[string]any{"n": 1.5}).Scan(&[]person{})
			},
				"SELECT * FROM people WHERE age > 1.5"},
			{func(tx *gorm.DB) *gorm.DB { return tx.Offset(3).Find(&[]person{}) }, "SELECT * FROM `people` LIMIT -1 OFFSET 3"},
		} {
			require.Equal(t, c.want, db.ToSQL(c.do))
		}
		require.Equal(t, allPeople, people(t, db))
	})
}

func TestSessionOptions(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		base := db.Where("age = ?", 30)
		var n int64
		require.NoError(t, base.Session(&gorm.Session{NewDB: true}).Model(&person{}).Count(&n).Error)
		require.EqualValues(t, 5, n)
		require.NoError(t, base.Session(&gorm.Session{}).Model(&person{}).Count(&n).Error)
		require.EqualValues(t, 2, n)

		statements := 0
		require.NoError(t, db.Callback().Create().After("gorm:create").Register("count", func(*gorm.DB) { statements++ }))
		done(t, db.Session(&gorm.Session{CreateBatchSize: 3}).Create(&[]person{{}, {}, {}, {}}), 4)
		require.Equal(t, 2, statements)
		done(t, db.Session(&gorm.Session{AllowGlobalUpdate: true}).Model(&person{}).Update("age", 1), 9)

		now := db.Session(&gorm.Session{NowFunc: func() time.Time { return noon }}).NowFunc()
		require.True(t, now.Equal(noon))
	})
}

func TestPrepareStmtSession(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		prepared := db.Session(&gorm.Session{PrepareStmt: true})
		pool, ok := prepared.Statement.ConnPool.(*gorm.PreparedStmtDB)
		require.True(t, ok)
		defer pool.Close()
		for i := range 20 {
			var p person
			done(t, prepared.First(&p, i%5+1), 1)
			done(t, prepared.Model(&p).Update("age", i), 1)
		}
		require.NotEmpty(t, pool.Stmts.Keys())
		require.NoError(t, prepared.Transaction(func(tx *gorm.DB) error {
			_, ok := tx.Statement.ConnPool.(*gorm.PreparedStmtTX)
			require.True(t, ok)
			return tx.Model(&person{}).Where("id = ?", 1).Update("age", 99).Error
		}))
		// Statements outlive a change of the table.
		require.NoError(t, prepared.Exec("ALTER TABLE people ADD COLUMN extra integer DEFAULT 7").Error)
		m := map[string]any{}
		done(t, prepared.Table("people").Where("id = ?", 1).Take(&m), 1)
		require.EqualValues(t, 7, m["extra"])
		require.EqualValues(t, 99, m["age"])
	})
}

const endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"

func TestContexts(t *testing.T) {
	type key struct{}
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		// Values reach callbacks and hooks.
		var seen any
		require.NoError(t, db.Callback().Query().Before("gorm:query").Register("value", func(tx *gorm.DB) { seen = tx.Statement.Context.Value(key{}) }))
		require.NoError(t, db.WithContext(context.WithValue(ctx, key{}, 7)).First(&person{}).Error)
		require.Equal(t, 7, seen)

		ended, cancel := context.WithCancel(ctx)
		cancel()
		require.ErrorIs(t, db.WithContext(ended).First(&person{}).Error, context.Canceled)
		require.ErrorIs(t, db.WithContext(ended).Create(&person{Name: "x"}).Error, context.Canceled)
		require.ErrorIs(t, db.WithContext(ended).Create(&[]person{{Name: "x"}, {Name: "y"}}).Error, context.Canceled)
		require.ErrorIs(t, db.WithContext(ended).Model(&person{}).Where("1 = 1").Update("age", 1).Error, context.Canceled)
		require.ErrorIs(t, db.WithContext(ended).Transaction(func(tx *gorm.DB) error { return nil }), context.Canceled)
		require.Equal(t, allPeople, people(t, db))

		soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		var n int
		require.ErrorIs(t, db.WithContext(soon).Raw(endless).Scan(&n).Error, context.DeadlineExceeded)
		soon, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, db.WithContext(soon).Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&person{Name: "x"}).Error; err != nil {
				return err
			}
			return tx.Raw(endless).Scan(&n).Error
		}), context.DeadlineExceeded)
		require.Equal(t, allPeople, people(t, db))
	})
}

func TestDefaultTimeouts(t *testing.T) {
	config := gorm.Config{DefaultContextTimeout: 20 * time.Millisecond}
	eachConfig(t, config, nil, func(t *testing.T, db *gorm.DB) {
		var n int
		require.ErrorIs(t, db.Raw(endless).Find(&n).Error, context.DeadlineExceeded)
	})
}

func TestDefaultTransactionTimeout(t *testing.T) {
	eachConfig(t, gorm.Config{DefaultTransactionTimeout: 30 * time.Millisecond}, models(&person{}), func(t *testing.T, db *gorm.DB) {
		require.Error(t, db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Create(&person{Name: "late"}).Error; err != nil {
				return err
			}
			time.Sleep(500 * time.Millisecond) // GORM keeps the context to itself
			return nil
		}))
		require.Empty(t, people(t, db))
	})
}

func TestSettings(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		var seen []string
		require.NoError(t, db.Callback().Create().Before("gorm:create").Register("settings", func(tx *gorm.DB) {
			set, _ := tx.Get("mine")
			instance, _ := tx.InstanceGet("own")
			seen = append(seen, fmt.Sprint(tx.Statement.Table, " ", set, " ", instance))
		}))
		done(t, db.Set("mine", 1).InstanceSet("own", 2).Create(&garage{Name: "D", Cars: []car{{Plate: "d"}}}), 1)
		require.Equal(t, []string{"garages 1 2", "cars 1 <nil>"}, seen[:2], "InstanceSet is not for associations")
		_, ok := db.Get("mine")
		require.False(t, ok)
	})
}

func TestPropagateUnscoped(t *testing.T) {
	type softTool struct {
		ID        uint
		Name      string
		DeletedAt gorm.DeletedAt
	}
	for _, propagate := range []bool{false, true} {
		eachConfig(t, gorm.Config{PropagateUnscoped: propagate}, models(&softTool{}), func(t *testing.T, db *gorm.DB) {
			done(t, db.Create(&[]softTool{{Name: "a"}, {Name: "b"}}), 2)
			done(t, db.Delete(&softTool{}, 1), 1)
			seen := int64(-1)
			require.NoError(t, db.Callback().Query().After("gorm:query").Register("nested", func(tx *gorm.DB) {
				if seen < 0 {
					seen = 0
					require.NoError(t, tx.Session(&gorm.Session{NewDB: true}).Model(&softTool{}).Count(&seen).Error)
				}
			}))
			done(t, db.Unscoped().Find(&[]softTool{}), 2)
			want := int64(1)
			if propagate {
				want = 2
			}
			require.Equal(t, want, seen)
		})
	}
}

type lines []string

func (l *lines) Printf(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

func TestLogger(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var log lines
		logged := db.Session(&gorm.Session{Logger: logger.New(&log, logger.Config{LogLevel: logger.Info})})
		for _, c := range []struct {
			do   func(db *gorm.DB) *gorm.DB
			want string
			rows string
		}{
			{func(db *gorm.DB) *gorm.DB { return db.First(&person{}, "name = ?", "Ben") }, "SELECT * FROM `people` WHERE name = 'Ben' ORDER BY `people`.`id` LIMIT 1", "rows:1"},
			{func(db *gorm.DB) *gorm.DB { return db.Model(&person{ID: 1}).Update("city", "it's") }, "UPDATE `people` SET `city`='it''s' WHERE `id` = 1", "rows:1"},
			{func(db *gorm.DB) *gorm.DB { return db.Create(&[]person{{Name: "x"}, {Name: "y"}}) }, "INSERT INTO `people` (`name`,`age`,`city`) VALUES ('x',0,''),('y',0,'') RETURNING `id`", "rows:2"},
			{func(db *gorm.DB) *gorm.DB { return db.Raw("SELECT age FROM people WHERE id = ?", 2).Scan(new(int)) }, "SELECT age FROM people WHERE id = 2", "rows:1"},
			{func(db *gorm.DB) *gorm.DB { return db.Delete(&person{}, "name IN ?", []string{"x", "y"}) }, "DELETE FROM `people` WHERE name IN ('x','y')", "rows:2"},
		} {
			log = nil
			require.NoError(t, c.do(logged).Error)
			require.Len(t, log, 1)
			require.Contains(t, log[0], c.want)
			require.Contains(t, log[0], c.rows)
		}
		log = nil
		require.Error(t, logged.Exec("SELECT missing").Error)
		require.Contains(t, strings.Join(log, ""), "no such column: missing")
		log = nil
		quiet := db.Session(&gorm.Session{Logger: logger.New(&log, logger.Config{LogLevel: logger.Warn, IgnoreRecordNotFoundError: true, ParameterizedQueries: true})})
		require.Error(t, quiet.First(&person{}, 99).Error)
		require.NoError(t, quiet.Find(&[]person{}).Error)
		require.Empty(t, log)
		require.Error(t, quiet.Where("missing = ?", "secret").Find(&[]person{}).Error)
		require.NotContains(t, strings.Join(log, ""), "secret")
		require.Contains(t, strings.Join(log, ""), "missing = ?")
		log = nil
		debug := db.Session(&gorm.Session{Logger: logger.New(&log, logger.Config{LogLevel: logger.Silent})}).Debug()
		require.NoError(t, debug.Find(&[]person{}).Error)
		require.Len(t, log, 1)
	})
}
