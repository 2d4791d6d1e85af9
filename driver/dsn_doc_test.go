package driver

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/internal/pragmas"
)

// codeSpan matches a word in backquotes.
var codeSpan = regexp.MustCompile("`([^`]+)`")

// docSpans returns the words in backquotes.
func docSpans(text string) []string {
	var words []string
	for _, m := range codeSpan.FindAllStringSubmatch(text, -1) {
		words = append(words, m[1])
	}
	return words
}

// docSection returns what follows the heading up to the next one.
func docSection(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/dsn.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/dsn.md has no section %q", heading)
	}
	body, _, _ := strings.Cut(rest, "\n## ")
	return body
}

// short is how docs/dsn.md writes the kinds.
func (d dsnPlace) short() string {
	switch d {
	case inLocal:
		return "local"
	case inAll:
		return "all"
	}
	var names []string
	for _, p := range dsnPlaceNames {
		if d&p.place != 0 {
			names = append(names, p.short)
		}
	}
	return strings.Join(names, ", ")
}

// docs/dsn.md lists the rows of the table, in its order, and nothing else.
func TestDocsListParams(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for _, line := range strings.Split(docSection(t, "Parameters"), "\n") {
		if cells := strings.Split(line, "|"); len(cells) > 2 && strings.HasPrefix(cells[1], " `") {
			rows = append(rows, cells[1:len(cells)-1])
		}
	}
	for i, row := range rows {
		if len(row) != 7 {
			t.Errorf("the row of %s has %d cells", row[0], len(row))
			continue
		}
		if i >= len(dsnParams) {
			t.Errorf("docs/dsn.md lists %s, the table does not", row[0])
			continue
		}
		p := dsnParams[i]
		if got := docSpans(row[0]); !slices.Equal(got, []string{p.name}) {
			t.Fatalf("row %d of docs/dsn.md is %v, of the table %s", i+1, got, p.name)
		}
		if got := docSpans(row[1]); !slices.Equal(got, p.aliases) {
			t.Errorf("%s: docs/dsn.md has the aliases %v, the table %v", p.name, got, p.aliases)
		}
		if got := strings.TrimSpace(row[4]); got != p.places.short() {
			t.Errorf("%s: docs/dsn.md says it applies to %s, the table to %s", p.name, got, p.places.short())
		}
	}
	for _, p := range dsnParams[min(len(rows), len(dsnParams)):] {
		t.Errorf("docs/dsn.md does not list %s", p.name)
	}
}

// The values that docs/dsn.md gives as the default are accepted and change
// nothing.
func TestDocsDefaults(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, line := range strings.Split(docSection(t, "Parameters"), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 6 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		value := strings.Trim(cells[4], " `")
		if cells[4] != " `"+value+"` " || strings.Contains(value, "`") {
			continue // a sentence
		}
		base := "a.db?"
		switch row := lookupParam(docSpans(cells[1])[0]); {
		case row.places&inFile != 0:
		case row.places&inRemote != 0:
			base = "libsql://h?"
		default:
			base = "a.db?syncUrl=libsql://h&"
		}
		want, err := ParseDSN(strings.TrimRight(base, "?&"))
		if err != nil {
			t.Fatal(err)
		}
		dsn := base + docSpans(cells[1])[0] + "=" + value
		got, err := ParseDSN(dsn)
		if err != nil || got.String() != want.String() {
			t.Errorf("ParseDSN(%q) = %v, %v; docs/dsn.md says it is the default", dsn, got, err)
		}
		checked++
	}
	if checked < 15 {
		t.Errorf("found only %d defaults", checked)
	}
}

// docs/dsn.md lists the PRAGMAs that _pragma takes, and nothing else.
func TestDocsListPragmas(t *testing.T) {
	t.Parallel()
	var known []string
	for row := range pragmas.All {
		if row.InConfig() {
			known = append(known, row.Name)
		}
	}
	for i := range dsnParams {
		if name, ok := strings.CutPrefix(dsnParams[i].slot, "PRAGMA "); ok && !slices.Contains(known, name) {
			known = append(known, name)
		}
	}
	slices.Sort(known)
	for _, paragraph := range strings.Split(docSection(t, "PRAGMAs"), "\n\n") {
		if strings.HasPrefix(paragraph, "`analysis_limit`") {
			if got := docSpans(paragraph); !slices.Equal(got, known) {
				t.Errorf("docs/dsn.md lists %v, the code %v", got, known)
			}
			return
		}
	}
	t.Error("docs/dsn.md has no list of PRAGMAs")
}

// Every way into the table is unique: no name, alias or slot is two rows'.
func TestParamNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for i := range dsnParams {
		p := &dsnParams[i]
		for _, name := range p.names() {
			if other, twice := seen[name]; twice {
				t.Errorf("%s is a name of %s and of %s", name, p.name, other)
			}
			seen[name] = p.name
		}
		if p.set == nil || p.places == 0 {
			t.Errorf("%s sets nothing or applies nowhere", p.name)
		}
		if pragma, ok := strings.CutPrefix(p.slot, "PRAGMA "); ok {
			if other, twice := seen[p.slot]; twice {
				t.Errorf("%s and %s both set PRAGMA %s", p.name, other, pragma)
			}
			seen[p.slot] = p.name
		}
	}
}
