package gormtest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestGenericCreate(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		p := person{Name: "Fay"}
		result := gorm.WithResult()
		require.NoError(t, gorm.G[person](db, result).Create(ctx, &p))
		require.EqualValues(t, 6, p.ID)
		require.EqualValues(t, 1, result.RowsAffected)
		ps := []person{{Name: "g"}, {Name: "h"}, {Name: "i"}}
		result = gorm.WithResult()
		require.NoError(t, gorm.G[person](db, result).CreateInBatches(ctx, &ps, 2))
		require.EqualValues(t, 9, ps[2].ID)
		require.NoError(t, gorm.G[person](db).Select("Name").Create(ctx, &person{Name: "s", Age: 5}))
		require.NoError(t, gorm.G[person](db).Omit("Name").Create(ctx, &person{Name: "o", Age: 5}))
		require.NoError(t, gorm.G[person](db).Table("main.people").Create(ctx, &person{Name: "t"}))
		require.Equal(t, "6 Fay 0 , 7 g 0 , 8 h 0 , 9 i 0 , 10 s NULL NULL, 11 NULL 5 , 12 t 0 ", show(t, db, "SELECT * FROM people WHERE id > 5 ORDER BY id"))

		// Set names the columns.
		require.NoError(t, gorm.G[person](db).Set(clause.Assignments(map[string]any{"name": "set", "age": 3}), clause.Assignment{Column: clause.Column{Name: "city"}, Value: gorm.Expr("upper(?)", "x")}).Create(ctx))
		require.Equal(t, "13 set 3 X", show(t, db, "SELECT * FROM people WHERE id > 12"))

		failed := gorm.WithResult()
		err := gorm.G[person](db, failed).Create(ctx, &person{ID: 1})
		require.True(t, dbtest.PrimaryKeyTaken(err), err)
		require.True(t, dbtest.PrimaryKeyTaken(failed.Error), failed.Error)
		require.Zero(t, failed.RowsAffected)
	})
}

func TestGenericUpsert(t *testing.T) {
	each(t, models(&account{}), func(t *testing.T, db *gorm.DB) {
		require.NoError(t, gorm.G[account](db).Create(ctx, &account{Name: "a", Hits: 1}))
		require.NoError(t, gorm.G[account](db, clause.OnConflict{DoNothing: true}).Create(ctx, &account{Name: "a", Hits: 2}))
		require.Equal(t, "a 1", show(t, db, "SELECT name, hits FROM accounts"))
		update := clause.OnConflict{Columns: columns("name"), DoUpdates: clause.Assignments(map[string]any{"hits": gorm.Expr("accounts.hits + ?", 5)})}
		result := gorm.WithResult()
		rows := []account{{Name: "a"}, {Name: "b"}}
		require.NoError(t, gorm.G[account](db, update, result).CreateInBatches(ctx, &rows, 10))
		require.EqualValues(t, 2, result.RowsAffected)
		require.Equal(t, "a 6, b 0", show(t, db, "SELECT name, hits FROM accounts ORDER BY name"))
		row := account{Name: "a"}
		require.NoError(t, gorm.G[account](db, update, clause.Returning{}).Create(ctx, &row))
		require.Equal(t, 11, row.Hits)
	})
}

