package gormtest

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

type keylessPerson struct {
	Name string
	Age  int
}

func (keylessPerson) TableName() string { return "people" }

func TestOneObject(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		anna, eve := person{1, "Anna", 30, "Bern"}, person{5, "Eve", 50, "Ulm"}
		var p person
		done(t, db.First(&p), 1)
		require.Equal(t, anna, p)
		p = person{}
		done(t, db.Last(&p), 1)
		require.Equal(t, eve, p)
		p = person{}
		done(t, db.Take(&p, "name = ?", "Eve"), 1)
		require.Equal(t, eve, p)
		// The key in the destination is a condition.
		p = person{ID: 3}
		done(t, db.First(&p), 1)
		require.Equal(t, "Cleo", p.Name)
		m := map[string]any{}
		done(t, db.Model(&person{}).First(&m), 1)
		require.Equal(t, "Anna", m["name"])
		m = map[string]any{}
		done(t, db.Table("people").Take(&m), 1)
		require.Equal(t, map[string]any{"id": int64(1), "name": "Anna", "age": int64(30), "city": "Bern"}, m)
		k := keylessPerson{}
		done(t, db.First(&k), 1)
		require.Equal(t, keylessPerson{"Anna", 30}, k, "without a key, by the first field")
		p = person{}
		done(t, db.Limit(1).Find(&p), 1)
		require.Equal(t, anna, p)

		for _, find := range []func(any, ...any) *gorm.DB{db.First, db.Last, db.Take} {
			tx := find(&person{}, "name = ?", "nobody")
			require.ErrorIs(t, tx.Error, gorm.ErrRecordNotFound)
			require.Zero(t, tx.RowsAffected)
		}
		done(t, db.Find(&person{}, "name = ?", "nobody"), 0)
		done(t, db.Find(&[]person{}, 99), 0)
		require.ErrorIs(t, db.First(&person{ID: 99}).Error, gorm.ErrRecordNotFound)
	})
}

func TestByKey(t *testing.T) {
	each(t, models(&person{}, &tracked{}), func(t *testing.T, db *gorm.DB) {
		fill(t, db)
		var p person
		done(t, db.First(&p, 2), 1)
		require.Equal(t, "Ben", p.Name)
		p = person{}
		done(t, db.First(&p, "3"), 1)
		require.Equal(t, "Cleo", p.Name)
		var ps []person
		done(t, db.Find(&ps, []int{1, 3, 99}), 2)
		require.Equal(t, "Anna Cleo", names(ps))
		done(t, db.Create(&[]tracked{{Code: "a-b"}, {Code: "1"}}), 2)
		var c tracked
		done(t, db.First(&c, "code = ?", "a-b"), 1)
		require.Equal(t, "a-b", c.Code)
		var cs []tracked
		done(t, db.Find(&cs, []string{"a-b", "1"}), 2)
	})
}

