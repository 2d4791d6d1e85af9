package migrations_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// probe writes to all tables and tells what came of it: which triggers fired
// how often, and how many rows each table has then. Nothing of it stays. The
// columns are those of the state before, so that two probes can be compared.
func probe(t *testing.T, pool *sql.DB, s, now *randState) map[string]string {
	t.Helper()
	out := map[string]string{}
	for name, table := range s.tables {
		if name == "log" || strings.HasSuffix(name, "_shadow") || len(table.rows) == 0 {
			continue
		}
		var stored, set []string
		for _, c := range table.columns {
			if c.hidden == 0 {
				stored = append(stored, dquote(c.name))
				set = append(set, dquote(c.name)+" = "+dquote(c.name))
			}
		}
		if table.rowid != "" {
			stored = append(stored, table.rowid)
		}
		columns := strings.Join(stored, ", ")
		for kind, query := range map[string]string{
			"delete": "DELETE FROM " + dquote(name) + " WHERE 1", // all at once, libSQL's vector indexes do not notice
			"update": "UPDATE " + dquote(name) + " SET " + strings.Join(set, ", "),
			"insert": "INSERT OR REPLACE INTO " + dquote(name) + "(" + columns + ") SELECT " + columns + " FROM " + dquote(name) + " ORDER BY " + columns,
		} {
			out[kind+" "+name] = tryWrite(t, pool, s, query)
		}
	}
	for name, answer := range now.views {
		out["view "+name] = answer
	}
	return out
}

// tryWrite tells what a statement does that is taken back.
func tryWrite(t *testing.T, pool *sql.DB, s *randState, query string) string {
	t.Helper()
	tx, err := pool.BeginTx(context.Background(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	if _, err := tx.Exec(query); err != nil {
		return fmt.Sprint("error ", err)
	}
	all := lines(t, tx, "SELECT who || ' ' || count(*) FROM log GROUP BY who ORDER BY 1")
	for other := range s.tables {
		if !strings.HasSuffix(other, "_shadow") {
			all = append(all, other+": "+lines(t, tx, "SELECT count(*) FROM "+dquote(other))[0])
		}
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// fires compares two probes: what worked works, and does the same, but for
// what foreign keys do that the model has added or changed the columns of, and
// that were wrong before.
func (c *comparison) fires(m *randModel, before, after map[string]string) {
	set := strings.Contains(strings.Join(c.before.tables[m.table.name].keys, " "), "|SET DEFAULT")
	orphans := strings.Join(slices.Concat(slices.Collect(maps.Values(c.before.orphans))...), "")
	acts := false
	for _, t := range c.before.tables {
		acts = acts || slices.ContainsFunc(t.keys, func(k string) bool { return !strings.Contains(k, "|NO ACTION|") })
	}
	for k, was := range before {
		now := after[k]
		switch {
		case now == was || strings.HasPrefix(was, "error"):
		case (m.required || m.newKey || m.options != "") && strings.Contains(now, nullFailed), len(m.checks) > 0 && strings.Contains(now, breaksCheck):
		case m.generated && strings.Contains(now, " generated column"): // which the probe still writes to
		case acts && strings.HasPrefix(k, "update "): // with an index of the child, SQLite takes '5' for changed to 5
		case strings.Contains(now, "vector index(") && strings.HasPrefix(c.after.tables[m.table.name].options, "without rowid 1"):
			// DROP INDEX and CREATE INDEX by hand do the same to libSQL's vector index of such a table
		case len(m.rereferred) > 0 && strings.Contains(now, "main.nowhere"): // its action fires the broken trigger
		case m.defaulted && set && strings.Contains(now, notUnique):
		case (orphans != "" || m.defaulted && set) && strings.Contains(now, "FOREIGN KEY"):
		case strings.Contains(orphans, "error") && strings.Contains(now, mismatch):
		case (m.retyped || len(m.rereferred) > 0) && (strings.HasPrefix(k, "delete ") || strings.HasPrefix(k, "insert ")):
		default:
			c.bad("%s: was %q, is %q", k, was, now)
		}
	}
}
