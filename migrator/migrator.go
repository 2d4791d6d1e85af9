package migrator

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	gormmigrator "gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/pragma"
)

// Migrator is the gorm.Migrator for libSQL.
type Migrator struct {
	gormmigrator.Migrator
}

var _ gorm.Migrator = Migrator{}

// unsupported is the error of a change that needs the table to be rebuilt.
func unsupported(table, what, reason string) error {
	return fmt.Errorf("libsql: table %q: %s is %w yet: %s; nothing was changed", table, what, driver.ErrUnsupported, reason)
}

// target is a table as the schema knows it.
type target struct{ schema, name string }

// tableOf splits "schema.table"; most tables are named without a schema.
func tableOf(stmt *gorm.Statement) target {
	name := strings.Trim(stmt.Table, "`")
	if stmt.TableExpr != nil {
		// stmt.Table has lost the schema of db.Table("schema.table").
		if full := strings.ReplaceAll(stmt.TableExpr.SQL, "`", ""); strings.HasSuffix(full, "."+name) {
			name = full
		}
	}
	if i := strings.IndexByte(name, '.'); i > 0 {
		return target{name[:i], name[i+1:]}
	}
	return target{"", name}
}

// look calls fn with the table of value and a way to ask questions that is
// the connection of the transaction, where there is one. DryRun reads too.
func (m Migrator) look(value any, fn func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return fn(m.context(), m.DB.Statement.ConnPool, tableOf(stmt), stmt)
	})
}

func (m Migrator) context() context.Context {
	if ctx := m.DB.Statement.Context; ctx != nil {
		return ctx
	}
	return context.Background()
}

// HasTable tells whether there is a table of that name; a view is none. It is
// false when the database cannot be asked.
func (m Migrator) HasTable(value any) bool {
	found := false
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t target, _ *gorm.Statement) error {
		tables, err := pragma.TableList(ctx, q, t.name)
		for _, x := range tables {
			found = found || x.Type != "view" && (t.schema == "" || strings.EqualFold(t.schema, x.Schema))
		}
		return err
	}))
	return found
}

// noteError keeps an error where a method of gorm.Migrator has no result for
// it.
func (m Migrator) noteError(err error) {
	if err != nil {
		m.DB.AddError(err)
	}
}

// GetTables lists the user's tables: not views, and not those that SQLite,
// libSQL or a virtual table keep for themselves.
func (m Migrator) GetTables() (names []string, err error) {
	ctx, q := m.context(), m.DB.Statement.ConnPool
	tables, err := pragma.TableList(ctx, q, "")
	if err != nil {
		return nil, err
	}
	vectors, err := vectorIndexes(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, t := range tables {
		lower := strings.ToLower(t.Name)
		own := strings.HasPrefix(lower, "sqlite_") || lower == "libsql_vector_meta_shadow" ||
			vectors[strings.TrimSuffix(lower, "_shadow")] && strings.HasSuffix(lower, "_shadow")
		if t.Schema == "main" && (t.Type == "table" || t.Type == "virtual") && !own {
			names = append(names, t.Name)
		}
	}
	return names, nil
}

// vectorIndexes are the names of libSQL's vector indexes, each of which keeps
// an ordinary table NAME_shadow.
func vectorIndexes(ctx context.Context, q pragma.Querier) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, "SELECT lower(name) FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%libsql_vector_idx%'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out[name] = true
	}
	return out, rows.Err()
}

// CurrentDatabase is "main", the schema of the file that was opened.
func (m Migrator) CurrentDatabase() string { return "main" }

// HasColumn tells whether the table has a column of that field or name,
// compared as SQLite compares names.
func (m Migrator) HasColumn(value any, name string) bool {
	found := false
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
		columns, err := pragma.TableInfo(ctx, q, t.schema, t.name)
		for _, c := range columns {
			found = found || strings.EqualFold(c.Name, columnName(stmt, name))
		}
		return err
	}))
	return found
}

