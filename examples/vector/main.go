package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"log"
	"os"
	"strings"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

const dims = 64

// Sentence is a text with its vector. The tags make the column F32_BLOB(64)
// and an index over it.
type Sentence struct {
	ID        uint
	Topic     string
	Text      string
	Embedding types.Vector `gorm:"dims:64;vectorIndex:metric=cosine"`
	Distance  float64      `gorm:"->;-:migration"` // of a search, not stored
}

func main() {
	if err := run(os.Stdout, ":memory:"); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, dsn string) error {
	db, err := gorm.Open(libsql.Open(dsn), &gorm.Config{})
	if err != nil {
		return err
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := db.AutoMigrate(&Sentence{}); err != nil {
		return err
	}
	sentences := []Sentence{
		{Topic: "files", Text: "Open opens the named file for reading."},
		{Topic: "files", Text: "Create creates or truncates the named file."},
		{Topic: "files", Text: "Remove removes the named file or empty directory."},
		{Topic: "text", Text: "Fields splits the string around white space."},
		{Topic: "text", Text: "Split slices the string into all substrings separated by a separator."},
		{Topic: "text", Text: "TrimSpace removes white space around the string."},
		{Topic: "time", Text: "Sleep pauses the goroutine for at least the duration."},
		{Topic: "time", Text: "After waits for the duration to elapse."},
	}
	for i := range sentences {
		sentences[i].Embedding = embed(sentences[i].Text)
	}
	if err := db.Create(&sentences).Error; err != nil {
		return err
	}

	q := embed("splits a string by separator")
	var found []Sentence
	if err := db.Scopes(types.Nearest("Embedding", q, 2)).Find(&found).Error; err != nil {
		return err
	}
	fmt.Fprintln(out, "The two nearest:")
	for _, s := range found {
		fmt.Fprintln(out, " ", s.Text)
	}

	// Conditions are part of the search: these are the two nearest about files.
	q = embed("removes the named file, open for reading")
	search := types.Search{Field: "Embedding", Query: q, K: 2, DistanceInto: "Distance"}
	if err := db.Scopes(search.Scope).Where("topic = ?", "files").Find(&found).Error; err != nil {
		return err
	}
	fmt.Fprintln(out, "The two nearest about files:")
	for _, s := range found {
		fmt.Fprintf(out, "  %.2f %s\n", s.Distance, s.Text)
	}
	return nil
}

// embed stands for a model: each word of the text counts in one dimension.
func embed(text string) types.Vector {
	v := make(types.Vector, dims)
	for _, word := range strings.Fields(strings.ToLower(strings.Trim(text, "."))) {
		h := fnv.New32a()
		_, _ = h.Write([]byte(strings.TrimSuffix(word, "s")))
		v[h.Sum32()%dims]++
	}
	return v
}
