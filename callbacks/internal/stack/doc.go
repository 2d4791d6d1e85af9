// Package stack reads the return addresses of the calling functions by the
// chain of their frame pointers, which takes a tenth of what runtime.Callers
// does. It tells stacks apart, and leaves what they are to the runtime.
package stack
