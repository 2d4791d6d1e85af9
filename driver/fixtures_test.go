package driver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	osexec "os/exec"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/tests/fixtures"
)

// isTime tells the declared types of times in the fixtures.
func isTime(decl string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(decl), "(")
	switch strings.TrimSpace(base) {
	case "DATE", "DATETIME", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return true
	}
	return false
}

func isBool(decl string) bool {
	return strings.EqualFold(decl, "BOOL") || strings.EqualFold(decl, "BOOLEAN")
}

// Each cell of each file that another driver wrote: what is stored comes out as it is, a time as the moment that its writer meant.
func TestFixtures(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for _, name := range append([]string{"legacy_mattn"}, fixtures.Names...) {
		t.Run(name, func(t *testing.T) {
			db := open(t, fixtures.Path(t, name)+"?mode=ro")
			moments, cells := 0, 0
			for _, c := range fixtures.Load(t, name) {
				var plain, bare []string
				for _, cell := range c.Cells {
					column := `"` + strings.ReplaceAll(cell.Column, `"`, `""`) + `"`
					plain, bare = append(plain, column), append(bare, "+"+column)
				}
				where := " FROM " + c.Table + " WHERE " + c.Where
				stored := all(t, db, "SELECT "+strings.Join(bare, ", ")+where)
				read := all(t, db, "SELECT "+strings.Join(plain, ", ")+where)
				require.Len(t, stored, 1, c.Name)
				require.Len(t, read, 1, c.Name)
				for i, cell := range c.Cells {
					at := fmt.Sprintf("%s: %s %s", c.Name, cell.Column, cell.Decl)
					want := cell.Value(t)
					require.True(t, same(want, stored[0][i]), "%s: %#v, stored is %#v", at, stored[0][i], want)
					cells++
					if isTime(cell.Decl) && checkMoment(t, at, cell, read[0][i]) {
						moments++
						continue
					}
					if n, ok := want.(int64); ok && isBool(cell.Decl) && (n == 0 || n == 1) {
						want = n == 1
					}
					if _, ok := read[0][i].(time.Time); ok && isTime(cell.Decl) && (cell.Bound == nil || cell.Type != "text") {
						continue // nobody says what it means; a number in a time column is a time
					}
					require.True(t, same(want, read[0][i]), "%s: %#v, want %#v", at, read[0][i], want)
				}
			}
			require.Greater(t, moments, 5)
			require.Greater(t, cells, 100)
			require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
		})
	}
}

// checkMoment compares with the moment that a cell of a time column stands for; false when it stands for none.
func checkMoment(t *testing.T, at string, cell fixtures.Cell, got any) bool {
	t.Helper()
	if cell.Bound == nil {
		return false
	}
	want, ok := cell.Bound.Moment(t)
	if !ok {
		return false
	}
	if cell.Bound.Kind == fixtures.KindSQL && cell.Bound.Zone != "" {
		// A wall clock without its zone is in UTC for every reader.
		loc, err := time.LoadLocation(cell.Bound.Zone)
		require.NoError(t, err)
		w := want.In(loc)
		want = time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), w.Nanosecond(), time.UTC)
	}
	have, ok := got.(time.Time)
	require.True(t, ok, "%s: %#v, want the moment %v", at, got, want)
	require.True(t, want.Equal(have), "%s: %v, want %v", at, have, want)
	return true
}

// Files that we write are good files to SQLite's own shell.
func TestFilesInTheShell(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	shell, err := osexec.LookPath("sqlite3")
	if err != nil {
		t.Skip("the sqlite3 shell is not installed: no other SQLite to read our files with")
	}
	ask := func(path, text string) string {
		t.Helper()
		out, err := osexec.CommandContext(withTimeout(t), shell, "-batch", path, text).CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	dir := t.TempDir()
	for name, parameters := range map[string]string{"wal": "", "rollback": "?_journal_mode=DELETE", "vacuumed": "?_auto_vacuum=full"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name+".db")
			db := open(t, path+parameters)
			exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT UNIQUE, b BLOB, r REAL, at DATETIME, ok BOOLEAN); CREATE INDEX i ON t(at) WHERE ok; CREATE VIEW w AS SELECT s FROM t; "+
				"CREATE TRIGGER g AFTER DELETE ON t BEGIN INSERT INTO t(s) VALUES ('deleted ' || old.s); END")
			tx, err := db.Begin()
			require.NoError(t, err)
			at := time.Date(2024, 2, 29, 12, 30, 0, 123456789, time.FixedZone("", 3600))
			for i := range 500 {
				exec(t, tx, "INSERT INTO t(s, b, r, at, ok) VALUES (?, ?, ?, ?, ?)", fmt.Sprint("é", i), make([]byte, i*20), float64(i)/8, at.Add(time.Duration(i)*time.Hour), i%2 == 0)
			}
			require.NoError(t, tx.Commit())
			exec(t, db, "DELETE FROM t WHERE id % 10 = 0")
			require.Equal(t, "ok", ask(path, "PRAGMA integrity_check"), "while we have it open")
			require.NoError(t, db.Close())
			require.Equal(t, "ok", ask(path, "PRAGMA integrity_check"))
			require.Equal(t, "", ask(path, "PRAGMA foreign_key_check"))
			require.Equal(t, "500|50", ask(path, "SELECT count(*), sum(s LIKE 'deleted%') FROM t"))
			require.Equal(t, "é2|40|0.25|2024-02-29 13:30:00.123456789+00:00|1|2024-02-29 13:30:00", ask(path, "SELECT s, length(b), r, at, ok, datetime(at) FROM t WHERE id = 3"))

			ask(path, "INSERT INTO t(s, at) VALUES ('from the shell', CURRENT_TIMESTAMP)")
			db = open(t, path)
			var read time.Time
			require.NoError(t, db.QueryRow("SELECT at FROM t WHERE s = 'from the shell'").Scan(&read))
			require.WithinDuration(t, time.Now(), read, time.Minute)
			require.Equal(t, "ok", value(t, db, "PRAGMA integrity_check"))
		})
	}
	_, err = os.Stat(filepath.Join(dir, "wal.db-journal"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
