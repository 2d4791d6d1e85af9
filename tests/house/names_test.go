package house

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	codeInText = regexp.MustCompile("`[^`\n]+`")
	nameInCode = regexp.MustCompile(`\b([A-Za-z]\w*)\.([A-Z]\w*)`)
)

// The documents name only functions, types, methods and fields that exist.
func TestNamesInDocumentsExist(t *testing.T) {
	members := map[string]map[string]bool{} // of a package, or of a type whatever its package
	add := func(of string, name *ast.Ident) {
		if members[of] == nil {
			members[of] = map[string]bool{}
		}
		members[of][name.Name] = true
	}
	sources(t, func(file string, f *ast.File) {
		if dir := path.Dir(file); regexp.MustCompile(`(^|/)(internal|examples|tests)(/|$)`).MatchString(dir) {
			return
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				of := f.Name.Name
				if d.Recv != nil && !exportedReceiver(d) {
					continue
				}
				if d.Recv != nil {
					of = receiver(d.Recv.List[0].Type)
				}
				add(of, d.Name)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					addSpec(add, f.Name.Name, spec)
				}
			}
		}
	})
	for _, name := range []string{"Valuer", "ValueConverter"} { // database/sql/driver's
		add("driver", ast.NewIdent(name))
	}
	files, err := filepath.Glob(root + "/docs/*.md")
	require.NoError(t, err)
	files = append(files, root+"/README.md", root+"/CHANGELOG.md")
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, code := range codeInText.FindAllString(string(text), -1) {
			for _, m := range nameInCode.FindAllStringSubmatch(code, -1) {
				if of := members[m[1]]; of != nil {
					found++
					assert.True(t, of[m[2]], "%s: %s: there is no %s", filepath.Base(file), code, m[0])
				}
			}
		}
	}
	require.Greater(t, found, 200)
}

func addSpec(add func(of string, name *ast.Ident), pkg string, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			add(pkg, name)
		}
	case *ast.TypeSpec:
		add(pkg, s.Name)
		st, ok := s.Type.(*ast.StructType)
		if !ok || !s.Name.IsExported() {
			return
		}
		for _, field := range st.Fields.List {
			if len(field.Names) == 0 { // embedded
				add(s.Name.Name, ast.NewIdent(receiver(field.Type)))
			}
			for _, name := range field.Names {
				add(s.Name.Name, name)
			}
		}
	}
}

// receiver is the name of a type that methods have.
func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	case *ast.SelectorExpr:
		return x.Sel.Name
	case *ast.Ident:
		return x.Name
	}
	return ""
}
