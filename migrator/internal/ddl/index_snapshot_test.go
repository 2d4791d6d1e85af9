package ddl_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
	"github.com/gorm-libsql/libsql/pragma"
)

// indexedTable is the table that all the indexes of the tests are on. It has
// no column for a rowid to be.
const indexedTable = "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT COLLATE nocase, \"c d\" COLLATE rtrim, größe, desc, asc, key, \"like\", " +
	"\"it's\", \"select\", nulls, first, \"collate\", \"end\", emb F32_BLOB(3))"

// indexSnapshot is what PRAGMAs tell of an index.
type indexSnapshot struct {
	Name, Table     string
	Unique, Partial bool
	Columns         []string // "-" stands for an expression
}

func newIndexDatabase(t testing.TB) *database {
	d := newDatabase(t)
	dbtest.Exec(t, d.conn, indexedTable)
	return d
}

var errNoIndex = errors.New("not one CREATE INDEX")

// createIndex executes a CREATE INDEX and returns the text that SQLite keeps of
// it and what it tells of the index. An error is the library's refusal.
func (d *database) createIndex(t testing.TB, text string) (stored string, snap indexSnapshot, err error) {
	t.Helper()
	if all := sqltext.Split(text); len(all) != 1 || strings.Contains(text, "\x00") {
		return "", snap, errNoIndex
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	dbtest.Exec(t, d.conn, "BEGIN")
	defer dbtest.Exec(t, d.conn, "ROLLBACK")
	if _, err := d.conn.ExecContext(ctx, text); err != nil {
		return "", snap, err
	}
	const schema = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 't'"
	if err := d.conn.QueryRowContext(ctx, schema).Scan(&snap.Name, &snap.Table, &stored); errors.Is(err, sql.ErrNoRows) {
		return "", snap, errNoIndex
	} else if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	indexes, err := pragma.IndexList(ctx, d.conn, "", snap.Table)
	require.NoError(t, err)
	require.Len(t, indexes, 1)
	snap.Unique, snap.Partial = indexes[0].Unique, indexes[0].Partial
	keys, err := pragma.IndexInfo(ctx, d.conn, "", snap.Name)
	require.NoError(t, err)
	for _, k := range keys {
		if k.Key {
			snap.Columns = append(snap.Columns, indexKeyLine(k.Name.String, k.Name.Valid, k.Collation, k.Desc))
		}
	}
	return stored, snap, nil
}

func indexKeyLine(name string, column bool, collation string, desc bool) string {
	if !column {
		return fmt.Sprintf("- %s %v", strings.ToUpper(collation), desc)
	}
	return keyLine(name, collation, desc)
}

// expectedIndex is what the library ought to tell of an index on the table.
func expectedIndex(x *ddl.Index, table *ddl.Table) indexSnapshot {
	s := indexSnapshot{Name: x.Name, Table: table.Name, Unique: x.Unique, Partial: x.Where != ""}
	m := newMeaning(table)
	for _, c := range x.Columns {
		// A "name" that no column has is a string.
		i := slices.IndexFunc(table.Columns, func(o ddl.Column) bool { return c.Name != "" && fold(o.Name) == fold(c.Name) })
		name, collation := "", "BINARY"
		if i >= 0 {
			name, collation = table.Columns[i].Name, m.collation(i)
		}
		if c.Collation != "" {
			collation = c.Collation
		}
		s.Columns = append(s.Columns, indexKeyLine(name, i >= 0, collation, c.Desc))
	}
	return s
}

// checkIndex compares what ParseIndex reads, of the text and of what SQLite
// keeps of it, with what the library tells. An error is the library's refusal.
func (d *database) checkIndex(t testing.TB, text string) error {
	t.Helper()
	stored, told, err := d.createIndex(t, text)
	if err != nil {
		return err
	}
	for _, text := range []string{stored, text} {
		x, err := ddl.ParseIndex(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, "t", fold(x.Table), "%q", text)
		want := expectedIndex(x, mustParse(t, indexedTable))
		require.Len(t, told.Columns, len(want.Columns), "%q", text)
		for i, c := range x.Columns {
			switch {
			case c.Name == "" && c.Collation == "" && endsInCollate(c.Expr):
				want.Columns[i] = told.Columns[i] // it may be that of a predicate
			case c.Expr[0] == '\'' && c.Collation != "":
				want.Columns[i] = told.Columns[i] // 'a' with two collations is a string
			}
		}
		require.Equal(t, told, want, "%q", text)
		require.Equal(t, x.Name, sqltext.Unquote(x.NameSpan.Of(text)))
	}
	return nil
}

func endsInCollate(expr string) bool {
	words := sqltextWords(expr, len(expr))
	return len(words) > 2 && words[len(words)-2].Is(expr, "COLLATE")
}
