package docs_test

import (
	"context"
	"log"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

type Page struct {
	ID        uint
	Lang      string
	Body      string
	Embedding types.Vector `gorm:"dims:4;vectorIndex"`
}

type Photo struct {
	ID     uint
	Public bool
	Look   types.Vector `gorm:"dims:4;vectorIndex:metric=l2,compress=float8,max_neighbors=32,search_l=300"`
	Face   types.Vector `gorm:"dims:4;vectorIndex:name=faces,where=public = 1"`
}

type Found struct {
	Page
	Distance float64
}

func TestVectors(t *testing.T) {
	ctx := context.Background()
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	require.NoError(t, err)
	closeAtEnd(t, db)
	var all []Page
	func() {
		if err := db.AutoMigrate(&Page{}); err != nil {
			log.Fatal(err)
		}
		db.Create(&Page{Lang: "go", Body: "gopher", Embedding: types.Vector{0.1, 0.9, 0, 0.3}})

		q := types.Vector{0, 1, 0, 0.2}
		var pages []Page
		err := db.Scopes(types.Nearest("Embedding", q, 10)).Where("lang = ?", "go").Find(&pages).Error
		require.NoError(t, err)
		all = pages
	}()
	require.Len(t, all, 1)
	require.NoError(t, db.AutoMigrate(&Photo{}))
	require.NoError(t, db.Create(&Photo{Public: true, Look: types.Vector{1, 2, 3, 4}, Face: types.Vector{4, 3, 2, 1}}).Error)
	require.NoError(t, db.Create(&Page{Lang: "c", Embedding: types.Vector{1, 0, 0, 0}}).Error)

	q := types.Vector{0, 1, 0, 0.2}
	search := types.Search{Field: "Embedding", Query: q, K: 10, DistanceInto: "Distance"}
	var found []Found
	err = db.Model(&Page{}).Scopes(search.Scope).Where("lang = ?", "go").Find(&found).Error
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.InDelta(t, 0.0135, found[0].Distance, 0.001)

	var pages []Page
	exact := types.Search{Field: "Embedding", Query: q, K: 10, Metric: types.Dot, Exact: true}
	err = db.Scopes(exact.Scope).Find(&pages).Error
	require.NoError(t, err)
	require.Len(t, pages, 2)

	nearest := types.Search{Field: "Embedding", Query: q, K: 10}
	pages, err = gorm.G[Page](db).Scopes(nearest.ModifyStatement).Where("lang = ?", "go").Find(ctx)
	require.NoError(t, err)
	require.Len(t, pages, 1)

	recall, err := types.Recall(db.Model(&Page{}), types.Search{Field: "Embedding", K: 10}, 100)
	require.NoError(t, err)
	require.Equal(t, 1.0, recall)

	err = libsql.Reindex(db, "idx_pages_embedding")
	require.NoError(t, err)
	err = libsql.Vacuum(db)
	require.NoError(t, err)
}
