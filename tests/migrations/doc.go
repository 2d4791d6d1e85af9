// Package migrations holds tests of AutoMigrate and its kin on databases that other tools made.
package migrations
