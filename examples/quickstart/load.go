package main

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// summary tells what a load did.
type summary struct {
	added, changed, unchanged, removed int

	bad []error // of files that do not parse
}

// load makes the database agree with the files of fsys. It is one transaction:
// when it fails or is interrupted, the database stays as it was.
func load(db *gorm.DB, fsys fs.FS, progress io.Writer) (sum summary, err error) {
	sources, err := findSources(fsys)
	if err != nil {
		return sum, err
	}
	if len(sources) == 0 {
		return sum, fmt.Errorf("there are no Go files")
	}
	err = db.Transaction(func(tx *gorm.DB) error {
		l, err := newLoader(tx)
		if err != nil {
			return err
		}
		done := 0
		for batch := range slices.Chunk(sources, 200) {
			read(fsys, batch, l.known)
			if err := l.save(batch); err != nil {
				return err
			}
			done += len(batch)
			fmt.Fprintf(progress, "\rreading: %d of %d files", done, len(sources))
		}
		fmt.Fprint(progress, "\r\033[K") // wipes the line
		err = l.finish()
		sum = l.summary
		return err
	})
	return sum, err
}

// loader is a load under way, in its transaction.
type loader struct {
	summary

	tx       *gorm.DB
	known    map[string]File     // files in the database by path: at first all, in the end those that are gone
	packages map[string]*Package // all packages by path
}

func newLoader(tx *gorm.DB) (*loader, error) {
	l := &loader{tx: tx, known: map[string]File{}, packages: map[string]*Package{}}
	var files []File
	if err := tx.Select("id", "path", "hash").Find(&files).Error; err != nil {
		return nil, err
	}
	for _, f := range files {
		l.known[f.Path] = f
	}
	var packages []*Package
	if err := tx.Find(&packages).Error; err != nil {
		return nil, err
	}
	for _, p := range packages {
		l.packages[p.Path] = p
	}
	return l, nil
}

// save writes the files of a batch that are new or have changed.
func (l *loader) save(batch []source) error {
	var files, old []File
	if err := l.addPackages(batch); err != nil {
		return err
	}
	for _, s := range batch {
		before, found := l.known[s.path]
		if s.err != nil {
			l.bad = append(l.bad, s.err)
			continue
		}
		delete(l.known, s.path) // it is not gone
		if !s.changed {
			l.unchanged++
			continue
		}
		if found {
			l.changed++
			old = append(old, before)
		} else {
			l.added++
		}
		s.file.PackageID = l.packages[s.importPath].ID
		for _, name := range s.imports {
			s.file.Imports = append(s.file.Imports, l.packages[name])
		}
		files = append(files, s.file)
	}
	if len(old) > 0 {
		if err := l.tx.Model(&old).Association("Imports").Clear(); err != nil {
			return err
		}
		// Unscoped deletes the functions instead of cutting them loose.
		if err := l.tx.Model(&old).Association("Functions").Unscoped().Clear(); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return nil
	}
	// Create also writes the functions, and the rows that join a file to what it
	// imports; Omit says that the imported packages themselves are saved already.
	return l.tx.Omit("Imports.*").Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "path"}},
		UpdateAll: true,
	}).Create(&files).Error
}

// addPackages adds the packages of a batch that are not in the database yet.
func (l *loader) addPackages(batch []source) error {
	var added []*Package
	for _, s := range batch {
		if !s.changed {
			continue
		}
		for _, name := range append(s.imports, s.importPath) {
			if l.packages[name] == nil {
				l.packages[name] = &Package{Path: name}
				added = append(added, l.packages[name])
			}
		}
	}
	if len(added) == 0 {
		return nil
	}
	return l.tx.Create(&added).Error
}

// finish deletes what is gone and brings the full-text index up to date.
func (l *loader) finish() error {
	l.removed = len(l.known)
	gone := slices.Collect(maps.Values(l.known))
	for batch := range slices.Chunk(gone, 1000) {
		if err := l.tx.Delete(&batch).Error; err != nil { // by their primary keys
			return err
		}
	}
	if l.added+l.changed+l.removed == 0 {
		return nil
	}
	inUse := l.tx.Raw("? UNION ?", l.tx.Model(&File{}).Select("package_id"), l.tx.Table("file_imports").Select("package_id"))
	if err := l.tx.Where("id NOT IN (?)", inUse).Delete(&Package{}).Error; err != nil {
		return err
	}
	return l.tx.Exec("INSERT INTO function_docs (function_docs) VALUES ('rebuild')").Error
}
