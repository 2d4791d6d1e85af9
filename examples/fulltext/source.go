package main

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// read calls fn with the names of each package in and below root/start, as go/doc
// knows them.
func read(root, start string, fn func(names []Name) error) error {
	return filepath.WalkDir(filepath.Join(root, start), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		switch d.Name() {
		case "internal", "testdata", "vendor", "cmd":
			return filepath.SkipDir
		}
		names, err := readPackage(root, path)
		if err != nil || len(names) == 0 {
			return err
		}
		return fn(names)
	})
}

func readPackage(root, dir string) (names []Name, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	byPackage := map[string][]*ast.File{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		byPackage[f.Name.Name] = append(byPackage[f.Name.Name], f)
	}
	path, err := filepath.Rel(root, dir)
	if err != nil {
		return nil, err
	}
	path = filepath.ToSlash(path)
	for name, files := range byPackage {
		if name == "main" {
			continue
		}
		p, err := doc.NewFromFiles(fset, files, path)
		if err != nil {
			return nil, err
		}
		names = append(names, namesOf(p)...)
	}
	return names, nil
}

// namesOf are the exported names of a package with their comments.
func namesOf(p *doc.Package) (out []Name) {
	seen := map[string]bool{} // a name may be there for each operating system
	add := func(name, kind, text string) {
		if text != "" && !seen[name] {
			seen[name] = true
			out = append(out, Name{Package: p.ImportPath, Name: name, Kind: kind, Doc: text})
		}
	}
	funcs := func(prefix, kind string, all []*doc.Func) {
		for _, f := range all {
			add(prefix+f.Name, kind, f.Doc)
		}
	}
	add("package "+p.Name, "package", p.Doc)
	funcs("", "func", p.Funcs)
	for _, t := range p.Types {
		add(t.Name, "type", t.Doc)
		funcs("", "func", t.Funcs)
		funcs(t.Name+".", "method", t.Methods)
	}
	return out
}
