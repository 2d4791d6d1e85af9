package gormtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

func TestSave(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		p := person{Name: "new"}
		done(t, db.Save(&p), 1)
		require.EqualValues(t, 6, p.ID)
		p.Name, p.Age = "", 7
		done(t, db.Save(&p), 1)
		// A key that is not there is created, zero values are stored.
		done(t, db.Save(&person{ID: 9, Name: "nine"}), 1)
		done(t, db.Save(&person{ID: 2, Name: "B"}), 1)
		done(t, db.Save(&[]person{{ID: 3, Name: "C", Age: 1}, {Name: "ten"}}), 2)
		require.Equal(t, "1 Anna 30 Bern, 2 B 0 , 3 C 1 , 4 Dan 20 Bonn, 5 Eve 50 Ulm, 6  7 , 9 nine 0 , 10 ten 0 ", people(t, db))
		// With chosen fields it is an update of those.
		done(t, db.Select("Name").Save(&person{ID: 1, Name: "A", Age: 99}), 1)
		done(t, db.Omit("Name").Save(&person{ID: 4, Name: "no", Age: 21, City: "x"}), 1)
		require.Equal(t, "1 A 30 Bern, 4 Dan 21 x", show(t, db, "SELECT * FROM people WHERE id IN (1, 4)"))
	})
}

