package engine

import "context"

// Extension is a shared library with functions for SQL.
type Extension struct{ Path, EntryPoint string }

// Extender is a Conn that loads extensions.
type Extender interface {
	LoadExtension(ctx context.Context, e Extension) error
}
