package callbacks

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// name gives indexes the names that GORM would.
func name(indexes []index, c *catalog) []index {
	taken := map[string]bool{}
	for i := range indexes {
		x := &indexes[i]
		if x.name == "" {
			base := "idx_" + x.table
			for _, c := range x.columns {
				base += "_" + c.word()
			}
			x.name = base
			for n := 2; taken[sqltext.Lower(x.name)] || c.has(x.name); n++ {
				x.name = fmt.Sprintf("%s_%d", base, n)
			}
		}
		taken[sqltext.Lower(x.name)] = true
	}
	return indexes
}

// word is a word for the column, or the expression, in a name.
func (c indexed) word() string {
	if c.column != "" {
		return c.column
	}
	words := strings.FieldsFunc(c.text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "_")
}

// has tells that the name is taken.
func (c *catalog) has(name string) bool {
	key := sqltext.Lower(name)
	_, index := c.indexes[key]
	_, object := c.objects[key]
	return index || object
}