// Each way to change rows: how many it tells of, and all people after it.
func TestUpdates(t *testing.T) {
	cases := []struct {
		what     string
		do       func(db *gorm.DB) *gorm.DB
		affected int64
		after    string // instead of Ben and Dan, the two of Bonn
	}{
		{"one column", func(db *gorm.DB) *gorm.DB { return db.Model(&person{}).Where("id = ?", 2).Update("name", "x") }, 1, "2 x 40 Bonn, 4 Dan 20 Bonn"},
		{"by field", func(db *gorm.DB) *gorm.DB { return db.Model(&person{ID: 2}).Update("Name", "x") }, 1, "2 x 40 Bonn, 4 Dan 20 Bonn"},
		{"key and condition", func(db *gorm.DB) *gorm.DB { return db.Model(&person{ID: 2}).Where("age > ?", 99).Update("name", "x") }, 0, "2 Ben 40 Bonn, 4 Dan 20 Bonn"},
		{"struct", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{ID: 2}).Updates(person{Name: "x", Age: 0, City: "y"})
		}, 1, "2 x 40 y, 4 Dan 20 Bonn"},
		{"map", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{ID: 2}).Updates(map[string]any{"Name": "x", "age": 0})
		}, 1, "2 x 0 Bonn, 4 Dan 20 Bonn"},
		{"struct with its key", func(db *gorm.DB) *gorm.DB { return db.Updates(&person{ID: 2, Name: "x"}) }, 1, "2 x 40 Bonn, 4 Dan 20 Bonn"},
		{"table", func(db *gorm.DB) *gorm.DB {
			return db.Table("people").Where("id IN ?", []int{2, 4}).Updates(map[string]any{"name": "x", "age": 1})
		}, 2,
			"2 x 1 Bonn, 4 x 1 Bonn"},
		{"Select", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{ID: 2}).Select("name").Updates(map[string]any{"name": "x", "age": 1})
		}, 1,
			"2 x 40 Bonn, 4 Dan 20 Bonn"},
		{"Select of zero values", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{ID: 2}).Select("Name", "Age").Updates(person{Name: "x", City: "y"})
		}, 1,
			"2 x 0 Bonn, 4 Dan 20 Bonn"},
		{"Select of all", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{ID: 2}).Select("*").Omit("id").Updates(person{Name: "x"})
		}, 1, "2 x 0 , 4 Dan 20 Bonn"},
		{"Omit", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{ID: 2}).Omit("name").Updates(map[string]any{"name": "x", "age": 1})
		}, 1,
			"2 Ben 1 Bonn, 4 Dan 20 Bonn"},
		{"batch", func(db *gorm.DB) *gorm.DB {
			return db.Model(person{}).Where("city = ?", "Bonn").Updates(person{Name: "x", Age: 1})
		}, 2, "2 x 1 Bonn, 4 x 1 Bonn"},
		{"batch of keys", func(db *gorm.DB) *gorm.DB { return db.Model(&[]person{{ID: 2}, {ID: 4}}).Update("age", 1) }, 2, "2 Ben 1 Bonn, 4 Dan 1 Bonn"},
		{"limit", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{}).Where("city = ?", "Bonn").Order("id DESC").Limit(1).Update("age", 1)
		}, 1,
			"2 Ben 40 Bonn, 4 Dan 1 Bonn"},
		{"expression", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{ID: 2}).Update("age", gorm.Expr("age * ? + ?", 2, 100))
		}, 1, "2 Ben 180 Bonn, 4 Dan 20 Bonn"},
		{"expressions", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{}).Where("city = ?", "Bonn").Updates(map[string]any{"age": gorm.Expr("age + ?", 1), "name": clause.Expr{SQL: "upper(name) || ?", Vars: []any{"!"}}})
		}, 2, "2 BEN! 41 Bonn, 4 DAN! 21 Bonn"},
		{"named expression", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{ID: 2}).Update("age", clause.NamedExpr{SQL: "age + @n * @n ", Vars: []any{map[string]any{"n": 3}}})
		}, 1, "2 Ben 49 Bonn, 4 Dan 20 Bonn"},
		{"subquery", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{}).Where("city = ?", "Bonn").Update("age", db.Model(&person{}).Select("max(age)"))
		}, 2, "2 Ben 50 Bonn, 4 Dan 50 Bonn"},
		{"correlated subquery", func(db *gorm.DB) *gorm.DB {
			return db.Table("people AS p").Where("city = ?", "Bonn").Updates(map[string]any{"name": db.Table("people AS o").Select("name").Where("o.id = p.id + 1")})
		}, 2, "2 Cleo 40 Bonn, 4 Eve 20 Bonn"},
		{"UpdateColumn", func(db *gorm.DB) *gorm.DB { return db.Model(&person{ID: 2}).UpdateColumn("name", "x") }, 1, "2 x 40 Bonn, 4 Dan 20 Bonn"},
		{"UpdateColumns", func(db *gorm.DB) *gorm.DB { return db.Model(&person{ID: 2}).UpdateColumns(person{Name: "x", Age: 1}) }, 1, "2 x 1 Bonn, 4 Dan 20 Bonn"},
		{"UpdateColumns of a map", func(db *gorm.DB) *gorm.DB { return db.Model(&person{ID: 2}).UpdateColumns(map[string]any{"age": nil}) }, 1, "2 Ben NULL Bonn, 4 Dan 20 Bonn"},
		{"subquery condition", func(db *gorm.DB) *gorm.DB {
			return db.Model(&person{}).Where("age = (?)", db.Model(&person{}).Select("min(age)")).Update("age", 1)
		}, 1, "2 Ben 40 Bonn, 4 Dan 1 Bonn"},
		{"raw", func(db *gorm.DB) *gorm.DB { return db.Exec("UPDATE people SET age = ? WHERE id IN ?", 1, []int{2, 4}) }, 2, "2 Ben 1 Bonn, 4 Dan 1 Bonn"},
		{"nobody", func(db *gorm.DB) *gorm.DB { return db.Model(&person{}).Where("id = 99").Update("age", 1) }, 0, "2 Ben 40 Bonn, 4 Dan 20 Bonn"},
	}
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, c := range cases {
			t.Run(c.what, func(t *testing.T) {
				again(t, db)
				done(t, c.do(db), c.affected)
				require.Equal(t, c.after, show(t, db, "SELECT * FROM people WHERE id IN (2, 4) ORDER BY id"))
				require.Equal(t, "1 Anna 30 Bern, 3 Cleo 30 Bern, 5 Eve 50 Ulm", show(t, db, "SELECT * FROM people WHERE id NOT IN (2, 4) ORDER BY id"))
			})
		}
	})
}

func TestGlobalUpdates(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		for _, tx := range []*gorm.DB{
			db.Model(&person{}).Update("age", 1), db.Model(&person{}).Updates(person{Age: 1}), db.Model(&person{}).UpdateColumn("age", 1),
			db.Table("people").Updates(map[string]any{"age": 1}), db.Model(&[]person{}).Update("age", 1),
		} {
			require.ErrorIs(t, tx.Error, gorm.ErrMissingWhereClause)
			require.Zero(t, tx.RowsAffected)
		}
		require.Equal(t, allPeople, people(t, db))
		done(t, db.Model(&person{}).Where("1 = 1").Update("age", 1), 5)
		done(t, db.Exec("UPDATE people SET age = ?", 2), 5)
		done(t, db.Session(&gorm.Session{AllowGlobalUpdate: true}).Model(&person{}).Update("age", 3), 5)
		require.Equal(t, "1 Anna 3 Bern, 2 Ben 3 Bonn, 3 Cleo 3 Bern, 4 Dan 3 Bonn, 5 Eve 3 Ulm", people(t, db))
		require.ErrorIs(t, db.Model(&person{}).Update("age", 1).Error, gorm.ErrMissingWhereClause, "the session is over")
	})
}

