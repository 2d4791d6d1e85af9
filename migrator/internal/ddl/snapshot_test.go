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

// snapshot is what PRAGMAs tell of a table, a line each, in a fixed order.
type snapshot struct {
	Columns     []string
	Indexes     []string // of constraints, sorted
	ForeignKeys []string // in the order of the table
	Options     string
}

// database runs statements on an empty database, which is empty again after
// each: they are rolled back.
type database struct{ conn *sql.Conn }

func newDatabase(t testing.TB) *database {
	db := dbtest.Open(t, ":memory:")
	return &database{dbtest.Conn(t, db)}
}

var errNotPlain = errors.New("not one CREATE TABLE with columns")

// create executes a CREATE TABLE and returns the text that SQLite keeps of it
// and what it tells of the table. An error is the library's refusal.
func (d *database) create(t testing.TB, text string) (stored, name string, snap snapshot, err error) {
	t.Helper()
	if all := sqltext.Split(text); len(all) != 1 || strings.Contains(text, "\x00") {
		return "", "", snap, errNotPlain
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	dbtest.Exec(t, d.conn, "BEGIN")
	defer dbtest.Exec(t, d.conn, "ROLLBACK")
	if _, err := d.conn.ExecContext(ctx, text); err != nil {
		return "", "", snap, err
	}
	const schema = "SELECT name, sql FROM (SELECT * FROM sqlite_schema UNION ALL SELECT * FROM sqlite_temp_schema) " +
		"WHERE type = 'table' AND name <> 'sqlite_sequence'"
	if err := d.conn.QueryRowContext(ctx, schema).Scan(&name, &stored); errors.Is(err, sql.ErrNoRows) {
		return "", "", snap, errNotPlain // such as IF NOT EXISTS sqlite_schema
	} else if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return stored, name, d.snapshot(t, ctx, name), nil
}

func (d *database) snapshot(t testing.TB, ctx context.Context, name string) (s snapshot) {
	t.Helper()
	columns, err := pragma.TableInfo(ctx, d.conn, "", name)
	require.NoError(t, err)
	for _, c := range columns {
		s.Columns = append(s.Columns, columnLine(c))
	}
	indexes, err := pragma.IndexList(ctx, d.conn, "", name)
	require.NoError(t, err)
	for _, x := range indexes {
		keys, err := pragma.IndexInfo(ctx, d.conn, "", x.Name)
		require.NoError(t, err)
		var key []string
		for _, k := range keys {
			if k.Key {
				key = append(key, keyLine(k.Name.String, k.Collation, k.Desc))
			}
		}
		s.Indexes = append(s.Indexes, x.Origin+" "+strings.Join(key, ","))
	}
	slices.Sort(s.Indexes)
	foreign, err := pragma.ForeignKeyList(ctx, d.conn, "", name)
	require.NoError(t, err)
	for _, f := range foreign {
		s.ForeignKeys = append(s.ForeignKeys, fmt.Sprintf("%d.%d %q.%q->%q %v %s %s", f.ID, f.Seq, f.Table, f.From, f.To.String, f.To.Valid, f.OnUpdate, f.OnDelete))
	}
	tables, err := pragma.TableList(ctx, d.conn, name)
	require.NoError(t, err)
	i := slices.IndexFunc(tables, func(o pragma.Table) bool { return o.Name == name }) // all of them for ""
	require.GreaterOrEqual(t, i, 0)
	s.Options = optionsLine(tables[i].WithoutRowID, tables[i].Strict)
	return s
}

func columnLine(c pragma.Column) string {
	return fmt.Sprintf("%q type %q notnull %v default %q %v pk %d hidden %d",
		c.Name, strings.ToLower(c.Type), c.NotNull, c.Default.String, c.Default.Valid, c.PrimaryKey, c.Hidden)
}

func keyLine(name, collation string, desc bool) string {
	return fmt.Sprintf("%q %s %v", name, strings.ToUpper(collation), desc)
}

func optionsLine(withoutRowID, strict bool) string {
	return fmt.Sprintf("without rowid %v strict %v", withoutRowID, strict)
}

// check compares what ParseTable reads, of the text and of what SQLite keeps of
// it, with what the library tells. An error is the library's refusal.
func (d *database) check(t testing.TB, text string) (*ddl.Table, snapshot, error) {
	t.Helper()
	stored, name, told, err := d.create(t, text)
	if err != nil {
		return nil, told, err
	}
	table, err := ddl.ParseTable(stored)
	require.NoError(t, err, "%q", stored)
	require.Equal(t, name, table.Name, "%q", stored)
	require.Equal(t, told, expected(table), "%q", stored)
	requireSpans(t, table)
	require.Equal(t, stored, table.Edit().SQL())

	original, err := ddl.ParseTable(text)
	if err != nil {
		require.Contains(t, err.Error(), "( wanted at", "%q", text) // CREATE TABLE … AS SELECT
		return table, told, nil
	}
	require.Equal(t, told, expected(original), "%q", text)
	requireSpans(t, original)
	require.Equal(t, text, original.Edit().SQL())
	return original, told, nil
}

// requireSpans checks that the spans lie in each other, in order, and hold
// what they say.
func requireSpans(t testing.TB, table *ddl.Table) {
	t.Helper()
	sql := table.SQL
	at := table.Body.Start
	within := func(s ddl.Span, limit int) {
		t.Helper()
		require.LessOrEqual(t, at, s.Start, "%q", sql)
		require.LessOrEqual(t, s.Start, s.End, "%q", sql)
		require.LessOrEqual(t, s.End, limit, "%q", sql)
		at = s.End
	}
	require.Equal(t, table.Name, sqltext.Unquote(table.NameSpan.Of(sql)))
	require.Equal(t, "(", sql[at:at+1])
	require.Equal(t, ")", sql[table.Body.End-1:table.Body.End])
	for _, c := range table.Columns {
		require.Equal(t, c.Name, sqltext.Unquote(c.NameSpan.Of(sql)))
		require.Equal(t, c.Span.Start, c.NameSpan.Start)
		require.True(t, strings.HasPrefix(c.TypeSpan.Of(sql), c.Type), "%q", sql)
		within(c.NameSpan, c.Span.End)
		within(c.TypeSpan, c.Span.End)
		for _, k := range c.Constraints {
			within(k.Span, c.Span.End)
		}
		require.Equal(t, c.Span.End, at, "%q", sql)
	}
	for _, k := range table.Constraints {
		within(k.Span, table.Body.End-1)
	}
	within(table.Options, len(sql))
}
