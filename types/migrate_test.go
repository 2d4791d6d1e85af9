package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

type everyStorage struct {
	ID  uint
	A   types.Vector     `gorm:"dims:3;vectorIndex:metric=l2,compress=float8,max_neighbors=8,insert_l=20,search_l=30,alpha=1.5"`
	B   *types.Vector64  `gorm:"dims:3;vectorIndex"`
	C   types.Vector16   `gorm:"dims:3;vectorIndex:compress=float1bit"`
	D   *types.VectorB16 `gorm:"dims:3;vectorIndex:name=by_d,where=d IS NOT NULL AND id > 0"`
	E   types.Vector8    `gorm:"type:F8_BLOB(3);vectorIndex:compress=float32"`
	F   types.Vector1    `gorm:"dims:3;vectorIndex"`
	G   types.Vector
	Raw []byte `gorm:"type:FLOAT32(3);vectorIndex:metric=cosine"`
}

func unchanged(t *testing.T, db *gorm.DB, models ...any) {
	t.Helper()
	plan, err := libsql.Plan(db, models...)
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan.String())
}

func TestMigratingEveryStorage(t *testing.T) {
	db := openGORM(t, &everyStorage{})
	unchanged(t, db, &everyStorage{})
	require.NoError(t, db.AutoMigrate(&everyStorage{}))
	var made []string
	require.NoError(t, db.Raw("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%libsql_vector_idx%' ORDER BY name").Scan(&made).Error)
	require.Equal(t, []string{
		"CREATE INDEX `by_d` ON `every_storages` (libsql_vector_idx(`d`)) WHERE d IS NOT NULL AND id > 0",
		"CREATE INDEX `idx_every_storages_a` ON `every_storages` (libsql_vector_idx(`a`, 'metric=l2', 'compress_neighbors=float8', 'max_neighbors=8', 'alpha=1.5', 'insert_l=20', 'search_l=30'))",
		"CREATE INDEX `idx_every_storages_b` ON `every_storages` (libsql_vector_idx(`b`))",
		"CREATE INDEX `idx_every_storages_c` ON `every_storages` (libsql_vector_idx(`c`, 'compress_neighbors=float1bit'))",
		"CREATE INDEX `idx_every_storages_e` ON `every_storages` (libsql_vector_idx(`e`, 'compress_neighbors=float32'))",
		"CREATE INDEX `idx_every_storages_f` ON `every_storages` (libsql_vector_idx(`f`))",
		"CREATE INDEX `idx_every_storages_raw` ON `every_storages` (libsql_vector_idx(`raw`, 'metric=cosine'))",
	}, made)
	tables, err := db.Migrator().GetTables()
	require.NoError(t, err)
	require.Equal(t, []string{"every_storages"}, tables, "what libSQL keeps indexes in is not shown")

	v := []float32{1, 0, 0.5}
	b, d := types.Vector64(wide(v)), types.VectorB16(v)
	row := everyStorage{A: v, B: &b, C: v, D: &d, E: v, F: v, G: types.Vector{9}, Raw: encode(t, types.Vector(v))}
	require.NoError(t, db.Create(&row).Error)
	require.NoError(t, db.Create(&everyStorage{}).Error)
	require.NoError(t, db.CreateInBatches([]everyStorage{{A: v}, {B: &b}, {C: v}}, 2).Error)
	require.NoError(t, db.Clauses(clause.OnConflict{UpdateAll: true}).Create(&row).Error)
	require.ErrorContains(t, db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.Assignments(map[string]any{"a": types.Vector{1}})}).
		Create(&row).Error, "1 dimensions")
	var back everyStorage
	require.NoError(t, db.Take(&back, row.ID).Error)
	require.Equal(t, row.A, back.A)
	require.Equal(t, row.B, back.B)
	require.Equal(t, row.Raw, back.Raw)
	require.Equal(t, types.Vector1{1, -1, 1}, back.F)
	var empty everyStorage
	require.NoError(t, db.Take(&empty, row.ID+1).Error)
	require.Nil(t, empty.A)
	require.Nil(t, empty.B)
	for _, field := range []string{"A", "B", "C", "D", "E", "F", "raw"} {
		var got everyStorage
		require.NoError(t, db.Scopes(types.Nearest(field, v, 1)).Where("id = ?", row.ID).Take(&got).Error, field)
		require.Equal(t, row.ID, got.ID)
	}

	// Where, by struct and map; Pluck; generics; updates
	var n int64
	require.NoError(t, db.Model(&everyStorage{}).Where(&everyStorage{A: v}).Count(&n).Error)
	require.EqualValues(t, 2, n)
	require.NoError(t, db.Model(&everyStorage{}).Where(map[string]any{"a": types.Vector(v)}).Where("b = ?", &b).Count(&n).Error)
	require.EqualValues(t, 1, n)
	require.NoError(t, db.Model(&everyStorage{}).Where("a IN ?", []types.Vector{v, {1, 1, 1}}).Count(&n).Error)
	require.EqualValues(t, 2, n)
	var plucked []types.Vector
	require.NoError(t, db.Model(&everyStorage{}).Where("a IS NOT NULL").Pluck("a", &plucked).Error)
	require.Equal(t, []types.Vector{v, v}, plucked)
	var dto struct{ A *types.Vector64 }
	require.NoError(t, db.Model(&everyStorage{}).Take(&dto, row.ID).Error)
	require.Equal(t, &b, dto.A)
	_, err = gorm.G[everyStorage](db).Where("id = ?", row.ID).Update(t.Context(), "a", types.Vector{4, 5, 6})
	require.NoError(t, err)
	found, err := gorm.G[everyStorage](db).Where("id = ?", row.ID).First(t.Context())
	require.NoError(t, err)
	require.Equal(t, types.Vector{4, 5, 6}, found.A)
	require.NoError(t, db.Model(&row).Updates(map[string]any{"A": nil, "b": types.Vector64(nil)}).Error)
	require.NoError(t, db.Take(&back, row.ID).Error)
}

