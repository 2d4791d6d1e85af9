// Package changes tests what is told of changes where it is hardest to tell:
// by many writers at once, in several pools and processes, with failures at
// random. What was told must be what the database has in the end.
package changes
