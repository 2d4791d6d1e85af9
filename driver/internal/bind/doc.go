// Package bind deals the arguments of a call out to the parameters of its
// statements, in the same way for every engine.
package bind
