// Package dialect tells GORM how to speak to libSQL.
//
// [Dialector] is the [gorm.Dialector]: data types, quoting, bound variables,
// defaults, the clauses that SQLite spells its own way, savepoints and the
// translation of errors. Its name is "sqlite", because GORM's own plugins and
// gorm.io/datatypes decide by that name which SQL to write.
//
// Programs use it through the root package, whose Open and New return it.
package dialect
