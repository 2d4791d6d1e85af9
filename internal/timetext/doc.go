// Package timetext is how a time is written to and read from a SQLite column.
//
// SQLite has no time type. A DATE, DATETIME or TIMESTAMP column holds text, an
// integer or a float, and which of them depends on the program that wrote the
// row. [Append] writes one form, always; [Parse], [FromInt] and [FromFloat] read
// every form a Go driver for SQLite, or SQLite itself, leaves behind.
//
// The form written is
//
//	2006-01-02 15:04:05.999999999+00:00
//
// in UTC, without the trailing zeros of the fraction. SQLite's own date
// functions read it (https://www.sqlite.org/lang_datefunc.html#time_values), and
// so do the other Go drivers. The order of these texts as bytes, which is the
// order of SQLite's BINARY collation, is the order of the times: within one
// second the text ends its digits with '+', which sorts before '.', which sorts
// before every digit. So indexes, ORDER BY, MIN and MAX are right without a
// collation of their own. That holds between texts of this one form; a column in
// which another program left another form is not ordered as a whole.
//
// SQLite's functions keep milliseconds. Those of 3.45 round to them, and so take
// 9999-12-31 23:59:59.9995 and later for the year 10000 and answer NULL; the text in
// the column is whole all the same.
package timetext
