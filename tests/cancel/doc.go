// Package cancel tests contexts: that a cancelled call ends soon, that its
// error says so, and that nothing else is hit by it.
package cancel
