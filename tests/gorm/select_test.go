package gormtest

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type cityAge struct {
	City  string
	Total int
}

func TestSelect(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var ps []person
		require.NoError(t, db.Select("name", "age").Where("id = 2").Find(&ps).Error)
		require.Equal(t, []person{{Name: "Ben", Age: 40}}, ps)
		require.NoError(t, db.Select([]string{"Name"}).Where("id = 2").Find(&ps).Error)
		require.Equal(t, []person{{Name: "Ben"}}, ps)
		require.NoError(t, db.Select("id, upper(name) AS name").Where("id = 2").Find(&ps).Error)
		require.Equal(t, []person{{ID: 2, Name: "BEN"}}, ps)
		require.NoError(t, db.Select("name, age + ? AS age", 5).Where("id = ?", 2).Find(&ps).Error)
		require.Equal(t, []person{{Name: "Ben", Age: 45}}, ps)
		require.NoError(t, db.Omit("Age", "city").Where("id = 2").Find(&ps).Error)
		require.Equal(t, []person{{ID: 2, Name: "Ben"}}, ps)
		var n int
		require.NoError(t, db.Table("people").Select("COALESCE(max(age), ?)", 1).Scan(&n).Error)
		require.Equal(t, 50, n)
		require.NoError(t, db.Table("people").Where("1 = 0").Select("COALESCE(max(age), ?)", 42).Row().Scan(&n))
		require.Equal(t, 42, n)
		require.NoError(t, db.Model(&person{}).Select("max(age) + @more", map[string]any{"more": 7}).Scan(&n).Error)
		require.Equal(t, 57, n)
		// A subquery among the columns.
		var out []struct {
			Name  string
			Above int
		}
		require.NoError(t, db.Model(&person{}).Select("name, (?) AS above", db.Table("people AS o").Select("count(*)").Where("o.age > people.age")).
			Where("id IN ?", []int{1, 5}).Order("id").Find(&out).Error)
		require.Equal(t, "[{Anna 2} {Eve 0}]", text(out))
	})
}

// Of a smaller struct only the fields are selected, and with QueryFields all
// fields by name.
func TestSmartSelect(t *testing.T) {
	type small struct {
		ID   uint
		Name string
	}
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var s []small
		require.NoError(t, db.Model(&person{}).Limit(2).Find(&s).Error)
		require.Equal(t, []small{{1, "Anna"}, {2, "Ben"}}, s)
		query := db.ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Model(&person{}).Limit(2).Find(&s) })
		require.Equal(t, "SELECT `people`.`id`,`people`.`name` FROM `people` LIMIT 2", query)
		var p person
		query = db.Session(&gorm.Session{QueryFields: true}).ToSQL(func(tx *gorm.DB) *gorm.DB { return tx.Find(&p) })
		require.Equal(t, "SELECT `people`.`id`,`people`.`name`,`people`.`age`,`people`.`city` FROM `people`", query)
		require.NoError(t, db.Session(&gorm.Session{QueryFields: true}).First(&p).Error)
		require.Equal(t, person{1, "Anna", 30, "Bern"}, p)
	})
}

func TestGroups(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var r cityAge
		require.NoError(t, db.Model(&person{}).Select("city, sum(age) AS total").Where("name <> ?", "Eve").Group("city").Order("city").First(&r).Error)
		require.Equal(t, cityAge{"Bern", 60}, r)
		var rs []cityAge
		done(t, db.Model(&person{}).Select("city, sum(age) AS total").Group("city").Having("total >= ?", 60).Order("city").Find(&rs), 2)
		require.Equal(t, []cityAge{{"Bern", 60}, {"Bonn", 60}}, rs)
		rs = nil
		done(t, db.Table("people").Select("city, count(*) AS total").Group("people.city").Having("city = ?", "Ulm").Scan(&rs), 1)
		require.Equal(t, []cityAge{{"Ulm", 1}}, rs)
		rs = nil
		done(t, db.Model(&person{}).Select("city, max(age) total").Group("city, age > 30").Order("city, total").Find(&rs), 4)
		require.Equal(t, []cityAge{{"Bern", 30}, {"Bonn", 20}, {"Bonn", 40}, {"Ulm", 50}}, rs)
		rs = nil
		avg := db.Table("people").Select("avg(age)")
		done(t, db.Model(&person{}).Select("city, avg(age) AS total").Group("city").Having("avg(age) > (?)", avg).Find(&rs), 1)
		require.Equal(t, []cityAge{{"Ulm", 50}}, rs)

		rows, err := db.Table("people").Select("city, sum(age) AS total").Group("city").Order("city").Rows()
		require.NoError(t, err)
		defer rows.Close()
		var cities string
		for rows.Next() {
			var city string
			var total int
			require.NoError(t, rows.Scan(&city, &total))
			cities += city
		}
		require.NoError(t, rows.Err())
		require.Equal(t, "BernBonnUlm", cities)
	})
}

