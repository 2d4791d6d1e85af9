package dialect

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/rowhook"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

// create is the gorm:create callback. Several rows are a batch, one struct
// takes what comes back by itself, and the rest is GORM's own affair.
func (r *rules) create(one func(*gorm.DB)) func(*gorm.DB) {
	return func(db *gorm.DB) {
		filled := fill(db)
		dest := newDestination(db.Statement)
		if dest == nil || db.Error != nil || db.Statement.SQL.Len() > 0 {
			if !r.createStruct(db) {
				one(db)
			}
			if db.Error != nil || db.DryRun || db.RowsAffected == 0 {
				filled.takeBack(0, 1)
			}
			return
		}
		b := &batch{r: r, db: db, stmt: db.Statement, dest: dest, filled: filled}
		b.create()
	}
}

// batch creates several rows, in as many statements as it takes.
type batch struct {
	r       *rules
	db      *gorm.DB
	stmt    *gorm.Statement
	dest    destination
	values  clause.Values
	begun   time.Time // when the statement at hand was begun
	ran     bool      // whether it was run
	created int64     // rows, so far
	last    int64     // rows of the statement at hand
	assign  []func()  // what the rows get when all of them are there
	highest int64     // number that a row gives itself: see numberRows
	filled  filled    // fields that filled themselves
}

// createStruct creates a struct of which SQLite fills columns in. False: there
// are none.
func (r *rules) createStruct(db *gorm.DB) bool {
	stmt := db.Statement
	if db.Error != nil || stmt.SQL.Len() > 0 || stmt.ReflectValue.Kind() != reflect.Struct {
		return false
	}
	_, returns := stmt.Clauses["RETURNING"]
	row := r.newStructRows(db)
	if row == nil || row.schema != stmt.Schema || !returns && !givesBack(row.schema) {
		return false
	}
	addCreateClauses(stmt)
	stmt.SQL.Grow(180)
	stmt.AddClause(callbacks.ConvertToCreateValues(stmt))
	stmt.Build(stmt.BuildClauses...)
	if db.DryRun || db.Error != nil {
		return true
	}
	rows, err := stmt.ConnPool.QueryContext(&row.ctx, stmt.SQL.String(), stmt.Vars...)
	if db.AddError(err) != nil {
		return true
	}
	defer func() { db.AddError(rows.Close()) }()
	row.finish(rows)
	if stmt.Result != nil {
		stmt.Result.RowsAffected = db.RowsAffected
	}
	return true
}

// givesBack tells that SQLite fills columns of a new row in, which GORM asks
// for.
func givesBack(s *schema.Schema) bool {
	return slices.ContainsFunc(s.FieldsWithDefaultDBValue, func(f *schema.Field) bool { return f.Readable })
}

func (b *batch) create() {
	addCreateClauses(b.stmt)
	b.values = callbacks.ConvertToCreateValues(b.stmt)
	if b.db.Error != nil {
		b.filled.takeBack(0, b.dest.len())
		return
	}
	n := len(b.values.Values)
	size := b.partSize(n)
	exact := maySkip(b.stmt) && n > 1 && b.positional()
	if size >= n && !exact || b.db.DryRun {
		b.build(0, n)
		if b.db.DryRun || b.db.Error != nil {
			b.filled.takeBack(0, b.dest.len())
			return
		}
		if len(b.stmt.Vars) <= maxVars {
			b.insert(0, n)
			b.finish()
			return
		}
		size = max(1, n*splitVars/len(b.stmt.Vars))
	}
	atomically(b.db, func() { b.parts(n, size, exact) })
	b.finish()
}

// addCreateClauses adds what GORM's own callback adds.
func addCreateClauses(stmt *gorm.Statement) {
	if s := stmt.Schema; s != nil {
		if !stmt.Unscoped {
			for _, c := range s.CreateClauses {
				stmt.AddClause(c)
			}
		}
		if _, ok := stmt.Clauses["RETURNING"]; !ok {
			addReturning(stmt, s.FieldsWithDefaultDBValue)
		}
	}
	stmt.AddClauseIfNotExists(clause.Insert{})
}

// addReturning has the columns of the fields returned as well.
func addReturning(stmt *gorm.Statement, fields []*schema.Field) {
	var columns []clause.Column
	for _, f := range fields {
		if f.Readable {
			columns = append(columns, clause.Column{Name: f.DBName})
		}
	}
	if len(columns) > 0 {
		stmt.AddClause(clause.Returning{Columns: columns})
	}
}

