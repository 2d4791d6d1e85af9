package docs_test

import (
	"context"
	"errors"
	"log"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/libsqltest"
)

// forgotten is a cache that says what it is told.
type forgotten chan driver.Change

func (f forgotten) Forget(c driver.Change) { f <- c }

func TestChanges(t *testing.T) {
	db := libsqltest.New(t, &User{})
	cache := make(forgotten, 1)
	stop, err := libsql.OnChange(db, func(c driver.Change) {
		if c.Table == "users" || c.Op == driver.DatabaseChanged {
			cache.Forget(c)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	defer stop()
	require.NoError(t, db.Create(&User{Email: "ada@example.com"}).Error)
	require.Equal(t, driver.Change{Op: driver.RowInserted, Schema: "main", Table: "users", RowID: 1, Commit: 1}, <-cache)
}

func TestAuthorize(t *testing.T) {
	db := libsqltest.New(t, &User{})
	require.NoError(t, db.Create(&User{Name: "Ada", Email: "ada@example.com"}).Error)
	var got [][]any
	export := func(c *driver.Conn) error {
		r, err := c.Batch(t.Context(), "SELECT name, email FROM users")
		if err == nil {
			got = r[0].Rows
		}
		return err
	}
	err := libsql.Conn(db, func(c *driver.Conn) error {
		stop, err := c.Authorize(func(a driver.AuthAction) driver.AuthResult {
			if a.Code == driver.AuthRead && a.Arg1 == "users" && a.Arg2 == "email" {
				return driver.AuthIgnore // reads as NULL
			}
			return driver.AuthOK
		})
		if err != nil {
			return err
		}
		defer stop()
		return export(c)
	})
	require.NoError(t, err)
	require.Equal(t, [][]any{{"Ada", nil}}, got)
}

func TestCommitHooks(t *testing.T) {
	db := libsqltest.New(t, &User{})
	pool, err := db.DB()
	require.NoError(t, err)
	ctx := t.Context()
	opens := true
	open := func() bool { return opens }
	errClosed := errors.New("closed")
	err = driver.EachConn(ctx, pool, "business hours", func(_ context.Context, c *driver.Conn) error {
		_, err := c.OnCommit(func() error {
			if !open() {
				return errClosed
			}
			return nil
		})
		return err
	})
	require.NoError(t, err)
	require.NoError(t, db.Create(&User{Email: "a"}).Error)
	opens = false
	require.ErrorIs(t, db.Create(&User{Email: "b"}).Error, errClosed)
	opens = true // for the checks at the end
}