func TestGenericQueries(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		g := gorm.G[person](db)
		p, err := g.First(ctx)
		require.NoError(t, err)
		require.Equal(t, person{1, "Anna", 30, "Bern"}, p)
		p, err = g.Last(ctx)
		require.NoError(t, err)
		require.Equal(t, "Eve", p.Name)
		p, err = g.Where("name = ?", "Ben").Take(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 2, p.ID)
		_, err = g.Where("name = ?", "nobody").First(ctx)
		require.ErrorIs(t, err, gorm.ErrRecordNotFound)
		for _, c := range []struct {
			chain gorm.ChainInterface[person]
			want  string
		}{
			{g.Where("age = ?", 30), "Anna Cleo"},
			{g.Where(person{City: "Bonn"}).Where("age > ?", 30), "Ben"},
			{g.Where(map[string]any{"age": []int{20, 50}}), "Dan Eve"},
			{g.Where("age = @age", map[string]any{"age": 40}), "Ben"},
			{g.Not("age = ?", 30), "Ben Dan Eve"},
			{g.Where("age = 20").Or("age = ?", 50), "Dan Eve"},
			{g.Limit(2), "Anna Ben"},
			{g.Offset(3), "Dan Eve"},
			{g.Where("(age, city) IN ?", [][]any{{30, "Bern"}, {50, "Ulm"}}), "Anna Cleo Eve"},
			{g.Scopes(func(stmt *gorm.Statement) { stmt.Where("age > ?", 35) }), "Ben Eve"},
			{g.Where("id IN (?)", gorm.G[person](db).Select("max(id)").Where("age < ?", 50).Group("city")), "Cleo Dan"},
			{g.Where("age > (?)", db.Model(&person{}).Select("avg(age)")), "Ben Eve"},
		} {
			ps, err := c.chain.Order("id").Find(ctx)
			require.NoError(t, err)
			require.Equal(t, c.want, names(ps))
		}
		n, err := g.Where("age = ?", 30).Count(ctx, "*")
		require.NoError(t, err)
		require.EqualValues(t, 2, n)
		n, err = g.Distinct("city").Count(ctx, "city")
		require.NoError(t, err)
		require.EqualValues(t, 3, n)
		ps, err := g.Select("name", "age").Where("id = 1").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, []person{{Name: "Anna", Age: 30}}, ps)
		ps, err = g.Omit("age", "city").Where("id = 1").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, []person{{ID: 1, Name: "Anna"}}, ps)
		ps, err = g.Select("id, city AS town").MapColumns(map[string]string{"town": "name"}).Where("id = 1").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, []person{{ID: 1, Name: "Bern"}}, ps)
		ps, err = g.Distinct("city").Order("city").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, []person{{City: "Bern"}, {City: "Bonn"}, {City: "Ulm"}}, ps)
		var sums []cityAge
		require.NoError(t, g.Select("city, sum(age) AS total").Group("city").Having("total > ?", 55).Order("city").Scan(ctx, &sums))
		require.Equal(t, []cityAge{{"Bern", 60}, {"Bonn", 60}}, sums)

		// One chain serves twice.
		thirty := g.Where("age = ?", 30)
		for range 2 {
			ps, err = thirty.Where("name > ?", "B").Find(ctx)
			require.NoError(t, err)
			require.Equal(t, "Cleo", names(ps))
			ps, err = thirty.Order("id DESC").Find(ctx)
			require.NoError(t, err)
			require.Equal(t, "Cleo Anna", names(ps))
		}
		require.Equal(t, allPeople, people(t, db))
	})
}

func TestGenericRaw(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		g := gorm.G[person](db)
		ps, err := g.Raw("SELECT * FROM people WHERE age = ? ORDER BY id", 30).Find(ctx)
		require.NoError(t, err)
		require.Equal(t, "Anna Cleo", names(ps))
		age, err := gorm.G[int](db).Raw("SELECT max(age) FROM people").First(ctx)
		require.NoError(t, err)
		require.Equal(t, 50, age)
		m, err := gorm.G[map[string]any](db).Raw("SELECT name, age FROM people WHERE id = ?", 2).Find(ctx)
		require.NoError(t, err)
		require.Equal(t, []map[string]any{{"name": "Ben", "age": int64(40)}}, m)
		var out []cityAge
		require.NoError(t, g.Raw("WITH s AS (SELECT city, sum(age) AS total FROM people GROUP BY city) SELECT * FROM s WHERE total < ?", 60).Scan(ctx, &out))
		require.Equal(t, []cityAge{{"Ulm", 50}}, out)
		var name string
		require.NoError(t, g.Raw("SELECT name FROM people WHERE id = ?", 4).Row(ctx).Scan(&name))
		require.Equal(t, "Dan", name)
		rows, err := g.Where("age = ?", 30).Order("id").Rows(ctx)
		require.NoError(t, err)
		n := 0
		for ; rows.Next(); n++ {
			var p person
			require.NoError(t, db.ScanRows(rows, &p))
			require.Equal(t, 30, p.Age)
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		require.Equal(t, 2, n)
		result := gorm.WithResult()
		require.NoError(t, gorm.G[person](db, result).Exec(ctx, "UPDATE people SET age = age + ? WHERE city = ?", 1, "Bonn"))
		require.EqualValues(t, 2, result.RowsAffected)
		require.Equal(t, "1 Anna 30 Bern, 2 Ben 41 Bonn, 3 Cleo 30 Bern, 4 Dan 21 Bonn, 5 Eve 50 Ulm", people(t, db))
	})
}

