package crash

import (
	"database/sql"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// look compares the database with what was acknowledged. Of each writer there
// may be one commit more, which the child did not live to tell of; the ledger
// then knows it.
func (l *ledger) look(t *testing.T, db *sql.DB) {
	t.Helper()
	dbtest.Intact(t, db)
	if dbtest.Int(t, db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('entries', 'slots')") < 2 {
		if l.acked != [writers]int{} {
			t.Errorf("tables are missing after the commits %v", l.acked)
		}
		return
	}
	inRows, inSlots := l.readRows(t, db), l.readSlots(t, db)
	for w, acked := range l.acked {
		last := inRows[w]
		if hasSlots(w) {
			last = inSlots[w]
		}
		if hasRows(w) && inRows[w] != last {
			t.Errorf("writer %d: half a transaction: rows of commit %d, slots of commit %d", w, inRows[w], last)
		}
		if last < acked || last > acked+1 {
			t.Errorf("writer %d: commit %d was the last to be acknowledged, %d is the last that is there", w, acked, last)
		}
		l.unasked += last - acked
		l.acked[w] = last
	}
}

// readRows checks every row, and returns the last commit of each writer.
func (l *ledger) readRows(t *testing.T, db *sql.DB) (last [writers]int) {
	t.Helper()
	rows, err := db.Query("SELECT writer, seq, n, size, body FROM entries ORDER BY writer, seq, n")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var expected []row // what is left of the commit that is being read
	var commits [writers]int
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.Writer, &r.Seq, &r.N, &r.Size, &r.Body); err != nil {
			t.Fatal(err)
		}
		if len(expected) == 0 {
			expected = rowsOf(r.Writer, r.Seq)
			last[r.Writer] = r.Seq
			commits[r.Writer]++
		}
		if r != expected[0] {
			t.Fatalf("row %d of commit %d of writer %d where row %d of commit %d of writer %d should be, or another content",
				r.N, r.Seq, r.Writer, expected[0].N, expected[0].Seq, expected[0].Writer)
		}
		expected = expected[1:]
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(expected) > 0 {
		t.Errorf("half a transaction: row %d of commit %d of writer %d is missing", expected[0].N, expected[0].Seq, expected[0].Writer)
	}
	for w, n := range commits {
		if n != stays(w, last[w]) {
			t.Errorf("writer %d: %d commits have rows, the last is commit %d", w, n, last[w])
		}
	}
	return last
}

// readSlots checks that the slots of a writer are all of the same commit,
// which it returns.
func (l *ledger) readSlots(t *testing.T, db *sql.DB) (last [writers]int) {
	t.Helper()
	rows, err := db.Query("SELECT writer, count(*), min(seq), max(seq) FROM slots GROUP BY writer")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var w, n, lo, hi int
		if err := rows.Scan(&w, &n, &lo, &hi); err != nil {
			t.Fatal(err)
		}
		if n != slots || lo != hi {
			t.Errorf("writer %d: half a transaction: %d slots, of the commits %d to %d", w, n, lo, hi)
		}
		last[w] = hi
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return last
}
