package main

import (
	"fmt"
	"go/build"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/fts"
)

// Name is an exported name of a package. A match in the name counts ten times one
// in the comment; words are found by their stems.
type Name struct {
	ID      uint
	Package string `gorm:"uniqueIndex:package_name"`
	Name    string `gorm:"uniqueIndex:package_name;fts:weight=10"`
	Kind    string
	Doc     string `gorm:"fts:prefix=2 3,tokenize=porter unicode61"`
}

// Answer is a name that was found. Part is where in the comment the words are.
type Answer struct {
	Name
	Rank float64
	Part string
}

func main() {
	query := strings.Join(os.Args[1:], " ")
	if query == "" {
		query = `"regular expression" compil*`
	}
	if err := run(os.Stdout, ":memory:", ".", query); err != nil {
		log.Fatal(err)
	}
}

// run searches the packages in and below a directory of the standard library.
func run(out io.Writer, dsn, dir, query string) error {
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := db.AutoMigrate(&Name{}); err != nil {
		return err
	}
	err = db.Transaction(func(tx *gorm.DB) error {
		return read(filepath.Join(build.Default.GOROOT, "src"), dir, func(names []Name) error { return tx.Create(&names).Error })
	})
	if err != nil {
		return err
	}

	search := fts.Search{
		Model: &Name{}, Text: query, RankInto: "Rank",
		Excerpts: []fts.Excerpt{{Field: "Doc", Into: "Part", Words: 16, Open: "«", Close: "»"}},
	}
	var names, found int64
	if err := db.Model(&Name{}).Count(&names).Error; err != nil {
		return err
	}
	if err := db.Model(&Name{}).Scopes(search.Scope).Count(&found).Error; err != nil {
		return err
	}
	fmt.Fprintf(out, "%d of %d names:\n", found, names)
	var answers []Answer
	if err := db.Scopes(search.Scope).Limit(5).Find(&answers).Error; err != nil {
		return err
	}
	for _, a := range answers {
		fmt.Fprintf(out, "%6.1f %s %s\n       %s\n", -a.Rank, a.Package, a.Name.Name, strings.Join(strings.Fields(a.Part), " "))
	}
	return nil
}
