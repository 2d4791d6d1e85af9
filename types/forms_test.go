package types_test

import (
	"context"
	"database/sql"
	"math/big"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/types"
)

type formShop struct {
	ID    types.UUID
	Rate  types.Decimal
	Owner sql.Null[types.UUIDText]
}

type formBill struct {
	ID      uint
	ShopID  *types.UUID
	Shop    *formShop
	Total   sql.Null[types.Decimal]
	Payer   sql.Null[types.UUID]
	Related *uint
	Next    *formBill `gorm:"foreignKey:Related"`
}

// A map holds a value in any form; the column has one.
func TestOtherFormsInNullColumns(t *testing.T) {
	db := open(t, &formShop{}, &formBill{})
	u := types.NewV7()
	require.NoError(t, db.Model(&formBill{}).Create(map[string]any{"total": 5, "payer": u.String()}).Error)
	require.NoError(t, db.Model(&formBill{}).Create(map[string]any{"total": "1", "payer": nil}).Error)
	require.NoError(t, db.Model(&formBill{}).Where("id = 2").Updates(map[string]any{"total": "7.50", "payer": uuid.UUID(u)}).Error)
	var stored []string
	require.NoError(t, db.Model(&formBill{}).Pluck("total || typeof(payer)", &stored).Error)
	require.Equal(t, []string{"a:5blob", "a:7.5blob"}, stored)
	require.ErrorContains(t, db.Model(&formBill{}).Where("id = 1").Update("total", "much").Error, `column form_bills.total: libsql: "much" is no decimal number`)

	for name, cond := range map[string]any{
		"number":     map[string]any{"total": 7.5},
		"Null":       map[string]any{"total": sql.Null[types.Decimal]{V: dec(t, "7.5"), Valid: true}},
		"other Null": map[string]any{"total": sql.NullFloat64{Float64: 7.5, Valid: true}},
		"list":       map[string]any{"payer": []string{u.String()}, "total": []float64{7.5, 8}},
		"struct":     &formBill{Total: sql.Null[types.Decimal]{V: dec(t, "7.50"), Valid: true}},
		"its table":  map[string]any{"form_bills.total": "7.5"},
	} {
		var got []formBill
		require.NoError(t, db.Where(cond).Find(&got).Error, name)
		require.Len(t, got, 1, name)
		require.EqualValues(t, 2, got[0].ID, name)
	}
}

func TestOtherFormsInLists(t *testing.T) {
	db := open(t, &formShop{})
	for _, rate := range []string{"1", "2", "3.5"} {
		require.NoError(t, db.Create(&formShop{Rate: dec(t, rate)}).Error)
	}
	for name, list := range map[string]any{
		"decimals": []types.Decimal{dec(t, "1"), dec(t, "2")}, "ints": []int{1, 2}, "floats": []float32{1, 2},
		"bigs": []*big.Int{big.NewInt(1), big.NewInt(2)}, "any": []any{1, "2"}, "texts": []string{"1.0", "2"},
	} {
		var n int64
		require.NoError(t, db.Model(&formShop{}).Where(clause.Eq{Column: "rate", Value: list}).Count(&n).Error, name)
		require.EqualValues(t, 2, n, name)
		require.NoError(t, db.Model(&formShop{}).Not("rate", list).Count(&n).Error, name)
		require.EqualValues(t, 1, n, name)
	}
}

func TestOtherFormsInJoins(t *testing.T) {
	db := open(t, &formShop{}, &formBill{})
	owner := types.UUIDText(types.NewV4())
	shop := formShop{Rate: dec(t, "1.5"), Owner: sql.Null[types.UUIDText]{V: owner, Valid: true}}
	bill := formBill{Shop: &shop}
	require.NoError(t, db.Create(&bill).Error)
	require.NoError(t, db.Create(&formBill{Related: &bill.ID}).Error)
	for name, q := range map[string]*gorm.DB{
		"map":    db.Joins("Shop").Where(map[string]any{"Shop.rate": 1.5, "Shop.owner": uuid.UUID(owner), "Shop.id": shop.ID.String()}),
		"clause": db.Joins("Shop").Where(clause.Gt{Column: clause.Column{Table: "Shop", Name: "rate"}, Value: 1}),
		"on":     db.InnerJoins("Shop", db.Where(map[string]any{"rate": "1.50", "id": uuid.UUID(shop.ID)})),
		"nested": db.Joins("Next.Shop").Where(map[string]any{"Next__Shop.rate": 1.5}),
		"deep":   db.InnerJoins("Next").InnerJoins("Next.Shop", db.Where(map[string]any{"rate": 1.5})),
	} {
		var n int64
		require.NoError(t, q.Session(&gorm.Session{}).Model(&formBill{}).Count(&n).Error, name)
		require.EqualValues(t, 1, n, name)
		var got []formBill
		require.NoError(t, q.Find(&got).Error, name)
		require.Len(t, got, 1, name)
	}
	require.Error(t, db.Joins("Shop", db.Where(map[string]any{"rate": "x"})).Find(&[]formBill{}).Error)
	got, err := gorm.G[formBill](db).Joins(clause.LeftJoin.Association("Shop").As("s"), func(db gorm.JoinBuilder, joinTable, curTable clause.Table) error {
		return nil
	}).Where(map[string]any{"s.rate": 1.5}).Find(context.Background())
	require.NoError(t, err)
	require.Len(t, got, 1)
}

func TestOtherFormsInUpserts(t *testing.T) {
	db := open(t, &formShop{})
	shop := formShop{Rate: dec(t, "2")}
	require.NoError(t, db.Create(&shop).Error)
	for i, c := range []struct {
		than any
		want string
	}{{10, "2"}, {"1.50", "4"}} {
		require.NoError(t, db.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "id"}},
			DoUpdates: clause.Assignments(map[string]any{"rate": 4.0}),
			Where: clause.Where{Exprs: []clause.Expression{clause.Gt{Column: clause.Column{Table: clause.CurrentTable, Name: "rate"}, Value: c.than},
				clause.Eq{Column: "excluded.rate", Value: 3}}},
		}).Create(&formShop{ID: shop.ID, Rate: dec(t, "3")}).Error)
		var got formShop
		require.NoError(t, db.First(&got, shop.ID).Error)
		require.Equal(t, c.want, got.Rate.String(), i)
	}
}
