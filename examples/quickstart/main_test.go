package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/leaktest"
)

func TestMain(m *testing.M) {
	// The library keeps threads of its own once it is loaded.
	db, err := open(":memory:")
	if err == nil {
		err = closeWith(db, nil)
	}
	if err != nil {
		fmt.Println("not run:", err)
		if errors.Is(err, libsql.ErrUnsupported) {
			os.Exit(0)
		}
		os.Exit(1)
	}
	leaktest.Main(m)
}

// shop is a source tree with something of everything.
var shop = map[string]string{
	"go.mod": "// A shop.\nmodule example.org/shop\n\ngo 1.24\n",
	"cmd/shop/main.go": `package main

import (
	"fmt"

	"example.org/shop/cart"
	"example.org/shop/price"
)

func main() { fmt.Println(cart.New().Total(price.Euro)) }
`,
	"cart/cart.go": `// Package cart is in itself no function.
package cart

import (
	"fmt"
	money "fmt"

	"example.org/shop/price"
)

type Cart struct{}

// New returns an empty cart, which is not safe for concurrent use.
func New() *Cart { return nil }

// Total adds up what is in the cart.
// It is safe for concurrent
// use, being a "constant".
func (c *Cart) Total(unit int) int {
	fmt.Sprint(price.Euro)
	money.Sprint()
	return 0
}

func (Cart) undocumented() {}
`,
	"cart/cart_test.go": `package cart_test

import (
	"testing"

	"example.org/shop/cart"
	"example.org/shop/returns"
)

// TestTotal is not safe for concurrent use.
func TestTotal(t *testing.T) {
	_ = cart.New
	_ = returns.Refused

	// Long enough

	// to be the longest

	// if tests counted.
}
`,
	"price/price.go":     "package price\n\nconst Euro = 1\n",
	"returns/returns.go": "package returns\n\n// Refused gives no money back.\nfunc Refused[T any](T) {\n}\n",
	"gift/gift.go":       "package gift\n\nimport \"example.org/shop/gift/wrap\"\n\nvar _ = wrap.Paper\n",
	"gift/wrap/wrap.go":  "package wrap\n\nvar Paper int\n",
	"tool/go.mod":        "module \"example.org/tool\"\n",
	"tool/sub/sub.go":    "package sub\n",
	"broken/broken.go":   "package broken\n\nfunc {\n",
	"broken/text.go":     "not Go\n",
	// Not for us.
	"cart/testdata/x.go": "package x\n", "vendor/x/x.go": "package x\n", "_old/x.go": "package x\n",
	".git/x.go": "package x\n", "cart/.#cart.go": "package x\n", "cart/_x.go": "package x\n", "README": "package x\n",
}

const shopAnswers = `8 packages, 8 files (8 new, 0 changed, 0 removed), 6 functions.
`

// writeTree writes the files of a tree into a directory.
func writeTree(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

var (
	times = regexp.MustCompile(`\d+\.\d+ (ms|s)\b`)
	size  = regexp.MustCompile(`\(\d+\.\d+ MB\)`)
)

// output runs the program and returns what it prints, with T for times and the
// names of the directories taken out.
func output(t *testing.T, o options) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, run(t.Context(), o, nil, &out, io.Discard))
	text := times.ReplaceAllString(out.String(), "T $1")
	text = size.ReplaceAllString(text, "(SIZE)")
	return strings.NewReplacer(o.src, "SRC", o.db, "DB").Replace(text)
}

func TestShop(t *testing.T) {
	o := options{db: filepath.Join(t.TempDir(), "q.db"), src: t.TempDir(), search: "safe for concurrent use"}
	writeTree(t, o.src, shop)
	fmt.Println(output(t, o))
	_ = context.Background
	_ = gorm.ErrRecordNotFound
}
