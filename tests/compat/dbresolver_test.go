package compat

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/plugin/dbresolver"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
)

// gorm.io/plugin/dbresolver's own tests want four MySQL servers. These are
// their situations, and some of SQLite's own, on files.

type customer struct {
	ID       uint
	Name     string
	Products []product
}

type product struct {
	ID         uint
	Name       string
	CustomerID uint
}

type invoice struct {
	ID         uint
	Place      string
	CustomerID uint
}

// cluster is a database whose reads go to two replicas, but for customers and
// products, which have a source and a replica of their own. Each file says in
// its rows which it is.
type cluster struct {
	*gorm.DB
	files map[string]string
}

func (c cluster) only(t *testing.T, name string) *gorm.DB { return openFile(t, c.files[name], false) }

func openFile(t *testing.T, dsn string, prepare bool) *gorm.DB {
	t.Helper()
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{Logger: logger.Discard, PrepareStmt: prepare})
	require.NoError(t, err)
	t.Cleanup(func() {
		pool, err := db.DB()
		require.NoError(t, err)
		require.NoError(t, pool.Close())
	})
	return db
}

func newCluster(t *testing.T, prepare bool) cluster {
	t.Helper()
	c := cluster{files: map[string]string{}}
	dir := t.TempDir()
	for _, name := range []string{"main", "read1", "read2", "shop", "shopread"} {
		c.files[name] = filepath.Join(dir, name+".db")
		db := openFile(t, c.files[name], false)
		require.NoError(t, db.AutoMigrate(&customer{}, &product{}, &invoice{}))
		who := customer{Name: name, Products: []product{{Name: name}}}
		require.NoError(t, db.Create(&who).Error)
		require.NoError(t, db.Create(&invoice{Place: name, CustomerID: who.ID}).Error)
	}
	// A replica is read-only: whatever wrote to it would be an error.
	replica := func(name string) gorm.Dialector { return libsql.Open("file:" + c.files[name] + "?mode=ro") }
	c.DB = openFile(t, c.files["main"], prepare)
	plugin := dbresolver.Register(dbresolver.Config{
		Replicas: []gorm.Dialector{replica("read1"), replica("read2")},
		Policy:   dbresolver.StrictRoundRobinPolicy(),
	}).Register(dbresolver.Config{
		Sources:           []gorm.Dialector{libsql.Open(c.files["shop"])},
		Replicas:          []gorm.Dialector{replica("shopread")},
		TraceResolverMode: true,
	}, "customers", &product{}).SetMaxOpenConns(5).SetMaxIdleConns(2)
	require.NoError(t, c.Use(plugin))
	t.Cleanup(func() {
		// The cluster's pools are the plugin's: nobody else closes them.
		require.NoError(t, plugin.Call(func(pool gorm.ConnPool) error { return pool.(*sql.DB).Close() }))
	})
	return c
}

func eachPrepare(t *testing.T, test func(t *testing.T, prepare bool)) {
	for _, prepare := range []bool{false, true} {
		t.Run(fmt.Sprintf("PrepareStmt=%v", prepare), func(t *testing.T) { test(t, prepare) })
	}
}

func place(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var i invoice
	require.NoError(t, db.First(&i).Error)
	return i.Place
}

func TestResolverReads(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := newCluster(t, prepare)
		seen := map[string]int{}
		for range 10 {
			seen[place(t, db.DB)]++
		}
		require.Equal(t, map[string]int{"read1": 5, "read2": 5}, seen)
		require.Equal(t, "main", place(t, db.Clauses(dbresolver.Write)))
		require.Equal(t, "shopread", place(t, db.Clauses(dbresolver.Use("customers"))))
		require.Equal(t, "shop", place(t, db.Clauses(dbresolver.Use("customers"), dbresolver.Write)))

		var who customer
		require.NoError(t, db.First(&who).Error)
		require.Equal(t, "shopread", who.Name)
		var names []string
		require.NoError(t, db.Model(&product{}).Clauses(dbresolver.Write).Pluck("name", &names).Error)
		require.Equal(t, []string{"shop"}, names)
		var n int64
		require.NoError(t, db.Model(&customer{}).Where("name = ?", "shopread").Count(&n).Error)
		require.EqualValues(t, 1, n)

		// FOR UPDATE means to write: the source is asked, without the clause,
		// which SQLite has not.
		require.Equal(t, "main", place(t, db.Clauses(clause.Locking{Strength: "UPDATE"})))
	})
}