// columnName is the column of a field, or the name itself.
func columnName(stmt *gorm.Statement, name string) string {
	if stmt.Schema != nil {
		if f := stmt.Schema.LookUpField(name); f != nil {
			return f.DBName
		}
	}
	return name
}

// CreateTable makes the tables of the models, with their indexes.
func (m Migrator) CreateTable(values ...any) error {
	for _, value := range values {
		err := m.RunWithValue(value, func(stmt *gorm.Statement) error {
			if stmt.Schema == nil {
				return fmt.Errorf("libsql: create table: %v is no model", value)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return m.Migrator.CreateTable(values...)
}

// AddColumn adds the column of a field. SQLite adds no column that is UNIQUE
// or part of the primary key, and no NOT NULL column without a default to a
// table that has rows.
func (m Migrator) AddColumn(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		if stmt.Schema == nil {
			return fmt.Errorf("libsql: add column %q: %v is no model", name, value)
		}
		f := stmt.Schema.LookUpField(name)
		switch t := tableOf(stmt); {
		case f == nil:
			return fmt.Errorf("libsql: table %q: the model has no field %q", t.name, name)
		case f.PrimaryKey:
			return unsupported(t.name, "adding the primary key column "+f.DBName, "the table has to be rebuilt")
		case f.Unique:
			return unsupported(t.name, "adding the unique column "+f.DBName, "the table has to be rebuilt; a uniqueIndex tag works")
		}
		return m.Migrator.AddColumn(value, name)
	})
}

// DropColumn drops a column, with ALTER TABLE: SQLite refuses one that an
// index, a constraint, a trigger or a view uses.
func (m Migrator) DropColumn(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return m.DB.Exec("ALTER TABLE ? DROP COLUMN ?", m.CurrentTable(stmt), clause.Column{Name: columnName(stmt, name)}).Error
	})
}

// AlterColumn is not supported yet.
func (m Migrator) AlterColumn(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return unsupported(tableOf(stmt).name, "altering the column "+columnName(stmt, name), "the table has to be rebuilt")
	})
}

// CreateConstraint is not supported yet: constraints are made with the table.
func (m Migrator) CreateConstraint(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return unsupported(tableOf(stmt).name, "adding the constraint "+name, "the table has to be rebuilt")
	})
}

// DropConstraint is not supported yet.
func (m Migrator) DropConstraint(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return unsupported(tableOf(stmt).name, "dropping the constraint "+name, "the table has to be rebuilt")
	})
}

// HasConstraint tells whether the table has a constraint of that name.
func (m Migrator) HasConstraint(value any, name string) bool {
	found := false
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
		if c, table := m.GuessConstraintInterfaceAndTable(stmt, name); c != nil {
			name = c.GetName()
			if table != "" && table != stmt.Table {
				t = target{t.schema, table}
			}
		}
		ddl, err := tableSQL(ctx, q, t)
		found = namesConstraint(ddl, name)
		return err
	}))
	return found
}

// tableSQL is the text of CREATE TABLE, "" when there is no such table.
func tableSQL(ctx context.Context, q pragma.Querier, t target) (ddl string, err error) {
	schemaTable := "sqlite_schema"
	if t.schema != "" {
		schemaTable = quote(t.schema) + ".sqlite_schema"
	}
	rows, err := q.QueryContext(ctx, "SELECT sql FROM "+schemaTable+" WHERE type = 'table' AND name = ? COLLATE NOCASE", t.name)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&ddl); err != nil {
			return "", err
		}
	}
	return ddl, rows.Err()
}

