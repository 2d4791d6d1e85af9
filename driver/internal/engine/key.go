package engine

import "context"

// Keyer is a Conn whose database can be encrypted.
type Keyer interface {
	// Rekey encrypts the database by another key; nil decrypts it.
	Rekey(ctx context.Context, key []byte) error
	// Attach attaches a file with its key, nil for none.
	Attach(ctx context.Context, path, schema string, key []byte) error
}
