package kit

import (
	"flag"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// plainFile makes a file with a table of items, for all to read. Nothing else
// happens to it, so that it needs no journal, which would be as large.
func plainFile(d Dialect, args []string) {
	flags := flag.NewFlagSet("file", flag.ExitOnError)
	path := flags.String("path", "", "the file")
	rows := flags.Int("rows", 1, "how many rows it gets")
	flags.Parse(args)
	db, err := gorm.Open(d.Open(*path), &gorm.Config{Logger: logger.Discard})
	check(err)
	pool, err := db.DB()
	check(err)
	pool.SetMaxOpenConns(1)
	var mode string
	check(pool.QueryRow("PRAGMA journal_mode = OFF").Scan(&mode))
	check(MakePlain(pool, *rows))
	check(pool.Close())
	answer(struct{}{})
}
