package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/types"
)

// What the documents say of a column whose type changes: its values stay, and
// SQL brings them into the new form.
func TestColumnsThatChangeTheirForm(t *testing.T) {
	type before struct {
		ID types.UUIDText
		V  types.Vector `gorm:"dims:3"`
	}
	type after struct {
		ID types.UUID
		V  types.Vector8 `gorm:"dims:3"`
	}
	db := openGORM(t)
	table := func() *gorm.DB { return db.Table("things") }
	old := before{V: types.Vector{0, 1, 255}}
	require.NoError(t, table().AutoMigrate(&before{}))
	require.NoError(t, table().Create(&old).Error)
	require.NoError(t, table().AutoMigrate(&after{}))

	find := func() (found []after, err error) {
		search := types.Search{Field: "V", Query: types.Vector{0, 1, 255}, K: 1}
		err = table().Model(&after{}).Scopes(search.Scope).Where(map[string]any{"id": old.ID}).Find(&found).Error
		return found, err
	}
	found, err := find()
	require.NoError(t, err)
	require.Empty(t, found)
	require.NoError(t, table().Find(&found).Error)
	require.Equal(t, []after{{types.UUID(old.ID), types.Vector8(old.V)}}, found, "all is read")

	require.NoError(t, db.Exec("UPDATE things SET id = uuid_blob(id)").Error)
	distance := "SELECT vector_distance_cos(v, vector8('[0,1,255]')) FROM things"
	require.ErrorContains(t, db.Exec(distance).Error, "vectors must have the same type")
	require.NoError(t, db.Exec("UPDATE things SET v = vector8(v)").Error)
	require.NoError(t, db.Exec(distance).Error)
	found, err = find()
	require.NoError(t, err)
	require.Equal(t, []after{{types.UUID(old.ID), types.Vector8{0, 1, 255}}}, found)
}
