package main

import (
	"context"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.ShowsLocal, nil) }

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

// shopOutput is what the program prints of the shop.
const shopOutput = `Read SRC in T s.
9 packages, 8 files (8 new, 0 changed, 0 removed), 6 functions.
Files left out because they cannot be parsed: 2, the first of them
   broken/broken.go:3:6: expected 'IDENT', found '{'

1. Which packages are the largest?  (T ms)

   package                      files   lines   test lines
   example.org/shop/cart            2      25           20
   example.org/shop/cmd/shop        1      10            0
   example.org/shop/gift            1       5            0
   example.org/shop/returns         1       5            0
   example.org/shop/gift/wrap       1       3            0
   example.org/shop/price           1       3            0
   example.org/tool/sub             1       1            0

2. Which packages are imported most?  (T ms)

   package                      by packages   by files
   example.org/shop/price                 2          2
   fmt                                    2          2
   example.org/shop/cart                  1          1
   example.org/shop/gift/wrap             1          1

3. Which functions are the longest?  (T ms)

   function            lines   package
   (*Cart).Total           5   example.org/shop/cart
   Refused                 2   example.org/shop/returns
   New                     1   example.org/shop/cart
   Cart.undocumented       1   example.org/shop/cart
   main                    1   example.org/shop/cmd/shop

4. Which packages does nobody import?  (T ms)

   package                 files   lines
   example.org/shop/gift       1       5
   example.org/tool/sub        1       1

5. Which comments speak of “safe for concurrent use”?  (T ms)

   function             comment
   cart.New             …an empty cart, which is not [safe] [for] [concurrent] [use].
   cart.(*Cart).Total   …It is [safe] [for] [concurrent] [use], being a "constant".

6. Which functions are like cart.New, by their comments?  (T ms)

   function             distance   comment
   cart.(*Cart).Total   0.50       Total adds up what is in the cart. It is safe for concurrent use…
   returns.Refused      1.00       Refused gives no money back.

7. Which packages have most functions from a context to an error?  (T ms)

   none

The database is DB (SIZE).
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

func newShop(t *testing.T) options {
	t.Helper()
	o := options{db: filepath.Join(t.TempDir(), "q.db"), src: t.TempDir(), search: "safe for concurrent use", like: "cart.New"}
	writeTree(t, o.src, shop)
	return o
}

// checkFile has SQLite check the database, foreign keys and full-text index
// included.
func checkFile(t *testing.T, file string) {
	t.Helper()
	db, err := open(file)
	require.NoError(t, err)
	defer func() { require.NoError(t, closeWith(db, nil)) }()
	var verdict string
	require.NoError(t, db.Raw("PRAGMA integrity_check").Scan(&verdict).Error)
	require.Equal(t, "ok", verdict)
	var dangling []map[string]any
	require.NoError(t, db.Raw("PRAGMA foreign_key_check").Scan(&dangling).Error)
	require.Empty(t, dangling)
	// With rank 1 it compares the index with functions.doc.
	require.NoError(t, db.Exec("INSERT INTO function_docs (function_docs, rank) VALUES ('integrity-check', 1)").Error)
}

func TestSecondRunGivesTheSameAnswers(t *testing.T) {
	o := newShop(t)
	require.Equal(t, shopOutput, output(t, o))
	checkFile(t, o.db)
	require.Equal(t, strings.Replace(shopOutput, "8 new", "0 new", 1), output(t, o))
	checkFile(t, o.db)
}

// -db takes the address of a server as well, and the answers are those of a file.
func TestServedDatabaseGivesTheSameAnswers(t *testing.T) {
	o := newShop(t)
	served, err := driver.ParseDSN(filepath.Join(t.TempDir(), "served.db"))
	require.NoError(t, err)
	srv, err := hranaserver.New(served, hranaserver.Options{})
	require.NoError(t, err)
	server := httptest.NewServer(srv)
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, srv.Close())
	})
	o.db = server.URL
	local, _, _ := strings.Cut(shopOutput, "\nThe database is ") // where there is a file
	require.Equal(t, local, output(t, o))
	checkFile(t, o.db)
	require.Equal(t, strings.Replace(local, "8 new", "0 new", 1), output(t, o))
	checkFile(t, o.db)
}

func TestRunFollowsTheSource(t *testing.T) {
	o := newShop(t)
	output(t, o)
	remove := func(name string) { require.NoError(t, os.Remove(filepath.Join(o.src, name))) }
	remove("tool/sub/sub.go")
	remove("cart/cart_test.go") // and with it the last import of testing and of returns
	writeTree(t, o.src, map[string]string{
		"broken/text.go":  "package broken // now it is Go\n",
		"price/price.go":  "not Go any more\n",
		"new/new.go":      "package new\n\n// New is safe.\nfunc New() {}\n",
		"gift/gift.go":    shop["gift/gift.go"],                        // written anew, the same
		"returns/more.go": "package returns\n\nfunc More() {\n\n\n}\n", // new in a package that is known
		"cart/cart.go": `package cart

