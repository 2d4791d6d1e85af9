// This program writes the schemas that other dialects make from the models of
// the package models into ../testdata/firstrun, one file for each dialect and
// version, and one more after their own second AutoMigrate, which makes some
// tables anew.
//
// The newest GORM wants the newest dialects. The files of v1.5.0 and v1.8.0
// were made in a copy of this module and of models with gorm.io/gorm v1.25.0,
// those of v1.5.7 with v1.25.12.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	glebarez "github.com/glebarez/sqlite"
	mattn "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql/tests/migrations/models"
)

func main() {
	for module, open := range map[string]func(string) gorm.Dialector{
		"gorm.io/driver/sqlite":      mattn.Open,
		"github.com/glebarez/sqlite": glebarez.Open,
	} {
		name := strings.NewReplacer("gorm.io/driver/", "gorm-", "github.com/glebarez/", "glebarez-").Replace(module) + "-" + version(module)
		if err := write(name, open); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return "unknown"
}

func write(name string, open func(string) gorm.Dialector) error {
	dir, err := os.MkdirTemp("", "gen")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := gorm.Open(open(filepath.Join(dir, "x.db")), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return err
	}
	for _, suffix := range []string{"", "-twice"} {
		for _, model := range models.All() {
			// A dialect that cannot make a table, or cannot read the second
			// time what it wrote, leaves it as it is.
			if err := db.AutoMigrate(model); err != nil {
				fmt.Printf("%s%s: %T: %v\n", name, suffix, model, err)
			}
		}
		var texts []string
		if err := db.Raw("SELECT sql FROM sqlite_schema WHERE sql <> '' AND name NOT LIKE 'sqlite_%' ORDER BY rowid").Scan(&texts).Error; err != nil {
			return err
		}
		out := filepath.Join("..", "testdata", "firstrun", name+suffix+".sql")
		if err := os.WriteFile(out, []byte(strings.Join(texts, ";\n")+";\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}
