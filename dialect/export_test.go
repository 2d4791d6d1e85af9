package dialect

// SetLongList changes from how many values on a list is one variable, and
// returns the number before.
func SetLongList(n int) (before int) {
	before, longList = longList, n
	return before
}

// KeepsDigits is keepsDigits.
var KeepsDigits = keepsDigits

// SetSplitVars changes how many variables the statements of a split INSERT
// have, and returns the number before.
func SetSplitVars(n int) (before int) {
	before, splitVars = splitVars, n
	return before
}
