package engine

// Limiter is a Conn whose limits can be changed at run time.
type Limiter interface {
	// Limit sets the limit of that number of SQLite's, unless value is
	// negative, and returns what it was before:
	// https://www.sqlite.org/c3ref/limit.html. A value above what the library was
	// compiled for becomes that.
	Limit(id, value int) (old int, err error)
}
