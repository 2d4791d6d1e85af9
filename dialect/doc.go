// Package dialect tells GORM how to speak to libSQL.
//
// [Dialector] is the [gorm.Dialector]: data types, quoting, bound variables,
// defaults, the clauses that SQLite spells its own way, savepoints and the
// translation of errors. Its name is "sqlite", because GORM's own plugins and
// gorm.io/datatypes decide by that name which SQL to write.
//
// Some of GORM's statements SQLite cannot run, or would run to another effect
// than they say. The dialect rewrites them:
//
//   - Several new rows get the ids and defaults that are theirs, also when some
//     rows are left out by a conflict, when all are empty, and when they have
//     more variables than a statement takes: then they are several statements,
//     all or none of which take effect.
//   - A long list after IN is one variable.
//   - Limit on Delete and Update chooses the rows by a subquery.
//   - A text that would lose digits in a number column is an error.
//   - A text of an expression, such as MAX(created_at), scans into a time.
//
// Programs use it through the root package, whose Open and New return it.
package dialect
