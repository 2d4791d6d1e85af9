package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	gotypes "go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/gorm-libsql/libsql/types"
)

// tree is a directory of Go source.
type tree struct {
	dir     string
	fsys    fs.FS
	sources []source
}

// source is a Go file on disk.
type source struct {
	path       string // below the directory of the tree
	importPath string // of its package
}

// reading is what the reading of a source came to.
type reading struct {
	source
	file      File
	imports   []string
	unchanged bool  // file and imports are empty
	err       error // the same, because it does not parse
}

// findSources lists the Go files below dir. As go list ./... does, it leaves out
// directories named testdata and vendor and what begins with "." or "_".
func findSources(dir string) (tree, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return tree{}, err
	}
	if _, err := os.Stat(dir); err != nil {
		return tree{}, err
	}
	t := tree{dir: dir, fsys: os.DirFS(dir)}
	importPaths := map[string]string{} // by directory
	err = fs.WalkDir(t.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		hidden := name != "." && (base[0] == '.' || base[0] == '_')
		switch {
		case err != nil:
			return err
		case d.IsDir() && (hidden || base == "testdata" || base == "vendor"):
			return fs.SkipDir
		case d.IsDir():
			importPaths[name] = path.Join(importPaths[path.Dir(name)], base)
			if module := modulePath(t.fsys, name); module != "" {
				importPaths[name] = module
			}
		case d.Type().IsRegular() && !hidden && path.Ext(name) == ".go":
			t.sources = append(t.sources, source{path: name, importPath: importPaths[path.Dir(name)]})
		}
		return nil
	})
	if err == nil && len(t.sources) == 0 {
		err = errors.New("there are no Go files")
	}
	if err != nil {
		return tree{}, fmt.Errorf("reading %s: %w", dir, err)
	}
	return t, nil
}

// modulePath is the path of the module whose root dir is, or "".
func modulePath(fsys fs.FS, dir string) string {
	text, err := fs.ReadFile(fsys, path.Join(dir, "go.mod"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) < 2 || words[0] != "module":
		case words[1] == "std":
			return "." // the standard library: import "fmt", not "std/fmt"
		default:
			return strings.Trim(words[1], "\"`")
		}
	}
	return ""
}

// read reads the sources, as many at a time as there are processors. Those whose
// hash is known are not parsed.
func read(fsys fs.FS, sources []source, known map[string]File) []reading {
	readings := make([]reading, len(sources))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, s := range sources {
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer wg.Done()
			readings[i] = s.read(fsys, known[s.path].Hash)
			<-slots
		}()
	}
	wg.Wait()
	return readings
}

func (s source) read(fsys fs.FS, known []byte) reading {
	r := reading{source: s}
	content, err := fs.ReadFile(fsys, s.path)
	if err != nil {
		r.err = err
		return r
	}
	hash := sha256.Sum256(content)
	if bytes.Equal(hash[:], known) {
		r.unchanged = true
		return r
	}
	positions := token.NewFileSet()
	syntax, err := parser.ParseFile(positions, s.path, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		r.err = err
		return r
	}
	r.file = File{
		Path:        s.path,
		Hash:        hash[:],
		Test:        strings.HasSuffix(s.path, "_test.go"),
		PackageName: syntax.Name.Name,
		Lines:       bytes.Count(content, []byte("\n")),
	}
	for _, spec := range syntax.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			r.imports = append(r.imports, name)
		}
	}
	line := func(p token.Pos) int { return positions.PositionFor(p, false).Line }
	for _, decl := range syntax.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			function := Function{
				Name:  functionName(f),
				Line:  line(f.Pos()),
				Lines: line(f.End()) - line(f.Pos()) + 1,
				Doc:   f.Doc.Text(),
			}
			if function.Doc != "" && !r.file.Test {
				function.Entry = &Entry{Signature: types.NewJSONB(signature(f)), Embedding: embed(function.Doc)}
			}
			r.file.Functions = append(r.file.Functions, function)
		}
	}
	return r
}

func signature(f *ast.FuncDecl) Signature {
	list := func(fields *ast.FieldList) []string {
		names := []string{} // an empty list, not null
		for i := range fields.NumFields() {
			names = append(names, typeOf(fields, i))
		}
		return names
	}
	s := Signature{Params: list(f.Type.Params), Results: list(f.Type.Results)}
	if f.Recv.NumFields() > 0 {
		s.Receiver = typeOf(f.Recv, 0)
	}
	return s
}

// typeOf is the type of parameter n: several may share one, as in a, b int.
func typeOf(fields *ast.FieldList, n int) string {
	for _, field := range fields.List {
		if n -= max(1, len(field.Names)); n < 0 {
			return gotypes.ExprString(field.Type)
		}
	}
	return ""
}

func functionName(f *ast.FuncDecl) string {
	if f.Recv.NumFields() == 0 {
		return f.Name.Name
	}
	receiver := gotypes.ExprString(f.Recv.List[0].Type)
	if strings.HasPrefix(receiver, "*") {
		receiver = "(" + receiver + ")"
	}
	return receiver + "." + f.Name.Name
}
