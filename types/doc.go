// Package types has column types for what SQLite and libSQL store beyond
// numbers, texts, blobs and times, and the SQL expressions that go with them.
// A field of one of them is migrated, created, scanned and queried by GORM as
// any other. The package needs no cgo and imports no driver.
//
// # JSON
//
// [JSON] holds a document as text, [JSONB] as SQLite's binary JSON. Both are
// shaped like sql.Null and tell SQL's NULL from JSON's null. [JSONCol] asks and
// changes documents where they are, at a [Path] that [At] builds:
// https://www.sqlite.org/json1.html.
//
// # Vectors
//
// [Vector] and its siblings hold libSQL's vectors in its six storages. The tag
// vectorIndex makes an index over them, and [Nearest] and [Search] are scopes
// that find the nearest rows:
// https://docs.turso.tech/features/ai-and-embeddings.
//
// # UUIDs and decimals
//
// [UUID] is 16 bytes, [UUIDText] 36 characters; primary keys of them fill
// themselves. [Decimal] is an exact number in a text that sorts as the number.
package types
