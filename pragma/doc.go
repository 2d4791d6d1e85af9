// Package pragma is SQLite's PRAGMAs as typed Go: settings, commands and
// looks at the schema. See https://www.sqlite.org/pragma.html.
//
// # Settings
//
// Each PRAGMA that sets something is a variable with the methods Get, Set and
// SetAll of [Setting]:
//
//	err := pragma.CacheSize.SetAll(ctx, db, pragma.KiB(65536)) // every connection of the pool
//	mode, err := pragma.JournalMode.Get(ctx, db)
//	err = pragma.UserVersion.In("aux").Set(ctx, conn, 7)       // of an attached database
//
// SQLite ignores what it cannot do, and most values that it cannot read. Here
// a wrong value is refused before anything runs, and a value that did not take
// effect is a [*KeptError]. On a pool nothing is set on one connection of many
// without being asked for: Set refuses it there.
//
// PRAGMAs that change the columns of results under the driver, that SQLite has
// given up, that can corrupt the file (schema_version), and that are given a
// key have no variable.
//
// # Looks
//
// Functions such as [TableInfo] ask a table-valued PRAGMA function with bound
// arguments, so that a name with any characters is just a name. Schemas are
// "main", "temp" and those that are attached; "" searches all of them, as
// SQLite does.
package pragma
