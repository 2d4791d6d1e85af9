// Package types has column types for GORM models, and the SQL expressions that
// go with them. It needs no cgo and imports no driver.
//
// # JSON
//
// [JSON] holds a document as text, [JSONB] as SQLite's binary JSON. Both are
// shaped like sql.Null and tell SQL's NULL from JSON's null. [JSONCol] asks and
// changes documents where they are, at a [Path] that [At] builds:
// https://www.sqlite.org/json1.html.
package types
