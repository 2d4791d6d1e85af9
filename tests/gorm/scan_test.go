package gormtest

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

func text(v any) string { return fmt.Sprint(v) }

func TestScan(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		type result struct {
			Name string
			Age  int
		}
		var r result
		done(t, db.Table("people").Select("name", "age").Where("name = ?", "Ben").Scan(&r), 1)
		require.Equal(t, result{"Ben", 40}, r)
		r = result{}
		done(t, db.Raw("SELECT name, age FROM people WHERE id = ?", 3).Scan(&r), 1)
		require.Equal(t, result{"Cleo", 30}, r)
		var rs []result
		done(t, db.Raw("SELECT name, age FROM people WHERE age = @age ORDER BY id", sql.Named("age", 30)).Scan(&rs), 2)
		require.Equal(t, []result{{"Anna", 30}, {"Cleo", 30}}, rs)
		var ptrs []*result
		done(t, db.Raw("SELECT name FROM people WHERE id < ? ORDER BY id", 3).Scan(&ptrs), 2)
		require.Equal(t, []*result{{Name: "Anna"}, {Name: "Ben"}}, ptrs)
		m := map[string]any{}
		done(t, db.Raw("SELECT name, age, NULL AS none FROM people WHERE id = 1").Scan(&m), 1)
		require.Equal(t, map[string]any{"name": "Anna", "age": int64(30), "none": nil}, m)
		var ms []map[string]any
		done(t, db.Model(&person{}).Select("id", "name").Where("id > 3").Order("id").Find(&ms), 2)
		require.Equal(t, []map[string]any{{"id": uint(4), "name": "Dan"}, {"id": uint(5), "name": "Eve"}}, ms)
		ms = nil
		done(t, db.Table("people").Select("id", "name").Where("id > 4").Find(&ms), 1)
		require.Equal(t, []map[string]any{{"id": int64(5), "name": "Eve"}}, ms)
		var n int
		done(t, db.Raw("SELECT sum(age) FROM people").Scan(&n), 1)
		require.Equal(t, 170, n)
		var s sql.NullString
		done(t, db.Raw("SELECT NULL").Scan(&s), 1)
		require.False(t, s.Valid)
		var ns []int
		done(t, db.Raw("SELECT age FROM people ORDER BY id").Scan(&ns), 5)
		require.Equal(t, []int{30, 40, 30, 20, 50}, ns)
		done(t, db.Raw("SELECT name FROM people WHERE id = 99").Scan(&r), 0)
		var a, b string
		require.NoError(t, db.Raw("SELECT name, city FROM people WHERE id = 2").Row().Scan(&a, &b))
		require.Equal(t, "Ben Bonn", a+" "+b)
		require.ErrorIs(t, db.Raw("SELECT name FROM people WHERE id = 99").Row().Scan(&a), sql.ErrNoRows)
	})
}

func TestCTEs(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var rs []cityAge
		done(t, db.Raw("WITH sums AS (SELECT city, sum(age) AS total FROM people WHERE age > ? GROUP BY city) SELECT * FROM sums WHERE total > ? ORDER BY city", 0, 55).Scan(&rs), 2)
		require.Equal(t, []cityAge{{"Bern", 60}, {"Bonn", 60}}, rs)
		var ns []int
		done(t, db.Raw("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) SELECT n FROM c", 4).Scan(&ns), 4)
		require.Equal(t, []int{1, 2, 3, 4}, ns)
		done(t, db.Exec("WITH old AS (SELECT id FROM people WHERE age > ?) UPDATE people SET city = 'x' WHERE id IN old", 30), 2)
		require.Equal(t, "1 Anna 30 Bern, 2 Ben 40 x, 3 Cleo 30 Bern, 4 Dan 20 Bonn, 5 Eve 50 x", people(t, db))
	})
}

func TestExec(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		done(t, db.Exec("UPDATE people SET age = ? WHERE city = ?", gorm.Expr("age * ? + ?", 2, 1), "Bonn"), 2)
		done(t, db.Exec("UPDATE people SET city = @city WHERE name IN @names AND city <> @city", map[string]any{"city": "Y", "names": []string{"Anna", "Eve"}}), 2)
		require.Equal(t, "1 Anna 30 Y, 2 Ben 81 Bonn, 3 Cleo 30 Bern, 4 Dan 41 Bonn, 5 Eve 50 Y", people(t, db))
		done(t, db.Exec("DELETE FROM people WHERE id IN ?", []int{1, 2, 99}), 2)
		done(t, db.Exec("DROP TABLE people"), 0)
		require.Error(t, db.First(&person{}).Error)
	})
}

