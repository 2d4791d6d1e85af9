package main

import (
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/types"
)

// question is what a person may ask about the source, and how to find out.
type question struct {
	text string
	ask  func(db *gorm.DB) (table, error)
}

func questions(words, like string) []question {
	return []question{
		{"Which packages are the largest?", largestPackages},
		{"Which packages are imported most?", mostImported},
		{"Which functions are the longest?", longestFunctions},
		{"Which packages does nobody import?", neverImported},
		{"Which comments speak of “" + words + "”?", func(db *gorm.DB) (table, error) {
			return searchDocs(db, words)
		}},
		{"Which functions are like " + like + ", by their comments?", func(db *gorm.DB) (table, error) {
			return similar(db, like)
		}},
		{"Which packages have most functions from a context to an error?", fromContextToError},
	}
}

// noTests is a scope: a condition that several queries share.
func noTests(db *gorm.DB) *gorm.DB { return db.Where("NOT files.test") }

func largestPackages(db *gorm.DB) (table, error) {
	var found []struct {
		Path                    string
		Files, Lines, TestLines int
	}
	err := db.Model(&Package{}).
		Select("packages.path, count(*) AS files, sum(lines) FILTER (WHERE NOT test) AS lines, " +
			"sum(lines) FILTER (WHERE test) AS test_lines").
		Joins("JOIN files ON files.package_id = packages.id").
		Group("packages.id").
		Order("lines DESC, packages.path").
		Limit(10).
		Scan(&found).Error
	t := table{header: []string{"package", "files", "lines", "test lines"}}
	for _, p := range found {
		t.add(p.Path, p.Files, p.Lines, p.TestLines)
	}
	return t, err
}

func mostImported(db *gorm.DB) (table, error) {
	var found []struct {
		Path            string
		Packages, Files int
	}
	err := db.Model(&Package{}).
		Select("packages.path, count(DISTINCT files.package_id) AS packages, count(*) AS files").
		Joins("JOIN file_imports ON file_imports.package_id = packages.id").
		Joins("JOIN files ON files.id = file_imports.file_id").
		Scopes(noTests).
		Group("packages.id").
		Order("packages DESC, files DESC, packages.path").
		Limit(10).
		Scan(&found).Error
	t := table{header: []string{"package", "by packages", "by files"}}
	for _, p := range found {
		t.add(p.Path, p.Packages, p.Files)
	}
	return t, err
}

func longestFunctions(db *gorm.DB) (table, error) {
	var found []Function
	err := db.InnerJoins("File", db.Where(map[string]any{"test": false})).
		Preload("File.Package").
		Order("functions.lines DESC, File.path, line").
		Limit(10).
		Find(&found).Error
	t := table{header: []string{"function", "lines", "package"}}
	for _, f := range found {
		t.add(f.Name, f.Lines, f.File.Package.Path)
	}
	return t, err
}

// neverImported leaves out commands, which cannot be imported.
func neverImported(db *gorm.DB) (table, error) {
	var found []struct {
		Path         string
		Files, Lines int
	}
	// A package that only its own tests import counts as well.
	imported := db.Table("file_imports").
		Select("file_imports.package_id").
		Joins("JOIN files ON files.id = file_imports.file_id").
		Where("files.package_id <> file_imports.package_id")
	err := db.Model(&Package{}).
		Select("packages.path, count(*) AS files, sum(lines) AS lines").
		Joins("JOIN files ON files.package_id = packages.id").
		Scopes(noTests).
		Where("files.package_name <> ?", "main").
		Where("packages.id NOT IN (?)", imported).
		Group("packages.id").
		Order("lines DESC, packages.path").
		Scan(&found).Error
	t := table{header: []string{"package", "files", "lines"}}
	for _, p := range found {
		t.add(p.Path, p.Files, p.Lines)
	}
	return t, err
}

func searchDocs(db *gorm.DB, words string) (table, error) {
	var found []struct{ PackageName, Name, Excerpt string }
	err := db.Table("function_docs").
		Select("package_name, name, snippet(function_docs, 0, '[', ']', '…', 10) AS excerpt").
		Joins("JOIN functions ON functions.id = function_docs.rowid").
		Joins("JOIN files ON files.id = functions.file_id").
		Scopes(noTests).
		Where("function_docs MATCH ?", matchAll(words)).
		Order("rank, files.path, functions.line").
		Scan(&found).Error
	t := table{header: []string{"function", "comment"}}
	for _, f := range found {
		t.add(f.PackageName+"."+f.Name, strings.Join(strings.Fields(f.Excerpt), " "))
	}
	return t, err
}

// similar finds the functions whose comments are nearest to that of another.
func similar(db *gorm.DB, name string) (table, error) {
	t := table{header: []string{"function", "distance", "comment"}}
	byName := db.Joins("JOIN functions ON functions.id = entries.function_id").
		Joins("JOIN files ON files.id = functions.file_id").
		Where("files.package_name || '.' || functions.name = ?", name)
	var of Entry
	switch err := byName.Order("files.path, functions.line").Take(&of).Error; {
	case errors.Is(err, gorm.ErrRecordNotFound), err == nil && of.Embedding == nil:
		return t, nil
	case err != nil:
		return t, err
	}
	var found []struct {
		Entry
		Distance float64
	}
	search := types.Search{Field: "Embedding", Query: of.Embedding, K: 10, DistanceInto: "Distance"}
	err := db.Model(&Entry{}).Scopes(search.Scope).Where("entries.id <> ?", of.ID).
		Preload("Function.File").Find(&found).Error
	for _, e := range found {
		comment := strings.Join(strings.Fields(e.Function.Doc), " ")
		t.add(e.Function.File.PackageName+"."+e.Function.Name, fmt.Sprintf("%.2f", e.Distance), comment)
	}
	return t, err
}

// fromContextToError asks the signatures.
func fromContextToError(db *gorm.DB) (table, error) {
	var found []struct {
		Path      string
		Functions int
		Example   string
	}
	signature := types.JSONCol("entries.signature")
	err := db.Model(&Entry{}).
		Select("packages.path, count(*) AS functions, min(functions.name) AS example").
		Joins("JOIN functions ON functions.id = entries.function_id").
		Joins("JOIN files ON files.id = functions.file_id").
		Joins("JOIN packages ON packages.id = files.package_id").
		Where(signature.Value(types.At("params", 0)).Eq("context.Context")).
		Where(signature.Value("$.results[#-1]").Eq("error")).
		Group("packages.id").
		Order("functions DESC, packages.path").
		Limit(10).
		Scan(&found).Error
	t := table{header: []string{"package", "functions", "one of them"}}
	for _, p := range found {
		t.add(p.Path, p.Functions, p.Example)
	}
	return t, err
}

// matchAll is the FTS5 query for the texts that have all the words. In quotes
// anything is a word: AND, C++, (x. A NUL would end the query before the quote.
func matchAll(words string) string {
	var quoted []string
	for _, word := range strings.Fields(strings.ReplaceAll(words, "\x00", " ")) {
		quoted = append(quoted, `"`+strings.ReplaceAll(word, `"`, `""`)+`"`)
	}
	return strings.Join(quoted, " ")
}
