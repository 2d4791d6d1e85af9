package driver_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"log"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/driver"
)

// withFunctions opens a database in memory whose connections set has set up.
func withFunctions(set func(c *driver.Conn) error) *sql.DB {
	cfg, err := driver.ParseDSN(":memory:")
	if err != nil {
		log.Fatal(err)
	}
	cfg.OnConnect = func(_ context.Context, c *driver.Conn) error { return set(c) }
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		log.Fatal(err)
	}
	return sql.OpenDB(connector)
}

func ExampleConn_Func() {
	ctx := context.Background()
	db, err := sql.Open(driver.Name, ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	errEmpty := errors.New("nothing to reverse")
	err = driver.EachConn(ctx, db, "reversed", func(_ context.Context, c *driver.Conn) error {
		return c.Func("reversed", func(s string) (string, error) {
			if s == "" {
				return "", errEmpty
			}
			r := []rune(s)
			slices.Reverse(r)
			return string(r), nil
		}, driver.Deterministic)
	})
	if err != nil {
		log.Fatal(err)
	}
	var s string
	err = db.QueryRow("SELECT reversed('stressed')").Scan(&s)
	fmt.Println(s, err)
	err = db.QueryRow("SELECT reversed('')").Scan(&s)
	fmt.Println(err, errors.Is(err, errEmpty))
	err = db.QueryRow("SELECT reversed(12)").Scan(&s)
	fmt.Println(err, errors.Is(err, driver.ErrMismatch))
	// Output:
	// desserts <nil>
	// reversed(): nothing to reverse true
	// reversed(): argument 1: INTEGER 12 does not fit string true
}

type longest struct{ word string }

func (l *longest) Step(word string) {
	if len(word) > len(l.word) {
		l.word = word
	}
}

func (l *longest) Final() string { return l.word }

func ExampleConn_Aggregate() {
	db := withFunctions(func(c *driver.Conn) error {
		return c.Aggregate("longest", func() *longest { return new(longest) })
	})
	defer db.Close()
	var word string
	err := db.QueryRow("SELECT longest(column1) FROM (VALUES ('a'), ('bcd'), ('ef'))").Scan(&word)
	fmt.Println(word, err)
	// Output: bcd <nil>
}

type product struct{ n float64 }

func (p *product) Step(f float64)    { p.n *= f }
func (p *product) Inverse(f float64) { p.n /= f }
func (p *product) Value() float64    { return p.n }
func (p *product) Final() float64    { return p.n }

func ExampleConn_Window() {
	db := withFunctions(func(c *driver.Conn) error {
		return c.Window("product", func() *product { return &product{1} })
	})
	defer db.Close()
	rows, err := db.Query("SELECT product(column1) OVER (ROWS 1 PRECEDING) FROM (VALUES (2), (3), (4), (5))")
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var f float64
		if err := rows.Scan(&f); err != nil {
			log.Fatal(err)
		}
		fmt.Println(f)
	}
	fmt.Println(rows.Err())
	// Output:
	// 2
	// 6
	// 12
	// 20
	// <nil>
}

func ExampleConn_Collation() {
	db := withFunctions(func(c *driver.Conn) error {
		return c.Collation("unicode_nocase", func(a, b string) int {
			return strings.Compare(strings.ToLower(a), strings.ToLower(b))
		})
	})
	defer db.Close()
	var equal bool
	err := db.QueryRow("SELECT 'ÄRGER' = 'ärger' COLLATE unicode_nocase").Scan(&equal)
	fmt.Println(equal, err)
	// Output: true <nil>
}

func ExampleConn_TableFunc() {
	type part struct {
		Number int
		Part   string
	}
	db := withFunctions(func(c *driver.Conn) error {
		return c.TableFunc("split", func(text, separator string) iter.Seq[part] {
			return func(yield func(part) bool) {
				n := 0
				for s := range strings.SplitSeq(text, separator) {
					if n++; !yield(part{n, s}) {
						return
					}
				}
			}
		})
	})
	defer db.Close()
	rows, err := db.Query("SELECT number, part FROM split('a/b/c', '/') WHERE number > 1")
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var p part
		if err := rows.Scan(&p.Number, &p.Part); err != nil {
			log.Fatal(err)
		}
		fmt.Println(p.Number, p.Part)
	}
	fmt.Println(rows.Err())
	// Output:
	// 2 b
	// 3 c
	// <nil>
}
