package callbacks

import (
	"cmp"
	"maps"
	"slices"
)

// classes are the classes of errors, the commonest first.
func classes(of map[string]int64) []string {
	return slices.SortedFunc(maps.Keys(of), func(a, b string) int { return cmp.Or(-cmp.Compare(of[a], of[b]), cmp.Compare(a, b)) })
}

// longestLocks are the transactions that held the write lock for the longest
// time, those that blocked others first.
func longestLocks(all []Transaction) []Transaction {
	var locked []Transaction
	for _, t := range all {
		if t.Locked > 0 {
			locked = append(locked, t)
		}
	}
	slices.SortStableFunc(locked, func(a, b Transaction) int {
		return cmp.Or(-cmp.Compare(a.BlockedTime, b.BlockedTime), -cmp.Compare(a.Locked, b.Locked))
	})
	return locked[:min(len(locked), topOthers)]
}
