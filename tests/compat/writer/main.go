// This program opens a file with this module's dialect, for tests in programs
// that link another SQLite.
//
//	writer make FILE     migrates the models of kit and stores its rows
//	writer change FILE   adds and changes rows
//	writer read FILE     writes the rows as JSON to the standard output
//	writer migrate FILE  migrates the models again, an error if that changes anything
package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/tests/compat/kit"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: writer make|change|read|migrate FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(verb, file string) error {
	db, err := gorm.Open(libsql.Open(file), &gorm.Config{})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	switch verb {
	case "make":
		err = kit.Make(db)
	case "change":
		err = kit.Change(db)
	case "read":
		var rows string
		if rows, err = kit.Read(db); err == nil {
			fmt.Println(rows)
		}
	case "migrate":
		err = migrate(db)
	default:
		err = fmt.Errorf("writer: %q is no command", verb)
	}
	return errors.Join(err, pool.Close())
}

func migrate(db *gorm.DB) error {
	text, version, err := kit.Schema(db)
	if err != nil {
		return err
	}
	if err := db.AutoMigrate(kit.All()...); err != nil {
		return err
	}
	now, nowVersion, err := kit.Schema(db)
	if err != nil {
		return err
	}
	if nowVersion != version || !reflect.DeepEqual(now, text) {
		return fmt.Errorf("AutoMigrate changed the schema (version %d, then %d):\n%q\n%q", version, nowVersion, text, now)
	}
	return nil
}
