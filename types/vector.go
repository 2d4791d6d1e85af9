package types

import (
	"database/sql/driver"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/vecindex"
)

// Vector is a vector of 32-bit floats, the storage that fits nearly always: 4
// bytes a dimension, F32_BLOB in libSQL. How many dimensions a field's vectors
// have, a tag says, dims:384 or type:F32_BLOB(384).
//
// nil is NULL. An empty vector, one of more than 65,536 dimensions or of others
// than the field's, and one with a NaN or an infinite number, is an error
// before any SQL. What is stored is the very blob that libSQL's vector32()
// makes. Every blob of libSQL and its text form, "[1, 2.5]", are read, those of
// the other storages too; a float64 that has more digits than a float32 is an
// error. As JSON it is an array of numbers.
//
// See https://docs.turso.tech/features/ai-and-embeddings.
type Vector []float32

// Vector64 is a vector of 64-bit floats, F64_BLOB: 8 bytes a dimension, as
// vector64() makes it. Distances have the precision of 32 bits all the same.
// In everything else it is as [Vector].
type Vector64 []float64

// Vector16 is a vector of IEEE 754 half precision floats, F16_BLOB: 2 bytes a
// dimension, 11 significant bits, as vector16() makes it. Numbers are rounded
// to the nearest; one of 65,520 or more is an error. In everything else it is
// as [Vector].
type Vector16 []float32

// VectorB16 is a vector of bfloat16 floats, FB16_BLOB: 2 bytes a dimension, the
// range of a float32 and 8 significant bits, as vectorb16() makes it. The other
// bits are cut off. In everything else it is as [Vector].
type VectorB16 []float32

// Vector8 is a vector of bytes with a common scale, F8_BLOB: a byte a dimension
// and 11 more, as vector8() makes it. Numbers are rounded to one of 256 steps
// from the vector's smallest to its largest. In everything else it is as
// [Vector].
type Vector8 []float32

// Vector1 is a vector of signs, F1BIT_BLOB: a bit a dimension, as vector1bit()
// makes it. A number above 0 is 1, every other is -1. Its cosine distance is
// the number of signs that differ, and it has no l2 distance. In everything
// else it is as [Vector].
type Vector1 []float32

// Value returns the blob of libSQL, nil for a nil vector.
func (v Vector) Value() (driver.Value, error) { return value32(v, vecindex.Float32) }

// Value returns the blob of libSQL, nil for a nil vector.
func (v Vector64) Value() (driver.Value, error) { return value64(v) }

// Value returns the blob of libSQL, nil for a nil vector.
func (v Vector16) Value() (driver.Value, error) { return value32(v, vecindex.Float16) }

// Value returns the blob of libSQL, nil for a nil vector.
func (v VectorB16) Value() (driver.Value, error) { return value32(v, vecindex.FloatB16) }

// Value returns the blob of libSQL, nil for a nil vector.
func (v Vector8) Value() (driver.Value, error) { return value32(v, vecindex.Float8) }

// Value returns the blob of libSQL, nil for a nil vector.
func (v Vector1) Value() (driver.Value, error) { return value32(v, vecindex.Float1) }

// Scan reads a blob of libSQL, a text such as "[1,2]", or NULL, which is nil.
func (v *Vector) Scan(src any) error { return scan32(src, (*[]float32)(v)) }

// Scan reads a blob of libSQL, a text such as "[1,2]", or NULL, which is nil.
func (v *Vector64) Scan(src any) error { return scan64(src, (*[]float64)(v)) }

// Scan reads a blob of libSQL, a text such as "[1,2]", or NULL, which is nil.
func (v *Vector16) Scan(src any) error { return scan32(src, (*[]float32)(v)) }

// Scan reads a blob of libSQL, a text such as "[1,2]", or NULL, which is nil.
func (v *VectorB16) Scan(src any) error { return scan32(src, (*[]float32)(v)) }

// Scan reads a blob of libSQL, a text such as "[1,2]", or NULL, which is nil.
func (v *Vector8) Scan(src any) error { return scan32(src, (*[]float32)(v)) }

// Scan reads a blob of libSQL, a text such as "[1,2]", or NULL, which is nil.
func (v *Vector1) Scan(src any) error { return scan32(src, (*[]float32)(v)) }

// GormDataType is "vector" for every storage.
func (Vector) GormDataType() string { return "vector" }

// GormDataType is "vector" for every storage.
func (Vector64) GormDataType() string { return "vector" }

// GormDataType is "vector" for every storage.
func (Vector16) GormDataType() string { return "vector" }