func TestGenericUpdatesAndDeletes(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		g := gorm.G[person](db)
		for _, c := range []struct {
			do   func() (int, error)
			rows int
			want string
		}{
			{func() (int, error) { return g.Where("id = ?", 1).Update(ctx, "age", 31) }, 1, "1 Anna 31 Bern"},
			{func() (int, error) { return g.Where("id = ?", 1).Update(ctx, "age", gorm.Expr("age * ?", 2)) }, 1, "1 Anna 62 Bern"},
			{func() (int, error) { return g.Where("id = ?", 1).Updates(ctx, person{Name: "A", Age: 0}) }, 1, "1 A 62 Bern"},
			{func() (int, error) { return g.Where("id = ?", 1).Select("Name", "Age").Updates(ctx, person{Name: "B"}) }, 1, "1 B 0 Bern"},
			{func() (int, error) { return g.Where("id = ?", 1).Omit("Name").Updates(ctx, person{Name: "C", Age: 9}) }, 1, "1 B 9 Bern"},
			{func() (int, error) {
				return g.Where("id = ?", 1).Set(clause.Assignments(map[string]any{"name": "D", "age": gorm.Expr("age + 1")})).Update(ctx)
			}, 1, "1 D 10 Bern"},
			{func() (int, error) { return g.Where("id = ?", 99).Update(ctx, "age", 1) }, 0, "1 D 10 Bern"},
		} {
			n, err := c.do()
			require.NoError(t, err)
			require.Equal(t, c.rows, n)
			require.Equal(t, c.want+", 2 Ben 40 Bonn, 3 Cleo 30 Bern, 4 Dan 20 Bonn, 5 Eve 50 Ulm", people(t, db))
		}
		_, err := g.Update(ctx, "age", 1)
		require.ErrorIs(t, err, gorm.ErrMissingWhereClause)
		_, err = g.Delete(ctx)
		require.ErrorIs(t, err, gorm.ErrMissingWhereClause)
		n, err := g.Where("city = ?", "Bonn").Delete(ctx)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		n, err = g.Where("age > 9").Order("id DESC").Limit(1).Delete(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.Equal(t, "1 D 10 Bern, 3 Cleo 30 Bern", people(t, db))

		// Inside a transaction, which the generics are given.
		require.ErrorIs(t, db.Transaction(func(tx *gorm.DB) error {
			_, err := gorm.G[person](tx).Where("1 = 1").Delete(ctx)
			require.NoError(t, err)
			return errStop
		}), errStop)
		require.Equal(t, "1 D 10 Bern, 3 Cleo 30 Bern", people(t, db))
	})
}

func TestWithResult(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range []struct {
			what string
			do   func(g gorm.Interface[person]) error
			rows int64
		}{
			{"find", func(g gorm.Interface[person]) error { _, err := g.Where("age = ?", 30).Find(ctx); return err }, 2},
			{"update", func(g gorm.Interface[person]) error {
				_, err := g.Where("age = ?", 30).Update(ctx, "age", 31)
				return err
			}, 2},
			{"batch", func(g gorm.Interface[person]) error {
				return g.CreateInBatches(ctx, &[]person{{Name: "x"}, {Name: "y"}, {Name: "z"}}, 9)
			}, 3},
			{"exec", func(g gorm.Interface[person]) error { return g.Exec(ctx, "UPDATE people SET age = 0 WHERE id > ?", 5) }, 3},
			{"delete", func(g gorm.Interface[person]) error { _, err := g.Where("id > ?", 5).Delete(ctx); return err }, 3},
			{"nobody", func(g gorm.Interface[person]) error { _, err := g.Where("id > ?", 5).Delete(ctx); return err }, 0},
		} {
			result := gorm.WithResult()
			require.NoError(t, c.do(gorm.G[person](db, result)), c.what)
			require.NoError(t, result.Error, c.what)
			require.Equal(t, c.rows, result.RowsAffected, c.what)
		}
		nothing := clause.OnConflict{DoNothing: true}
		result := gorm.WithResult()
		require.NoError(t, gorm.G[person](db, nothing, result).CreateInBatches(ctx, &[]person{{ID: 1}, {ID: 7}, {ID: 2}}, 9))
		require.EqualValues(t, 1, result.RowsAffected)
	})
}

