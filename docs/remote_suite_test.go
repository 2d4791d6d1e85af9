package docs_test

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var updateSuite = flag.Bool("update-local-only", false, "write the list of local tests into remote.md")

// localOnly is a test that says it is about a local database alone, or a package
// all of whose tests are.
type localOnly struct{ reason, dir, test string }

// remote.md lists the tests that do not run at a server, as they say themselves.
func TestListOfLocalTests(t *testing.T) {
	reasons, found := reasonsOf(t), localTests(t)
	require.Greater(t, len(found), 50)
	var want strings.Builder
	for len(found) > 0 {
		reason := found[0].reason
		require.Contains(t, reasons, reason)
		fmt.Fprintf(&want, "- %s:", reasons[reason])
		dir := ""
		for len(found) > 0 && found[0].reason == reason {
			f := found[0]
			found = found[1:]
			switch {
			case f.test == "":
				fmt.Fprintf(&want, " **all of `%s`**", f.dir)
			case f.dir != dir:
				fmt.Fprintf(&want, " `%s` %s", f.dir, f.test)
			default:
				fmt.Fprintf(&want, ", %s", f.test)
			}
			dir = f.dir
			if len(found) > 0 && found[0].reason == reason && found[0].dir != dir {
				want.WriteByte(';')
			}
		}
		want.WriteByte('\n')
	}
	const file, begin, end = "remote.md", "<!-- local tests -->\n", "<!-- end of local tests -->"
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	got, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	if *updateSuite {
		require.NoError(t, os.WriteFile(file, []byte(before+begin+want.String()+end+after), 0o600))
		return
	}
	require.Equal(t, want.String(), got, "go test ./docs -run TestListOfLocalTests -update-local-only writes it")
}

// reasonsOf are the reasons of package dbtest, by the names of their constants.
func reasonsOf(t *testing.T) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../internal/dbtest/remote.go", nil, 0)
	require.NoError(t, err)
	reasons := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "Reason" {
				text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				require.NoError(t, err)
				reasons[v.Names[0].Name] = text
			}
		}
		return true
	})
	return reasons
}

// localTests are those of the module, ordered by reason, directory and name.
func localTests(t *testing.T) (found []localOnly) {
	t.Helper()
	const root = ".."
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return filepath.SkipDir
			}
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				found = append(found, localIn(t, filepath.ToSlash(dir), fn)...)
			}
		}
		return err
	}))
	slices.SortFunc(found, func(a, b localOnly) int {
		return cmp.Or(cmp.Compare(a.reason, b.reason), cmp.Compare(a.dir, b.dir), cmp.Compare(a.test, b.test))
	})
	return slices.Compact(found)
}

func localIn(t *testing.T, dir string, fn *ast.FuncDecl) (found []localOnly) {
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		callee, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || callee.Sel.Name != "LocalOnly" && callee.Sel.Name != "MainLocal" {
			return true
		}
		reason, ok := call.Args[1].(*ast.SelectorExpr)
		require.True(t, ok, "%s: %s has a reason of its own", dir, fn.Name.Name)
		f := localOnly{reason.Sel.Name, dir, fn.Name.Name}
		if callee.Sel.Name == "MainLocal" {
			f.test = ""
		} else {
			require.Regexp(t, "^(Test|Fuzz|Benchmark)", f.test, "%s: a helper that skips cannot be listed: let each test say it", dir)
		}
		found = append(found, f)
		return true
	})
	return found
}
