package driver

import (
	"context"
	"fmt"
	"strings"
)

// TxMode is how a transaction begins: which lock its BEGIN takes at once.
// [Config.TxLock] is the mode of all transactions, [WithTxMode] that of one.
//
// See https://www.sqlite.org/lang_transaction.html for what each mode locks.
type TxMode uint8

const (
	// Immediate takes the write lock when the transaction begins (BEGIN
	// IMMEDIATE). It is the default: a writer waits its turn at the start, within
	// the busy timeout, instead of failing in the middle, which is what happens
	// to a deferred transaction that reads first and then finds that another
	// connection has written.
	Immediate TxMode = iota

	// Deferred takes no lock until the first statement needs one (BEGIN
	// DEFERRED). It suits transactions that mostly only read. One that reads and
	// later writes can fail with [ErrBusySnapshot] at that write, and waiting
	// does not help it: https://www.sqlite.org/rescode.html#busy_snapshot.
	Deferred

	// Exclusive takes the write lock at once and, in every journal mode but WAL,
	// also keeps readers out (BEGIN EXCLUSIVE). Under WAL it is the same as
	// Immediate.
	Exclusive

	// ReadOnlyTx begins deferred and refuses every write. Under WAL it reads one
	// state of the database, that of its first statement, whatever others commit
	// meanwhile, and waits for nobody. It is what
	// [database/sql.TxOptions].ReadOnly asks for.
	ReadOnlyTx

	// Concurrent lets several transactions write at a time (BEGIN CONCURRENT).
	// libSQL does not have it: the error wraps [ErrUnsupported].
	Concurrent
)

// txModeNames holds the word of each mode, as _txlock spells it.
var txModeNames = [...]string{
	Immediate: "immediate", Deferred: "deferred", Exclusive: "exclusive", ReadOnlyTx: "read-only", Concurrent: "concurrent",
}

// String returns the word that the DSN parameter _txlock uses for the mode:
// immediate, deferred, exclusive or concurrent; read-only is none of them.
func (m TxMode) String() string {
	if int(m) < len(txModeNames) {
		return txModeNames[m]
	}
	return fmt.Sprintf("TxMode(%d)", uint8(m))
}

// parseTxMode is the inverse of [TxMode.String], in any case of letters, for
// the modes that all transactions can have.
func parseTxMode(s string) (TxMode, bool) {
	for i, name := range txModeNames {
		if strings.EqualFold(s, name) && TxMode(i) != ReadOnlyTx {
			return TxMode(i), true
		}
	}
	return 0, false
}

type txModeKey struct{}

// WithTxMode returns a context with which [database/sql.DB.BeginTx], and
// whatever calls it, begins a transaction in that mode instead of
// [Config.TxLock]. Transactions that are begun with
// [database/sql.TxOptions].ReadOnly stay read-only. Other drivers do not know
// the mode and begin as they do.
func WithTxMode(ctx context.Context, mode TxMode) context.Context {
	return context.WithValue(ctx, txModeKey{}, mode)
}

// txMode is the mode of a transaction that begins under the context.
func (c *Conn) txMode(ctx context.Context, readOnly bool) (TxMode, error) {
	mode, given := ctx.Value(txModeKey{}).(TxMode)
	switch {
	case mode > Concurrent:
		return 0, fmt.Errorf("libsql: %v is no mode of transactions", mode)
	case readOnly:
		return ReadOnlyTx, nil
	case given:
		return mode, nil
	}
	return c.connector.cfg.TxLock, nil
}