func TestGenericFindInBatches(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var seen []string
		require.NoError(t, gorm.G[person](db).Where("id > ?", 1).FindInBatches(ctx, 3, func(ps []person, batch int) error {
			seen = append(seen, names(ps))
			for _, p := range ps {
				if _, err := gorm.G[person](db).Where("id = ?", p.ID).Update(ctx, "age", batch); err != nil {
					return err
				}
			}
			return nil
		}))
		require.Equal(t, []string{"Ben Cleo Dan", "Eve"}, seen)
		require.Equal(t, "1 Anna 30 Bern, 2 Ben 1 Bonn, 3 Cleo 1 Bern, 4 Dan 1 Bonn, 5 Eve 2 Ulm", people(t, db))
		calls := 0
		require.ErrorIs(t, gorm.G[person](db).FindInBatches(ctx, 2, func([]person, int) error { calls++; return errStop }), errStop)
		require.Equal(t, 1, calls)
	})
}

func TestGenericJoins(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		g := gorm.G[garage](db)
		one, err := g.Joins(clause.Has("Town"), nil).Where("Town.name = ?", "Bonn").First(ctx)
		require.NoError(t, err)
		require.Equal(t, "B", one.Name)
		require.Equal(t, "Bonn", one.Town.Name)
		gs, err := g.Joins(clause.Has("Town"), nil).Order("garages.id").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, "AB", garageNames(gs))
		gs, err = g.Joins(clause.LeftJoin.Association("Town"), func(j gorm.JoinBuilder, joined, _ clause.Table) error {
			j.Where("?.name = ?", joined, "Bonn")
			return nil
		}).Order("garages.id").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, "ABC", garageNames(gs))
		require.Nil(t, gs[0].Town)
		require.Equal(t, "Bonn", gs[1].Town.Name)
		gs, err = g.Joins(clause.InnerJoin.Association("Town").As("t"), func(j gorm.JoinBuilder, joined, _ clause.Table) error {
			j.Select("name").Where("?.id < ?", joined, 9)
			return nil
		}).Where("t.name = ?", "Bern").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, town{Name: "Bern"}, *gs[0].Town)
		gs, err = g.Joins(clause.LeftJoin.Association("Town.Land"), nil).Joins(clause.LeftJoin.Association("Main"), nil).Order("garages.id").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, "CH", gs[0].Town.Land.Name)
		require.Equal(t, "B", gs[2].Main.Name)
		// A subquery in the place of the table.
		gs, err = g.Joins(clause.LeftJoin.AssociationFrom("Sign", gorm.G[sign](db).Where("text = ?", "b")).As("s"), func(j gorm.JoinBuilder, joined, current clause.Table) error {
			j.Where("?.garage_id = ?.id", joined, current)
			return nil
		}).Order("garages.id").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, "", gs[0].Sign.Text)
		require.Equal(t, "b", gs[1].Sign.Text)
		_, err = g.Joins(clause.Has("Town"), func(gorm.JoinBuilder, clause.Table, clause.Table) error { return errStop }).Find(ctx)
		require.ErrorIs(t, err, errStop)
	})
}

