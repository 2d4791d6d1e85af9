// Package house holds the tests of the project itself: the README's example
// runs, every exported name is documented, and the rooms import only what
// they may.
package house
