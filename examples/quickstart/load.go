package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// summary tells what a load did, and what the database has now.
type summary struct {
	added, changed, unchanged, removed int // files

	packages, functions int64

	bad []error // one for each file that is not Go
}

// String is the summary in words.
func (s summary) String() string {
	text := fmt.Sprintf("%s packages, %s files (%s new, %s changed, %s removed), %s functions.",
		thousands(s.packages), thousands(s.added+s.changed+s.unchanged),
		thousands(s.added), thousands(s.changed), thousands(s.removed), thousands(s.functions))
	if len(s.bad) > 0 {
		first := fmt.Sprintf("\n   %v", s.bad[0])
		text += fmt.Sprintf("\nFiles left out because they cannot be parsed: %s, the first of them%s",
			thousands(len(s.bad)), clip(first, maxWidth))
	}
	return text
}

// load makes the database agree with the source tree. It is one transaction: if
// it fails or is interrupted, the database stays as it was.
func load(db *gorm.DB, from tree, progress io.Writer) (s summary, err error) {
	defer fmt.Fprint(progress, "\r\033[K") // wipes the line
	err = db.Transaction(func(tx *gorm.DB) error {
		l, err := newLoader(tx)
		if err != nil {
			return err
		}
		done := 0
		for batch := range slices.Chunk(from.sources, 100) {
			if err := l.save(read(from.fsys, batch, l.known)); err != nil {
				return err
			}
			done += len(batch)
			fmt.Fprintf(progress, "\rreading: %s of %s files", thousands(done), thousands(len(from.sources)))
		}
		err = l.finish()
		s = l.sum
		return err
	})
	return s, err
}

// loader is a load under way, in its transaction.
type loader struct {
	sum      summary
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
func (l *loader) save(batch []reading) error {
	if err := l.addPackages(batch); err != nil {
		return err
	}
	var files, old []File
	for _, r := range batch {
		if r.err != nil {
			l.sum.bad = append(l.sum.bad, r.err)
			continue
		}
		before, found := l.known[r.path]
		delete(l.known, r.path) // it is not gone
		switch {
		case r.unchanged:
			l.sum.unchanged++
			continue
		case found:
			l.sum.changed++
			old = append(old, before)
		default:
			l.sum.added++
		}
		r.file.PackageID = l.packages[r.importPath].ID
		for _, name := range r.imports {
			r.file.Imports = append(r.file.Imports, l.packages[name])
		}
		files = append(files, r.file)
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
func (l *loader) addPackages(batch []reading) error {
	var added []*Package
	for _, r := range batch {
		if r.unchanged || r.err != nil {
			continue
		}
		for _, name := range append(r.imports, r.importPath) {
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
	l.sum.removed = len(l.known)
	gone := slices.Collect(maps.Values(l.known))
	for batch := range slices.Chunk(gone, 1000) {
		if err := l.tx.Delete(&batch).Error; err != nil { // by their primary keys
			return err
		}
	}
	if l.sum.added+l.sum.changed+l.sum.removed > 0 {
		withFiles := l.tx.Model(&File{}).Select("package_id")
		imported := l.tx.Table("file_imports").Select("package_id")
		if err := l.tx.Where("id NOT IN (?) AND id NOT IN (?)", withFiles, imported).Delete(&Package{}).Error; err != nil {
			return err
		}
		if err := l.tx.Exec("INSERT INTO function_docs (function_docs) VALUES ('rebuild')").Error; err != nil {
			return err
		}
	}
	if err := l.tx.Model(&Package{}).Count(&l.sum.packages).Error; err != nil {
		return err
	}
	return l.tx.Model(&Function{}).Count(&l.sum.functions).Error
}
