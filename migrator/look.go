package migrator

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
	"github.com/gorm-libsql/libsql/pragma"
)

// picker chooses, among the rows of pragma_table_list, the table or view that a
// name stands for, looked up as SQLite does it: temp, main, then the attached
// ones.
type picker struct {
	target
	schema string // of the one that was chosen, "" for none yet
}

// pick tells whether a row is of the chosen table, and whether it is the first:
// what was before is of another.
func (p *picker) pick(schema string) (is, first bool) {
	if p.target.schema != "" && !same(p.target.schema, schema) {
		return false, false
	}
	if p.schema == "" || schema == "temp" && p.schema != "temp" {
		p.schema = schema
		return true, true
	}
	return p.schema == schema, false
}

// has tells whether the table or view has something of that name, as a
// table-valued PRAGMA lists it.
func (m Migrator) has(value any, pragma string, name func(*gorm.Statement) string) (found bool) {
	m.noteError(m.RunWithValue(value, func(stmt *gorm.Statement) error {
		p := picker{target: tableOf(stmt)}
		if checkName(p.name) != nil {
			return nil // PRAGMAs take another name for it
		}
		want := name(stmt)
		query := "SELECT t.schema, x.name FROM pragma_table_list(?) t LEFT JOIN " + pragma + "(t.name, t.schema) x"
		return scanAll(m.context(), m.DB.Statement.ConnPool, query, []any{p.name}, func(scan scanner) error {
			var schema string
			var has sql.NullString
			if err := scan(&schema, &has); err != nil {
				return err
			}
			if is, first := p.pick(schema); is {
				found = has.Valid && same(has.String, want) || found && !first
			}
			return nil
		})
	}))
	return found
}

// tableIndex is an index of a table with its columns.
type tableIndex struct {
	pragma.Index
	columns []string // and expressions, of the key
}

// readIndexes are the indexes of the table that a name stands for, and its name;
// "" for no table.
func readIndexes(ctx context.Context, q pragma.Querier, t target) (table string, out []tableIndex, err error) {
	p := picker{target: t}
	if checkName(t.name) != nil {
		return "", nil, nil
	}
	unnamed := map[int][]int{} // columns of an index that are expressions
	query := `SELECT t.schema, t.name, i.name, i."unique", i.origin, x.cid, x.name FROM pragma_table_list(?) t ` +
		`LEFT JOIN pragma_index_list(t.name, t.schema) i LEFT JOIN pragma_index_xinfo(i.name, t.schema) x ON x.key`
	err = scanAll(ctx, q, query, []any{t.name}, func(scan scanner) error {
		var schema, name string
		var index, origin, column sql.NullString
		var unique sql.NullBool
		var cid sql.NullInt64
		if err := scan(&schema, &name, &index, &unique, &origin, &cid, &column); err != nil {
			return err
		}
		is, first := p.pick(schema)
		if !is {
			return nil
		}
		if first {
			table, out = name, nil
			clear(unnamed)
		}
		if !index.Valid {
			return nil
		}
		if len(out) == 0 || out[len(out)-1].Name != index.String {
			out = append(out, tableIndex{Index: pragma.Index{Name: index.String, Unique: unique.Bool, Origin: origin.String}})
		}
		if last := len(out) - 1; cid.Valid {
			if !column.Valid {
				unnamed[last] = append(unnamed[last], len(out[last].columns))
			}
			out[last].columns = append(out[last].columns, column.String)
		}
		return nil
	})
	for i, places := range unnamed {
		if err == nil {
			err = out[i].name(ctx, q, p.schema, places)
		}
	}
	return table, out, err
}

// name writes the expressions of an index where its columns are.
func (x *tableIndex) name(ctx context.Context, q pragma.Querier, schema string, places []int) error {
	var text string
	query := "SELECT sql FROM " + quote(schema) + ".sqlite_master WHERE type = 'index' AND name = ?"
	if err := scanAll(ctx, q, query, []any{x.Name}, func(scan scanner) error { return scan(&text) }); err != nil {
		return err
	}
	parsed, err := ddl.ParseIndex(text)
	if err != nil {
		return fmt.Errorf("libsql: index %q: its CREATE INDEX cannot be read: %w", x.Name, err)
	}
	for _, i := range places {
		if i < len(parsed.Columns) {
			x.columns[i] = parsed.Columns[i].Expr
		}
	}
	return nil
}
