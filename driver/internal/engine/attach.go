package engine

import "context"

// Attachment is a database file that is attached to a connection.
type Attachment struct {
	Schema, Path     string
	Key              []byte // nil for none
	Create, ReadOnly bool
}

// Attacher is a Conn that database files can be attached to.
type Attacher interface {
	Attach(ctx context.Context, a Attachment) error
	Detach(ctx context.Context, schema string) error
}
