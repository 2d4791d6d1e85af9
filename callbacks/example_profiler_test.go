package callbacks_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
)

// exampleDB has a table of users, and the profiler.
func exampleDB(cfg callbacks.ProfilerConfig) (*gorm.DB, *callbacks.Profiler) {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		log.Fatal(err)
	}
	if err := db.AutoMigrate(&user{}, &order{}); err != nil {
		log.Fatal(err)
	}
	p := callbacks.NewProfiler(cfg)
	if err := db.Use(p); err != nil {
		log.Fatal(err)
	}
	return db, p
}

func closeExample(db *gorm.DB) {
	if pool, err := db.DB(); err == nil {
		pool.Close()
	}
}

func ExampleNewProfiler() {
	db, p := exampleDB(callbacks.ProfilerConfig{})
	defer closeExample(db)
	db.Create(&[]user{{Name: "Ada"}, {Name: "Kay"}})
	for _, ids := range [][]int{{1}, {1, 2}, {1, 2, 3}} {
		var users []user
		db.Find(&users, "id IN ?", ids)
	}
	for _, s := range p.Report().Shapes {
		if s.Verb == "SELECT" && s.Model != "" {
			fmt.Println(s.Count, "times", s.SQL, "returned", s.Rows, "rows")
		}
	}
	// Output:
	// 3 times SELECT * FROM `users` WHERE id IN (?) returned 5 rows
}

func ExampleProfilerConfig_logger() {
	plain := func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case "msg", "sql", "rows", "table", "args":
			return a
		}
		return slog.Attr{}
	}
	db, _ := exampleDB(callbacks.ProfilerConfig{
		Slow:   time.Nanosecond, // each query: as a rule 200 ms
		Logger: slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: plain})),
	})
	defer closeExample(db)
	db.Where("name = ?", "Ada").Find(&[]user{})
	// Output:
	// msg="slow query" sql="SELECT * FROM `users` WHERE name = ?" rows=0 table=users
}

func ExampleProfilerConfig_args() {
	db, _ := exampleDB(callbacks.ProfilerConfig{
		Args: func(table, column string, value any) any {
			if table == "users" && column == "age" {
				return value
			}
			return callbacks.ArgTypes(table, column, value)
		},
		OnQuery: func(_ context.Context, q *callbacks.Query) {
			for _, a := range q.Args {
				fmt.Println(a.Column, a.Value)
			}
		},
	})
	defer closeExample(db)
	db.Where("name = ? AND age > ?", "Ada", 30).Find(&[]user{})
	// Output:
	// name string(3)
	// age 30
}

func ExampleProfiler_WriteMetrics() {
	db, p := exampleDB(callbacks.ProfilerConfig{})
	defer closeExample(db)
	db.Exec("UPDATE users SET age = 1")
	// This is what a handler of /metrics does.
	if err := p.WriteMetrics(os.Stdout, map[string]string{"db": "shop"}); err != nil {
		log.Fatal(err)
	}
}

func ExampleProfiler_Remove() {
	db, p := exampleDB(callbacks.ProfilerConfig{})
	defer closeExample(db)
	db.Find(&[]user{})
	if err := p.Remove(); err != nil {
		log.Fatal(err)
	}
	db.Find(&[]user{})
	fmt.Println(p.Report().Total.Count)
	// Output: 1
}
