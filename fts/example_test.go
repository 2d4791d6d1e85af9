package fts_test

import (
	"fmt"
	"log"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/fts"
)

// Recipe is searched by its name and its steps.
type Recipe struct {
	ID    uint
	Name  string `gorm:"fts:weight=10"`
	Steps string `gorm:"fts:tokenize=porter unicode61 remove_diacritics 2"`
	Notes string
}

// Served is a recipe that was found.
type Served struct {
	Recipe
	Part string
}

func recipes() *gorm.DB {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(&Recipe{}); err != nil {
		log.Fatal(err)
	}
	err = db.Create([]Recipe{
		{Name: "Crème brûlée", Steps: "Whisk the yolks, pour in the cream, bake.", Notes: "for guests"},
		{Name: "Scrambled eggs", Steps: "Whisk the eggs with a little cream.", Notes: "for breakfast"},
		{Name: "Toast", Steps: "Toast the bread.", Notes: "for breakfast"},
	}).Error
	if err != nil {
		log.Fatal(err)
	}
	return db
}

func closeDB(db *gorm.DB) {
	if pool, err := db.DB(); err == nil {
		_ = pool.Close()
	}
}

func ExampleMatch() {
	db := recipes()
	defer closeDB(db)

	var found []Recipe
	if err := db.Scopes(fts.Match(&Recipe{}, "creme")).Find(&found).Error; err != nil {
		log.Fatal(err)
	}
	for _, r := range found {
		fmt.Println(r.Name)
	}
	// Output:
	// Crème brûlée
}

func ExampleSearch() {
	db := recipes()
	defer closeDB(db)

	search := fts.Search{
		Model: &Recipe{}, Text: `whisking "the eggs"`,
		Excerpts: []fts.Excerpt{{Field: "Steps", Into: "Part", Words: 5}},
	}
	var found []Served
	if err := db.Scopes(search.Scope).Where("notes = ?", "for breakfast").Find(&found).Error; err != nil {
		log.Fatal(err)
	}
	for _, r := range found {
		fmt.Println(r.Name+":", r.Part)
	}
	// Output:
	// Scrambled eggs: <b>Whisk</b> <b>the eggs</b> with a…
}

func ExampleQuery() {
	fmt.Println(fts.Query(`brown "lazy dog" jum* AND (NOT`))
	// Output:
	// "brown" "lazy dog" "jum"* "AND" "(NOT"
}

func ExampleCreate() {
	db := recipes()
	defer closeDB(db)

	index := fts.Index{Name: "recipe_notes", Columns: []fts.Column{{Name: "Notes"}}, Tokenize: "trigram"}
	if err := fts.Create(db, &Recipe{}, index); err != nil {
		log.Fatal(err)
	}
	var n int64
	search := fts.Search{Text: "fast", Index: &index} // in the middle of a word
	if err := db.Model(&Recipe{}).Scopes(search.Scope).Count(&n).Error; err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
	// Output:
	// 2
}

func ExampleIntegrityCheck() {
	db := recipes()
	defer closeDB(db)

	fmt.Println(fts.IntegrityCheck(db, &Recipe{}))
	if err := fts.Rebuild(db, &Recipe{}); err != nil {
		log.Fatal(err)
	}
	if err := fts.Optimize(db, &Recipe{}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// <nil>
}
