package callbacks

import (
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/pragma"
)

var update = flag.Bool("update", false, "write testdata/plans.golden anew")

// reading is what was read in a node, in one line.
func reading(n PlanNode) string {
	text, err := json.Marshal(n)
	if err != nil {
		panic(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		panic(err)
	}
	var b strings.Builder
	b.WriteString(string(n.Kind))
	for _, key := range []string{"name", "table", "alias", "index", "module", "index_num", "index_str", "for", "operator", "number",
		"primary_key", "covering", "automatic", "partial", "skip_scan", "left_join", "virtual", "list", "correlated", "reused"} {
		switch v := all[key].(type) {
		case nil:
		case bool:
			b.WriteString(" " + key)
		default:
			fmt.Fprintf(&b, " %s=%v", key, v)
		}
	}
	for _, c := range n.Constraints {
		b.WriteString(" [" + c.Column + " " + c.Op + "]")
	}
	return b.String()
}

func planDatabase(t testing.TB) *driver.Conn {
	db := dbtest.Open(t, dbtest.Memory(t))
	schema, err := os.ReadFile("testdata/plans.sql")
	require.NoError(t, err)
	conn := dbtest.Conn(t, db)
	for _, s := range sqltext.Split(string(schema)) {
		dbtest.Exec(t, conn, s.Text(string(schema)))
	}
	return driverConn(t, conn)
}

func driverConn(t testing.TB, conn *sql.Conn) (c *driver.Conn) {
	require.NoError(t, driver.With(t.Context(), conn, func(dc *driver.Conn) error { c = dc; return nil }))
	return c
}

// The texts are the library's own; the readings beside them were checked by
// eye. A library that prints other texts fails here.
func TestReadingPlans(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	c := planDatabase(t)
	list, err := os.ReadFile("testdata/plans.list")
	require.NoError(t, err)
	queries := strings.Split(strings.TrimSpace(string(list)), "\n")
	require.Greater(t, len(queries), 120)
	var b strings.Builder
	seen := map[PlanKind]bool{}
	for _, q := range queries {
		plan, err := planOf(t.Context(), c, q, nil)
		require.NoError(t, err, q)
		b.WriteString(q + "\n")
		plan.Statements[0].Walk(func(n *PlanNode) bool {
			seen[n.Kind] = true
			fmt.Fprintf(&b, "\t%d\t%d\t%s\n\t\t\t%s\n", n.ID, n.Parent, n.Detail, reading(*n))
			return true
		})
	}
	for _, k := range []PlanKind{PlanScan, PlanSearch, PlanTempBTree, PlanCoRoutine, PlanMaterialize, PlanSubquery, PlanCompound, PlanMerge,
		PlanPart, PlanMultiIndexOr, PlanOrBranch, PlanBloomFilter, PlanInOperator, PlanRightJoin, PlanConstantRows} {
		require.True(t, seen[k], k)
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/plans.golden", []byte(b.String()), 0o644))
	}
	golden, err := os.ReadFile("testdata/plans.golden")
	require.NoError(t, err)
	require.Equal(t, string(golden), b.String())
}

// What the library does not print is kept as it is.
func TestReadingWhatIsNotKnown(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	c := planDatabase(t)
	q, err := readCatalog(t.Context(), pragma.On(c))
	require.NoError(t, err)
	names := q.names("SELECT * FROM t JOIN u")
	for _, detail := range []string{
		"", "SCAN", "SCAN ", "SEARCH nobody", "SCAN t USING", "SCAN t USING INDEX nobody", "SEARCH t USING INDEX t_a (a=?",
		"SEARCH t USING INDEX t_a (a)", "SEARCH t USING INDEX t_a (a=1)", "SEARCH t USING INTEGER PRIMARY KEY rowid", "SCAN t VIRTUAL TABLE INDEX x",
		"SUBQUERY", "LAZY SUBQUERY 1", "SCALAR SUBQUERY x", "INDEX x", "USING MAGIC FOR IN-OPERATOR", "SCAN X CONSTANT ROWS",
		"BLOOM FILTER ON t", "BLOOM FILTER ON nobody (a=?)", "A NEW KIND OF STEP", "SCAN t ~9 rows",
	} {
		n := PlanNode{ID: 3, Detail: detail}
		readDetail(&n, names)
		require.Equal(t, PlanNode{ID: 3, Detail: detail, Kind: PlanOther}, n, detail)
	}
	for detail, want := range map[string]string{ // of other versions of SQLite
		"USE TEMP B-TREE FOR LAST TERM OF ORDER BY":             "temp b-tree for=LAST TERM OF ORDER BY",
		"USE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY":          "temp b-tree for=LAST 2 TERMS OF ORDER BY",
		"REUSE LIST SUBQUERY 3":                                 "subquery number=3 list reused",
		"SCAN 1 CONSTANT ROW":                                   "constant rows number=1",
		"MERGE (EXCEPT)":                                        "merge operator=EXCEPT",
		"SEARCH t USING AUTOMATIC PARTIAL COVERING INDEX (a=?)": "search name=t covering automatic partial [a =]",
	} {
		n := PlanNode{Detail: detail}
		readDetail(&n, names)
		require.Equal(t, want, reading(n))
	}
}

func FuzzReadDetail(f *testing.F) {
	golden, err := os.ReadFile("testdata/plans.golden")
	require.NoError(f, err)
	for line := range strings.Lines(string(golden)) {
		if cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(cells) == 4 && cells[0] == "" && cells[1] != "" {
			f.Add(cells[3], "SELECT * FROM t AS k JOIN \"p (q=?)\"")
		}
	}
	c := &catalog{map[string]bool{"main": true}, map[string]object{"t": {"t", false, ""}, "v": {"v", true, "CREATE VIEW v AS SELECT * FROM v, t"}},
		map[string]string{"t_a": "t", "odd index": "t"}}
	f.Fuzz(func(t *testing.T, detail, sql string) {
		n := PlanNode{Detail: detail}
		names := c.names(sql)
		readDetail(&n, names)
		names.look(&n)
		require.Equal(t, detail, n.Detail)
		require.NotEmpty(t, n.Kind)
		if n.Kind == PlanOther {
			require.Equal(t, PlanNode{Detail: detail, Kind: PlanOther}, n)
		}
	})
}

// The tree is that of the sqlite3 shell, which has another version of SQLite:
// only its drawing is compared.
func TestTreeIsTheShells(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Log("there is no sqlite3 shell here to compare with")
		return
	}
	c := planDatabase(t)
	queries := []string{
		"SELECT 1",
		"SELECT * FROM t WHERE a = 1 OR b = 2",
		"SELECT * FROM (SELECT a, count(*) n FROM t GROUP BY a) WHERE n > (SELECT max(y) FROM u) UNION SELECT 1, 2 FROM u",
		"SELECT a FROM t EXCEPT SELECT y FROM u INTERSECT SELECT id FROM t WHERE id IN (SELECT y FROM u WHERE t_id = 1) LIMIT 1",
	}
	for _, q := range queries {
		plan, err := planOf(t.Context(), c, q, nil)
		require.NoError(t, err)
		cmd := exec.CommandContext(t.Context(), shell, ":memory:")
		cmd.Stdin = strings.NewReader(`CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b INT, c TEXT, d TEXT, e);
			CREATE TABLE u(id INTEGER PRIMARY KEY, t_id INT, x TEXT, y INT); CREATE INDEX t_a ON t(a); CREATE INDEX t_bc ON t(b,c);
			CREATE INDEX t_low ON t(lower(d)); CREATE INDEX u_xy ON u(x,y); EXPLAIN QUERY PLAN ` + q + ";")
		out, err := cmd.Output()
		require.NoError(t, err)
		require.Equal(t, drawing(string(out)), drawing(plan.String()), "%s\n%s\n%s", q, out, plan)
	}
}

