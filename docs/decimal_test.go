package docs_test

import (
	"fmt"
	"log"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/libsqltest"
	"github.com/gorm-libsql/libsql/types"
)

type Purse struct {
	ID      uint
	Owner   string
	Balance types.Decimal  `gorm:"index;default:0"`
	Limit   *types.Decimal // may be NULL
}

type Bill struct {
	ID     uint
	Amount *types.Decimal
}

type Total struct {
	Owner string
	Total types.Decimal
	Mean  types.Decimal
}

func TestDecimals(t *testing.T) {
	db := libsqltest.New(t, &Purse{})
	balance, err := types.ParseDecimal("12345678901234567.12345678")
	if err != nil {
		log.Fatal(err)
	}
	err = db.Create(&Purse{Owner: "Ada", Balance: balance}).Error
	require.NoError(t, err)
	require.NoError(t, db.Create([]Purse{{Owner: "Grace", Balance: types.DecimalFromInt(5)}, {Owner: "Grace"}}).Error)

	var purses []Purse
	err = db.Where("balance > ?", types.DecimalFromInt(1000)).Order("balance DESC").Find(&purses).Error
	require.NoError(t, err)
	require.Len(t, purses, 1)
	require.Equal(t, balance, purses[0].Balance)

	var totals []Total
	err = db.Model(&Purse{}).
		Select("owner, ? AS total, ? AS mean", types.DecimalSum("balance"), types.DecimalAvg("balance", 2)).
		Group("owner").Order("total DESC").Find(&totals).Error
	require.NoError(t, err)
	require.Equal(t, "2.5", totals[1].Mean.String())

	price, err := types.ParseDecimal("19.99")
	require.NoError(t, err)
	{
		gross := new(big.Rat).Mul(price.Rat(), big.NewRat(119, 100))
		total, err := types.DecimalFromRat(gross, 2)
		require.NoError(t, err)
		require.Equal(t, "23.79", total.String())
	}
	for number, column := range map[string]string{"0": "a:0", "5.5": "a:5.5", "19.99": "b:19.99", "1234567": "g:1234567", "-19.99": "-y80.00:-19.99"} {
		d, err := types.ParseDecimal(number)
		require.NoError(t, err)
		v, err := d.Value()
		require.NoError(t, err)
		require.Equal(t, column, v)
	}

	require.NoError(t, db.Exec("CREATE TABLE bills(id integer PRIMARY KEY AUTOINCREMENT, amount decimal(20,8))").Error)
	require.NoError(t, db.Exec("INSERT INTO bills(amount) VALUES (19.99), (-20), (NULL), (0)").Error)
	require.ErrorContains(t, db.AutoMigrate(&Bill{}), "nothing was changed")
	err = db.Exec("UPDATE bills SET amount = as_decimal(amount)").Error
	if err != nil {
		log.Fatal(err)
	}
	err = db.AutoMigrate(&Bill{})
	require.NoError(t, err)
	var bills []Bill
	require.NoError(t, db.Where("amount IS NOT NULL").Order("amount").Find(&bills).Error)
	require.Equal(t, "-20 0 19.99", fmt.Sprint(bills[0].Amount, bills[1].Amount, bills[2].Amount))
}