// Every kind of condition, by the names of those that it finds.
func TestConditions(t *testing.T) {
	type list = []string
	cases := []struct {
		what string
		with func(db *gorm.DB) *gorm.DB
		want string
	}{
		{"=", func(db *gorm.DB) *gorm.DB { return db.Where("name = ?", "Ben") }, "Ben"},
		{"<>", func(db *gorm.DB) *gorm.DB { return db.Where("name <> ?", "Ben") }, "Anna Cleo Dan Eve"},
		{"IN", func(db *gorm.DB) *gorm.DB { return db.Where("name IN ?", list{"Ben", "Eve", "x"}) }, "Ben Eve"},
		{"IN ()", func(db *gorm.DB) *gorm.DB { return db.Where("name IN (?)", list{"Ben", "Eve"}) }, "Ben Eve"},
		{"IN nothing", func(db *gorm.DB) *gorm.DB { return db.Where("name IN ?", list{}) }, ""},
		{"NOT IN nothing", func(db *gorm.DB) *gorm.DB { return db.Where("name NOT IN ?", list{"x"}) }, "Anna Ben Cleo Dan Eve"},
		{"LIKE", func(db *gorm.DB) *gorm.DB { return db.Where("name LIKE ?", "%n%") }, "Anna Ben Dan"},
		{"AND", func(db *gorm.DB) *gorm.DB { return db.Where("city = ? AND age >= ?", "Bonn", 30) }, "Ben"},
		{"BETWEEN", func(db *gorm.DB) *gorm.DB { return db.Where("age BETWEEN ? AND ?", 30, 40) }, "Anna Ben Cleo"},
		{"no values", func(db *gorm.DB) *gorm.DB { return db.Where("age = 20") }, "Dan"},
		{"chain", func(db *gorm.DB) *gorm.DB { return db.Where("age = ?", 30).Where("name = ?", "Cleo") }, "Cleo"},
		{"struct", func(db *gorm.DB) *gorm.DB { return db.Where(&person{Age: 30, City: "Bern"}) }, "Anna Cleo"},
		{"struct, zero values", func(db *gorm.DB) *gorm.DB { return db.Where(person{Name: "Anna", Age: 0}) }, "Anna"},
		{"struct, chosen fields", func(db *gorm.DB) *gorm.DB { return db.Where(&person{Name: "Anna"}, "name", "Age") }, ""},
		{"struct, one field", func(db *gorm.DB) *gorm.DB { return db.Where(&person{Name: "Anna"}, "Age") }, ""},
		{"map", func(db *gorm.DB) *gorm.DB { return db.Where(map[string]any{"Age": 30, "name": "Cleo"}) }, "Cleo"},
		{"map with a slice", func(db *gorm.DB) *gorm.DB { return db.Where(map[string]any{"name": list{"Anna", "Dan"}}) }, "Anna Dan"},
		{"map with nil", func(db *gorm.DB) *gorm.DB { return db.Where(map[string]any{"name": nil}) }, ""},
		{"keys", func(db *gorm.DB) *gorm.DB { return db.Where([]int64{2, 4}) }, "Ben Dan"},
		{"a key", func(db *gorm.DB) *gorm.DB { return db.Where(4) }, "Dan"},
		{"inline", func(db *gorm.DB) *gorm.DB { return db.Session(&gorm.Session{}) }, "Anna Ben Cleo Dan Eve"},
		{"Not", func(db *gorm.DB) *gorm.DB { return db.Not("name = ?", "Ben") }, "Anna Cleo Dan Eve"},
		{"Not map", func(db *gorm.DB) *gorm.DB { return db.Not(map[string]any{"name": list{"Ben", "Eve"}}) }, "Anna Cleo Dan"},
		{"Not struct", func(db *gorm.DB) *gorm.DB { return db.Not(person{Name: "Anna", Age: 30}) }, "Ben Dan Eve"},
		{"Not keys", func(db *gorm.DB) *gorm.DB { return db.Not([]int64{1, 2, 3}) }, "Dan Eve"},
		{"Not group", func(db *gorm.DB) *gorm.DB { return db.Not(db.Where("city = ?", "Bern").Or("city = ?", "Ulm")) }, "Ben Dan"},
		{"Or", func(db *gorm.DB) *gorm.DB { return db.Where("name = ?", "Ben").Or("age = ?", 50) }, "Ben Eve"},
		{"Or struct", func(db *gorm.DB) *gorm.DB { return db.Where("name = 'Dan'").Or(person{Age: 30, Name: "Cleo"}) }, "Cleo Dan"},
		{"Or map", func(db *gorm.DB) *gorm.DB { return db.Where("name = 'Dan'").Or(map[string]any{"age": 40}) }, "Ben Dan"},
		{"group", func(db *gorm.DB) *gorm.DB {
			return db.Where(db.Where("city = ?", "Bonn").Where(db.Where("age = ?", 20).Or("age = ?", 30))).
				Or(db.Where("city = ?", "Bern").Where("name = ?", "Cleo"))
		}, "Cleo Dan"},
		{"@name", func(db *gorm.DB) *gorm.DB {
			return db.Where("name = @name OR city = @city OR name = @name", sql.Named("name", "Ben"), sql.Named("city", "Ulm"))
		}, "Ben Eve"},
		{"@name of a map", func(db *gorm.DB) *gorm.DB {
			return db.Where("name = @name OR age IN @ages", map[string]any{"name": "Ben", "ages": []int{20, 50}})
		}, "Ben Dan Eve"},
		{"@Name of a struct", func(db *gorm.DB) *gorm.DB {
			return db.Where("name = @Name AND age = @Age", person{Name: "Cleo", Age: 30})
		}, "Cleo"},
		{"row values", func(db *gorm.DB) *gorm.DB {
			return db.Where("(name, age, city) IN ?", [][]any{{"Anna", 30, "Bern"}, {"Ben", 40, "Bern"}, {"Dan", 20, "Bonn"}})
		}, "Anna Dan"},
		{"row value", func(db *gorm.DB) *gorm.DB { return db.Where("(age, city) = (?, ?)", 30, "Bern") }, "Anna Cleo"},
		{"clause.IN of columns", func(db *gorm.DB) *gorm.DB {
			return db.Where(clause.IN{Column: []clause.Column{{Name: "age"}, {Name: "city"}}, Values: []any{[]any{30, "Bern"}, []any{50, "Ulm"}}})
		}, "Anna Cleo Eve"},
		{"clauses", func(db *gorm.DB) *gorm.DB {
			return db.Where(clause.Or(clause.Eq{Column: "name", Value: "Eve"}, clause.And(clause.Gt{Column: "age", Value: 30}, clause.Neq{Column: "city", Value: "Ulm"})))
		}, "Ben Eve"},
		{"clause.Like", func(db *gorm.DB) *gorm.DB {
			return db.Clauses(clause.Like{Column: "name", Value: "%e%"}, clause.Not(clause.Lte{Column: "age", Value: 40}))
		}, "Eve"},
		{"subquery", func(db *gorm.DB) *gorm.DB {
			return db.Where("age > (?)", db.Session(&gorm.Session{NewDB: true}).Model(&person{}).Select("avg(age)"))
		}, "Ben Eve"},
		{"subquery of a raw text", func(db *gorm.DB) *gorm.DB {
			return db.Where("id IN (?)", db.Session(&gorm.Session{NewDB: true}).Raw("SELECT id FROM people WHERE age = ?", 30)).Where("name > ?", "B")
		}, "Cleo"},
		{"correlated", func(db *gorm.DB) *gorm.DB {
			return db.Where("EXISTS (?)", db.Session(&gorm.Session{NewDB: true}).Table("people AS p2").Select("1").Where("p2.age = people.age AND p2.id <> people.id"))
		}, "Anna Cleo"},
		{"limit", func(db *gorm.DB) *gorm.DB { return db.Limit(2) }, "Anna Ben"},
		{"limit and offset", func(db *gorm.DB) *gorm.DB { return db.Limit(2).Offset(2) }, "Cleo Dan"},
		{"offset", func(db *gorm.DB) *gorm.DB { return db.Offset(3) }, "Dan Eve"},
		{"limit 0", func(db *gorm.DB) *gorm.DB { return db.Limit(0) }, ""},
		{"limit taken back", func(db *gorm.DB) *gorm.DB { return db.Limit(2).Offset(1).Limit(-1).Offset(-1) }, "Anna Ben Cleo Dan Eve"},
		{"locking", func(db *gorm.DB) *gorm.DB {
			return db.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsNoWait, Table: clause.Table{Name: clause.CurrentTable}}).Where("age = 50")
		}, "Eve"},
		{"locking for share", func(db *gorm.DB) *gorm.DB { return db.Clauses(clause.Locking{Strength: "SHARE"}).Where("age = 50") }, "Eve"},
	}
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range cases {
			for range 2 { // the second time from GORM's statement cache
				var ps []person
				tx := c.with(db).Order("id").Find(&ps)
				require.NoError(t, tx.Error, c.what)
				require.EqualValues(t, len(ps), tx.RowsAffected, c.what)
				require.Equal(t, c.want, names(ps), c.what)
				var n int64
				counted := c.with(db.Model(&person{}))
				if _, limited := counted.Statement.Clauses["LIMIT"]; !limited {
					require.NoError(t, counted.Count(&n).Error, c.what)
					require.EqualValues(t, len(ps), n, c.what)
				}
			}
		}
	})
}

