// Package scandest looks at what a query is scanned into, for scopes that add
// columns of their own.
package scandest
