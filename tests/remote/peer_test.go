//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package remote

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "github.com/tursodatabase/go-libsql" // its driver is "libsql"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// Nothing takes more requests than with go-libsql's remote connector.
func TestTripsOfAPeer(t *testing.T) {
	k := serve(t, hranaserver.Options{})
	k.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
	theirs, err := sql.Open("libsql", k.http.URL)
	require.NoError(t, err)
	defer theirs.Close()
	var table strings.Builder
	for _, op := range []struct {
		name string
		do   func(db *sql.DB) error
	}{
		{"Exec without arguments", func(db *sql.DB) error { _, err := db.Exec("DELETE FROM t WHERE id < 0"); return err }},
		{"Exec with arguments", func(db *sql.DB) error { _, err := db.Exec(insert, "a"); return err }},
		{"Query of one row", func(db *sql.DB) error {
			var n int
			return db.QueryRow("SELECT count(*) FROM t WHERE id > ?", 0).Scan(&n)
		}},
		{"Begin, INSERT RETURNING, Commit", func(db *sql.DB) error {
			tx, err := db.Begin()
			if err != nil {
				return err
			}
			var id int
			if err := tx.QueryRow(insert+" RETURNING id", "a").Scan(&id); err != nil {
				return err
			}
			return tx.Commit()
		}},
		{"a transaction of five", func(db *sql.DB) error {
			tx, err := db.Begin()
			if err != nil {
				return err
			}
			for range 5 {
				if _, err := tx.Exec(insert, "a"); err != nil {
					return err
				}
			}
			return tx.Commit()
		}},
		{"a prepared statement, three times", func(db *sql.DB) error {
			st, err := db.Prepare(insert)
			if err != nil {
				return err
			}
			for range 3 {
				if _, err := st.Exec("a"); err != nil {
					return err
				}
			}
			return st.Close()
		}},
	} {
		requests := func(db *sql.DB) int64 {
			before := k.srv.Counters().Requests
			require.NoError(t, op.do(db), op.name)
			return k.srv.Counters().Requests - before
		}
		ours, other := requests(k.db), requests(theirs)
		require.LessOrEqual(t, ours, other, op.name)
		fmt.Fprintf(&table, "%-36s %3d %3d\n", op.name, ours, other)
	}
	t.Log("requests, ours and go-libsql's\n" + table.String())
}