// What was changed stands in the model.
func TestUpdatesChangeTheModel(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		p := person{ID: 2}
		done(t, db.Model(&p).Updates(map[string]any{"name": "x", "age": 1}), 1)
		require.Equal(t, person{ID: 2, Name: "x", Age: 1}, p)
		done(t, db.Model(&p).Updates(person{City: "y"}), 1)
		require.Equal(t, person{2, "x", 1, "y"}, p)
		ps := []person{{ID: 1}, {ID: 3}}
		done(t, db.Model(&ps).Update("city", "z"), 2)
		require.Equal(t, []person{{ID: 1, City: "z"}, {ID: 3, City: "z"}}, ps)
	})
}

func TestUpdateReturning(t *testing.T) {
	eachPeople(t, func(t *testing.T, db *gorm.DB) {
		var all []person
		done(t, db.Model(&all).Clauses(clause.Returning{}).Where("city = ?", "Bonn").Update("age", gorm.Expr("age + 1")), 2)
		require.Equal(t, []person{{2, "Ben", 41, "Bonn"}, {4, "Dan", 21, "Bonn"}}, all)
		var some []person
		done(t, db.Model(&some).Clauses(clause.Returning{Columns: columns("name", "age")}).Where("city = ?", "Bonn").Update("age", 1), 2)
		require.Equal(t, []person{{Name: "Ben", Age: 1}, {Name: "Dan", Age: 1}}, some)
		one := person{ID: 2}
		done(t, db.Model(&one).Clauses(clause.Returning{}).Update("age", gorm.Expr("age * ?", 10)), 1)
		require.Equal(t, person{2, "Ben", 10, "Bonn"}, one)
		var none []person
		done(t, db.Model(&none).Clauses(clause.Returning{}).Where("id = 99").Update("age", 1), 0)
		require.Empty(t, none)
	})
}

func TestUpdateTimes(t *testing.T) {
	const made = "2024-05-06T12:00:00.123456789 "
	for _, c := range []struct {
		what string
		do   func(db *gorm.DB, s *stamped) *gorm.DB
		want string // the times of updates, and the note
	}{
		{"Update", func(db *gorm.DB, s *stamped) *gorm.DB { return db.Model(s).Update("note", "x") }, "1714999500 1714999500 1714999500123 1714999500123456789 x"},
		{"Updates", func(db *gorm.DB, s *stamped) *gorm.DB { return db.Model(s).Updates(stamped{Note: "x"}) }, "1714999500 1714999500 1714999500123 1714999500123456789 x"},
		{"map", func(db *gorm.DB, s *stamped) *gorm.DB {
			return db.Model(&stamped{}).Where("id = ?", s.ID).Updates(map[string]any{"note": "x"})
		}, "1714999500 1714999500 1714999500123 1714999500123456789 x"},
		{"Save", func(db *gorm.DB, s *stamped) *gorm.DB { s.Note = "x"; return db.Save(s) }, "1714999500 1714999500 1714999500123 1714999500123456789 x"},
		{"Select", func(db *gorm.DB, s *stamped) *gorm.DB { return db.Model(s).Select("Note").Updates(stamped{Note: "x"}) },
			"1714999500 1714999500 1714999500123 1714999500123456789 x"},
		{"Omit", func(db *gorm.DB, s *stamped) *gorm.DB {
			return db.Model(s).Omit("UpdatedAt", "UpdNano").Updates(stamped{Note: "x"})
		},
			"1714996800 1714999500 1714999500123 1714996800123456789 x"},
		{"own value", func(db *gorm.DB, s *stamped) *gorm.DB { return db.Model(s).Updates(map[string]any{"updated_at": 5}) }, "5 1714999500 1714999500123 1714999500123456789 "},
		{"UpdateColumn", func(db *gorm.DB, s *stamped) *gorm.DB { return db.Model(s).UpdateColumn("note", "x") }, "1714996800 1714996800 1714996800123 1714996800123456789 x"},
	} {
		t.Run(c.what, func(t *testing.T) {
			each(t, models(&stamped{}), func(t *testing.T, db *gorm.DB) {
				s := stamped{}
				done(t, at(db, noon).Create(&s), 1)
				done(t, c.do(at(db, noon.Add(45*time.Minute)), &s), 1)
				require.Equal(t, made+"1714996800 "+c.want, show(t, db, "SELECT created_at, made, updated_at, upd, upd_milli, upd_nano, note FROM stampeds"))
			})
		})
	}
}