// Total can be safely used for concurrency.
func Total() {
	_ = 1
	_ = 2
	_ = 3
	_ = 4
}
`,
	})
	got := output(t, o)
	checkFile(t, o.db)
	require.Contains(t, got, "9 packages, 8 files (3 new, 1 changed, 3 removed), 5 functions.\nFiles left out because they cannot be parsed: 2,")
	for _, line := range []string{
		"   package                      files   lines   test lines\n   example.org/shop/returns         2      11            0\n",
		"   function   lines   package\n   Total          6   example.org/shop/cart\n   More           4   example.org/shop/returns\n",
		"   function     comment\n   cart.Total   Total can be [safely] [used] [for] [concurrency].\n\n",
	} {
		require.Contains(t, got, line)
	}
	// A database that was brought up to date is as good as a new one.
	fresh := o
	fresh.db = filepath.Join(t.TempDir(), "fresh.db")
	require.Equal(t, answers(output(t, fresh)), answers(got))
}

// answers is the part of an output that no earlier run has an influence on.
func answers(out string) string { return out[strings.Index(out, "\n1. "):] }

// An interrupted run leaves the database as it was, and the next one succeeds.
func TestInterruptedRun(t *testing.T) {
	o := newShop(t)
	interruptedRun(t, o)
	require.Equal(t, shopOutput, output(t, o))

	require.NoError(t, os.RemoveAll(filepath.Join(o.src, "cart")))
	interruptedRun(t, o)
	writeTree(t, o.src, shop)
	require.Equal(t, strings.Replace(shopOutput, "8 new", "0 new", 1), output(t, o))
}

// interruptedRun runs the program until it first tells its progress.
func interruptedRun(t *testing.T, o options) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	progress := writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })
	require.ErrorIs(t, run(ctx, o, nil, io.Discard, progress), context.Canceled)
	checkFile(t, o.db)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestSearchTakesAnyWords(t *testing.T) {
	o := newShop(t)
	output(t, o)
	db, err := open(o.db)
	require.NoError(t, err)
	defer func() { require.NoError(t, closeWith(db, nil)) }()
	for words, want := range map[string][]string{
		"money":                      {"returns.Refused"},
		"MONEY  BACK":                {"returns.Refused"},
		"giving backs":               {"returns.Refused"}, // by their stems
		"money cart":                 nil,
		"money OR cart":              nil, // OR is a word
		"NOT money":                  nil,
		"safe AND":                   nil,
		"money*":                     {"returns.Refused"}, // the star is no word
		"mone*":                      nil,
		`"constant"`:                 {"cart.(*Cart).Total"},
		`con"stant`:                  nil,
		`"`:                          nil,
		`""`:                         nil,
		"doc:money":                  nil,
		"doc : money":                nil,
		"NEAR(cart":                  nil,
		"(money)":                    {"returns.Refused"},
		"^money":                     {"returns.Refused"},
		"-money":                     {"returns.Refused"},
		"{doc}":                      nil,
		"'; DROP TABLE files; --":    nil,
		"money\x00":                  {"returns.Refused"},
		"\x00mo\x00ney":              nil,
		"\xff\xfe":                   nil,
		"%s ? ?1 @p $x :y":           nil,
		"日本語 ünïcode 🚀":              nil,
		strings.Repeat("money ", 99): {"returns.Refused"},
	} {
		answer, err := searchDocs(db, words)
		require.NoError(t, err, "%q", words)
		var got []string
		for _, row := range answer.rows {
			got = append(got, row[0].(string))
		}
		require.Equal(t, want, got, "%q", words)
	}
}