func TestResolverRaw(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := newCluster(t, prepare)
		read := func(tx *gorm.DB) (name string) {
			require.NoError(t, tx.Row().Scan(&name))
			return name
		}
		require.Equal(t, "shopread", read(db.Raw("SELECT name FROM customers")))
		require.Equal(t, "shopread", read(db.Raw("\n select name\nfrom customers where name = ?", "shopread")))
		require.Equal(t, "shop", read(db.Clauses(dbresolver.Write).Raw("SELECT name FROM customers")))
		// WITH is a guess for the plugin, and it guesses a write.
		require.Equal(t, "main", read(db.Raw("WITH x AS (SELECT place FROM invoices) SELECT place FROM x")))

		require.NoError(t, db.Exec("UPDATE customers SET name = ? WHERE id = 1", "changed").Error)
		require.Equal(t, "changed", read(db.only(t, "shop").Raw("SELECT name FROM customers")))
		require.NoError(t, db.Exec("INSERT INTO invoices (place) VALUES (?)", "new").Error)
		require.Equal(t, "2", read(db.only(t, "main").Raw("SELECT count(*) FROM invoices")))

		rows, err := db.Model(&customer{}).Rows()
		require.NoError(t, err)
		require.True(t, rows.Next())
		var who customer
		require.NoError(t, db.ScanRows(rows, &who))
		require.NoError(t, rows.Close())
		require.Equal(t, "shopread", who.Name)
	})
}

func TestResolverWrites(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := newCluster(t, prepare)
		shop := db.only(t, "shop")

		// More variables than one statement has: several statements, one
		// transaction, on the source.
		many := make([]customer, 12_000)
		for i := range many {
			many[i] = customer{ID: uint(i + 100), Name: "many"}
		}
		require.NoError(t, db.Create(&many).Error)
		var n int64
		require.NoError(t, shop.Model(&customer{}).Count(&n).Error)
		require.EqualValues(t, len(many)+1, n)
		require.ErrorIs(t, db.First(&customer{}, 100).Error, gorm.ErrRecordNotFound)

		ids := make([]uint, 40_000)
		for i := range ids {
			ids[i] = uint(i + 100)
		}
		require.NoError(t, db.Delete(&customer{}, ids).Error)
		require.NoError(t, shop.Model(&customer{}).Count(&n).Error)
		require.EqualValues(t, 1, n)

		who := customer{Name: "upsert", Products: []product{{Name: "p"}}}
		require.NoError(t, db.Create(&who).Error)
		require.NoError(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&customer{ID: who.ID, Name: "upserted"}).Error)
		require.NoError(t, db.Model(&customer{}).Where("id = ?", who.ID).Update("name", gorm.Expr("name || ?", "!")).Error)
		require.NoError(t, shop.Preload("Products").First(&who, who.ID).Error)
		require.Equal(t, "upserted!", who.Name)
		require.Len(t, who.Products, 1)

		// The limit is ours: its subquery is of the same database.
		require.NoError(t, db.Where("name <> ?", "").Order("id DESC").Limit(1).Delete(&product{}).Error)
		var left []product
		require.NoError(t, shop.Find(&left).Error)
		require.Equal(t, []product{{ID: 1, Name: "shop", CustomerID: 1}}, left)

		require.NoError(t, db.Save(&invoice{ID: 1, Place: "saved"}).Error)
		require.Equal(t, "saved", place(t, db.only(t, "main")))
		require.Contains(t, []string{"read1", "read2"}, place(t, db.DB))
	})
}

