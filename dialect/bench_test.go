package dialect_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/dialect"
)

// How large the statements of a split INSERT should be.
func BenchmarkSplitCreate(b *testing.B) {
	for _, vars := range []int{500, 2000, 4096, 8000, 32766} {
		b.Run(fmt.Sprint(vars), func(b *testing.B) {
			defer dialect.SetSplitVars(dialect.SetSplitVars(vars))
			db := open(b, nil, &item{}, &part{})
			for b.Loop() {
				rows := make([]item, 10_000)
				if err := db.Create(&rows).Error; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What the dialect's own WHERE costs an ordinary query.
func BenchmarkFirst(b *testing.B) {
	for name, builders := range map[string]map[string]clause.ClauseBuilder{
		"ours":   nil,
		"GORM's": {"WHERE": func(c clause.Clause, w clause.Builder) { c.Build(w) }},
	} {
		b.Run(name, func(b *testing.B) {
			db := open(b, &gorm.Config{ClauseBuilders: builders}, &task{})
			require.NoError(b, db.Create(&task{ID: 1}).Error)
			b.ReportAllocs()
			for b.Loop() {
				var t task
				if err := db.First(&t, "id = ? AND `rank` >= ?", 1, 0).Error; err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
