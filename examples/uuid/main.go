package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

// Author has a key in 16 bytes, made by time, and a random one for the public.
type Author struct {
	ID     types.UUID
	Public types.UUIDText `gorm:"uuid:v4;uniqueIndex"`
	Name   string         `gorm:"unique"`
	Books  []Book
}

// Book refers to its author, and perhaps to the book that it continues.
type Book struct {
	ID        types.UUID
	Title     string
	AuthorID  types.UUID
	PrequelID *types.UUID
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
	if err := db.AutoMigrate(&Author{}, &Book{}); err != nil {
		return err
	}

	// The keys are there as soon as the rows are, also those of the books.
	le := Author{Name: "Ursula K. Le Guin", Books: []Book{{Title: "A Wizard of Earthsea"}, {Title: "The Tombs of Atuan"}}}
	if err := db.Create(&le).Error; err != nil {
		return err
	}
	at, _ := le.ID.Time()
	fmt.Fprintf(out, "version %d key, %v old; public key of version %d\n",
		uuid.UUID(le.ID).Version(), time.Since(at).Truncate(time.Minute), uuid.UUID(le.Public).Version())
	if err := db.Model(&le.Books[1]).Update("prequel_id", le.Books[0].ID).Error; err != nil {
		return err
	}

	// Somebody who is there already keeps the key, and the struct gets it.
	again := Author{Name: le.Name}
	err = db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"name"})}).
		Create(&again).Error
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "the same author:", again.ID == le.ID)

	// A key that came as text, as from a URL.
	id, err := types.ParseUUID("urn:uuid:" + le.ID.String())
	if err != nil {
		return err
	}
	var found Author
	if err := db.Preload("Books", func(tx *gorm.DB) *gorm.DB { return tx.Order("id") }).First(&found, id).Error; err != nil {
		return err
	}
	for _, b := range found.Books { // in the order in which they were made
		fmt.Fprintf(out, "%s, continues another: %v\n", b.Title, b.PrequelID != nil)
	}

	var stored []string
	if err := db.Model(&Author{}).Pluck("typeof(id) || ' ' || length(id) || ', ' || typeof(public) || ' ' || length(public)", &stored).Error; err != nil {
		return err
	}
	fmt.Fprintln(out, "stored as", stored[0])
	return nil
}
