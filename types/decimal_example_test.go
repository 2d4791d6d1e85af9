package types_test

import (
	"encoding/json"
	"fmt"
	"math/big"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/types"
)

func ExampleDecimal() {
	type Account struct {
		ID      uint
		Balance types.Decimal `gorm:"index"`
	}
	db, closeDB := openExample(&Account{})
	defer closeDB()
	for _, s := range []string{"9.5", "-120", "12345678901234567.12345678", "10"} {
		d, err := types.ParseDecimal(s)
		if err != nil {
			fmt.Println(err)
		}
		db.Create(&Account{Balance: d})
	}
	var accounts []Account
	db.Where("balance > ?", types.DecimalFromInt(-1)).Order("balance").Find(&accounts)
	for _, a := range accounts {
		fmt.Println(a.Balance)
	}
	// Output:
	// 9.5
	// 10
	// 12345678901234567.12345678
}

func ExampleDecimal_Rat() {
	price, _ := types.ParseDecimal("19.99")
	gross := new(big.Rat).Mul(price.Rat(), big.NewRat(119, 100))
	d, err := types.DecimalFromRat(gross, 2)
	text, _ := json.Marshal(d)
	fmt.Println(gross.FloatString(4), d, string(text), err)
	// Output: 23.7881 23.79 "23.79" <nil>
}

func ExampleDecimalSum() {
	type Payment struct {
		ID       uint
		Customer string
		Amount   types.Decimal
	}
	type Total struct {
		Customer string
		Total    types.Decimal
		Mean     types.Decimal
	}
	db, closeDB := openExample(&Payment{})
	defer closeDB()
	db.Model(&Payment{}).Create([]map[string]any{
		{"customer": "Ada", "amount": "0.1"}, {"customer": "Ada", "amount": "0.2"}, {"customer": "Grace", "amount": 5},
	})
	var totals []Total
	err := db.Model(&Payment{}).
		Select("customer, ? AS total, ? AS mean", types.DecimalSum("amount"), types.DecimalAvg("amount", 2)).
		Group("customer").Order("total DESC").Find(&totals).Error
	fmt.Println(totals, err)
	// Output: [{Grace 5 5} {Ada 0.3 0.15}] <nil>
}

func ExampleAsDecimal() {
	db, closeDB := openExample()
	defer closeDB()
	var d types.Decimal
	err := db.Raw("SELECT ?", types.AsDecimal(gorm.Expr("19.90"))).Row().Scan(&d)
	fmt.Println(d, err)
	// Output: 19.9 <nil>
}
