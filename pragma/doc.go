// Package pragma looks at the schema through SQLite's PRAGMAs, as typed Go:
// https://www.sqlite.org/pragma.html.
//
// Each function asks a table-valued PRAGMA function with bound arguments, so
// that a name with any characters is just a name. Schemas are "main", "temp"
// and those that are attached; "" searches all of them, as SQLite does.
package pragma