// Indexes of a tag that another one takes the place of.
func TestVectorIndexFollowsItsTag(t *testing.T) {
	type thing struct {
		ID uint
		V  types.Vector `gorm:"dims:3"`
	}
	type defaults struct {
		ID uint
		V  types.Vector `gorm:"dims:3;vectorIndex:metric=cosine,alpha=1.2,insert_l=70,search_l=200"`
	}
	type l2 struct {
		ID uint
		V  types.Vector `gorm:"dims:3;vectorIndex:metric=l2"`
	}
	type other struct { // needs the table to be made anew
		ID   uint
		V    types.Vector `gorm:"dims:3;vectorIndex:metric=l2"`
		Name string       `gorm:"not null;default:x;check:name <> ''"`
	}
	type wider struct {
		ID uint
		V  types.Vector `gorm:"dims:4;vectorIndex:metric=l2"`
	}
	db := openGORM(t)
	at := func() *gorm.DB { return db.Table("things") }
	nearest := func() (ids []uint) {
		require.NoError(t, db.Raw("SELECT id FROM vector_top_k('idx_things_v', '[0,1,0]', 1)").Scan(&ids).Error)
		return ids
	}
	require.NoError(t, at().AutoMigrate(&thing{}))
	require.NoError(t, at().Create([]thing{{V: types.Vector{1, 0, 0}}, {V: types.Vector{0, 1, 0}}, {V: types.Vector{0, 0, 1}}}).Error)
	require.NoError(t, db.Exec(`create index IDX_things_v on "things" (LIBSQL_vector_idx([v], 'type=diskann', 'METRIC=cos'))`).Error)
	unchanged(t, at(), &defaults{})
	require.NoError(t, at().AutoMigrate(&l2{}))
	unchanged(t, at(), &l2{})
	require.Equal(t, []uint{2}, nearest())
	require.NoError(t, at().AutoMigrate(&other{}))
	unchanged(t, at(), &other{})
	require.Equal(t, []uint{2}, nearest())

	m := at().Migrator()
	require.True(t, m.HasIndex(&other{}, "V"))
	require.NoError(t, m.DropIndex(&other{}, "V"))
	require.False(t, m.HasIndex(&other{}, "idx_things_v"))
	require.NoError(t, m.CreateIndex(&other{}, "V"))
	require.Equal(t, []uint{2}, nearest())

	require.Error(t, at().AutoMigrate(&wider{}), "vectors of three cannot be in an index of four")
	require.Equal(t, []uint{2}, nearest(), "nothing was changed")
	require.NoError(t, db.Exec("DELETE FROM things").Error)
	require.NoError(t, at().AutoMigrate(&wider{}))
	require.NoError(t, at().Create(&wider{V: types.Vector{1, 2, 3, 4}}).Error)
	require.NoError(t, m.DropTable("things"))
	require.NoError(t, at().AutoMigrate(&l2{}))
	require.NoError(t, at().Create(&l2{ID: 2, V: types.Vector{1, 2, 3}}).Error)
	require.Equal(t, []uint{2}, nearest())
}

