package driver

import (
	"fmt"
	"strings"
)

// TxMode is how a transaction begins: which lock its BEGIN takes at once.
//
// See https://www.sqlite.org/lang_transaction.html for what each mode locks.
// A transaction begun with [database/sql.TxOptions].ReadOnly is always
// deferred, whatever the mode.
type TxMode uint8

const (
	// Immediate takes the write lock when the transaction begins (BEGIN
	// IMMEDIATE). It is the default: a writer waits its turn at the start, within
	// the busy timeout, instead of failing in the middle, which is what happens
	// to a deferred transaction that reads first and then finds that another
	// connection has written.
	Immediate TxMode = iota

	// Deferred takes no lock until the first statement needs one (BEGIN
	// DEFERRED). It suits transactions that only read. One that reads and later
	// writes can fail with SQLITE_BUSY at that write, and waiting does not help
	// it: https://www.sqlite.org/rescode.html#busy_snapshot.
	Deferred

	// Exclusive takes the write lock at once and, in every journal mode but WAL,
	// also keeps readers out (BEGIN EXCLUSIVE). Under WAL it is the same as
	// Immediate.
	Exclusive
)

// txModeNames holds the word of each mode, as _txlock spells it.
var txModeNames = [...]string{Immediate: "immediate", Deferred: "deferred", Exclusive: "exclusive"}

// String returns the word that the DSN parameter _txlock uses for the mode:
// immediate, deferred or exclusive.
func (m TxMode) String() string {
	if int(m) < len(txModeNames) {
		return txModeNames[m]
	}
	return fmt.Sprintf("TxMode(%d)", uint8(m))
}

// parseTxMode is the inverse of [TxMode.String], in any case of letters.
func parseTxMode(s string) (TxMode, bool) {
	for i, name := range txModeNames {
		if strings.EqualFold(s, name) {
			return TxMode(i), true
		}
	}
	return 0, false
}