func TestRowsAndScanRows(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		rows, err := db.Model(&person{}).Where("age >= ?", 30).Order("id").Rows()
		require.NoError(t, err)
		var ps []person
		for rows.Next() {
			var p person
			require.NoError(t, db.ScanRows(rows, &p))
			ps = append(ps, p)
			// The pool has another connection for what is done meanwhile.
			done(t, db.Model(&person{}).Where("id = ?", p.ID).Update("city", "seen"), 1)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.Equal(t, []person{{1, "Anna", 30, "Bern"}, {2, "Ben", 40, "Bonn"}, {3, "Cleo", 30, "Bern"}, {5, "Eve", 50, "Ulm"}}, ps)
		require.Equal(t, "1 Anna 30 seen, 2 Ben 40 seen, 3 Cleo 30 seen, 4 Dan 20 Bonn, 5 Eve 50 seen", people(t, db))

		rows, err = db.Raw("SELECT name, age FROM people WHERE id = 1").Rows()
		require.NoError(t, err)
		require.True(t, rows.Next())
		m := map[string]any{}
		require.NoError(t, db.ScanRows(rows, &m))
		require.Equal(t, map[string]any{"name": "Anna", "age": int64(30)}, m)
		require.NoError(t, rows.Close())
	})
}

// A transaction has one connection, for open rows and for what is done
// meanwhile.
func TestRowsInATransaction(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
			rows, err := tx.Model(&person{}).Where("age >= ?", 30).Order("id").Rows()
			require.NoError(t, err)
			defer rows.Close()
			n := 0
			for rows.Next() {
				var p person
				require.NoError(t, tx.ScanRows(rows, &p))
				done(t, tx.Model(&p).Update("city", "seen"), 1)
				require.ErrorIs(t, tx.Transaction(func(tx *gorm.DB) error {
					done(t, tx.Model(&p).Update("age", 0), 1)
					return errStop
				}), errStop)
				var again person
				done(t, tx.First(&again, p.ID), 1)
				require.Equal(t, p.Name, again.Name)
				n++
			}
			require.NoError(t, rows.Err())
			require.Equal(t, 4, n)
			return nil
		}))
		require.Equal(t, "1 Anna 30 seen, 2 Ben 40 seen, 3 Cleo 30 seen, 4 Dan 20 Bonn, 5 Eve 50 seen", people(t, db))
	})
}

func TestFindInBatches(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var ps []person
		var seen []string
		done(t, db.Where("id <> ?", 2).FindInBatches(&ps, 2, func(tx *gorm.DB, batch int) error {
			seen = append(seen, fmt.Sprintln(batch, tx.RowsAffected, names(ps)))
			for i := range ps {
				ps[i].Age++
			}
			return tx.Save(&ps).Error
		}), 4)
		require.Equal(t, []string{"1 2 Anna Cleo\n", "2 2 Dan Eve\n"}, seen)
		require.Equal(t, "1 Anna 31 Bern, 2 Ben 40 Bonn, 3 Cleo 31 Bern, 4 Dan 21 Bonn, 5 Eve 51 Ulm", people(t, db))

		// What is changed so that it matches no more is not found again.
		n := 0
		done(t, db.Where("city <> ?", "gone").FindInBatches(&ps, 2, func(tx *gorm.DB, _ int) error {
			n += len(ps)
			return tx.Model(&ps).Update("city", "gone").Error
		}), 5)
		require.Equal(t, 5, n)

		calls := 0
		tx := db.FindInBatches(&ps, 2, func(*gorm.DB, int) error { calls++; return errStop })
		require.ErrorIs(t, tx.Error, errStop)
		require.Equal(t, 1, calls)
		seen = nil
		done(t, db.Limit(3).Offset(1).FindInBatches(&ps, 2, func(_ *gorm.DB, batch int) error { seen = append(seen, names(ps)); return nil }), 3)
		require.Equal(t, []string{"Ben Cleo", "Dan"}, seen)
		done(t, db.Where("id > 9").FindInBatches(&ps, 2, func(*gorm.DB, int) error { return errors.New("called") }), 0)
		var keyless []keylessPerson
		require.ErrorIs(t, db.FindInBatches(&keyless, 2, func(*gorm.DB, int) error { return nil }).Error, gorm.ErrPrimaryKeyRequired)
	})
}

