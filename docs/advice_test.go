package docs_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/callbacks"
)

type Writer struct {
	ID     uint
	Name   string
	Email  string
	Age    int
	Drafts []Draft
}

type Draft struct {
	ID       uint
	WriterID uint `gorm:"index"`
	Title    string
}

// printed is what fn prints.
func printed(t *testing.T, fn func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	out := os.Stdout
	os.Stdout = w
	done := make(chan string)
	go func() {
		text, _ := io.ReadAll(r)
		done <- string(text)
	}()
	func() {
		defer func() { os.Stdout = out; w.Close() }()
		fn()
	}()
	return <-done
}

func TestPlansAndAdvice(t *testing.T) {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{})
	require.NoError(t, err)
	closeAtEnd(t, db)
	require.NoError(t, db.AutoMigrate(&Writer{}, &Draft{}))

	doc, err := os.ReadFile("advice.md")
	require.NoError(t, err)
	out := printed(t, func() {
		plan, err := callbacks.Explain(db, func(tx *gorm.DB) *gorm.DB {
			return tx.Preload("Drafts").Where("age > ?", 18).Order("name").Find(&[]Writer{})
		})
		fmt.Println(plan)
		require.NoError(t, err)
		fmt.Println("---")
		for _, s := range plan.Statements {
			s.Walk(func(n *callbacks.PlanNode) bool {
				if n.Kind == callbacks.PlanScan && n.Index == "" {
					fmt.Println(n.Table, "is read from end to end by", s.SQL)
				}
				return true
			})
		}
	})
	tree, scans, _ := strings.Cut(out, "\n---\n")
	require.Contains(t, string(doc), "\n```\n"+tree+"\n```\n")
	require.Equal(t, "writers is read from end to end by SELECT * FROM `writers` WHERE age > ? ORDER BY name\n", scans)

	writers := make([]Writer, 1000)
	for i := range writers {
		writers[i].Email = fmt.Sprintf("w%d@example.com", i)
	}
	require.NoError(t, db.Create(&writers).Error)
	out = printed(t, func() {
		p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
		err = db.Use(p)
		require.NoError(t, err)
		for range 5 {
			db.Where("email = ?", "w7@example.com").Find(&Writer{})
		}
		advice, err := p.Advise(db)
		for _, a := range advice {
			fmt.Println(a)
		}
		require.NoError(t, err)
	})
	for line := range strings.Lines(strings.TrimSpace(out)) {
		if before, after, ok := strings.Cut(line, ", in "); ok { // how long it took
			require.Contains(t, string(doc), before)
			_, line, _ = strings.Cut(after, ": ")
		}
		require.Contains(t, string(doc), line)
	}
}
