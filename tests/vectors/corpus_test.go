package vectors

import (
	"go/ast"
	"go/parser"
	"go/token"
	"hash/fnv"
	"io/fs"
	"math"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/types"
)

// comments are different comments of the Go standard library and its commands,
// at most n of them, in the order of their files.
func comments(t *testing.T, n int) (out []string) {
	t.Helper()
	seen := map[string]bool{}
	fset := token.NewFileSet()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	err = filepath.WalkDir(filepath.Join(strings.TrimSpace(string(root)), "src"), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return filepath.SkipDir
		case len(out) >= n:
			return filepath.SkipAll
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return nil // of a later version of Go, or wrong on purpose
		}
		ast.Inspect(f, func(node ast.Node) bool {
			if group, ok := node.(*ast.CommentGroup); ok {
				text := strings.TrimSpace(group.Text())
				if len(text) >= 40 && !strings.HasPrefix(text, "Copyright") && !seen[text] && len(out) < n {
					seen[text] = true
					out = append(out, text)
				}
			}
			return true
		})
		return nil
	})
	require.NoError(t, err)
	return out
}

// embed makes a vector of a text: its words and groups of four letters are
// counted under their hashes, and each hash adds a random direction.
func embed(text string, dims int) types.Vector {
	counts := map[uint64]float64{}
	count := func(feature string, weight float64) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(feature))
		counts[h.Sum64()%65536] += weight
	}
	text = strings.ToLower(text)
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' && r < 'a' || r > 'z' }) {
		count(word, 1)
		for i := 0; i+4 <= len(word); i++ {
			count("#"+word[i:i+4], 0.5)
		}
	}
	v := make([]float64, dims)
	for h, c := range counts {
		r := rand.New(rand.NewPCG(h, 1))
		c = math.Log1p(c)
		for i := range v {
			v[i] += c * r.NormFloat64()
		}
	}
	out := make(types.Vector, dims)
	for i, x := range v {
		out[i] = float32(x / 10)
	}
	return out
}

// data are vectors to store and vectors to search for.
func data(t *testing.T, rows, queries, dims int) (stored, asked []types.Vector) {
	t.Helper()
	texts := comments(t, rows+queries)
	require.Len(t, texts, rows+queries)
	for i, at := range rand.New(rand.NewPCG(4, 2)).Perm(len(texts)) {
		v := embed(texts[at], dims)
		if i < rows {
			stored = append(stored, v)
		} else {
			asked = append(asked, v)
		}
	}
	return stored, asked
}
