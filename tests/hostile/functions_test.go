package hostile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// awkward are values that functions may not expect.
var awkward = []string{"NULL", "0", "-1", "9223372036854775807", "-9223372036854775808", "1e308", "-0.5", "''", "'x'", "x''", "x'00ff'", "x'0001020304050602'", "'[1,2'", "'{\"a\":[1]}'", "zeroblob(100)"}

// spared are functions that wait, or that are for the tests of SQLite itself.
var spared = map[string]bool{"load_extension": true, "randomblob": true, "zeroblob": true, "sqlite_log": true, "printf": true, "format": true}

// functionsChild calls every SQL function with awkward arguments.
func functionsChild([]string) error {
	db := openChild()
	defer db.Close()
	rows, err := db.Query("SELECT DISTINCT name, narg FROM pragma_function_list ORDER BY 1, 2")
	if err != nil {
		return err
	}
	var calls []string
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return err
		}
		if spared[name] || strings.ContainsAny(name, "->") {
			continue
		}
		counts := []int{n}
		if n < 0 {
			counts = []int{0, 1, 2, 3, 4}
		}
		for _, n := range counts {
			for i := range max(1, min(n, 2)*len(awkward)) {
				args := make([]string, n)
				for j := range args {
					args[j] = awkward[(i+j*(1+i/len(awkward)*3))%len(awkward)]
				}
				calls = append(calls, "SELECT "+name+"("+strings.Join(args, ", ")+")")
			}
		}
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for _, text := range calls {
		fmt.Println(text)
		rows, err := db.Query(text)
		if err != nil {
			continue
		}
		for rows.Next() {
		}
		rows.Close()
	}
	fmt.Println("done", len(calls))
	return nil
}

// No SQL function ends the process, whatever it is called with.
func TestFunctionsWithAwkwardArguments(t *testing.T) {
	child := dbtest.Start(t, "functions")
	last := ""
	for {
		line, ok := child.Line()
		if !ok {
			break
		}
		last = line
	}
	if !strings.HasPrefix(last, "done") {
		t.Fatalf("it ended the process: %s", last)
	}
	t.Log(last)
	child.Done(t)
}
