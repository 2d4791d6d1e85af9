package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

const patience = 30 * time.Second

func TestMain(m *testing.M) {
	dbtest.MainLocal(m, dbtest.ShowsLocal, map[string]func(args []string) error{
		"ship": func(args []string) error {
			return ship(context.Background(), args[0], args[1], func(event string) { fmt.Println(event) })
		},
		"write": func(args []string) error {
			db, err := open(context.Background(), args[0])
			if err != nil {
				return err
			}
			for i := 0; ; i++ {
				if _, err := db.Exec("INSERT INTO notes(body) VALUES (randomblob(3000)); UPDATE notes SET body = randomblob(2000) WHERE id % 7 = 1"); err != nil {
					return err
				}
				fmt.Println(i)
			}
		},
	})
}

// until reads what the child reports up to an event.
func until(t *testing.T, c *dbtest.Child, event string) {
	t.Helper()
	for {
		line, ok := c.Line()
		require.True(t, ok, "the child has ended before %q", event)
		if line == event {
			return
		}
	}
}

// lines waits for a number of events of any kind.
func lines(t *testing.T, c *dbtest.Child, n int) {
	t.Helper()
	for range n {
		_, ok := c.Line()
		require.True(t, ok, "the child has ended")
	}
}

// caughtUp ships until the copy has what the source has, and compares both.
func caughtUp(t *testing.T, source, to string) {
	t.Helper()
	src, err := open(t.Context(), source)
	require.NoError(t, err)
	dbtest.Exec(t, src, "CREATE TABLE IF NOT EXISTS marks(n); INSERT INTO marks SELECT count(*) FROM marks")
	want := content(t, src)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = ship(ctx, source, to, func(event string) {
		dst, err := open(t.Context(), to)
		require.NoError(t, err)
		defer dst.Close()
		if content(t, dst) == want {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	dst, err := open(t.Context(), to)
	require.NoError(t, err)
	require.Equal(t, want, content(t, dst))
	dbtest.Intact(t, dst)

	// Logically the same, and with all frames in the files byte for byte.
	for _, db := range []*sql.DB{src, dst} {
		require.NoError(t, driver.With(t.Context(), db, func(c *driver.Conn) error {
			_, err := c.Checkpoint(t.Context(), "main", driver.CheckpointTruncate)
			return err
		}))
		require.NoError(t, db.Close())
	}
	x, err := os.ReadFile(source)
	require.NoError(t, err)
	y, err := os.ReadFile(to)
	require.NoError(t, err)
	require.True(t, string(x) == string(y), "the files differ")
}

func content(t *testing.T, db *sql.DB) string {
	t.Helper()
	var s sql.NullString
	err := db.QueryRow("SELECT (SELECT hex(sha3_query('SELECT * FROM notes ORDER BY id'))) || (SELECT count(*) FROM marks)").Scan(&s)
	var e *driver.Error
	if errors.As(err, &e) && e.Code == driver.ErrError {
		return "" // the tables are not there yet
	}
	require.NoError(t, err)
	return s.String
}

// Both sides are killed, again and again, while the source is written to.
func TestShip(t *testing.T) {
	dir := t.TempDir()
	source, to := filepath.Join(dir, "app.db"), filepath.Join(dir, "copy.db")
	db, err := open(t.Context(), source)
	require.NoError(t, err)
	dbtest.Exec(t, db, "CREATE TABLE notes(id INTEGER PRIMARY KEY, body BLOB)")
	require.NoError(t, db.Close())

	rounds := 3
	if dbtest.Long() {
		rounds = 50
	}
	for round := range rounds {
		writer, shipper := dbtest.Start(t, "write", source), dbtest.Start(t, "ship", source, to)
		if round == 0 {
			until(t, shipper, "snapshot")
		}
		until(t, shipper, "frames")
		lines(t, writer, 5)
		shipper.Kill() // in the middle of its work
		lines(t, writer, 5)
		shipper = dbtest.Start(t, "ship", source, to)
		until(t, shipper, "frames")
		writer.Kill()
		writer = dbtest.Start(t, "write", source)
		lines(t, writer, 5)
		until(t, shipper, "frames")
		shipper.Kill()
		writer.Kill()
		if round%2 == 1 {
			caughtUp(t, source, to) // with a checkpoint of both: the next round begins with a snapshot
		}
	}
	caughtUp(t, source, to)
}

// After a checkpoint the source begins its log anew, and the copy itself.
func TestShipAfterACheckpoint(t *testing.T) {
	dir := t.TempDir()
	source, to := filepath.Join(dir, "app.db"), filepath.Join(dir, "copy.db")
	db, err := open(t.Context(), source)
	require.NoError(t, err)
	defer db.Close()
	dbtest.Exec(t, db, "CREATE TABLE notes(id INTEGER PRIMARY KEY, body BLOB)")
	shipper := dbtest.Start(t, "ship", source, to)
	until(t, shipper, "snapshot")
	for range 3 {
		dbtest.Exec(t, db, "INSERT INTO notes(body) VALUES ('a')")
		until(t, shipper, "frames")
		require.NoError(t, driver.With(t.Context(), db, func(c *driver.Conn) error {
			_, err := c.Checkpoint(t.Context(), "main", driver.CheckpointTruncate)
			return err
		}))
		dbtest.Exec(t, db, "INSERT INTO notes(body) VALUES ('b')")
		until(t, shipper, "snapshot")
	}
	shipper.Kill()
	caughtUp(t, source, to)
}

// A note that belongs to nothing is no harm.
func TestShipWithAWrongNote(t *testing.T) {
	dir := t.TempDir()
	source, to := filepath.Join(dir, "app.db"), filepath.Join(dir, "copy.db")
	db, err := open(t.Context(), source)
	require.NoError(t, err)
	dbtest.Exec(t, db, "CREATE TABLE notes(id INTEGER PRIMARY KEY, body BLOB)")
	require.NoError(t, db.Close())
	caughtUp(t, source, to)
	n, err := readNote(to)
	require.NoError(t, err)
	for _, text := range []string{"", "{}", `{"Position":"x","Next":1}`, fmt.Sprintf(`{"Position":%q,"Next":77}`, n.Position)} {
		require.NoError(t, os.WriteFile(noteOf(to), []byte(text), 0o600))
		caughtUp(t, source, to)
	}
}
