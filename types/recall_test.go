package types_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

type coarse struct {
	ID uint
	V  types.Vector `gorm:"dims:16;vectorIndex:max_neighbors=4,insert_l=4,search_l=12"`
	W  types.Vector `gorm:"dims:16;vectorIndex:metric=l2,compress=float8"`
	X  types.Vector `gorm:"dims:16"`
}

// A good index finds nearly all, one that is built to be bad does not.
func TestRecall(t *testing.T) {
	db := openGORM(t, &coarse{}, &named{})
	one := func(field string, k int) (float64, error) {
		return types.Recall(db.Model(&coarse{}), types.Search{Field: field, K: k}, 40)
	}
	recall, err := one("V", 5)
	require.NoError(t, err)
	require.Equal(t, 1.0, recall, "an empty table")
	r := rand.New(rand.NewPCG(2, 2))
	rows := make([]coarse, 400)
	for i := range rows {
		rows[i].V = unit(r, 16)
		rows[i].W = rows[i].V
	}
	rows[7].W = nil
	require.NoError(t, db.Create(&rows).Error)
	require.NoError(t, libsql.Reindex(db))
	bad, err := one("V", 10)
	require.NoError(t, err)
	good, err := one("w", 10)
	require.NoError(t, err)
	require.Greater(t, good, 0.95)
	require.Less(t, bad, 0.9)
	require.Positive(t, bad)

	_, err = one("V", 12)
	require.ErrorContains(t, err, "search_l of 12")
	_, err = one("X", 1)
	require.ErrorContains(t, err, "does not answer")
	_, err = one("nothing", 1)
	require.ErrorContains(t, err, "no field")
	_, err = one("V", 0)
	require.ErrorContains(t, err, "K is 0")
	_, err = types.Recall(db, types.Search{Field: "V", K: 1}, 1)
	require.ErrorContains(t, err, "no model")
	_, err = types.Recall(db.Model(&coarse{}), types.Search{Field: "V", K: 1}, 0)
	require.ErrorContains(t, err, "sample")
	require.NoError(t, db.Create([]named{{Key: "a", V: types.Vector64{1, 2, 3}}, {Key: "b", V: types.Vector64{1, 2, 4}}}).Error)
	recall, err = types.Recall(db.Model(&named{}), types.Search{Field: "V", K: 3}, 9)
	require.NoError(t, err)
	require.Equal(t, 1.0, recall)
}
