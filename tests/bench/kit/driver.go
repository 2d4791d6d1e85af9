package kit

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// BenchDriver is a driver alone, without GORM, on database/sql.
func BenchDriver(b *testing.B, open func(path string) (*sql.DB, error)) {
	for _, d := range []struct {
		name string
		run  func(b *testing.B, db *sql.DB, ask asker)
	}{
		{"point_query_of_10", pointTen},
		{"scan_of_4", func(b *testing.B, db *sql.DB, ask asker) { scan(b, ask(b, db, selectFour), fourColumns) }},
		{"scan_of_10", func(b *testing.B, db *sql.DB, ask asker) { scan(b, ask(b, db, selectTen), tenColumns) }},
		{"insert_in_a_transaction", insertInside},
		{"insert", insertAlone},
		{"update", updateOne},
	} {
		for _, how := range []struct {
			name string
			ask  asker
		}{{"text", byText}, {"prepared", prepared}} {
			b.Run(d.name+"/"+how.name, func(b *testing.B) {
				db, err := open(filepath.Join(b.TempDir(), "bench.db"))
				must(b, err)
				must(b, MakePlain(db, some))
				b.ReportAllocs()
				d.run(b, db, how.ask)
				must(b, db.Close())
			})
		}
	}
}

const (
	selectFour = "SELECT id, name, age, score FROM items"
	selectTen  = "SELECT id, created_at, updated_at, name, email, age, score, active, note, data FROM items"
	insertTen  = "INSERT INTO items (created_at, updated_at, name, email, age, score, active, note, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

// asked is a statement that can be run with arguments, by its text or
// prepared.
type asked struct {
	query func(args ...any) (*sql.Rows, error)
	exec  func(args ...any) (sql.Result, error)
}

// pool is what runs statements, in a transaction or not.
type pool interface {
	Query(query string, args ...any) (*sql.Rows, error)
	Exec(query string, args ...any) (sql.Result, error)
	Prepare(query string) (*sql.Stmt, error)
}

type asker func(b *testing.B, db pool, query string) asked

func byText(_ *testing.B, db pool, query string) asked {
	return asked{
		func(args ...any) (*sql.Rows, error) { return db.Query(query, args...) },
		func(args ...any) (sql.Result, error) { return db.Exec(query, args...) },
	}
}

func prepared(b *testing.B, db pool, query string) asked {
	s, err := db.Prepare(query)
	must(b, err)
	b.Cleanup(func() { s.Close() })
	return asked{s.Query, s.Exec}
}

func pointTen(b *testing.B, db *sql.DB, ask asker) {
	s := ask(b, db, selectTen+" WHERE id = ?")
	n := 0
	for b.Loop() {
		found, err := s.query(n%some + 1)
		must(b, err)
		if !found.Next() {
			b.Fatal("no row", found.Err())
		}
		must(b, tenColumns(found))
		must(b, found.Close())
		n++
	}
}

func scan(b *testing.B, s asked, columns func(*sql.Rows) error) {
	for b.Loop() {
		found, err := s.query()
		must(b, err)
		n := 0
		for ; found.Next(); n++ {
			must(b, columns(found))
		}
		must(b, found.Err())
		must(b, found.Close())
		if n != some {
			b.Fatalf("%d rows", n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/some, "ns/row")
}

func fourColumns(found *sql.Rows) error {
	var id, age int64
	var name string
	var score float64
	return found.Scan(&id, &name, &age, &score)
}

func tenColumns(found *sql.Rows) error {
	var id, age int64
	var created, updated time.Time
	var name, email string
	var score float64
	var active bool
	var note sql.NullString
	var data []byte
	return found.Scan(&id, &created, &updated, &name, &email, &age, &score, &active, &note, &data)
}

func insertInside(b *testing.B, db *sql.DB, ask asker) {
	tx, err := db.Begin()
	must(b, err)
	insert(b, ask(b, tx, insertTen))
	must(b, tx.Commit())
}

func insertAlone(b *testing.B, db *sql.DB, ask asker) { insert(b, ask(b, db, insertTen)) }

func insert(b *testing.B, s asked) {
	n := 0
	for b.Loop() {
		_, err := s.exec(made, made, "name 1", "user1@example.com", n%90, float64(n)/3, true, "a note of some length, as notes are", []byte("0123456789abcdef"))
		must(b, err)
		n++
	}
}

func updateOne(b *testing.B, db *sql.DB, ask asker) {
	s := ask(b, db, "UPDATE items SET age = ?, score = ? WHERE id = ?")
	n := 0
	for b.Loop() {
		done, err := s.exec(n%90, float64(n)/3, n%some+1)
		must(b, err)
		if changed, err := done.RowsAffected(); err != nil || changed != 1 {
			b.Fatal(fmt.Sprint(changed, " rows, ", err))
		}
		n++
	}
}