// Tags that no index can be made of are refused before anything is done.
func TestVectorTagsThatAreRefused(t *testing.T) {
	db := openGORM(t)
	for text, model := range map[string]any{
		"float1bit": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:compress=float1bit,metric=l2"`
		}{},
		"no l2 distance": &struct {
			V types.Vector1 `gorm:"dims:3;vectorIndex:metric=l2"`
		}{},
		"add the tag dims": &struct {
			V types.Vector `gorm:"vectorIndex"`
		}{},
		"dims:0": &struct {
			V types.Vector `gorm:"dims:0"`
		}{},
		"dims:65537": &struct {
			V types.Vector `gorm:"dims:65537"`
		}{},
		"at most 65536": &struct {
			V types.Vector `gorm:"type:F32_BLOB(70000)"`
		}{},
		"contradicts": &struct {
			V types.Vector `gorm:"type:F32_BLOB(3);dims:4"`
		}{},
		"no type of vectors": &struct {
			V string `gorm:"vectorIndex"`
		}{},
		"metric=dot": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:metric=dot"`
		}{},
		"no option speed": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:speed=9"`
		}{},
		"write name=value": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:metric"`
		}{},
		"there twice": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:metric=l2,metric=l2"`
		}{},
		"alpha=0.5": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:alpha=0.5"`
		}{},
		"search_l=0": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:search_l=0"`
		}{},
		"insert_l=2000000": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:insert_l=2000000"`
		}{},
		"128 MiB": &struct {
			V types.Vector `gorm:"dims:65536;vectorIndex:max_neighbors=5000"`
		}{},
		"letters, digits": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:name=a-b"`
		}{},
		"two indexes": &struct {
			V types.Vector `gorm:"dims:3;vectorIndex:name=x"`
			W types.Vector `gorm:"dims:3;vectorIndex:name=X"`
		}{},
	} {
		require.ErrorContains(t, db.Table("refused").AutoMigrate(model), text)
		require.False(t, db.Migrator().HasTable("refused"))
	}
}

// Names that libSQL could not write into its own statements.
func TestVectorIndexNamesAreMadeSafe(t *testing.T) {
	type thing struct {
		ID uint
		V  types.Vector `gorm:"column:the v;dims:2;vectorIndex"`
	}
	db := openGORM(t)
	for _, table := range []string{"odd-name; DROP", "it's", "größe"} {
		at := func() *gorm.DB { return db.Table("`" + table + "`") }
		require.NoError(t, at().AutoMigrate(&thing{}))
		unchanged(t, at(), &thing{})
		require.NoError(t, at().Create(&[]thing{{V: types.Vector{1, 2}}, {V: types.Vector{2, 1}}}).Error)
		var got []thing
		require.NoError(t, at().Scopes(types.Nearest("V", types.Vector{2, 1}, 1)).Where("id > 0").Find(&got).Error)
		require.Len(t, got, 1)
		require.EqualValues(t, 2, got[0].ID)
	}
}

func TestVectorsInAStrictTable(t *testing.T) {
	type thing struct {
		ID uint
		V  types.Vector `gorm:"dims:2"`
	}
	db := openGORM(t)
	require.NoError(t, db.Set("gorm:table_options", "STRICT").AutoMigrate(&thing{}))
	unchanged(t, db, &thing{})
	require.NoError(t, db.Create(&thing{V: types.Vector{1, 2}}).Error)
	var got thing
	require.NoError(t, db.Scopes(types.Nearest("V", types.Vector{2, 1}, 1)).Take(&got).Error)
	require.Equal(t, types.Vector{1, 2}, got.V)
}