// watched notes in its hook what GORM takes for changed.
type watched struct {
	ID    uint
	Name  string
	Admin bool
	Seen  string
}

func (w *watched) BeforeUpdate(tx *gorm.DB) error {
	seen := ""
	if tx.Statement.Changed() {
		seen += "any "
	}
	if tx.Statement.Changed("Name") {
		seen += "name "
	}
	if tx.Statement.Changed("Admin", "Name") {
		seen += "one "
	}
	tx.Statement.SetColumn("Seen", seen)
	return nil
}

func TestChanged(t *testing.T) {
	for _, c := range []struct {
		do   func(db *gorm.DB, w *watched) *gorm.DB
		want string
	}{
		{func(db *gorm.DB, w *watched) *gorm.DB { return db.Model(w).Updates(map[string]any{"name": "new"}) }, "any name one "},
		{func(db *gorm.DB, w *watched) *gorm.DB { return db.Model(w).Updates(map[string]any{"name": "old"}) }, ""},
		{func(db *gorm.DB, w *watched) *gorm.DB { return db.Model(w).Update("admin", true) }, "any one "},
		{func(db *gorm.DB, w *watched) *gorm.DB { return db.Model(w).Updates(watched{Name: "new"}) }, "any name one "},
		{func(db *gorm.DB, w *watched) *gorm.DB { return db.Model(w).Updates(watched{Name: "old"}) }, ""},
		{func(db *gorm.DB, w *watched) *gorm.DB {
			return db.Model(w).Select("Admin").Updates(watched{Name: "new", Admin: true})
		}, "any one "},
	} {
		each(t, models(&watched{}), func(t *testing.T, db *gorm.DB) {
			w := watched{Name: "old"}
			done(t, db.Create(&w), 1)
			tx := c.do(db.Session(&gorm.Session{}), &w)
			require.NoError(t, tx.Error)
			require.Equal(t, c.want, w.Seen)
			if _, selected := tx.Statement.Clauses["SELECT"]; !selected && len(tx.Statement.Selects) == 0 {
				require.Equal(t, c.want, show(t, db, "SELECT seen FROM watcheds"), "SetColumn is stored too")
			}
		})
	}
}

func TestUpdateOfAssociations(t *testing.T) {
	eachGarages(t, func(t *testing.T, db *gorm.DB) {
		g := garage{ID: 3, Name: "C2", Town: &town{Name: "Ulm"}, Cars: []car{{Plate: "c1"}}}
		done(t, db.Updates(&g), 1)
		require.EqualValues(t, 3, *g.TownID)
		require.Equal(t, "1 A 1 NULL, 2 B 2 1, 3 C2 3 2", show(t, db, garages))
		require.Equal(t, "1 a1 1, 2 a2 1, 3 x 1, 4 b1 2, 5 c1 3", show(t, db, cars))
		done(t, db.Model(&garage{ID: 3}).Updates(map[string]any{"Town": &town{Name: "Genf"}}), 1)
		require.Equal(t, "1 A 1 NULL, 2 B 2 1, 3 C2 4 2", show(t, db, garages))
		done(t, db.Model(&garage{ID: 3}).Updates(map[string]any{"TownID": nil}), 1)
		require.Equal(t, "1 A 1 NULL, 2 B 2 1, 3 C2 NULL 2", show(t, db, garages))
		done(t, db.Model(&garage{}).Where("town_id IN (?)", db.Model(&town{}).Select("id").Where("name = ?", "Bonn")).Update("name", db.Model(&town{}).Select("name").Where("towns.id = garages.town_id")), 1)
		require.Equal(t, "1 A 1 NULL, 2 Bonn 2 1, 3 C2 NULL 2", show(t, db, garages))
	})
}
