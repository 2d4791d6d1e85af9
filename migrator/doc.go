// Package migrator is the [gorm.Migrator] for libSQL.
//
// It looks at the schema through PRAGMAs and makes tables, columns, indexes
// and views. What SQLite changes in place (adding, dropping and renaming
// columns, renaming tables) it changes; what needs a table to be rebuilt
// (another type, another constraint) is an error that says so, and nothing
// is changed.
package migrator
