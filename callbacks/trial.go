package callbacks

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/internal/vecindex"
	"github.com/gorm-libsql/libsql/pragma"
)

// trial is a copy of a database's schema without its rows, in memory, with the
// statistics of ANALYZE. The planner asks for no more than that, so what it
// does here it does there.
type trial struct {
	pool    *sql.DB
	conn    *sql.Conn
	catalog *catalog
	broken  map[string]bool // tables and views, in lower case, that are not here as they are there
	columns map[string][]pragma.Column
}

// newTrial copies the schema main. What cannot be copied, because it needs a
// function, a collation or a module that is the program's own, is broken.
func newTrial(ctx context.Context, from pragma.Querier, config *driver.Config) (*trial, error) {
	copied, err := driver.ParseDSN(":memory:")
	if err != nil {
		return nil, err
	}
	copied.DQS, copied.TrustedSchema, copied.ForeignKeys = config.DQS, config.TrustedSchema, config.ForeignKeys
	connector, err := driver.NewConnector(copied)
	if err != nil {
		return nil, err
	}
	t := &trial{pool: sql.OpenDB(connector), broken: map[string]bool{}, columns: map[string][]pragma.Column{}}
	if t.conn, err = t.pool.Conn(ctx); err == nil {
		err = t.copy(ctx, from)
	}
	if err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *trial) close() {
	if t.conn != nil {
		t.conn.Close()
	}
	t.pool.Close()
}

func (t *trial) exec(ctx context.Context, sql string, args ...any) error {
	_, err := t.conn.ExecContext(ctx, sql, args...)
	return err
}

// schemaRow is a row of sqlite_schema.
type schemaRow struct{ kind, name, table, sql string }

func (t *trial) copy(ctx context.Context, from pragma.Querier) error {
	rows, err := schemaRows(ctx, from)
	if err != nil {
		return err
	}
	tables, err := pragma.TableList(ctx, from, "")
	if err != nil {
		return err
	}
	shadows := map[string]bool{"libsql_vector_meta_shadow": true}
	for _, table := range tables {
		if table.Type == "shadow" {
			shadows[sqltext.Lower(table.Name)] = true
		}
	}
	for _, r := range rows {
		if _, vectors := vecindex.Scan(r.sql); r.kind == "index" && vectors {
			shadows[sqltext.Lower(r.name)+"_shadow"] = true
		}
	}
	for _, kind := range []string{"table", "index", "view"} {
		for _, r := range rows {
			if r.kind != kind || shadows[sqltext.Lower(r.table)] {
				continue
			}
			if err := t.exec(ctx, r.sql); err != nil {
				if ctx.Err() != nil {
					return err
				}
				t.broken[sqltext.Lower(r.table)] = true
			}
		}
	}
	if err := t.copyStatistics(ctx, from); err != nil {
		return err
	}
	t.catalog, err = readCatalog(ctx, t.conn)
	return err
}

func schemaRows(ctx context.Context, from pragma.Querier) (all []schemaRow, err error) {
	rows, err := from.QueryContext(ctx, "SELECT type, name, tbl_name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r schemaRow
		if err := rows.Scan(&r.kind, &r.name, &r.table, &r.sql); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// copyStatistics copies sqlite_stat1, which alone this build of libSQL has
// (https://www.sqlite.org/fileformat2.html#stat1tab).
func (t *trial) copyStatistics(ctx context.Context, from pragma.Querier) error {
	tables, err := pragma.TableList(ctx, from, "sqlite_stat1")
	if err != nil || !slices.ContainsFunc(tables, func(t pragma.Table) bool { return t.Schema == "main" }) {
		return err
	}
	rows, err := from.QueryContext(ctx, "SELECT tbl, idx, stat FROM main.sqlite_stat1")
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := t.exec(ctx, "ANALYZE; DELETE FROM sqlite_stat1"); err != nil { // makes the table
		return err
	}
	for rows.Next() {
		var table, index, stat any
		if err := rows.Scan(&table, &index, &stat); err != nil {
			return err
		}
		if err := t.exec(ctx, "INSERT INTO sqlite_stat1 VALUES(?, ?, ?)", table, index, stat); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return t.exec(ctx, "ANALYZE sqlite_schema") // reads it
}

// plan is the plan of a statement here, without the values of its parameters.
func (t *trial) plan(ctx context.Context, text string) ([]PlanNode, error) {
	params, err := sqltext.Params(text)
	if err != nil {
		return nil, err
	}
	return explain(ctx, t.conn, t.catalog, text, unknown(params))
}

// with calls fn while the indexes are there.
func (t *trial) with(ctx context.Context, indexes []index, fn func() error) error {
	if err := t.exec(ctx, "SAVEPOINT trial"); err != nil {
		return err
	}
	kept := t.catalog
	defer func() { t.catalog = kept }()
	more := *kept
	more.indexes = maps.Clone(kept.indexes)
	t.catalog = &more
	err := func() error {
		for _, x := range indexes {
			if err := t.exec(ctx, x.create()); err != nil {
				return err
			}
			more.indexes[sqltext.Lower(x.name)] = x.table
		}
		return fn()
	}()
	if undone := t.exec(context.WithoutCancel(ctx), "ROLLBACK TO trial; RELEASE trial"); err == nil {
		err = undone
	}
	return err
}

// tableColumns are the columns of a table or view.
func (t *trial) tableColumns(ctx context.Context, table string) []pragma.Column {
	key := sqltext.Lower(table)
	columns, ok := t.columns[key]
	if !ok {
		columns, _ = pragma.TableInfo(ctx, t.conn, "", table) // none, and then there is no advice
		t.columns[key] = columns
	}
	return columns
}

// index is an index that may be worth having.
type index struct {
	name    string
	table   string
	columns []indexed
	where   string // of a partial index
}

// indexed is a column, or an expression, of an index.
type indexed struct {
	text      string // quoted, or the expression
	column    string // the column's name, "" of an expression
	collation string
	desc      bool
}

func (c indexed) String() string {
	s := c.text
	if c.collation != "" {
		s += " COLLATE " + sqltext.Backquote(c.collation)
	}
	if c.desc {
		s += " DESC"
	}
	return s
}

// key is the same for indexes that are the same.
func (x index) key() string {
	return sqltext.Lower(x.table) + "(" + sqltext.Lower(x.list()) + ")" + sqltext.Lower(x.where)
}

func (x index) list() string {
	var parts []string
	for _, c := range x.columns {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ", ")
}

func (x index) create() string {
	s := "CREATE INDEX " + sqltext.Backquote(x.name) + " ON " + sqltext.Backquote(x.table) + "(" + x.list() + ")"
	if x.where != "" {
		s += " WHERE " + x.where
	}
	return s
}

// prefixOf tells that y does for everything that x does.
func (x index) prefixOf(y index) bool {
	if !sqltext.EqualFold(x.table, y.table) || x.where != y.where || len(x.columns) > len(y.columns) {
		return false
	}
	for i, c := range x.columns {
		if sqltext.Lower(c.String()) != sqltext.Lower(y.columns[i].String()) {
			return false
		}
	}
	return true
}
