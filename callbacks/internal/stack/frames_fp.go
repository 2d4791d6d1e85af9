//go:build amd64 || arm64

package stack

// frames puts the return addresses of the calls that led here into pcs, and
// returns how many there are: its caller's, the caller's of that, and so on.
// Go keeps the frame pointer on both architectures, in every function that
// calls another: https://go.dev/s/framepointer.
//
//go:noescape
func frames(pcs *uintptr, room int) int
