package migrations_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// look is all that a migration could spoil about a database.
type look struct {
	objects map[string]string   // the text of each object, by "schema.kind name"
	shape   map[string][]string // columns, keys and indexes of each table
	rows    map[string][]string // of each table and view: rowid, classes and bytes
	answers map[string][]string // to the questions of the test
	checks  []string            // what the PRAGMAs of checks say, and some settings
}

// lookAt looks at all files that the connection has open. It leaves the columns
// of new out, which are those of a change.
func lookAt(t *testing.T, c *sql.Conn, ask []string, added map[string][]string) look {
	t.Helper()
	l := look{objects: map[string]string{}, shape: map[string][]string{}, rows: map[string][]string{}, answers: map[string][]string{}}
	vectors := column(t, c, `SELECT name FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%libsql_vector_idx%'`)
	for _, schema := range column(t, c, "SELECT name FROM pragma_database_list ORDER BY name") {
		for _, o := range table(t, c, "SELECT type, name, coalesce(sql, '') FROM "+name(schema)+".sqlite_master ORDER BY 1, 2") {
			kind, object, text := o[0], o[1], o[2]
			if vectorShadow(object, vectors) {
				continue // made anew with the index: the searches are compared
			}
			if text != "" { // else it comes with a constraint, see shape
				l.objects[schema+"."+kind+" "+object] = unquoted(text, object)
			}
			if kind == "table" || kind == "view" {
				l.rows[schema+"."+object] = rowsOf(t, c, schema, object, kind, added[object])
			}
			if kind == "table" && !strings.HasPrefix(object, "sqlite_") {
				l.shape[schema+"."+object] = shapeOf(t, c, schema, object)
			}
		}
	}
	for _, q := range ask {
		for _, row := range table(t, c, q) {
			l.answers[q] = append(l.answers[q], strings.Join(row, "|"))
		}
		require.NotEmpty(t, l.answers[q], q)
	}
	for _, q := range []string{"PRAGMA integrity_check", "PRAGMA foreign_key_check", "PRAGMA user_version", "PRAGMA application_id", "PRAGMA foreign_keys", "PRAGMA legacy_alter_table"} {
		l.checks = append(l.checks, fmt.Sprint(q, table(t, c, q)))
	}
	require.Contains(t, l.checks, "PRAGMA integrity_check[[ok]]")
	return l
}

// unquoted is the text of a table without the quotes around its name: SQLite's
// RENAME TO, with which a rebuild ends, leaves double ones. Nor has it the name
// before columns, which cannot stay there while the table is made anew.
func unquoted(text, table string) string {
	if strings.HasPrefix(text, "CREATE TABLE") {
		text = strings.ReplaceAll(text, name(table)+".", "")
	}
	for _, q := range []string{name(table), "`" + table + "`", "[" + table + "]", "'" + table + "'"} {
		if rest, ok := strings.CutPrefix(text, "CREATE TABLE "+q); ok {
			return "CREATE TABLE " + table + rest
		}
	}
	return text
}

func vectorShadow(table string, vectors []string) bool {
	return table == "libsql_vector_meta_shadow" || strings.HasPrefix(table, "sqlite_autoindex_libsql_vector_meta") ||
		slices.ContainsFunc(vectors, func(v string) bool { return strings.HasPrefix(table, v+"_shadow") })
}