func TestGenericPreload(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		g := gorm.G[garage](db)
		gs, err := g.Preload("Town", nil).Preload("Tools", nil).Preload("Cars.Wheels", nil).Preload("Cars", func(p gorm.PreloadBuilder) error {
			p.Where("plate <> ?", "x").Order("plate DESC")
			return nil
		}).Order("id").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, "Bern", gs[0].Town.Name)
		require.Len(t, gs[0].Tools, 2)
		require.Equal(t, "a2 a1 ", plates(gs[0].Cars))
		require.Len(t, gs[0].Cars[1].Wheels, 2)
		require.Nil(t, gs[2].Town)

		// So many of each: a window function.
		gs, err = g.Preload("Cars", func(p gorm.PreloadBuilder) error {
			p.Order("id").LimitPerRecord(2)
			return nil
		}).Order("id").Find(ctx)
		require.NoError(t, err)
		require.Equal(t, "a1 a2 ", plates(gs[0].Cars))
		require.Equal(t, "b1 ", plates(gs[1].Cars))
		one, err := g.Preload("Cars", func(p gorm.PreloadBuilder) error {
			p.Select("id", "plate", "garage_id").Where("plate LIKE ?", "a%").LimitPerRecord(1)
			return nil
		}).First(ctx)
		require.NoError(t, err)
		require.Equal(t, "a2 ", plates(one.Cars), "the last by its key")
		_, err = g.Preload("Tools", func(p gorm.PreloadBuilder) error { p.LimitPerRecord(1); return nil }).First(ctx)
		require.Error(t, err)
		_, err = g.Preload("Cars", func(gorm.PreloadBuilder) error { return errStop }).First(ctx)
		require.ErrorIs(t, err, errStop)
		_, err = g.Preload("Nothing", nil).First(ctx)
		require.Error(t, err)
	})
}

// Set with operations on associations.
func TestGenericAssociations(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		g := gorm.G[garage](db)
		set := func(id int, ops ...clause.Assigner) {
			t.Helper()
			_, err := g.Where("id = ?", id).Set(ops...).Update(ctx)
			require.NoError(t, err)
		}
		set(3, clause.Association{Association: "Cars", Type: clause.OpCreate, Values: []any{car{Plate: "c1"}, car{Plate: "c2"}}},
			clause.Assignment{Column: clause.Column{Name: "name"}, Value: "C2"})
		set(3, clause.Association{Association: "Cars", Type: clause.OpCreate, Set: clause.Assignments(map[string]any{"plate": "c4"})})
		require.Equal(t, "1 A 1 NULL, 2 B 2 1, 3 C2 NULL 2", show(t, db, garages))
		require.Equal(t, "1 a1 1, 2 a2 1, 3 x 1, 4 b1 2, 5 c1 3, 6 c2 3, 7 c4 3", show(t, db, cars))
		one := []clause.Expression{clause.Eq{Column: "plate", Value: "c1"}}
		set(3, clause.Association{Association: "Cars", Type: clause.OpUpdate, Conditions: one, Set: clause.Assignments(map[string]any{"plate": "c3"})})
		set(1, clause.Association{Association: "Cars", Type: clause.OpUnlink, Conditions: []clause.Expression{clause.Eq{Column: "plate", Value: "x"}}})
		set(3, clause.Association{Association: "Cars", Type: clause.OpDelete, Conditions: []clause.Expression{clause.Eq{Column: "plate", Value: "c2"}}})
		require.Equal(t, "1 a1 1, 2 a2 1, 3 x NULL, 4 b1 2, 5 c3 3, 7 c4 3", show(t, db, cars))

		// Belongs to.
		set(1, clause.Association{Association: "Town", Type: clause.OpUpdate, Set: clause.Assignments(map[string]any{"name": "Basel"})})
		set(2, clause.Association{Association: "Town", Type: clause.OpUnlink})
		require.Equal(t, "1 Basel, 2 Bonn", show(t, db, "SELECT id, name FROM towns ORDER BY id"))
		require.Equal(t, "1 A 1 NULL, 2 B NULL 1, 3 C2 NULL 2", show(t, db, garages))

		// Many to many.
		set(1, clause.Association{Association: "Tools", Type: clause.OpUpdate, Conditions: []clause.Expression{clause.Eq{Column: "name", Value: "axe"}},
			Set: clause.Assignments(map[string]any{"name": "ax"})})
		set(2, clause.Association{Association: "Tools", Type: clause.OpCreate, Values: []any{&tool{Name: "glue"}}})
		require.Equal(t, "1 saw, 2 ax, 3 nail, 4 glue", show(t, db, "SELECT * FROM tools ORDER BY id"))
		require.Equal(t, "1 1, 1 2, 2 3, 2 4", show(t, db, garageTools))
		_, err := g.Where("id = 1").Set(clause.Association{Association: "Nothing", Type: clause.OpUnlink}).Update(ctx)
		require.True(t, errors.Is(err, gorm.ErrUnsupportedRelation))
	})
}
