package driver

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
// file may be in rollback mode then. In WAL mode no other connection may have the file open, or the error is
// [ErrBusy]: those of the own pool go with SetMaxIdleConns(0). It cannot run
// inside a transaction.
//
// New connections of this connection's pool use the new key from then on, also
// instead of [Config.EncryptionKeyFunc]; other pools, and the DSN of the next
// start, have to be given it. Copies that were made before keep the old key.
func (c *Conn) Rekey(ctx context.Context, key []byte) error {
	eng, ok := c.eng.(engine.Keyer)
	if !ok {
		return errNoEncryption()
	}
	if key != nil && len(key) == 0 {
		return errEmptyKey
	}
	return publish(eng.Rekey(ctx, key))
}

// Attach attaches the database file at path to this connection, under the name
// schema (https://www.sqlite.org/lang_attach.html), with its key; nil for a file
// that is not encrypted. ATTACH in SQL would have the key in the text, where
// loggers see it, and without a key it would use that of the main database. A
// file that is missing is created. A wrong key is [ErrNotADB], and nothing is
// attached.
//
// DETACH in SQL ends it. A pool has many connections: call Attach in [EachConn],
// or in [Config.OnConnect]. It cannot run inside a transaction.
func (c *Conn) Attach(ctx context.Context, path, schema string, key []byte) error {
	eng, ok := c.eng.(engine.Keyer)
	switch {
	case !ok:
		return errNoEncryption()
	case key != nil && len(key) == 0:
		return errEmptyKey
	case path == "" || strings.ContainsRune(path, 0):
		return errors.New("libsql: Attach needs the path of a file")
	}
	return publish(eng.Attach(ctx, path, schema, key))
}

func errNoEncryption() error {
	return fmt.Errorf("libsql: keys and attached files are %w by this database's engine: they are its server's", ErrUnsupported)
}
