package engine

import "context"

// Keyer is a Conn whose database can be encrypted.
type Keyer interface {
	// Rekey encrypts the database by another key; nil decrypts it.
	Rekey(ctx context.Context, key []byte) error
}
