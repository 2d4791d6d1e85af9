// Package walseam lets the package driver/wal reach the engine under a
// connection of the driver, which does not import it.
package walseam