// partSize is how many rows go into one statement. Rows without any value
// leave their key to SQLite; without a key to name, it is DEFAULT VALUES,
// which is one row a statement.
func (b *batch) partSize(n int) int {
	b.dest.fillDefaults(b.stmt, b.values)
	columns := len(b.values.Columns)
	if f := b.r.numberedField(b.stmt); f != nil {
		b.highest = highestNumber(b.values, f)
		// Each row has a subquery, and SQLite takes long to prepare thousands.
		return max(1, min(n, numberedRows, splitVars/(columns+2)))
	}
	if columns == 0 && n > 1 {
		var ok bool
		if b.values, ok = keyOnly(b.stmt, b.values, n); !ok {
			return 1
		}
		return n
	}
	if columns == 0 || columns*n <= maxVars {
		return n
	}
	return max(1, splitVars/columns)
}

// maxVars is how many variables a statement has at most.
const maxVars = sqltext.MaxParam

// splitVars is how many variables the statements of a split INSERT have. They
// are faster than the largest ones (see BenchmarkSplitCreate), and not so
// many that a remote database would be asked all too often.
var splitVars = 4096

// numberedRows is how many rows with a subquery go into one statement.
const numberedRows = 200

// maySkip tells whether rows may be left out, so that what RETURNING gives
// back is not one row for each.
func maySkip(stmt *gorm.Statement) bool {
	if insert, ok := stmt.Clauses["INSERT"].Expression.(clause.Insert); ok &&
		strings.Contains(strings.ToUpper(insert.Modifier), "IGNORE") {
		return true
	}
	conflict, ok := stmt.Clauses["ON CONFLICT"].Expression.(clause.OnConflict)
	return ok && (conflict.DoNothing || len(conflict.Where.Exprs) > 0)
}

// returning gives the columns that come back; all of them is an empty list.
func returning(stmt *gorm.Statement) (columns []clause.Column, ok bool) {
	c, ok := stmt.Clauses["RETURNING"]
	if !ok {
		return nil, false
	}
	returning, _ := c.Expression.(clause.Returning)
	if len(returning.Columns) == 1 && returning.Columns[0].Name == "*" {
		return nil, true
	}
	return returning.Columns, true
}

// positional tells whether returned values go into the rows they are of, also
// where some rows may be left out. When all columns come back there, what was
// created takes the place of the rows.
func (b *batch) positional() bool {
	columns, ok := returning(b.stmt)
	return ok && len(columns) > 0 || !ok && b.stmt.Schema == nil
}

// parts inserts the rows, size of them a statement.
func (b *batch) parts(n, size int, exact bool) {
	for i := 0; i < n && b.db.Error == nil; {
		j := min(i+size, n)
		b.build(i, j)
		if vars := len(b.stmt.Vars); vars > maxVars && j-i > 1 {
			size = max(1, (j-i)*splitVars/vars)
			continue
		}
		if b.db.Error != nil {
			return
		}
		if exact && j-i > 1 {
			b.insertExactly(i, j)
		} else {
			b.insert(i, j)
		}
		i = j
	}
}

// build writes the INSERT of the rows from i up to j.
func (b *batch) build(i, j int) {
	b.trace()
	b.begun = time.Now()
	b.stmt.SQL.Reset()
	b.stmt.SQL.Grow(256 + (j-i)*(2*len(b.values.Columns)+2)) // "(?,?),"
	b.stmt.Vars = b.stmt.Vars[:0]
	b.stmt.AddClause(clause.Values{Columns: b.values.Columns, Values: b.values.Values[i:j]})
	if b.highest > 0 {
		b.stmt.Settings.Store(highestKey, b.highest)
	}
	b.stmt.Build(b.stmt.BuildClauses...)
}

// insertExactly inserts rows of which some may be left out. When it were some
// but not all, nothing tells which: then it is done over, a row at a time.
func (b *batch) insertExactly(i, j int) {
	whole := true
	before, assigns := b.created, len(b.assign)
	withSavepoint(b.db, "libsql_part", func() bool {
		whole = b.insert(i, j)
		return whole && b.db.Error == nil
	})
	if whole || b.db.Error != nil {
		return
	}
	b.created, b.assign = before, b.assign[:assigns]
	for k := i; k < j && b.db.Error == nil; k++ {
		b.build(k, k+1)
		b.insert(k, k+1)
	}
}