func TestInlineConditions(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range []struct {
			conds []any
			want  string
		}{
			{[]any{"name = ?", "Ben"}, "Ben"},
			{[]any{"name <> ? AND age > ?", "Ben", 30}, "Eve"},
			{[]any{person{Age: 30}}, "Anna Cleo"},
			{[]any{&person{Age: 30, Name: "Cleo"}}, "Cleo"},
			{[]any{map[string]any{"age": 20}}, "Dan"},
			{[]any{"city = @c", map[string]any{"c": "Ulm"}}, "Eve"},
			{[]any{"city = @c", sql.Named("c", "Bonn")}, "Ben Dan"},
			{[]any{[]uint{5, 1}}, "Anna Eve"},
			{[]any{2}, "Ben"},
		} {
			var ps []person
			require.NoError(t, db.Order("id").Find(&ps, c.conds...).Error)
			require.Equal(t, c.want, names(ps))
			var first person
			require.NoError(t, db.First(&first, c.conds...).Error)
			require.Equal(t, ps[0], first)
		}
	})
}

// A session can be used again; a chain that went on cannot be mixed up with it.
func TestSharedConditions(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		base := db.Where("age >= ?", 30).Session(&gorm.Session{})
		var a, b, c []person
		require.NoError(t, base.Where("city = ?", "Bern").Order("id").Find(&a).Error)
		require.NoError(t, base.Where("city = ?", "Bonn").Order("id").Find(&b).Error)
		require.NoError(t, base.Order("id").Find(&c).Error)
		require.Equal(t, "Anna Cleo", names(a))
		require.Equal(t, "Ben", names(b))
		require.Equal(t, "Anna Ben Cleo Eve", names(c))
	})
}

