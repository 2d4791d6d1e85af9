package walseam

import "github.com/gorm-libsql/libsql/driver/internal/engine"

// The driver sets these.
var (
	// Of returns the engine under a *driver.Conn.
	Of func(conn any) (engine.WAL, error)
	// Publish makes an engine's error one of the driver.
	Publish func(error) error
)
