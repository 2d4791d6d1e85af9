package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/gorm-libsql/libsql/driver"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: walship source.db copy.db")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := ship(ctx, os.Args[1], os.Args[2], func(event string) { fmt.Println(event) })
	if err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

// open opens a database without the checkpoints that a connection makes on its
// own: that of the source would end its log when walship ends, that of the copy
// would change the numbers of its frames.
func open(ctx context.Context, path string) (*sql.DB, error) {
	cfg, err := driver.ParseDSN(path)
	if err != nil {
		return nil, err
	}
	connector, err := driver.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	err = driver.EachConn(ctx, db, "", func(_ context.Context, c *driver.Conn) error { return c.DisableCheckpoint() })
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
