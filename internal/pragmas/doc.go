// Package pragmas is the one table of the PRAGMAs: for whom those that set
// something set it, which values they take, how they answer, where they may
// stand. The driver reads the PRAGMAs of a DSN and of statements by it,
// package pragma makes its settings of it, and the dialect learns from it what
// holds for a connection only.
package pragmas
