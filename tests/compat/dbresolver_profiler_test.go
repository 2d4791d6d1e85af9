package compat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/plugin/dbresolver"

	"github.com/gorm-libsql/libsql/callbacks"
)

// The profiler measures the pools that the resolver chooses, down to the
// engine, though the first that is seen of one may be a transaction.
func TestResolverProfiled(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := newCluster(t, prepare)
		p := callbacks.NewProfiler(callbacks.ProfilerConfig{Slow: 1})
		require.NoError(t, db.Use(p))
		count := func(sql string) (s callbacks.Shape) {
			for _, s := range p.Report().Shapes {
				if s.SQL == sql {
					return s
				}
			}
			require.Fail(t, "no such shape", sql)
			return s
		}
		work := func() {
			for range 4 {
				place(t, db.DB)
			}
			place(t, db.Clauses(dbresolver.Write))
			require.NoError(t, db.Preload("Products").First(&customer{}).Error)
			require.NoError(t, db.Create(&customer{Name: "new"}).Error)
			require.NoError(t, db.Exec("UPDATE customers SET name = ? WHERE id = 1", "changed").Error)
			require.NoError(t, db.Clauses(dbresolver.Use("customers"), dbresolver.Write).Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Create(&product{Name: "in a transaction", CustomerID: 1}).Error)
				return tx.Transaction(func(tx *gorm.DB) error { return tx.First(&customer{}).Error })
			}))
			rows, err := db.Model(&customer{}).Rows()
			require.NoError(t, err)
			for rows.Next() {
			}
			require.NoError(t, rows.Close())
		}
		work()
		for sql, want := range map[string]int64{
			"SELECT * FROM `invoices` ORDER BY `invoices`.`id` LIMIT ?":                   5,
			"SELECT * FROM `products` WHERE `products`.`customer_id` = ?":                 1,
			"INSERT INTO `customers` (`name`) VALUES (?) RETURNING `id`":                  1,
			"UPDATE customers SET name = ? WHERE id = ?":                                  1,
			"INSERT INTO `products` (`name`, `customer_id`) VALUES (?, ?) RETURNING `id`": 1,
			"SELECT * FROM `customers` ORDER BY `customers`.`id` LIMIT ?":                 2,
			"SELECT * FROM `customers`":                                                   1,
		} {
			s := count(sql)
			require.Equal(t, want, s.Count, sql)
			require.Positive(t, s.Times.Engine, sql)
			require.Contains(t, s.Callers[0].File, "_test.go", sql)
			require.Zero(t, s.Errors, sql)
		}
		r := p.Report()
		require.Len(t, r.Transactions, 2, "of the create, which has another's callbacks around it, and the program's own")
		for _, tx := range r.Transactions {
			require.Positive(t, tx.Locked)
		}
		// Plans are made on the gorm.DB's own pool, which has the tables too.
		require.Eventually(t, func() bool {
			plan := count("SELECT * FROM `customers`").SlowPlan
			return plan != nil && plan.Error == "" && plan.Statements[0].Nodes[0].Table == "customers"
		}, 30*time.Second, time.Millisecond)
		_, err := p.Advise(db.DB)
		require.NoError(t, err)

		require.NoError(t, p.Remove())
		total := p.Report().Total.Count
		work()
		require.Equal(t, total, p.Report().Total.Count)
	})
}
