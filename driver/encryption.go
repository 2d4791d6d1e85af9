package driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var errEmptyKey = errors.New("libsql: the key has no bytes, which would leave the file unencrypted: nil means no key")

// Rekey writes the database's file anew, encrypted by the key; nil decrypts it. A
// file that was not encrypted becomes so. The cipher is AES with 256 bits in CBC
// mode, and the key is a passphrase of any length:
// https://utelle.github.io/SQLite3MultipleCiphers/docs/ciphers/cipher_aes256cbc/.
//
// It is one transaction: a crash leaves the file under the old key or the new
// one. Try the old one first after a crash: a journal that is left has that. The
// file may be in rollback mode then. The context ends the waiting, not the
// writing. Rekey cannot run inside a transaction.
//
// In WAL mode no other connection may have the file open, or the error is
// [ErrBusy]: those of the own pool go with SetMaxIdleConns(0). In other modes the
// pool closes those that have the old key when it wants to use them next, and a
// statement that runs meanwhile is done before or fails with [ErrNotADB].
//
// New connections of this connection's pool use the new key from then on, also
// instead of [Config.EncryptionKeyFunc], and [Conn.Config] has it. Other pools, and
// the DSN of the next start, have to be given it. Copies that were made before keep
// the old key.
func (c *Conn) Rekey(ctx context.Context, key []byte) error {
	eng, ok := c.eng.(engine.Keyer)
	if !ok {
		return errNoEncryption()
	}
	if key != nil && len(key) == 0 {
		return errEmptyKey
	}
	if err := eng.Rekey(ctx, key); err != nil {
		return publish(err)
	}
	key = bytes.Clone(key)
	c.connector.rekeyed.Store(&key)
	return nil
}

func errNoEncryption() error {
	return fmt.Errorf("libsql: keys are %w by this database's engine: they are its server's", ErrUnsupported)
}
