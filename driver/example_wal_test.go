package driver_test

import (
	"context"
	"fmt"

	"github.com/gorm-libsql/libsql/driver"
)

// All frames of the log are copied into the database.
func ExampleConn_Checkpoint() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		r, err := c.Checkpoint(ctx, "main", driver.CheckpointFull)
		if err != nil {
			return err
		}
		fmt.Println(r.Busy, r.Checkpointed == r.Frames)
		return nil
	})
	// Output: false true
}

// The function hears of what this connection commits.
func ExampleConn_OnWALCommit() {
	onMemory(func(ctx context.Context, c *driver.Conn) error {
		commits := 0
		remove, err := c.OnWALCommit(func(string, int) { commits++ })
		if err != nil {
			return err
		}
		defer remove()
		_, err = c.Batch(ctx, "INSERT INTO notes(text) VALUES ('a'); INSERT INTO notes(text) VALUES ('b')")
		fmt.Println(commits)
		return err
	})
	// Output: 1
}