// A comment of numbers or common words alone has no vector to look for.
func TestFunctionsLikeOneWithoutWords(t *testing.T) {
	o := newShop(t)
	writeTree(t, o.src, map[string]string{"cart/odd.go": "package cart\n\n// 42.\nfunc Odd() {}\n\n// That is it.\nfunc Common() {}\n"})
	for _, o.like = range []string{"cart.Odd", "cart.Common", "cart.Nobody"} {
		require.Contains(t, output(t, o), "6. Which functions are like "+o.like+", by their comments?  (T ms)\n\n   none\n")
	}
}

func TestRunRefuses(t *testing.T) {
	o := newShop(t)
	require.NoError(t, os.WriteFile(filepath.Join(o.src, "text"), []byte("no database"), 0o600))
	for name, change := range map[string]func(o *options) (args []string){
		`unexpected argument "x"`:  func(*options) []string { return []string{"x"} },
		"-search has no words":     func(o *options) []string { o.search = " \t"; return nil },
		"no such file":             func(o *options) []string { o.src += "/nowhere"; return nil },
		"not a directory":          func(o *options) []string { o.src += "/go.mod"; return nil },
		"there are no Go files":    func(o *options) []string { o.src = t.TempDir(); return nil },
		"file is not a database":   func(o *options) []string { o.db = filepath.Join(o.src, "text"); return nil },
		"unable to open database ": func(o *options) []string { o.db = filepath.Join(o.src, "nowhere", "q.db"); return nil },
	} {
		refused := o
		args := change(&refused)
		require.ErrorContains(t, run(t.Context(), refused, args, io.Discard, io.Discard), name)
	}
	require.NoFileExists(t, o.db)
}

func TestDatabaseOfAnotherProgramIsLeftAlone(t *testing.T) {
	o := newShop(t)
	db, err := gorm.Open(libsql.Open(o.db), &gorm.Config{})
	require.NoError(t, err)
	require.NoError(t, db.Exec("CREATE TABLE files (name text)").Error)
	require.NoError(t, closeWith(db, nil))
	before, err := os.ReadFile(o.db)
	require.NoError(t, err)
	err = run(t.Context(), o, nil, io.Discard, io.Discard)
	require.EqualError(t, err, `the database belongs to another program: it has a table "files"`)
	after, err := os.ReadFile(o.db)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestStandardLibrary(t *testing.T) {
	o := options{db: filepath.Join(t.TempDir(), "q.db"), src: filepath.Join(goroot(t.Context()), "src", "net"), search: "http server", like: "http.Get"}
	first := output(t, o)
	require.NotContains(t, first, "left out")
	require.Regexp(t, `\n   http +\d+ +\d\d,\d{3} +\d\d,\d{3}\n`, first)
	require.Regexp(t, `\[HTTP\].*\[server\]`, first)
	for line := range strings.Lines(first) {
		require.LessOrEqual(t, len([]rune(line)), maxWidth+1, line) // the line feed
	}
	require.Equal(t, answers(first), answers(output(t, o)))
	checkFile(t, o.db)
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567"} {
		require.Equal(t, want, thousands(n))
	}
}
