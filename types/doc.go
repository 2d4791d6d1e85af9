// Package types has column types for what SQLite and libSQL store beyond
// numbers, texts, blobs and times. A field of one of them is migrated,
// created, scanned and queried by GORM as any other.
package types
