package types_test

import (
	"fmt"
	"log"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

type setting struct {
	Theme string `json:"theme"`
	Size  int    `json:"size"`
}

type account struct {
	ID       uint
	Name     string
	Settings types.JSON[setting]
	Labels   types.JSONB[[]string]
}

// accounts is a database with two of them.
func accounts() (db *gorm.DB, done func() error) {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		log.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(&account{}); err != nil {
		log.Fatal(err)
	}
	err = db.Create(&[]account{
		{Name: "Ada", Settings: types.NewJSON(setting{"dark", 12}), Labels: types.NewJSONB([]string{"admin", "staff"})},
		{Name: "Eve", Settings: types.NewJSON(setting{"light", 10}), Labels: types.NewJSONB([]string{"staff"})},
	}).Error
	if err != nil {
		log.Fatal(err)
	}
	return db, pool.Close
}

func ExampleJSON() {
	db, done := accounts()
	defer done()
	var a account
	if err := db.First(&a, "name = ?", "Ada").Error; err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Settings.V.Theme, a.Settings.Valid)
	a.Settings = types.JSON[setting]{} // NULL
	if err := db.Save(&a).Error; err != nil {
		log.Fatal(err)
	}
	var null int64
	db.Model(&account{}).Where("settings IS NULL").Count(&null)
	fmt.Println(null)
	// Output:
	// dark true
	// 1
}

func ExampleJSONB() {
	db, done := accounts()
	defer done()
	var a account
	var stored string
	db.First(&a)
	db.Raw("SELECT typeof(labels) FROM accounts").Scan(&stored)
	fmt.Println(stored, a.Labels.V)
	// Output: blob [admin staff]
}

func ExampleJSONCol() {
	db, done := accounts()
	defer done()
	size := types.JSONCol("settings").Value("$.size")
	var names []string
	db.Model(&account{}).Where(size.Gte(10)).Order(size.Asc()).Pluck("name", &names)
	fmt.Println(names)
	db.Model(&account{}).Where(types.JSONCol("labels").Contains("admin")).Pluck("name", &names)
	fmt.Println(names)
	// Output:
	// [Eve Ada]
	// [Ada]
}

func ExampleJSONCol_Set() {
	db, done := accounts()
	defer done()
	settings := types.JSONCol("settings")
	err := db.Model(&account{}).Where("name = ?", "Eve").
		Update("settings", settings.Set("$.theme", "dark", "$.size", gorm.Expr("? + 1", settings.Value("$.size")))).Error
	if err != nil {
		log.Fatal(err)
	}
	var a account
	db.First(&a, "name = ?", "Eve")
	fmt.Println(a.Settings.V)
	// Output: {dark 11}
}

func ExampleJSONCol_Each() {
	db, done := accounts()
	defer done()
	var rows []struct {
		Name  string
		Label string
		Place int
	}
	db.Model(&account{}).Joins("JOIN ? AS l", types.JSONCol("accounts.labels").Each()).
		Select("accounts.name, l.value AS label, l.key AS place").Order("accounts.id, l.key").Find(&rows)
	fmt.Println(rows)
	// Output: [{Ada admin 0} {Ada staff 1} {Eve staff 0}]
}

func ExampleJSONGroupArray() {
	db, done := accounts()
	defer done()
	var names types.JSON[[]string]
	db.Model(&account{}).Select("?", types.JSONGroupArray("name")).Scan(&names)
	fmt.Println(names.V)
	// Output: [Ada Eve]
}

func ExampleAt() {
	fmt.Println(types.At("items", 0, "first name"))
	fmt.Println(types.At("items", -1))
	fmt.Println(types.At("items").End())
	// Output:
	// $.items[0]."first name"
	// $.items[#-1]
	// $.items[#]
}
