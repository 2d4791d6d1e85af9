// Package gormdb reads what GORM's statements hold, for the rooms that build on
// GORM: the pool behind its caches, the table that is asked, and what the rows
// are scanned into.
package gormdb