func TestFirstOrInit(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range []struct {
			what     string
			do       func(p *person) *gorm.DB
			affected int64
			want     person
		}{
			{"found", func(p *person) *gorm.DB { return db.Where(person{Name: "Ben"}).FirstOrInit(p) }, 1, person{2, "Ben", 40, "Bonn"}},
			{"not found", func(p *person) *gorm.DB { return db.FirstOrInit(p, person{Name: "new"}) }, 0, person{Name: "new"}},
			{"map", func(p *person) *gorm.DB { return db.FirstOrInit(p, map[string]any{"name": "new"}) }, 0, person{Name: "new"}},
			{"text", func(p *person) *gorm.DB { return db.Where("name = ?", "new").FirstOrInit(p) }, 0, person{}},
			{"Attrs, not found", func(p *person) *gorm.DB { return db.Where(person{Name: "new"}).Attrs(person{Age: 9}).FirstOrInit(p) }, 0, person{Name: "new", Age: 9}},
			{"Attrs, found", func(p *person) *gorm.DB { return db.Where(person{Name: "Ben"}).Attrs("age", 9).FirstOrInit(p) }, 1, person{2, "Ben", 40, "Bonn"}},
			{"Attrs by name", func(p *person) *gorm.DB { return db.Where(person{Name: "new"}).Attrs("age", 9).FirstOrInit(p) }, 0, person{Name: "new", Age: 9}},
			{"Assign, found", func(p *person) *gorm.DB { return db.Where(person{Name: "Ben"}).Assign(person{Age: 9}).FirstOrInit(p) }, 1, person{2, "Ben", 9, "Bonn"}},
			{"Assign, not found", func(p *person) *gorm.DB {
				return db.Where(person{Name: "new"}).Assign(map[string]any{"age": 9}).FirstOrInit(p)
			}, 0, person{Name: "new", Age: 9}},
		} {
			var p person
			done(t, c.do(&p), c.affected)
			require.Equal(t, c.want, p, c.what)
		}
		require.Equal(t, allPeople, people(t, db), "nothing is stored")
	})
}

func TestFirstOrCreate(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var p person
		done(t, db.FirstOrCreate(&p, person{Name: "new"}), 1)
		require.Equal(t, person{ID: 6, Name: "new"}, p)
		p = person{}
		done(t, db.Where(person{Name: "new"}).FirstOrCreate(&p), 0)
		require.EqualValues(t, 6, p.ID)
		p = person{}
		done(t, db.Where(person{Name: "more"}).Attrs(person{Age: 9}).FirstOrCreate(&p), 1)
		require.Equal(t, person{ID: 7, Name: "more", Age: 9}, p)
		p = person{}
		done(t, db.Where(person{Name: "Ben"}).Attrs(person{Age: 9}).FirstOrCreate(&p), 0)
		require.Equal(t, 40, p.Age)
		p = person{}
		done(t, db.Where(person{Name: "Ben"}).Assign(person{Age: 9}).FirstOrCreate(&p), 1)
		require.Equal(t, person{2, "Ben", 9, "Bonn"}, p)
		p = person{}
		done(t, db.Where(person{Name: "last"}).Assign(map[string]any{"age": 8}).FirstOrCreate(&p), 1)
		require.Equal(t, person{ID: 8, Name: "last", Age: 8}, p)
		require.Equal(t, "1 Anna 30 Bern, 2 Ben 9 Bonn, 3 Cleo 30 Bern, 4 Dan 20 Bonn, 5 Eve 50 Ulm, 6 new 0 , 7 more 9 , 8 last 8 ", people(t, db))
	})
}

func olderThan(age int) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Where("age > ?", age) }
}

func inCities(cities ...string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Scopes(olderThan(25)).Where("city IN ?", cities) }
}

func page(page, size int) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Offset((page - 1) * size).Limit(size) }
}

func tableOf(name string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Table(name) }
}

func TestScopes(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.Exec("CREATE TABLE old_people AS SELECT * FROM people WHERE age > 35").Error)
		var ps []person
		done(t, db.Scopes(olderThan(30)).Order("id").Find(&ps), 2)
		require.Equal(t, "Ben Eve", names(ps))
		done(t, db.Scopes(inCities("Bern", "Bonn")).Order("id").Find(&ps), 3)
		require.Equal(t, "Anna Ben Cleo", names(ps))
		done(t, db.Scopes(page(2, 2)).Order("id").Find(&ps), 2)
		require.Equal(t, "Cleo Dan", names(ps))
		var n int64
		require.NoError(t, db.Model(&person{}).Scopes(olderThan(30), inCities("Bonn")).Count(&n).Error)
		require.EqualValues(t, 1, n)
		done(t, db.Scopes(tableOf("old_people")).Order("id").Find(&ps), 2)
		require.Equal(t, "Ben Eve", names(ps))
		done(t, db.Scopes(olderThan(30)).Model(&person{}).Update("city", "x"), 2)
		done(t, db.Scopes(tableOf("old_people"), olderThan(45)).Delete(&person{}), 1)
		require.Equal(t, "1 Anna 30 Bern, 2 Ben 40 x, 3 Cleo 30 Bern, 4 Dan 20 Bonn, 5 Eve 50 x", people(t, db))
		require.Equal(t, "Ben", show(t, db, "SELECT name FROM old_people"))
	})
}