// DropTable drops tables, those first that refer to others. Foreign keys are
// off meanwhile, because dropping a table deletes its rows and that would
// cascade to rows of tables that stay. Inside a transaction they cannot be
// switched off: then a table that a staying table refers to is an error.
func (m Migrator) DropTable(values ...any) error {
	values = m.ReorderModels(values, false)
	if _, inTx := m.DB.Statement.ConnPool.(gorm.TxCommitter); inTx {
		return m.dropInTransaction(values)
	}
	return m.DB.Connection(func(tx *gorm.DB) (err error) {
		var on bool
		if err := tx.Raw("PRAGMA foreign_keys").Row().Scan(&on); err != nil {
			return err
		}
		if on && !tx.DryRun {
			if err := tx.Exec("PRAGMA foreign_keys = OFF").Error; err != nil {
				return err
			}
			defer func() {
				back := tx.Session(&gorm.Session{NewDB: true, Context: context.WithoutCancel(m.context())})
				err = errors.Join(err, back.Exec("PRAGMA foreign_keys = ON").Error)
			}()
		}
		return tx.Transaction(func(tx *gorm.DB) error { return dropAll(tx, values) })
	})
}

func dropAll(tx *gorm.DB, values []any) error {
	m := tx.Migrator().(interface {
		RunWithValue(any, func(*gorm.Statement) error) error
		CurrentTable(*gorm.Statement) any
	})
	for i := len(values) - 1; i >= 0; i-- {
		err := m.RunWithValue(values[i], func(stmt *gorm.Statement) error {
			return tx.Exec("DROP TABLE IF EXISTS ?", m.CurrentTable(stmt)).Error
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m Migrator) dropInTransaction(values []any) error {
	going := map[string]bool{}
	for _, v := range values {
		err := m.RunWithValue(v, func(stmt *gorm.Statement) error {
			going[strings.ToLower(tableOf(stmt).name)] = true
			return nil
		})
		if err != nil {
			return err
		}
	}
	ctx, q := m.context(), m.DB.Statement.ConnPool
	tables, err := pragma.TableList(ctx, q, "")
	if err != nil {
		return err
	}
	for _, t := range tables {
		if t.Type != "table" || going[strings.ToLower(t.Name)] {
			continue
		}
		keys, err := pragma.ForeignKeyList(ctx, q, t.Schema, t.Name)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if going[strings.ToLower(k.Table)] {
				return fmt.Errorf("libsql: table %q: %q refers to it, and foreign keys cannot be switched off inside a transaction: "+
					"drop it outside, or drop both: %w", k.Table, t.Name, driver.ErrUnsupported)
			}
		}
	}
	return dropAll(m.DB, values)
}

// ColumnTypes lists the columns of a table as it is.
func (m Migrator) ColumnTypes(value any) (types []gorm.ColumnType, err error) {
	err = m.look(value, func(ctx context.Context, q pragma.Querier, t target, _ *gorm.Statement) error {
		columns, err := pragma.TableInfo(ctx, q, t.schema, t.name)
		if err != nil {
			return err
		}
		unique, err := uniqueColumns(ctx, q, t)
		if err != nil {
			return err
		}
		ddl, err := tableSQL(ctx, q, t)
		if err != nil {
			return err
		}
		for _, c := range columns {
			if c.Hidden != pragma.HiddenColumn {
				types = append(types, columnType(c, unique[strings.ToLower(c.Name)], hasAutoIncrement(ddl)))
			}
		}
		return nil
	})
	return types, err
}

// uniqueColumns are the columns that a UNIQUE constraint covers alone.
func uniqueColumns(ctx context.Context, q pragma.Querier, t target) (map[string]bool, error) {
	out := map[string]bool{}
	indexes, err := pragma.IndexList(ctx, q, t.schema, t.name)
	if err != nil {
		return nil, err
	}
	for _, i := range indexes {
		if i.Origin != "u" {
			continue
		}
		names, err := keyColumns(ctx, q, t.schema, i.Name)
		if err != nil {
			return nil, err
		}
		if len(names) == 1 {
			out[strings.ToLower(names[0])] = true
		}
	}
	return out, nil
}

func keyColumns(ctx context.Context, q pragma.Querier, schemaName, index string) (names []string, err error) {
	columns, err := pragma.IndexInfo(ctx, q, schemaName, index)
	for _, c := range columns {
		if c.Key {
			names = append(names, c.Name.String)
		}
	}
	return names, err
}

// GetIndexes lists the indexes of a table, without those of its UNIQUE
// constraints.
func (m Migrator) GetIndexes(value any) (out []gorm.Index, err error) {
	err = m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
		indexes, err := pragma.IndexList(ctx, q, t.schema, t.name)
		if err != nil {
			return err
		}
		for _, i := range indexes {
			if i.Origin == "u" {
				continue
			}
			names, err := keyColumns(ctx, q, t.schema, i.Name)
			if err != nil {
				return err
			}
			out = append(out, &gormmigrator.Index{
				TableName: stmt.Table, NameValue: i.Name, ColumnList: names,
				PrimaryKeyValue: sql.NullBool{Bool: i.Origin == "pk", Valid: true},
				UniqueValue:     sql.NullBool{Bool: i.Unique, Valid: true},
			})
		}
		return nil
	})
	return out, err
}