// insert runs the statement that was built. It is false when some of the
// rows, but not all, were left out: their values are then not assigned.
func (b *batch) insert(i, j int) (whole bool) {
	b.ran = true
	columns, ok := returning(b.stmt)
	if !ok {
		return b.exec(i, j)
	}
	values := b.newReturned(columns)
	ctx := b.stmt.Context
	if values != nil {
		ctx = &rowhook.Context{Context: ctx, Sink: values}
	}
	rows, err := b.stmt.ConnPool.QueryContext(ctx, b.stmt.SQL.String(), b.stmt.Vars...)
	if b.db.AddError(err) != nil {
		return true
	}
	if values != nil && values.plan != nil {
		b.db.AddError(rows.Close())
		return b.keep(i, j, values)
	}
	got := b.dest.scan(b.db, &timeRows{Rows: rows, loc: b.r.loc})
	b.db.AddError(rows.Close())
	b.last = int64(got.Len())
	b.created += b.last
	if b.db.Error != nil {
		return true
	}
	switch {
	case len(columns) == 0 && maySkip(b.stmt):
		b.assign = append(b.assign, func() { b.dest.append(got) })
	case got.Len() == j-i:
		b.assign = append(b.assign, func() {
			for k := range got.Len() {
				b.dest.assign(b.db, i+k, got.Index(k), columns)
			}
		})
	case got.Len() > 0:
		return false
	default:
		b.assign = append(b.assign, func() { b.filled.takeBack(i, j) })
	}
	return true
}

// exec runs a statement that returns nothing. For maps without a model it
// gives the ids back, as GORM does, where it can know them.
func (b *batch) exec(i, j int) (whole bool) {
	result, err := b.stmt.ConnPool.ExecContext(b.stmt.Context, b.stmt.SQL.String(), b.stmt.Vars...)
	if b.db.AddError(err) != nil {
		return true
	}
	n, _ := result.RowsAffected()
	b.last = n
	b.created += n
	if b.stmt.Result != nil {
		b.stmt.Result.Result = result
	}
	if b.stmt.Schema != nil || n == 0 {
		return true
	}
	if n != int64(j-i) {
		return false
	}
	if conflict, ok := b.stmt.Clauses["ON CONFLICT"].Expression.(clause.OnConflict); ok && !conflict.DoNothing {
		return true // an update has no id of its own
	}
	if last, err := result.LastInsertId(); err == nil && last > 0 {
		b.assign = append(b.assign, func() {
			for k := i; k < j; k++ {
				b.dest.setID(k, last-int64(j-1-k))
			}
		})
	}
	return true
}

// trace logs a statement that is followed by another: GORM logs the last.
func (b *batch) trace() {
	if !b.ran {
		return
	}
	b.ran = false
	stmt, rows := b.stmt, b.last
	b.db.Logger.Trace(stmt.Context, b.begun, func() (string, int64) {
		text, vars := stmt.SQL.String(), stmt.Vars
		if filter, ok := b.db.Logger.(gorm.ParamsFilter); ok {
			text, vars = filter.ParamsFilter(stmt.Context, text, vars...)
		}
		return b.db.Dialector.Explain(text, vars...), rows
	}, b.db.Error)
}

// finish leaves the outcome where GORM looks for it.
func (b *batch) finish() {
	if b.highest > 0 {
		b.stmt.Settings.Delete(highestKey) // the statement may be used again
	}
	if b.db.Error == nil {
		for _, assign := range b.assign {
			assign()
		}
		b.dest.done()
	} else {
		b.created = 0 // all of them were undone
		b.filled.takeBack(0, b.dest.len())
	}
	b.db.RowsAffected = b.created
	if b.stmt.Result != nil {
		b.stmt.Result.RowsAffected = b.created
	}
}

// destination is where the values that an INSERT returns go: a slice of
// structs or a slice of maps.
type destination interface {
	len() int
	fillDefaults(stmt *gorm.Statement, values clause.Values)
	scan(db *gorm.DB, rows gorm.Rows) reflect.Value
	assign(db *gorm.DB, i int, got reflect.Value, columns []clause.Column)
	append(got reflect.Value)
	setID(i int, id int64)
	done()
}
