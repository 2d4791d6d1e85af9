// Package transactions tests how transactions begin, what they refuse, how
// they end, and what becomes of those that end by themselves.
package transactions
