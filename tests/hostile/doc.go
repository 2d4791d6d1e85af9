// Package hostile tests what is opened and run that comes from strangers: SQL
// that is held to limits, schemas that are not trusted, and database files that
// are broken by accident and on purpose.
package hostile
