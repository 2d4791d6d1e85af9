package ftsindex

import (
	"fmt"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// OfTags is the index of the tags fts of a model's columns, nil without one.
func OfTags(columns []string, tag func(column string) (string, bool)) (*Index, error) {
	var tags []Options
	for _, name := range columns {
		text, ok := tag(name)
		if !ok {
			continue
		}
		o, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", name, err)
		}
		o.Column.Name = name
		tags = append(tags, o)
	}
	if tags == nil {
		return nil, nil
	}
	x, err := Join(tags)
	return &x, err
}

// IsRowid tells that a key of one column of the type is the rowid. What stands
// behind the type in a definition does not matter.
func IsRowid(dataType string) bool {
	word, _, _ := strings.Cut(dataType, " ")
	return sqltext.EqualFold(word, "integer")
}