func TestOrders(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range []struct {
			order any
			want  string
		}{
			{"age desc, name", "Eve Ben Anna Cleo Dan"},
			{"city, name DESC", "Cleo Anna Dan Ben Eve"},
			{clause.OrderByColumn{Column: clause.Column{Name: "name"}, Desc: true}, "Eve Dan Cleo Ben Anna"},
			{clause.OrderBy{Columns: []clause.OrderByColumn{{Column: clause.Column{Name: "age"}}, {Column: clause.Column{Name: "id"}, Desc: true}}}, "Dan Cleo Anna Ben Eve"},
			{clause.OrderBy{Expression: clause.Expr{SQL: "CASE id WHEN ? THEN 0 ELSE id END", Vars: []any{3}, WithoutParentheses: true}}, "Cleo Anna Ben Dan Eve"},
		} {
			var ps []person
			require.NoError(t, db.Order(c.order).Find(&ps).Error)
			require.Equal(t, c.want, names(ps))
		}
		var ps []person
		require.NoError(t, db.Order("age").Order("name desc").Find(&ps).Error)
		require.Equal(t, "Dan Cleo Anna Ben Eve", names(ps))
		require.NoError(t, db.Clauses(clause.OrderBy{Expression: clause.Expr{SQL: "id IN (?) DESC, id", Vars: []any{[]int{4, 5}}, WithoutParentheses: true}}).Find(&ps).Error)
		require.Equal(t, "Dan Eve Anna Ben Cleo", names(ps))
		var p person
		require.NoError(t, db.Order("age DESC").First(&p).Error)
		require.Equal(t, "Eve", p.Name)
	})
}