// HasIndex tells whether the table has an index of that name.
func (m Migrator) HasIndex(value any, name string) bool {
	found := false
	m.noteError(m.look(value, func(ctx context.Context, q pragma.Querier, t target, stmt *gorm.Statement) error {
		indexes, err := pragma.IndexList(ctx, q, t.schema, t.name)
		for _, i := range indexes {
			found = found || strings.EqualFold(i.Name, indexName(stmt, name))
		}
		return err
	}))
	return found
}

// indexName is the name of a field's index, or the name itself.
func indexName(stmt *gorm.Statement, name string) string {
	if stmt.Schema != nil {
		if idx := stmt.Schema.LookIndex(name); idx != nil {
			return idx.Name
		}
	}
	return name
}

// CreateIndex makes the index that the model declares.
func (m Migrator) CreateIndex(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		var idx *schema.Index
		if stmt.Schema != nil {
			idx = stmt.Schema.LookIndex(name)
		}
		if idx == nil {
			return fmt.Errorf("libsql: table %q: the model has no index %q", stmt.Table, name)
		}
		t := tableOf(stmt)
		create := "CREATE "
		if idx.Class != "" {
			create += idx.Class + " "
		}
		create += "INDEX "
		if t.schema != "" {
			create += quote(t.schema) + "."
		}
		create += "? ON ? ?"
		if idx.Where != "" {
			create += " WHERE " + idx.Where
		}
		return m.DB.Exec(create, clause.Column{Name: idx.Name, Raw: false}, clause.Table{Name: t.name},
			m.BuildIndexOptions(idx.Fields, stmt)).Error
	})
}

// BuildIndexOptions writes the columns of an index.
func (m Migrator) BuildIndexOptions(opts []schema.IndexOption, stmt *gorm.Statement) (out []any) {
	for _, o := range opts {
		col := stmt.Quote(o.DBName)
		if o.Expression != "" {
			col = o.Expression
		}
		if o.Collate != "" {
			col += " COLLATE " + o.Collate
		}
		if o.Sort != "" {
			col += " " + o.Sort
		}
		out = append(out, clause.Expr{SQL: col})
	}
	return out
}

// DropIndex drops an index by the field or by its name.
func (m Migrator) DropIndex(value any, name string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		drop := "DROP INDEX "
		if t := tableOf(stmt); t.schema != "" {
			drop += quote(t.schema) + "."
		}
		return m.DB.Exec(drop+"?", clause.Column{Name: indexName(stmt, name)}).Error
	})
}

// RenameIndex is not supported yet: SQLite cannot rename an index.
func (m Migrator) RenameIndex(value any, oldName, newName string) error {
	return m.RunWithValue(value, func(stmt *gorm.Statement) error {
		return unsupported(tableOf(stmt).name, "renaming the index "+oldName, "drop it and create "+newName)
	})
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
