package main

import (
	"fmt"
	"io"
	"log"
	"os"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

// Product has what all products have in columns, and the rest in a document.
type Product struct {
	ID   uint
	Name string
	// Details is stored as SQLite's binary JSON, checked, and indexed by a path.
	Details types.JSONB[Details] `gorm:"not null;check:json_valid(details,8);index:idx_price,expression:details->>'$.price'"`
	// Origin is read from the document.
	Origin string `gorm:"->;generated:details->>'$.made.in'"`
}

// Details is the document.
type Details struct {
	Price float64        `json:"price"`
	Tags  []string       `json:"tags"`
	Made  map[string]any `json:"made,omitempty"`
}

func main() {
	if err := run(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer) error {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := db.AutoMigrate(&Product{}); err != nil {
		return err
	}
	err = db.Create(&[]Product{
		{Name: "Chair", Details: types.NewJSONB(Details{Price: 49.5, Tags: []string{"wood", "seat"}, Made: map[string]any{"in": "Bern", "year": 2023}})},
		{Name: "Lamp", Details: types.NewJSONB(Details{Price: 20, Tags: []string{"light"}})},
		{Name: "Table", Details: types.NewJSONB(Details{Price: 120, Tags: []string{"wood"}, Made: map[string]any{"in": "Ulm"}})},
	}).Error
	if err != nil {
		return err
	}
	details := types.JSONCol("details")
	price := details.Value("$.price")

	var products []Product
	if err := db.Where(price.Lt(100)).Order(price.Desc()).Find(&products).Error; err != nil {
		return err
	}
	for _, p := range products {
		fmt.Fprintf(out, "under 100: %s for %v, from %q\n", p.Name, p.Details.V.Price, p.Origin)
	}

	// Several paths in one call; the document stays binary.
	err = db.Model(&Product{}).Where(details.Contains("wood", "$.tags")).
		Update("details", details.Set("$.price", gorm.Expr("? * 2", price), "$.made.by", "hand")).Error
	if err != nil {
		return err
	}
	if err := db.Model(&Product{}).Where("name = ?", "Lamp").Update("details", details.Append("$.tags", "new")).Error; err != nil {
		return err
	}

	// Each tag with the products that have it.
	var tags []struct {
		Tag      string
		Products types.JSON[[]string]
	}
	err = db.Model(&Product{}).Joins("JOIN ? AS tag", types.JSONCol("products.details").Each("$.tags")).
		Select("tag.value AS tag, ? AS products", types.JSONGroupArray("name")).
		Group("tag.value").Order("tag.value").Find(&tags).Error
	if err != nil {
		return err
	}
	for _, t := range tags {
		fmt.Fprintln(out, "tag:", t.Tag, t.Products.V)
	}

	var table Product
	if err := db.Take(&table, "name = ?", "Table").Error; err != nil {
		return err
	}
	fmt.Fprintln(out, "table:", table.Details.V.Price, table.Details.V.Made, table.Origin)
	return explain(out, db.Where(price.Eq(40)))
}

// explain shows how SQLite goes about the query.
func explain(out io.Writer, query *gorm.DB) error {
	stmt := query.Session(&gorm.Session{DryRun: true}).Find(&[]Product{}).Statement
	var plan []struct{ Detail string }
	err := query.Session(&gorm.Session{NewDB: true}).Raw("EXPLAIN QUERY PLAN "+stmt.SQL.String(), stmt.Vars...).Scan(&plan).Error
	for _, p := range plan {
		fmt.Fprintln(out, "plan:", p.Detail)
	}
	return err
}
