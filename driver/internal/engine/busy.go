package engine

import "time"

// BusyWaiter is a Conn that waits for the locks of other connections.
type BusyWaiter interface {
	// BusyTimeout is how long it waits at most.
	BusyTimeout() time.Duration
	// SetBusyTimeout changes that from the next statement on. The timeout is
	// not negative and no longer than SQLite can count.
	SetBusyTimeout(timeout time.Duration) error
}
