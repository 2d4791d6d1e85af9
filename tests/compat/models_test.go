package compat

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/utils/tests"

	"github.com/gorm-libsql/libsql/tests/compat/kit"
)

// The tests that GORM runs its dialects through are not in its module, but
// their models are: with every kind of relation, all at once.

func gormUser(name string) tests.User {
	day := time.Date(2021, 2, 3, 0, 0, 0, 0, time.UTC)
	company, manager := tests.Company{Name: name + "'s company"}, tests.User{Name: name + "'s manager"}
	return tests.User{
		Name: name, Age: 18, Birthday: &day, Active: true,
		Account: tests.Account{Number: name + "'s account"},
		Pets: []*tests.Pet{
			{Name: name + "'s dog", Toy: tests.Toy{Name: "ball"}}, {Name: name + "'s cat"},
		},
		Toys:      []tests.Toy{{Name: "one"}, {Name: "two"}},
		Tools:     []tests.Tools{{Name: "hammer"}},
		Company:   company,
		Manager:   &manager,
		Team:      []tests.User{{Name: name + "'s first"}, {Name: name + "'s second"}},
		Languages: []tests.Language{{Code: name + "-de", Name: "German"}, {Code: name + "-fr", Name: "French"}},
		Friends:   []*tests.User{{Name: name + "'s friend"}},
	}
}

func TestModelsOfGORM(t *testing.T) {
	eachPrepare(t, func(t *testing.T, prepare bool) {
		db := openFile(t, filepath.Join(t.TempDir(), "gorm.db"), prepare)
		require.NoError(t, db.AutoMigrate(kit.GORM()...))
		text, version, err := kit.Schema(db)
		require.NoError(t, err)
		require.NoError(t, db.AutoMigrate(kit.GORM()...))
		now, versionNow, err := kit.Schema(db)
		require.NoError(t, err)
		require.Equal(t, text, now)
		require.Equal(t, version, versionNow)

		users := []tests.User{gormUser("Anna"), gormUser("Ben"), gormUser("Cleo")}
		require.NoError(t, db.Create(&users).Error)
		read := func(id uint) tests.User {
			var u tests.User
			require.NoError(t, db.Preload(clause.Associations).Preload("Pets.Toy").First(&u, id).Error)
			return u
		}
		for i, name := range []string{"Anna", "Ben", "Cleo"} {
			u := read(users[i].ID)
			require.Equal(t, name, u.Name)
			require.Equal(t, name+"'s account", u.Account.Number)
			require.Len(t, u.Pets, 2)
			for _, pet := range u.Pets {
				require.Equal(t, pet.Name == name+"'s dog", pet.Toy.Name == "ball")
			}
			require.Len(t, u.Toys, 2)
			require.Len(t, u.Tools, 1)
			require.Equal(t, name+"'s company", u.Company.Name)
			require.Equal(t, name+"'s manager", u.Manager.Name)
			require.Len(t, u.Team, 2)
			require.Len(t, u.Languages, 2)
			require.Len(t, u.Friends, 1)
			require.True(t, u.Birthday.Equal(*users[i].Birthday))
		}

		var joined []tests.User
		require.NoError(t, db.Joins("Company").Joins("Manager").Joins("Manager.Company").Joins("Account").
			Where("users.name IN ?", []string{"Anna", "Ben"}).Order("users.id").Find(&joined).Error)
		require.Len(t, joined, 2)
		require.Equal(t, "Ben's manager", joined[1].Manager.Name)
		require.Equal(t, "Ben's account", joined[1].Account.Number)

		// All association modes.
		anna := &users[0]
		count := func(name string, want int64) {
			t.Helper()
			a := db.Model(anna).Association(name)
			require.NoError(t, a.Error)
			require.Equal(t, want, a.Count())
		}
		for _, name := range []string{"Languages", "Pets", "Toys", "Team", "Friends"} {
			assoc := func() *gorm.Association { return db.Model(anna).Association(name) }
			before := assoc().Count()
			require.NotZero(t, before, name)
			switch name {
			case "Languages":
				require.NoError(t, assoc().Append(&tests.Language{Code: "xx", Name: "X"}))
				count(name, before+1)
				require.NoError(t, assoc().Delete(&tests.Language{Code: "xx"}))
				count(name, before)
				require.NoError(t, assoc().Replace([]tests.Language{{Code: "yy", Name: "Y"}}))
			case "Pets":
				require.NoError(t, assoc().Append(&tests.Pet{Name: "new"}))
				count(name, before+1)
				require.NoError(t, assoc().Replace([]*tests.Pet{{Name: "only"}}))
			case "Toys":
				require.NoError(t, assoc().Replace([]tests.Toy{{Name: "only"}}))
			default:
				require.NoError(t, assoc().Replace([]tests.User{{Name: "only " + name}}))
			}
			count(name, 1)
			require.NoError(t, assoc().Clear())
			count(name, 0)
		}

		// Updates with associations, and deletes with them.
		ben := read(users[1].ID)
		ben.Company.Name, ben.Pets[0].Name = "renamed", "renamed too"
		require.NoError(t, db.Session(&gorm.Session{FullSaveAssociations: true}).Updates(&ben).Error)
		ben = read(ben.ID)
		require.Equal(t, "renamed", ben.Company.Name)
		require.Equal(t, "renamed too", ben.Pets[0].Name)
		require.NoError(t, db.Select("Account", "Pets", "Languages", "Friends").Delete(&ben).Error)
		require.ErrorIs(t, db.First(&tests.User{}, ben.ID).Error, gorm.ErrRecordNotFound)
		require.NoError(t, db.Unscoped().First(&tests.User{}, ben.ID).Error)
		require.ErrorIs(t, db.First(&tests.Account{}, "user_id = ?", ben.ID).Error, gorm.ErrRecordNotFound)

		seen := 0
		var batch []tests.User
		require.NoError(t, db.FindInBatches(&batch, 3, func(tx *gorm.DB, n int) error {
			seen += len(batch)
			return tx.Model(&tests.User{}).Where("id = ?", batch[0].ID).Update("age", n).Error
		}).Error)
		var all int64
		require.NoError(t, db.Model(&tests.User{}).Count(&all).Error)
		require.EqualValues(t, all, seen)

		ctx := context.Background()
		cleo, err := gorm.G[tests.User](db).Preload("Languages", nil).Where("name = ?", "Cleo").First(ctx)
		require.NoError(t, err)
		require.Len(t, cleo.Languages, 2)
		n, err := gorm.G[tests.User](db).Where("name = ?", "Cleo").Update(ctx, "age", 99)
		require.NoError(t, err)
		require.Equal(t, 1, n)

		order := tests.Order{Num: "1", Coupon: &tests.Coupon{AmountOff: 5, PercentOff: 0.5, AppliesToProduct: []*tests.CouponProduct{{ProductId: "p", Desc: "d"}}}}
		require.NoError(t, db.Create(&order).Error)
		var back tests.Order
		require.NoError(t, db.Preload("Coupon.AppliesToProduct").First(&back, order.ID).Error)
		require.Equal(t, "p", back.Coupon.AppliesToProduct[0].ProductId)
	})
}
