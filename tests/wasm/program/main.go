package main

import (
	"fmt"
	"log"
	"os"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
)

// Product is what the program keeps.
type Product struct {
	gorm.Model
	Code  string `gorm:"uniqueIndex"`
	Price uint
}

func main() {
	address, elsewhere := os.Args[1], os.Args[2]
	db, err := gorm.Open(libsql.Open(address), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(&Product{}); err != nil {
		log.Fatal(err)
	}
	err = db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&Product{Code: "D42", Price: 100}).Error; err != nil {
			return err
		}
		return tx.Model(&Product{}).Where("code = ?", "D42").Update("price", 200).Error
	})
	if err != nil {
		log.Fatal(err)
	}
	var p Product
	if err := db.First(&p, "code = ?", "D42").Error; err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Code, p.Price)
	if _, err := gorm.Open(libsql.Open(elsewhere), &gorm.Config{Logger: logger.Discard}); err != nil {
		fmt.Println("a redirect is refused")
	}
}