func TestDistinct(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var ps []person
		done(t, db.Distinct("city", "age").Order("city, age DESC").Find(&ps), 4)
		require.Equal(t, []person{{City: "Bern", Age: 30}, {City: "Bonn", Age: 40}, {City: "Bonn", Age: 20}, {City: "Ulm", Age: 50}}, ps)
		var cities []string
		done(t, db.Model(&person{}).Distinct().Order("city").Pluck("City", &cities), 3)
		require.Equal(t, []string{"Bern", "Bonn", "Ulm"}, cities)
		cities = nil
		done(t, db.Model(&person{}).Distinct("city").Order("city DESC").Pluck("city", &cities), 3)
		require.Equal(t, []string{"Ulm", "Bonn", "Bern"}, cities)
	})
}

func TestCounts(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range []struct {
			what string
			tx   *gorm.DB
			want int64
		}{
			{"all", db.Model(&person{}), 5},
			{"condition", db.Model(&person{}).Where("age = ?", 30).Or("name = ?", "Eve"), 3},
			{"table", db.Table("people"), 5},
			{"distinct", db.Model(&person{}).Distinct("city"), 3},
			{"count(distinct)", db.Table("people").Select("count(distinct(city))"), 3},
			{"group", db.Model(&person{}).Group("city"), 3},
			{"group of nothing", db.Model(&person{}).Where("id > 9").Group("city"), 0},
			{"one group", db.Model(&person{}).Where("city = ?", "Bern").Group("city"), 1},
			{"having", db.Model(&person{}).Group("city").Having("count(*) > 1"), 2},
			{"column", db.Model(&person{}).Select("age"), 5},
			{"two columns", db.Model(&person{}).Select("age", "city"), 5},
			{"order", db.Model(&person{}).Order("age DESC"), 5},
			{"subquery", db.Table("(?) AS q", db.Model(&person{}).Select("age").Group("age")), 4},
		} {
			var n int64
			require.NoError(t, c.tx.Count(&n).Error, c.what)
			require.Equal(t, c.want, n, c.what)
		}
		// Count does not stand in the way of what comes after it.
		var n int64
		var ps []person
		tx := db.Model(&person{}).Where("age = 30").Order("name DESC")
		require.NoError(t, tx.Count(&n).Limit(1).Find(&ps).Error)
		require.EqualValues(t, 2, n)
		require.Equal(t, "Cleo", names(ps))
	})
}

func TestPluck(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var ages []int64
		done(t, db.Model(&person{}).Order("id").Pluck("age", &ages), 5)
		require.Equal(t, []int64{30, 40, 30, 20, 50}, ages)
		var all []string
		done(t, db.Table("people").Where("age > 30").Order("id").Pluck("name || ' ' || city", &all), 2)
		require.Equal(t, []string{"Ben Bonn", "Eve Ulm"}, all)
		all = nil
		done(t, db.Model(&person{}).Select("city AS c").Order("id").Limit(1).Pluck("c", &all), 1)
		require.Equal(t, []string{"Bern"}, all)
		var ids []uint
		done(t, db.Model(&person{}).Where([]int{2, 4}).Pluck("ID", &ids), 2)
		require.Equal(t, []uint{2, 4}, ids)
		var cities []sql.NullString
		require.NoError(t, db.Exec("UPDATE people SET city = NULL WHERE id = 2").Error)
		done(t, db.Model(&person{}).Where("id < 3").Order("id").Pluck("city", &cities), 2)
		require.Equal(t, []sql.NullString{{String: "Bern", Valid: true}, {}}, cities)
		var one string
		done(t, db.Model(&person{}).Where("id = 3").Pluck("name", &one), 1)
		require.Equal(t, "Cleo", one)
		require.Error(t, db.Model(&person{}).Pluck("missing", &all).Error)
	})
}

