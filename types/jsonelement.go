package types

import "database/sql"

// JSONElement is a row of [JSONCol.Each] and [JSONCol.Tree]. It can be embedded
// in a struct with columns of the document's own table.
type JSONElement struct {
	// Key is an index (int64), a label (string), or NULL for a document itself.
	Key sql.Null[any] `gorm:"column:key;type:any"`
	// Value is what ->> makes of the element.
	Value sql.Null[any] `gorm:"column:value;type:any"`
	// Type is null, true, false, integer, real, text, array or object.
	Type string `gorm:"column:type"`
	// Atom is Value, but NULL for an array or object.
	Atom sql.Null[any] `gorm:"column:atom;type:any"`
	// ID tells the elements of one document apart.
	ID int64 `gorm:"column:id"`
	// Parent is the ID of what the element is in. Of Each, it is NULL.
	Parent *int64 `gorm:"column:parent"`
	// FullKey is where the element is, Path what it is in.
	FullKey Path `gorm:"column:fullkey"`
	// Path is where that is in which the element is.
	Path Path `gorm:"column:path"`
}
