package main

import (
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

// Package is a directory of Go files, or a package that some file imports.
type Package struct {
	ID    uint
	Path  string `gorm:"uniqueIndex;not null"` // as in an import declaration
	Files []File `gorm:"constraint:OnDelete:CASCADE"`
}

// File is a Go file. Its functions and imports are deleted with it, by the
// foreign keys that the constraint tags ask for.
type File struct {
	ID          uint
	Path        string `gorm:"uniqueIndex;not null"` // below the source directory
	Hash        []byte // of the content, to see whether the file has changed
	Test        bool   // a _test.go file
	PackageName string // as in the package clause
	Lines       int
	PackageID   uint `gorm:"index;not null"`
	Package     Package
	Imports     []*Package `gorm:"many2many:file_imports;constraint:OnDelete:CASCADE"`
	Functions   []Function `gorm:"constraint:OnDelete:CASCADE"`
}

// Function is a function or a method.
type Function struct {
	ID     uint
	Name   string // with the receiver: (*Buffer).Write
	Line   int    // where it begins
	Lines  int    // without the comment
	Doc    string // the comment
	FileID uint   `gorm:"index;not null"`
	File   File
	Entry  *Entry `gorm:"constraint:OnDelete:CASCADE"` // nil without a comment, and in tests
}

// Entry is what a function with a comment is found by.
type Entry struct {
	ID         types.UUID // fills itself, in the order of creation
	FunctionID uint       `gorm:"uniqueIndex;not null"`
	Function   *Function
	Signature  types.JSONB[Signature] `gorm:"not null"`
	Embedding  types.Vector           `gorm:"dims:128;vectorIndex:compress=float8,max_neighbors=16,insert_l=16"`
}

// Signature is a document: the types that a function takes and gives.
type Signature struct {
	Receiver string   `json:"receiver,omitempty"`
	Params   []string `json:"params"`
	Results  []string `json:"results"`
}

// open opens the database, creates it if there is none, and brings its tables
// up to the models.
func open(dsn string) (*gorm.DB, error) {
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{
		CreateBatchSize: 1000,           // rows in one INSERT, also of associations
		Logger:          logger.Discard, // errors are returned, which is enough
	})
	if err != nil {
		return nil, err
	}
	if err := migrate(db); err != nil {
		return nil, closeWith(db, err)
	}
	return db, nil
}

func migrate(db *gorm.DB) error {
	// A load deletes rows, so do not take over the tables of another program.
	tables, err := db.Migrator().GetTables()
	if err != nil {
		return err
	}
	if len(tables) > 0 && !db.Migrator().HasTable("function_docs") {
		return fmt.Errorf("the database belongs to another program: it has a table %q", tables[0])
	}
	return db.Transaction(func(tx *gorm.DB) error {
		if len(tables) > 0 && !tx.Migrator().HasTable(&Entry{}) {
			// Of an older version: all files are to be read anew.
			if err := tx.Model(&File{}).Where("true").Update("hash", nil).Error; err != nil {
				return err
			}
		}
		if err := tx.AutoMigrate(&Package{}, &File{}, &Function{}, &Entry{}); err != nil {
			return err
		}
		// GORM has no model for a virtual table. This one is a full-text index
		// that keeps no text: it looks into functions.doc.
		return tx.Exec(`CREATE VIRTUAL TABLE IF NOT EXISTS function_docs
			USING fts5(doc, content = 'functions', content_rowid = 'id', tokenize = 'porter')`).Error
	})
}

// closeWith closes the database and returns the first error.
func closeWith(db *gorm.DB, err error) error {
	pool, poolErr := db.DB()
	if poolErr == nil {
		poolErr = pool.Close()
	}
	if err != nil {
		return err
	}
	return poolErr
}
