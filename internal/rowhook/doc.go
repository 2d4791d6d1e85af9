// Package rowhook is how the dialect learns that GORM is about to scan rows:
// it asks the rows for their columns first. A [Context] of a query carries the
// function that the driver's rows then call.
//
// GORM's Scan(&dest) runs the query before it says what dest is, and lets go
// of the rows as *sql.Rows, which nobody can wrap. This is the one moment in
// between.
package rowhook
