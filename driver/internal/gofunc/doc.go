// Package gofunc makes functions of the engine out of plain Go functions. How
// their arguments and results become Go values is decided once, when a function
// is registered.
package gofunc
