package migrator

import (
	"context"
	"fmt"
	"strings"

	"github.com/gorm-libsql/libsql/internal/sqltext"
	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
	"github.com/gorm-libsql/libsql/pragma"
)

// object is a row of https://www.sqlite.org/schematab.html.
type object struct{ schema, kind, name, table, sql string }

// live is the schema as it is, of all the files that are open.
type live struct {
	schemas []string // in the order in which SQLite looks a name up
	objects []object // in the order in which they were made
	byTable map[string][]object
	indexes map[string]object // by their name

	version int64 // of main: https://www.sqlite.org/pragma.html#pragma_schema_version
	keys    bool  // foreign keys are on, where it was read
}

// What a row of the question is, if not an object.
const (
	isSchema  = "schema"
	isVersion = "schema_version"
	isKeys    = "foreign_keys"
)

const objectsOf = "SELECT %s, type, name, tbl_name, coalesce(sql, ''), rowid FROM %s.sqlite_master"

// liveQuery asks for everything at once, of the schemas that are always there.
var liveQuery = "SELECT * FROM (" + fmt.Sprintf(objectsOf, "'temp'", "`temp`") + " UNION ALL " + fmt.Sprintf(objectsOf, "'main'", "`main`") +
	" UNION ALL SELECT name, '" + isSchema + "', '', '', '', seq FROM pragma_database_list" +
	" UNION ALL SELECT '', '" + isVersion + "', '', '', '', schema_version FROM pragma_schema_version" +
	" UNION ALL SELECT '', '" + isKeys + "', '', '', '', foreign_keys FROM pragma_foreign_keys) ORDER BY 6"

// readLive reads the schema, in one question; what is attached takes another.
func readLive(ctx context.Context, q pragma.Querier) (*live, error) {
	l := &live{schemas: []string{"temp", "main"}, byTable: map[string][]object{}, indexes: map[string]object{}}
	err := l.take(ctx, q, liveQuery)
	if attached := l.schemas[2:]; err == nil && len(attached) > 0 {
		var query strings.Builder
		for i, s := range attached {
			if i > 0 {
				query.WriteString(" UNION ALL ")
			}
			fmt.Fprintf(&query, objectsOf, sqltext.QuoteString(s), quote(s))
		}
		err = l.take(ctx, q, "SELECT * FROM ("+query.String()+") ORDER BY 6")
	}
	if err != nil {
		return nil, fmt.Errorf("libsql: reading the schema: %w", err)
	}
	l.fill()
	return l, nil
}

// take takes in the rows of one question.
func (l *live) take(ctx context.Context, q pragma.Querier, query string) error {
	return scanAll(ctx, q, query, nil, func(scan scanner) error {
		var o object
		var n int64
		if err := scan(&o.schema, &o.kind, &o.name, &o.table, &o.sql, &n); err != nil {
			return err
		}
		switch o.kind {
		case isVersion:
			l.version = n
		case isKeys:
			l.keys = n != 0
		case isSchema:
			if !same(o.schema, "temp") && !same(o.schema, "main") {
				l.schemas = append(l.schemas, o.schema)
			}
		default:
			l.objects = append(l.objects, o)
		}
		return nil
	})
}

// fill finds the objects' places in the maps.
func (l *live) fill() {
	for _, o := range l.objects {
		k := key(o.schema, o.table)
		l.byTable[k] = append(l.byTable[k], o)
		if o.kind == "index" {
			l.indexes[key(o.schema, o.name)] = o
		}
	}
}

func key(schema, name string) string { return lower(schema) + "." + lower(name) }

// table is a table as it is.
type table struct {
	target               // the schema is never ""
	kind, sql string     // "table" or "view"; the text of CREATE
	ddl       *ddl.Table // nil for a view and for a virtual table: see parse
	indexes   []object   // with the text of their CREATE INDEX
	triggers  []object
}

