package stack

// Frames fills pcs with return addresses, those of the nearest calls first,
// and returns how many there are: 0 where there is no way. The first is in the
// function that calls it. They are of functions as they were compiled: one
// that was inlined has none.
func Frames(pcs []uintptr) int {
	if len(pcs) == 0 {
		return 0
	}
	return frames(&pcs[0], len(pcs))
}
