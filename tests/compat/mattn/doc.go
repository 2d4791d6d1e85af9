// Package mattn compares this module's dialect with gorm.io/driver/sqlite, to
// and fro, on the same files. Two builds of SQLite cannot be linked into one
// program, so this side links theirs and runs ours as a program: see
// ../writer.
package mattn
