package migrations_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// querier is *sql.DB, *sql.Conn or *sql.Tx without a context.
type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
	Exec(query string, args ...any) (sql.Result, error)
}

// randState is all of a database that a migration must not lose.
type randState struct {
	objects  map[string]string // by kind and name
	tables   map[string]*tableState
	sequence []string
	stats    []string
	orphans  map[string][]string // what foreign_key_check says of each table
	broken   []string            // what integrity_check says
	views    map[string]string   // how many rows each has, or the error
	vectors  map[string]string   // whether each vector index finds something: what exactly, is approximate
	settings string
}

// tableState is a table as the PRAGMAs and its rows tell it.
type tableState struct {
	options string
	columns []columnState
	keys    []string // foreign_key_list, sorted
	indexes map[string]string
	unique  []string // what the indexes of constraints are over, sorted
	rowid   string   // the name that was used for it, "" without one
	rows    []rowState
}

type columnState struct {
	name, typ, def string
	notNull        bool
	key, hidden    int
}

// rowState is a row: its rowid, and "type:bytes" of each column.
type rowState struct {
	rowid  string
	values []string
}

func (s *tableState) column(name string) int {
	return slices.IndexFunc(s.columns, func(c columnState) bool { return strings.EqualFold(c.name, name) })
}

// lines are the rows of a query as texts.
func lines(t *testing.T, q querier, query string, args ...any) []string {
	t.Helper()
	out, err := tryLines(q, query, args...)
	require.NoError(t, err, query)
	return out
}

func tryLines(q querier, query string, args ...any) (out []string, err error) {
	rows, err := q.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func randStateOf(t *testing.T, q querier) *randState {
	t.Helper()
	s := &randState{objects: map[string]string{}, tables: map[string]*tableState{}, orphans: map[string][]string{},
		views: map[string]string{}, vectors: map[string]string{}}
	rows, err := q.Query("SELECT type, name, coalesce(sql, '') FROM sqlite_schema")
	require.NoError(t, err)
	defer rows.Close()
	var names []string
	for rows.Next() {
		var kind, name, text string
		require.NoError(t, rows.Scan(&kind, &name, &text))
		s.objects[kind+" "+name] = text
		if kind == "table" && !strings.HasPrefix(name, "sqlite_") {
			names = append(names, name)
		}
	}
	require.NoError(t, rows.Err())
	for o, text := range s.objects {
		kind, name, _ := strings.Cut(o, " ")
		switch {
		case kind == "view":
			s.views[name] = answerOr(q, "SELECT count(*) FROM "+dquote(name))
		case kind == "index" && strings.Contains(text, "libsql_vector_idx"):
			s.vectors[name] = answerOr(q, "SELECT count(*) > 0 FROM vector_top_k(?, vector32('[1,1,1]'), 100)", name)
		}
	}
	for _, n := range names {
		s.tables[n] = tableStateOf(t, q, n)
		all, err := tryLines(q, "SELECT \"table\" || '/' || coalesce(rowid, '') || '/' || parent FROM pragma_foreign_key_check(?)", n)
		if slices.Sort(all); err != nil {
			all = []string{"error"}
		}
		s.orphans[n] = all
	}
	if _, ok := s.objects["table sqlite_sequence"]; ok {
		s.sequence = lines(t, q, "SELECT name || ' ' || seq FROM sqlite_sequence ORDER BY 1")
	}
	if _, ok := s.objects["table sqlite_stat1"]; ok {
		s.stats = lines(t, q, "SELECT tbl || char(31) || coalesce(idx, '') || char(31) || stat FROM sqlite_stat1 ORDER BY 1")
	}
	for _, p := range []string{"foreign_keys", "legacy_alter_table", "defer_foreign_keys", "writable_schema"} {
		s.settings += p + "=" + lines(t, q, "PRAGMA "+p)[0] + " "
	}
	s.broken = lines(t, q, "PRAGMA integrity_check")
	return s
}

// answerOr is the first line, or the error.
func answerOr(q querier, query string, args ...any) string {
	out, err := tryLines(q, query, args...)
	if err != nil || len(out) == 0 {
		return fmt.Sprint("error: ", err)
	}
	return out[0]
}

func tableStateOf(t *testing.T, q querier, name string) *tableState {
	t.Helper()
	s := &tableState{indexes: map[string]string{}}
	s.options = lines(t, q, "SELECT 'without rowid ' || wr || ', strict ' || strict FROM pragma_table_list WHERE name = ? AND schema = 'main'", name)[0]
	rows, err := q.Query("SELECT name, type, \"notnull\", coalesce(dflt_value, ''), pk, hidden FROM pragma_table_xinfo(?)", name)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var c columnState
		require.NoError(t, rows.Scan(&c.name, &c.typ, &c.notNull, &c.def, &c.key, &c.hidden))
		s.columns = append(s.columns, c)
	}
	require.NoError(t, rows.Err())
	s.keys = lines(t, q, "SELECT \"table\" || '|' || \"from\" || '|' || coalesce(\"to\", '') || '|' || on_update || '|' || on_delete FROM pragma_foreign_key_list(?) ORDER BY 1", name)
	for _, i := range lines(t, q, "SELECT name FROM pragma_index_list(?)", name) {
		over := lines(t, q, "SELECT coalesce(name, '(expression)') || ' ' || \"desc\" || ' ' || coll FROM pragma_index_xinfo(?) WHERE key", i)
		about := lines(t, q, "SELECT origin || ' unique ' || \"unique\" || ' partial ' || partial FROM pragma_index_list(?) WHERE name = ?", name, i)[0]
		text := about + ": " + strings.Join(over, ", ")
		if strings.HasPrefix(about, "c ") {
			s.indexes[i] = text
		} else {
			s.unique = append(s.unique, text)
		}
	}
	slices.Sort(s.unique)
	s.readRows(t, q, name)
	return s
}

// readRows reads all values with their types and bytes.
func (s *tableState) readRows(t *testing.T, q querier, name string) {
	t.Helper()
	rowid := "''"
	if strings.HasPrefix(s.options, "without rowid 0") {
		for _, n := range rowidNames {
			if s.column(n) < 0 {
				s.rowid, rowid = n, n
				break
			}
		}
	}
	exprs := []string{"CAST(" + rowid + " AS TEXT)"}
	for _, c := range s.columns {
		c := dquote(c.name)
		exprs = append(exprs, fmt.Sprintf("typeof(%[1]s) || ':' || CASE typeof(%[1]s) WHEN 'integer' THEN %[1]s WHEN 'real' THEN format('%%!.26g', %[1]s) WHEN 'null' THEN '' ELSE hex(%[1]s) END", c))
	}
	rows, err := q.Query("SELECT " + strings.Join(exprs, ", ") + " FROM " + dquote(name))
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		values := make([]string, len(exprs))
		dest := make([]any, len(exprs))
		for i := range values {
			dest[i] = &values[i]
		}
		require.NoError(t, rows.Scan(dest...))
		s.rows = append(s.rows, rowState{values[0], values[1:]})
	}
	require.NoError(t, rows.Err())
	s.sortRows()
}

func (s *tableState) sortRows() {
	slices.SortFunc(s.rows, func(a, b rowState) int {
		return strings.Compare(a.rowid+" "+strings.Join(a.values, " "), b.rowid+" "+strings.Join(b.values, " "))
	})
}
