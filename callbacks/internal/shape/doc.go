// Package shape tells which SQL texts are the same query with other values.
//
// The shape of a text is the text with ? for each literal, one value for an IN
// list of any length, one row for a VALUES of many rows, and with its blanks
// and comments cut out. Everything else stays word for word, so that two texts
// with the same shape differ in nothing else.
package shape
