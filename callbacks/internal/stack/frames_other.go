//go:build !amd64 && !arm64

package stack

// frames knows no way.
func frames(*uintptr, int) int { return 0 }
