package faults

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// look opens the file as any program does, checks it, and returns the number of
// its last commit.
func look(t *testing.T, path string) (int, error) {
	t.Helper()
	db := dbtest.New(t, path)
	defer dbtest.Close(t, db)
	for check, want := range map[string]string{"PRAGMA integrity_check": "ok", "SELECT count(*) FROM pragma_foreign_key_check": "0"} {
		if got, err := text(db, check); err != nil || got != want {
			return 0, fmt.Errorf("%s: %s, %v", check, got, err)
		}
	}
	if n, err := text(db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('accounts', 'entries', 'counters')"); err != nil || n != "3" {
		return 0, err // it has not come so far
	}
	var last int
	err := db.QueryRow("SELECT n FROM counters WHERE id = 1").Scan(&last)
	if err == sql.ErrNoRows {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if sum, err := text(db, "SELECT sum(balance) FROM accounts"); err != nil || sum != fmt.Sprint(money) {
		return 0, fmt.Errorf("the balances make %s: %v", sum, err)
	}
	return last, lookAtEntries(db, last)
}

func lookAtEntries(db *sql.DB, last int) error {
	rows, err := db.Query("SELECT id, title, body FROM entries ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	want := max(1, last-keep+1)
	for ; rows.Next(); want++ {
		var e Entry
		if err := rows.Scan(&e.ID, &e.Title, &e.Body); err != nil {
			return err
		}
		if (e != Entry{want, title(want), body(want)}) {
			return fmt.Errorf("entry %d where entry %d is expected, or other content", e.ID, want)
		}
	}
	if want != last+1 {
		return fmt.Errorf("the entries end before %d, the last commit is %d", want, last)
	}
	return rows.Err()
}

func text(db *sql.DB, query string) (s string, err error) {
	err = db.QueryRow(query).Scan(&s)
	return s, err
}
