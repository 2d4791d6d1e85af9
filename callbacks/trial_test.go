package callbacks

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/pragma"
)

// The copy plans as the database does: whatever the statement, and with the
// statistics.
func TestTheCopyPlansAsTheDatabase(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	c := planDatabase(t)
	tr, err := newTrial(t.Context(), pragma.On(c), c.Config())
	require.NoError(t, err)
	defer tr.close()
	require.Empty(t, tr.broken)
	list, err := os.ReadFile("testdata/plans.list")
	require.NoError(t, err)
	for query := range strings.Lines(string(list)) {
		query = behindExplain(strings.TrimSpace(query))
		if strings.Contains(query, "far") { // of an attached database
			_, err := tr.plan(t.Context(), query)
			require.Error(t, err)
			continue
		}
		there, err := planOf(t.Context(), c, query, nil)
		require.NoError(t, err)
		here, err := tr.plan(t.Context(), query)
		require.NoError(t, err, query)
		require.Equal(t, there.Statements[0].Nodes, here, query)
	}
}

func TestTheCopyHasNoRowsAndKeepsNothing(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	c := planDatabase(t)
	tr, err := newTrial(t.Context(), pragma.On(c), c.Config())
	require.NoError(t, err)
	defer tr.close()
	schema := "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY 1)"
	before := dbtest.Text(t, tr.conn, schema)
	x := index{name: "x", table: "t", columns: []indexed{{text: "`e`", column: "e", desc: true}}}
	require.NoError(t, tr.with(t.Context(), []index{x}, func() error {
		require.True(t, tr.catalog.has("x"))
		require.Equal(t, "CREATE INDEX `x` ON `t`(`e` DESC)", dbtest.Text(t, tr.conn, "SELECT sql FROM sqlite_schema WHERE name = 'x'"))
		return nil
	}))
	require.False(t, tr.catalog.has("x"))
	require.Equal(t, before, dbtest.Text(t, tr.conn, schema))

	bad := index{name: "y", table: "t", columns: []indexed{{text: "random()"}}}
	require.Error(t, tr.with(t.Context(), []index{x, bad}, func() error { panic("not called") }))
	require.Equal(t, before, dbtest.Text(t, tr.conn, schema))
}

// What needs something of the program's own is known to be missing.
func TestTheCopyKnowsWhatItLacks(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	db := dbtest.Open(t, dbtest.Memory(t))
	conn := dbtest.Conn(t, db)
	dbtest.Exec(t, conn, "CREATE TABLE good(a); CREATE TABLE bad(a TEXT, b); CREATE INDEX good_a ON good(a); CREATE VIEW v AS SELECT * FROM bad;"+
		"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE bad(a TEXT, b, CHECK (nosuch(a)))' WHERE name = 'bad'; PRAGMA writable_schema = RESET")
	dbtest.Exec(t, conn, "CREATE INDEX good_b ON good(a COLLATE NOCASE)")
	tr, err := newTrial(t.Context(), pragma.On(driverConn(t, conn)), driverConn(t, conn).Config())
	require.NoError(t, err)
	defer tr.close()
	require.False(t, tr.broken["good"])
	require.True(t, tr.broken["bad"])
}

func FuzzAdvise(f *testing.F) {
	dbtest.LocalOnly(f, dbtest.NeedsStatement)
	for _, l := range labels {
		f.Add(l.sql)
	}
	list, err := os.ReadFile("testdata/plans.list")
	require.NoError(f, err)
	for q := range strings.Lines(string(list)) {
		f.Add(strings.TrimSpace(q))
	}
	c := planDatabase(f)
	a, done, err := newIndexAdviser(withOwn(f.Context()), c)
	require.NoError(f, err)
	f.Cleanup(done)
	f.Fuzz(func(t *testing.T, sql string) {
		s := Shape{SQL: sql, Measures: Measures{Count: 10, Rows: 10, Counters: Counters{RowsRead: 1 << 30, AutoIndexes: 1 << 20}}}
		for _, table := range []string{"t", "u", "w", "w2", "big", "vec"} {
			a.samples[table+"\n1"] = sample{1000, 1000}
		}
		a.ctx = t.Context()
		fixes, err := a.shapes(&Report{Shapes: []Shape{s}})
		require.NoError(t, err)
		for _, f := range fixes {
			require.NotEqual(t, f.proof.Before, f.proof.After, sql)
			for _, x := range f.indexes {
				require.Contains(t, f.proof.After.String(), x.name)
			}
		}
		unusedOf := a.unusedIndexes(&Report{Shapes: []Shape{s}}, nil, nil)
		require.Empty(t, unusedOf)
	})
}
