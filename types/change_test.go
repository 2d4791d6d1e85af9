package types_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/types"
)

type everyType struct {
	ID       types.UUID
	Token    types.UUIDText `gorm:"uuid:v4;uniqueIndex"`
	Parent   *types.UUID
	Old      sql.Null[types.UUIDText]
	Made     types.UUIDText             `gorm:"default:(uuid())"`
	Text     types.JSON[map[string]any] `gorm:"not null;default:'{}';check:json_valid(text)"`
	Blob     types.JSONB[[]int]         `gorm:"index:idx_first,expression:blob->>'$[0]'"`
	TextPtr  *types.JSON[any]           `gorm:"type:JSON"`
	Kind     string                     `gorm:"->;type:text GENERATED ALWAYS AS (text->>'$.kind') VIRTUAL"`
	Price    types.Decimal              `gorm:"type:decimal(20,8);index;default:1.50"`
	Rebate   *types.Decimal
	Tax      sql.Null[types.Decimal]
	V32      types.Vector    `gorm:"dims:8;vectorIndex:metric=l2,compress=float8,where=kind IS NOT NULL"`
	V64      types.Vector64  `gorm:"dims:8;vectorIndex"`
	V16      types.Vector16  `gorm:"type:F16_BLOB(8)"`
	VB16     types.VectorB16 `gorm:"dims:8"`
	V8       *types.Vector8  `gorm:"dims:8;vectorIndex:name=eights"`
	V1       types.Vector1   `gorm:"dims:8"`
	Free     types.Vector
	Contents types.JSON[[]types.Decimal]
}

func TestEveryTypeMigratesOnce(t *testing.T) {
	db := openGORM(t, &everyType{})
	unchanged(t, db, &everyType{})
	require.NoError(t, db.Create([]everyType{{}, {
		Text: types.NewJSON(map[string]any{"kind": "x"}), Blob: types.NewJSONB([]int{7}), Price: dec(t, "-2"),
		V32: types.Vector{1, 2, 3, 4, 5, 6, 7, 8}, V64: types.Vector64{1, 2, 3, 4, 5, 6, 7, 8}, V8: &types.Vector8{1, 2, 3, 4, 5, 6, 7, 8},
	}}).Error)
	unchanged(t, db, &everyType{})
	var got []everyType
	require.NoError(t, db.Scopes(types.Nearest("V32", types.Vector{1, 2, 3, 4, 5, 6, 7, 8}, 2)).Find(&got).Error)
	require.Len(t, got, 1)
	require.Equal(t, "x", got[0].Kind)
	require.NotZero(t, got[0].Made)
	require.NoError(t, db.Save(&got).Error)
	var again everyType
	require.NoError(t, db.First(&again, got[0].ID).Error)
	require.Equal(t, got[0], again)
}

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