func TestDerivedTables(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var ps []person
		done(t, db.Table("(?) AS u", db.Model(&person{}).Select("name", "age").Where("city = ?", "Bern")).Where("age = ?", 30).Order("name").Find(&ps), 2)
		require.Equal(t, []person{{Name: "Anna", Age: 30}, {Name: "Cleo", Age: 30}}, ps)
		var pairs []struct{ A, B string }
		done(t, db.Table("(?) AS a, (?) AS b", db.Model(&person{}).Where("age = ?", 30), db.Model(&person{}).Where("age = ?", 20)).
			Select("a.name AS a, b.name AS b").Where("a.id > ?", 1).Find(&pairs), 1)
		require.Equal(t, "[{Cleo Dan}]", text(pairs))
		done(t, db.Table("people AS p").Where("p.age < ?", 30).Find(&ps), 1)
		require.Equal(t, "Dan", names(ps))
		done(t, db.Table("main.people").Where("age < ?", 30).Find(&ps), 1)
	})
}

func TestWindowFunctions(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var ranked []struct {
			Name string
			N    int
			Sum  int
		}
		done(t, db.Model(&person{}).Select("name, row_number() OVER (PARTITION BY city ORDER BY age DESC, id) AS n, sum(age) OVER (PARTITION BY city) AS sum").
			Where("age > ?", 0).Order("id").Find(&ranked), 5)
		require.Equal(t, "[{Anna 1 60} {Ben 1 60} {Cleo 2 60} {Dan 2 60} {Eve 1 50}]", text(ranked))
		var firsts []person
		inner := db.Model(&person{}).Select("*, row_number() OVER w AS rn").Where("1 = 1 WINDOW w AS (PARTITION BY city ORDER BY age)")
		done(t, db.Table("(?) AS r", inner).Where("rn = 1").Order("id").Find(&firsts), 3)
		require.Equal(t, "Anna Dan Eve", names(firsts))
	})
}

// A hint is a clause that writes a comment, or SQLite's INDEXED BY.
type hint struct{ clause, before, after string }

func (h hint) ModifyStatement(stmt *gorm.Statement) {
	c := stmt.Clauses[h.clause]
	if h.before != "" {
		c.BeforeExpression = clause.Expr{SQL: h.before}
	}
	if h.after != "" {
		c.AfterExpression = clause.Expr{SQL: h.after}
	}
	stmt.Clauses[h.clause] = c
}

func (hint) Build(clause.Builder) {}

func TestHints(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		require.NoError(t, db.Exec("CREATE INDEX by_age ON people(age)").Error)
		var ps []person
		done(t, db.Clauses(hint{"SELECT", "/* before */", ""}).Where("age = 50").Find(&ps), 1)
		done(t, db.Clauses(hint{"FROM", "", "INDEXED BY by_age"}).Where("age = ?", 20).Find(&ps), 1)
		require.Equal(t, "Dan", names(ps))
		require.Error(t, db.Clauses(hint{"FROM", "", "INDEXED BY no_such_index"}).Find(&ps).Error)
		done(t, db.Clauses(hint{"INSERT", "/* before */", ""}).Create(&person{Name: "x"}), 1)
		done(t, db.Clauses(hint{"UPDATE", "/* before */", ""}).Model(&person{}).Where("name = ?", "x").Update("age", 1), 1)
		done(t, db.Clauses(hint{"DELETE", "/* before */", ""}).Where("name = ?", "x").Delete(&person{}), 1)
		require.Equal(t, allPeople, people(t, db))
	})
}
