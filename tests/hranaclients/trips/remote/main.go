// Command remote does GORM's work through this module's own engine.
package main

import (
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/tests/hranaclients/trips/work"
)

func main() {
	work.Main(func(url string) (gorm.Dialector, error) { return libsql.Open(url), nil })
}
