// Package migrator is the [gorm.Migrator] for libSQL, for databases that hold
// data and that other tools have made: it loses no row, constraint, index,
// trigger, view or byte that it was not told to drop.
//
// A model becomes the CREATE TABLE that it would make, and that is compared
// with the schema as it is, read in two questions. What differs becomes a
// [Plan], a list of steps as data: statements of ALTER TABLE where the rows
// already are what the new definition wants, else one rebuild of the table for
// all of its changes. The plan is carried out in one transaction on one
// connection. What cannot be done is an error that names the table, the column
// and the reason, and the database is as before.
package migrator