// GormDataType is "vector" for every storage.
func (VectorB16) GormDataType() string { return "vector" }

// GormDataType is "vector" for every storage.
func (Vector8) GormDataType() string { return "vector" }

// GormDataType is "vector" for every storage.
func (Vector1) GormDataType() string { return "vector" }

// GormDBDataType is the declared type of the column, such as F32_BLOB(384).
func (Vector) GormDBDataType(_ *gorm.DB, f *schema.Field) string {
	return columnType(f, vecindex.Float32)
}

// GormDBDataType is the declared type of the column, such as F64_BLOB(384).
func (Vector64) GormDBDataType(_ *gorm.DB, f *schema.Field) string {
	return columnType(f, vecindex.Float64)
}

// GormDBDataType is the declared type of the column, such as F16_BLOB(384).
func (Vector16) GormDBDataType(_ *gorm.DB, f *schema.Field) string {
	return columnType(f, vecindex.Float16)
}

// GormDBDataType is the declared type of the column, such as FB16_BLOB(384).
func (VectorB16) GormDBDataType(_ *gorm.DB, f *schema.Field) string {
	return columnType(f, vecindex.FloatB16)
}

// GormDBDataType is the declared type of the column, such as F8_BLOB(384).
func (Vector8) GormDBDataType(_ *gorm.DB, f *schema.Field) string {
	return columnType(f, vecindex.Float8)
}

// GormDBDataType is the declared type of the column, such as F1BIT_BLOB(384).
func (Vector1) GormDBDataType(_ *gorm.DB, f *schema.Field) string {
	return columnType(f, vecindex.Float1)
}

// ColumnValue is a vector in the storage of the field's column: one of the type
// itself, of []float32 or []float64, a text, or a blob. By it the dialect refuses
// what has other dimensions than the field, or another storage.
func (Vector) ColumnValue(f *schema.Field, v any) (any, error) {
	return columnValue(f, vecindex.Float32, v)
}

// ColumnValue is a vector in the storage of the field's column: one of the type
// itself, of []float32 or []float64, a text, or a blob. By it the dialect refuses
// what has other dimensions than the field, or another storage.
func (Vector64) ColumnValue(f *schema.Field, v any) (any, error) {
	return columnValue(f, vecindex.Float64, v)
}

// ColumnValue is a vector in the storage of the field's column: one of the type
// itself, of []float32 or []float64, a text, or a blob. By it the dialect refuses
// what has other dimensions than the field, or another storage.
func (Vector16) ColumnValue(f *schema.Field, v any) (any, error) {
	return columnValue(f, vecindex.Float16, v)
}

// ColumnValue is a vector in the storage of the field's column: one of the type
// itself, of []float32 or []float64, a text, or a blob. By it the dialect refuses
// what has other dimensions than the field, or another storage.
func (VectorB16) ColumnValue(f *schema.Field, v any) (any, error) {
	return columnValue(f, vecindex.FloatB16, v)
}

// ColumnValue is a vector in the storage of the field's column: one of the type
// itself, of []float32 or []float64, a text, or a blob. By it the dialect refuses
// what has other dimensions than the field, or another storage.
func (Vector8) ColumnValue(f *schema.Field, v any) (any, error) {
	return columnValue(f, vecindex.Float8, v)
}

// ColumnValue is a vector in the storage of the field's column: one of the type
// itself, of []float32 or []float64, a text, or a blob. By it the dialect refuses
// what has other dimensions than the field, or another storage.
func (Vector1) ColumnValue(f *schema.Field, v any) (any, error) {
	return columnValue(f, vecindex.Float1, v)
}

// vector is any of the types, or a pointer to one.
type vector interface {
	driver.Valuer
	shape() (k vecindex.Kind, dims int)
}

var _ = []vector{Vector{}, Vector64{}, Vector16{}, VectorB16{}, Vector8{}, Vector1{}}

func (v Vector) shape() (vecindex.Kind, int)    { return vecindex.Float32, len(v) }
func (v Vector64) shape() (vecindex.Kind, int)  { return vecindex.Float64, len(v) }
func (v Vector16) shape() (vecindex.Kind, int)  { return vecindex.Float16, len(v) }
func (v VectorB16) shape() (vecindex.Kind, int) { return vecindex.FloatB16, len(v) }
func (v Vector8) shape() (vecindex.Kind, int)   { return vecindex.Float8, len(v) }
func (v Vector1) shape() (vecindex.Kind, int)   { return vecindex.Float1, len(v) }