// drawing is what stands before the text of each line.
func drawing(tree string) (marks []string) {
	for line := range strings.Lines(strings.TrimSpace(tree)) {
		mark, _, _ := strings.Cut(line, "--")
		marks = append(marks, mark)
	}
	return marks
}

func TestPlanOfBindsItsArguments(t *testing.T) {
	db := dbtest.Open(t, dbtest.Memory(t))
	conn := dbtest.Conn(t, db)
	dbtest.Exec(t, conn, "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT COLLATE NOCASE, k TEXT); CREATE INDEX t_s ON t(s); CREATE INDEX t_k ON t(s) WHERE k = 'open'")
	plan := func(sql string, args ...any) string {
		var p QueryPlan
		require.NoError(t, driver.With(t.Context(), conn, func(c *driver.Conn) (err error) {
			p, err = planOf(t.Context(), c, sql, args)
			return err
		}))
		return p.String()
	}
	require.Contains(t, plan("SELECT * FROM t WHERE s LIKE ?", "abc%"), "SEARCH t USING INDEX t_s (s>? AND s<?)")
	require.Contains(t, plan("SELECT * FROM t WHERE s LIKE ?", "%abc"), "SCAN t")
	require.Contains(t, plan("SELECT s FROM t WHERE k = ?", "open"), "SCAN t USING COVERING INDEX t_k")
	require.NotContains(t, plan("SELECT s FROM t WHERE k = ?", "closed"), "t_k")
	require.NotContains(t, plan("SELECT s FROM t WHERE k = ?"), "t_k", "without its value")

	several := plan("SELECT * FROM t WHERE id = ?; UPDATE t SET s = ? WHERE s LIKE ?;", 1, "x", "abc%")
	require.Equal(t, "SELECT * FROM t WHERE id = ?\nQUERY PLAN\n`--SEARCH t USING INTEGER PRIMARY KEY (rowid=?)\n\n"+
		"UPDATE t SET s = ? WHERE s LIKE ?\nQUERY PLAN\n`--SEARCH t USING INDEX t_s (s>? AND s<?)", several)
}

func TestPlanOfRefuses(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	c := planDatabase(t)
	for _, sql := range []string{
		"CREATE INDEX more ON t(e)", "DROP INDEX t_a", "DROP TABLE t", "EXPLAIN DROP INDEX vec_idx", "EXPLAIN QUERY PLAN CREATE INDEX v2 ON vec(libsql_vector_idx(emb))",
		"PRAGMA user_version = 7", "EXPLAIN PRAGMA user_version = 7", "BEGIN", "COMMIT", "SAVEPOINT a", "VACUUM", "ANALYZE", "REINDEX", "ATTACH ':memory:' AS b",
		"ALTER TABLE t ADD COLUMN z", "SELECT 1; DROP INDEX vec_idx", "nonsense", "CREATE TABLE n AS SELECT * FROM t",
	} {
		_, err := planOf(t.Context(), c, sql, nil)
		require.ErrorIs(t, err, driver.ErrUnsupported, sql)
	}
	_, err := planOf(t.Context(), c, "SELECT * FROM nothing", nil)
	require.ErrorIs(t, err, driver.ErrError)
	_, err = planOf(t.Context(), c, "SELECT ?; SELECT ?", []any{1})
	require.Error(t, err)
	empty, err := planOf(t.Context(), c, " -- nothing", nil)
	require.NoError(t, err)
	require.Empty(t, empty.Statements)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = planOf(ctx, c, "SELECT 1", nil)
	require.ErrorIs(t, err, context.Canceled)
}
