// Package pragmas is the one table of the PRAGMAs that set something: for
// whom, which values they take, how they answer. The driver reads the PRAGMAs
// of a DSN by it, package pragma makes its settings of it, and the dialect
// learns from it what holds for a connection only.
package pragmas