func TestResolverTransactions(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := newCluster(t, prepare)
		in := func(tx *gorm.DB) string {
			begun := tx.Begin()
			require.NoError(t, begun.Error)
			defer begun.Rollback()
			switch pool := begun.Statement.ConnPool.(type) {
			case *gorm.PreparedStmtTX:
				require.True(t, prepare)
			case *sql.Tx:
				require.False(t, prepare)
			default:
				t.Fatalf("%T is no transaction", pool)
			}
			return place(t, begun)
		}
		require.Equal(t, "main", in(db.DB))
		require.Contains(t, []string{"read1", "read2"}, in(db.Clauses(dbresolver.Read)))
		require.Equal(t, "main", in(db.Clauses(dbresolver.Write)))
		require.Equal(t, "shop", in(db.Clauses(dbresolver.Use("customers"), dbresolver.Write)))

		// A mode reaches the database that the transaction begins on.
		for want, tx := range map[string]*gorm.DB{"main": db.Clauses(dbresolver.Write), "shop": db.Clauses(dbresolver.Use("customers"), dbresolver.Write)} {
			require.NoError(t, libsql.Transaction(tx, driver.ReadOnlyTx, func(tx *gorm.DB) error {
				require.Equal(t, want, place(t, tx))
				require.ErrorIs(t, tx.Exec("CREATE TABLE unwanted(a)").Error, driver.ErrReadOnly)
				return nil
			}))
			require.NoError(t, libsql.Retry(tx, func(tx *gorm.DB) error { return tx.Exec("CREATE TEMP TABLE IF NOT EXISTS wanted(a)").Error }))
		}

		// All that happens in a transaction happens where it began.
		require.NoError(t, db.Clauses(dbresolver.Write).Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&customer{Name: "in main"}).Error)
			require.Error(t, tx.Transaction(func(tx *gorm.DB) error {
				require.NoError(t, tx.Create(&customer{Name: "undone"}).Error)
				return context.Canceled
			}))
			var n int64
			require.NoError(t, tx.Model(&customer{}).Count(&n).Error)
			require.EqualValues(t, 2, n)
			return libsql.Conn(tx, func(c *driver.Conn) error { return nil })
		}))
		var names []string
		require.NoError(t, db.only(t, "main").Model(&customer{}).Pluck("name", &names).Error)
		require.Equal(t, []string{"main", "in main"}, names)
	})
}

func TestResolverPreloads(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := newCluster(t, prepare)
		var who customer
		require.NoError(t, db.Preload("Products").First(&who).Error)
		require.Equal(t, "shopread", who.Name)
		require.Equal(t, "shopread", who.Products[0].Name)
		who = customer{}
		require.NoError(t, db.Preload("Products", func(tx *gorm.DB) *gorm.DB { return tx.Clauses(dbresolver.Write) }).First(&who).Error)
		require.Equal(t, "shopread", who.Name)
		require.Equal(t, "shop", who.Products[0].Name)
	})
}

func TestResolverPools(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := newCluster(t, prepare)
		for want, tx := range map[string]*gorm.DB{
			"main":     db.DB,
			"shop":     db.Table("customers").Clauses(dbresolver.Write),
			"shopread": db.Model(&product{}).Clauses(dbresolver.Read),
		} {
			pool, err := tx.DB()
			require.NoError(t, err)
			var got string
			require.NoError(t, pool.QueryRow("SELECT place FROM invoices").Scan(&got))
			require.Equal(t, want, got)
		}
		pool, err := db.Table("customers").Clauses(dbresolver.Write).DB()
		require.NoError(t, err)
		require.Equal(t, 5, pool.Stats().MaxOpenConnections)
	})
}

// What the plugin is for with SQLite: one connection writes, many read, all on
// one file.
func TestResolverOneFile(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		file := filepath.Join(t.TempDir(), "one.db")
		db := openFile(t, file, prepare)
		require.NoError(t, db.AutoMigrate(&invoice{}))
		readers := openFile(t, "file:"+file+"?mode=ro", false)
		pool, err := readers.DB()
		require.NoError(t, err)
		require.NoError(t, db.Use(dbresolver.Register(dbresolver.Config{
			Replicas: []gorm.Dialector{libsql.New(libsql.Config{Conn: pool})},
		})))
		writer, err := db.DB()
		require.NoError(t, err)
		writer.SetMaxOpenConns(1)

		var wg sync.WaitGroup
		errs := make(chan error, 8)
		for i := range 8 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for j := range 25 {
					row := invoice{Place: fmt.Sprint(i, "/", j)}
					if err := db.Create(&row).Error; err != nil {
						errs <- err
						return
					}
					if err := db.First(&invoice{}, row.ID).Error; err != nil {
						errs <- fmt.Errorf("the row just written: %w", err)
						return
					}
				}
			}()
		}
		wg.Wait()
		close(errs)
		require.NoError(t, <-errs)
		var n int64
		require.NoError(t, db.Model(&invoice{}).Count(&n).Error)
		require.EqualValues(t, 200, n)
		require.ErrorIs(t, readers.Create(&invoice{}).Error, driver.ErrReadOnly)

		// Migrations go to the writer.
		require.NoError(t, db.AutoMigrate(&customer{}, &product{}))
		require.True(t, db.Migrator().HasTable(&customer{}))
	})
}