// rowsOf are the rows with class and bytes of each value. A view has no rowid,
// nor has a table without; that of sqlite_sequence and its like means nothing.
func rowsOf(t *testing.T, c *sql.Conn, schema, object, kind string, without []string) []string {
	t.Helper()
	var values []string
	info := table(t, c, "SELECT type, wr FROM pragma_table_list WHERE schema = ? AND name = ?", schema, object)
	if kind == "table" && !strings.HasPrefix(object, "sqlite_") && info[0][1] == "0" {
		own := column(t, c, "SELECT lower(name) FROM pragma_table_xinfo(?, ?)", object, schema)
		for _, rowid := range []string{"rowid", "_rowid_", "oid"} {
			if !slices.Contains(own, rowid) {
				values = append(values, "'rowid'", rowid)
				break
			}
		}
	}
	columns := column(t, c, "SELECT name FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1", object, schema)
	for _, col := range columns {
		if !slices.Contains(without, col) {
			n := name(col)
			values = append(values, "'"+strings.ReplaceAll(col, "'", "''")+"'",
				fmt.Sprintf("CASE WHEN typeof(%[1]s) IN ('text', 'blob') THEN typeof(%[1]s) || hex(%[1]s) ELSE quote(%[1]s) END", n))
		}
	}
	var rows []string
	for _, row := range table(t, c, "SELECT "+strings.Join(values, ", ")+" FROM "+name(schema)+"."+name(object)) {
		var b strings.Builder
		for i := 0; i < len(row); i += 2 {
			fmt.Fprintf(&b, "%s: %s; ", row[i], readable(row[i+1]))
		}
		rows = append(rows, b.String())
	}
	slices.Sort(rows)
	return rows
}

func readable(value string) string {
	text, isText := strings.CutPrefix(value, "text")
	if b, err := hex.DecodeString(text); isText && err == nil {
		return fmt.Sprintf("%q", b)
	}
	return value
}

func shapeOf(t *testing.T, c *sql.Conn, schema, object string) (out []string) {
	t.Helper()
	for _, q := range []string{
		// A default is a text in one kind of quotes or the other.
		`SELECT cid, name, type, "notnull", trim(replace(dflt_value, '''''', ''''), '''"'), pk, hidden FROM pragma_table_xinfo(?, ?)`,
		`SELECT "table", "from", "to", on_update, on_delete, "match" FROM pragma_foreign_key_list(?, ?) ORDER BY id, seq`,
		`SELECT l.name, l."unique", l.origin, l.partial, x.* FROM pragma_index_list(?1, ?2) l, pragma_index_xinfo(l.name, ?2) x ORDER BY 1, 5`,
		"SELECT type, ncol, wr, strict FROM pragma_table_list WHERE name = ?1 AND schema = ?2",
	} {
		for _, row := range table(t, c, q, object, schema) {
			out = append(out, strings.Join(row, "|"))
		}
	}
	return out
}

// effects runs the statements in a transaction that is rolled back, and is
// what each did and what the database then looks like.
func effects(t *testing.T, c *sql.Conn, statements []string, added map[string][]string) (did []string, l look) {
	t.Helper()
	ctx := context.Background()
	_, err := c.ExecContext(ctx, "BEGIN IMMEDIATE")
	require.NoError(t, err)
	defer c.ExecContext(ctx, "ROLLBACK")
	for _, s := range statements {
		res, err := c.ExecContext(ctx, s)
		if err != nil {
			did = append(did, s+": "+err.Error())
			if _, err := c.ExecContext(ctx, "SELECT 1"); err != nil { // it has rolled back
				_, err = c.ExecContext(ctx, "ROLLBACK")
				require.NoError(t, err)
				_, err = c.ExecContext(ctx, "BEGIN IMMEDIATE")
				require.NoError(t, err)
			}
			continue
		}
		n, err := res.RowsAffected()
		require.NoError(t, err)
		did = append(did, fmt.Sprintf("%s: %d rows", s, n))
	}
	l = lookAt(t, c, nil, added)
	l.objects, l.shape, l.answers = nil, nil, nil
	return did, l
}

// table is the answer to a question, each value as a text.
func table(t *testing.T, c *sql.Conn, query string, args ...any) (out [][]string) {
	t.Helper()
	rows, err := c.QueryContext(context.Background(), query, args...)
	require.NoError(t, err, query)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		row, dest := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		require.NoError(t, rows.Scan(dest...), query)
		texts := make([]string, len(row))
		for i, v := range row {
			if texts[i] = v.String; !v.Valid {
				texts[i] = "NULL"
			}
		}
		out = append(out, texts)
	}
	require.NoError(t, rows.Err(), query)
	return out
}

func column(t *testing.T, c *sql.Conn, query string, args ...any) (out []string) {
	t.Helper()
	for _, row := range table(t, c, query, args...) {
		out = append(out, row[0])
	}
	return out
}

func name(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