// virtual tells whether the text is that of CREATE VIRTUAL TABLE.
func (t *table) virtual() bool {
	words := 0
	for tok := range sqltext.Tokens(t.sql) {
		if tok.Kind == sqltext.Space || tok.Kind == sqltext.Comment {
			continue
		}
		if words++; words == 2 {
			return tok.Is(t.sql, "VIRTUAL")
		}
	}
	return false
}

// parse reads the text of the table, once.
func (t *table) parse() error {
	if t.ddl != nil {
		return nil
	}
	d, err := ddl.ParseTable(t.sql)
	if err != nil {
		return fmt.Errorf("libsql: table %q: its CREATE TABLE cannot be read, so it is left alone: %w", t.name, err)
	}
	t.ddl = d
	return nil
}

// read is the table of a name with its text read, nil without one that can be.
func (l *live) read(t target) *table {
	have := l.find(t)
	if have == nil || have.kind != "table" || have.virtual() || have.parse() != nil {
		return nil
	}
	return have
}

// nameOfIndex is the name that the index has in the database.
func (t *table) nameOfIndex(name string) string {
	for _, o := range t.indexes {
		if same(o.name, name) {
			return o.name
		}
	}
	return name
}

// column is the index of a column, -1 without one of that name.
func (t *table) column(name string) int { return columnIn(t.ddl, name) }

func columnIn(t *ddl.Table, name string) int {
	for i, c := range t.Columns {
		if same(c.Name, name) {
			return i
		}
	}
	return -1
}

// find is the table or view that a name stands for, nil without one. A name
// without a schema is looked up as SQLite does it: temp, main, then the
// attached ones.
func (l *live) find(t target) *table {
	for _, s := range l.schemas {
		if t.schema != "" && !same(t.schema, s) {
			continue
		}
		var found *table
		for _, o := range l.byTable[key(s, t.name)] {
			if (o.kind == "table" || o.kind == "view") && same(o.name, t.name) {
				found = &table{target: target{schema: s, name: o.name, twin: l.twin(o.name)}, kind: o.kind, sql: o.sql}
			}
		}
		if found == nil {
			continue
		}
		for _, o := range l.byTable[key(s, t.name)] {
			switch {
			case o.kind == "index" && o.sql != "":
				found.indexes = append(found.indexes, o)
			case o.kind == "trigger":
				found.triggers = append(found.triggers, o)
			}
		}
		return found
	}
	return nil
}

// twin tells whether a table of temp hides the name.
func (l *live) twin(name string) bool { return len(l.byTable[key("temp", name)]) > 0 }

// hidden is a table of the schema that has an index and that a table of temp
// hides, "" without one. SQLite takes the one of temp for it in its look at the
// indexes after ALTER TABLE, whichever table that is of, and then gives up.
func (l *live) hidden(schema string) string {
	for _, o := range l.indexes {
		if o.sql != "" && same(o.schema, schema) && !same(schema, "temp") && l.twin(o.table) {
			return o.table
		}
	}
	return ""
}

// referrers are the tables with a foreign key to the table, itself among them.
// One whose text cannot be read could be, too.
func (l *live) referrers(t target) (out []target) {
	for _, o := range l.objects {
		if o.kind != "table" || !same(o.schema, t.schema) || !ddl.Mentions(o.sql, t.name) {
			continue
		}
		d, err := ddl.ParseTable(o.sql)
		if err != nil && !(&table{sql: o.sql}).virtual() || err == nil && refersTo(d, t.name) {
			out = append(out, target{schema: o.schema, name: o.name, twin: l.twin(o.name)})
		}
	}
	return out
}

func refersTo(d *ddl.Table, parent string) bool {
	for _, f := range foreignKeys(d) {
		if same(f.con.Ref.Table, parent) {
			return true
		}
	}
	return false
}

type scanner func(dest ...any) error

// scanAll calls fn for each row of a question.
func scanAll(ctx context.Context, q pragma.Querier, query string, args []any, fn func(scanner) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil || rows == nil {
		return err // no rows: a pool that a test has made up
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
