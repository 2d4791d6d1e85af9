package types_test

import (
	"fmt"
	"log"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

// Fruit is a model with a vector and an index over it.
type Fruit struct {
	ID    uint
	Name  string
	Color types.Vector `gorm:"dims:3;vectorIndex:metric=l2"`
}

func fruits() (*gorm.DB, func()) {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(&Fruit{}); err != nil {
		log.Fatal(err)
	}
	db.Create([]Fruit{
		{Name: "cherry", Color: types.Vector{0.8, 0, 0.1}},
		{Name: "lime", Color: types.Vector{0.5, 1, 0}},
		{Name: "plum", Color: types.Vector{0.4, 0, 0.5}},
		{Name: "orange", Color: types.Vector{1, 0.6, 0}},
	})
	return db, func() {
		if pool, err := db.DB(); err == nil {
			_ = pool.Close()
		}
	}
}

func ExampleNearest() {
	db, end := fruits()
	defer end()
	red := types.Vector{1, 0, 0}
	var found []Fruit
	if err := db.Scopes(types.Nearest("Color", red, 2)).Where("name <> ?", "plum").Find(&found).Error; err != nil {
		log.Fatal(err)
	}
	for _, f := range found {
		fmt.Println(f.Name)
	}
	// Output:
	// cherry
	// orange
}

func ExampleSearch() {
	db, end := fruits()
	defer end()
	var found []struct {
		Name     string
		Distance float64
	}
	search := types.Search{Field: "Color", Query: []float32{1, 0, 0}, K: 2, DistanceInto: "Distance"}
	if err := db.Model(&Fruit{}).Scopes(search.Scope).Find(&found).Error; err != nil {
		log.Fatal(err)
	}
	for _, f := range found {
		fmt.Printf("%s %.2f\n", f.Name, f.Distance)
	}
	// Output:
	// cherry 0.22
	// orange 0.60
}

func ExampleRecall() {
	db, end := fruits()
	defer end()
	recall, err := types.Recall(db.Model(&Fruit{}), types.Search{Field: "Color", K: 2}, 100)
	fmt.Println(recall, err)
	// Output: 1 <nil>
}

func ExampleVector() {
	blob, err := types.Vector{1, 2}.Value()
	fmt.Printf("%x %v\n", blob, err)
	var v types.Vector
	err = v.Scan("[0.5, 3]")
	fmt.Println(v, err)
	// Output:
	// 0000803f00000040 <nil>
	// [0.5 3] <nil>
}
