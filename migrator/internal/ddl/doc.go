// Package ddl reads the CREATE TABLE and CREATE INDEX statements that SQLite
// keeps in its schema, and changes them without touching a byte that need not
// change.
//
// The grammar is that of https://www.sqlite.org/lang_createtable.html and
// https://www.sqlite.org/lang_createindex.html, with libSQL's RANDOM ROWID.
package ddl
