package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root   = "../.."
	module = "github.com/gorm-libsql/libsql"
)

// sources calls fn with every Go file of the module that is no test.
func sources(t *testing.T, fn func(path string, f *ast.File)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
				return filepath.SkipDir // a module of its own
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		fn(filepath.ToSlash(rel), f)
		return err
	})
	require.NoError(t, err)
}

func TestEveryExportedNameIsDocumented(t *testing.T) {
	names := 0
	sources(t, func(path string, f *ast.File) {
		if strings.HasPrefix(path, "examples/") {
			return
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && exportedReceiver(d) {
					names++
					if d.Doc == nil {
						t.Errorf("%s: %s has no doc comment", path, d.Name.Name)
					}
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					names += checkSpec(t, path, d, spec)
				}
			}
		}
	})
	require.Greater(t, names, 100)
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if idx, ok := typ.(*ast.IndexExpr); ok {
		typ = idx.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

func checkSpec(t *testing.T, path string, d *ast.GenDecl, spec ast.Spec) (names int) {
	check := func(id *ast.Ident, docs ...*ast.CommentGroup) {
		if !id.IsExported() {
			return
		}
		names++
		for _, doc := range docs {
			if doc != nil {
				return
			}
		}
		t.Errorf("%s: %s has no doc comment", path, id.Name)
	}
	switch s := spec.(type) {
	case *ast.TypeSpec:
		check(s.Name, s.Doc, s.Comment, d.Doc)
	case *ast.ValueSpec:
		for _, id := range s.Names {
			check(id, s.Doc, s.Comment, d.Doc)
		}
	}
	return names
}

// Who may import whom; see the README's rooms. A room that is not listed may
// import whatever it likes.
var mayNot = map[string][]string{
	"driver":    {"gorm.io/", module + "/internal/gormdb", module + "/dialect", module + "/migrator", module + "/pragma"},
	"pragma":    {"gorm.io/", module + "/internal/gormdb", module + "/dialect", module + "/migrator"},
	"migrator":  {module + "/dialect"},
	"types":     {module + "/driver", module + "/dialect", module + "/migrator", module + "/pragma"},
	"callbacks": {module + "/dialect", module + "/migrator", module + "/types"},
	"internal":  {"gorm.io/", module + "/driver", module + "/dialect", module + "/migrator"},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	onGORM := []string{"internal/gormdb/", "internal/dbtest/", "internal/hranaserver/"}
	sources(t, func(path string, f *ast.File) {
		room, _, _ := strings.Cut(path, "/")
		exempt := slices.ContainsFunc(onGORM, func(dir string) bool { return strings.HasPrefix(path, dir) })
		for _, imp := range f.Imports {
			name := strings.Trim(imp.Path.Value, `"`)
			for _, no := range mayNot[room] {
				if strings.HasPrefix(name, no) && !exempt {
					t.Errorf("%s imports %s", path, name)
				}
			}
			if name == "net/http" && room == "callbacks" && !strings.HasPrefix(path, "callbacks/web/") {
				t.Errorf("%s imports a server", path)
			}
			if name == module+"/internal/dbtest" {
				t.Errorf("%s imports %s, which is for tests", path, name)
			}
			if name == "C" && !strings.HasPrefix(path, "driver/internal/local/") {
				t.Errorf("%s imports C", path)
			}
			if strings.Contains(name, "mattn") || strings.HasPrefix(name, "modernc.org/") {
				t.Errorf("%s imports %s, another SQLite", path, name)
			}
		}
	})
}

// Each room says what it is for, and always in the same place.
func TestEveryRoomHasADocFile(t *testing.T) {
	rooms := map[string]bool{}
	sources(t, func(path string, f *ast.File) {
		dir := filepath.Dir(path)
		rooms[dir] = rooms[dir] || filepath.Base(path) == "doc.go" && f.Doc != nil
	})
	for dir, has := range rooms {
		if !has {
			t.Errorf("%s has no doc.go with a package comment", dir)
		}
	}
}

func TestErrorsAreToldByCodeNotByText(t *testing.T) {
	sources(t, func(path string, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Contains" && sel.Sel.Name != "HasPrefix" {
				return true
			}
			if arg, ok := call.Args[0].(*ast.CallExpr); ok {
				if s, ok := arg.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Error" {
					t.Errorf("%s searches the text of an error", path)
				}
			}
			return true
		})
	})
}

// The first example of the README is a program: it runs as it stands.
func TestReadmeExampleRuns(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	m := regexp.MustCompile("(?s)```go\n(package main.*?)```").FindSubmatch(readme)
	require.NotNil(t, m, "README.md has no program")
	dir := t.TempDir()
	main := filepath.Join(dir, "main.go")
	require.NoError(t, os.WriteFile(main, m[1], 0o600))
	bin := filepath.Join(dir, "example")
	build := exec.Command("go", "build", "-o", bin, main)
	build.Dir = root
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for range 2 { // the second time the database is there already
		run := exec.Command(bin)
		run.Dir = dir
		out, err = run.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Equal(t, "D42 100\n", string(out))
	}
}

// Each Go snippet of the documents stands in a test, so that it is compiled
// and run. Indentation does not count.
func TestEverySnippetOfTheDocumentsIsInATest(t *testing.T) {
	var tests strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			tests.WriteString(unindent(string(text)))
		}
		return err
	})
	require.NoError(t, err)
	documents, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	snippets := 0
	for _, doc := range append(documents, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(doc)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			snippets++
			if !strings.HasPrefix(m[1], "package main") && !strings.Contains(tests.String(), unindent(m[1])) {
				t.Errorf("%s: no test has the snippet\n%s", filepath.Base(doc), m[1])
			}
		}
	}
	require.Greater(t, snippets, 5)
}

func unindent(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
