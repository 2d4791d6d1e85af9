// Package rowhook lets the dialect reach into the rows of a query of the
// driver. A [Context] of a query carries what the driver's rows are to call.
//
// With Columns the dialect learns that GORM is about to scan rows: it asks the
// rows for their columns first. GORM's Scan(&dest) runs the query before it
// says what dest is, and lets go of the rows as *sql.Rows, which nobody can
// wrap. This is the one moment in between.
//
// With a [Sink] the dialect takes the rows as the driver reads them, which
// spares them the way through database/sql, cell by cell.
package rowhook
