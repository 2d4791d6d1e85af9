package dialect

import (
	"database/sql"
	sqldriver "database/sql/driver"
	"reflect"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/rowhook"
)

// structRows takes rows into a struct or a slice of them as the driver reads
// them. GORM has each cell boxed, converted and set by itself.
type structRows struct {
	ctx    rowhook.Context // of the query
	r      *rules
	db     *gorm.DB
	schema *schema.Schema
	plan   *structPlan
	dest   reflect.Value // the struct, or the slice
	slice  bool
	elem   reflect.Type // of the slice: a struct, or a pointer to one
	reused int          // so many places of the slice were the user's
	err    error        // the first of a cell
	later  []laterCell
}

// laterCell is a value for a scanner or a serializer. It is somebody else's
// code, which may query, panic, or end the goroutine: that must not happen
// within a call on the connection.
type laterCell struct {
	row, column int
	value       sqldriver.Value
}

var _ rowhook.Sink = (*structRows)(nil)

// newStructRows is nil when the statement's destination is GORM's own affair.
func (r *rules) newStructRows(db *gorm.DB) *structRows {
	stmt := db.Statement
	if !r.own || stmt.Schema == nil || len(stmt.ColumnMapping) > 0 || len(stmt.Joins) > 0 || !stmt.ReflectValue.CanSet() {
		return nil
	}
	s := &structRows{r: r, db: db, schema: stmt.Schema, dest: stmt.ReflectValue}
	typ := s.dest.Type()
	if s.slice = typ.Kind() == reflect.Slice; s.slice {
		s.elem, s.reused = typ.Elem(), s.dest.Cap()
		if typ = s.elem; typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
	}
	if typ.Kind() != reflect.Struct || timeType.ConvertibleTo(typ) || reflect.PointerTo(typ).Implements(scannerType) {
		return nil
	}
	if typ != s.schema.ModelType {
		other := &gorm.Statement{DB: db}
		if other.Parse(stmt.Dest) != nil || other.Schema.ModelType != typ {
			return nil
		}
		s.schema = other.Schema
	}
	s.ctx = rowhook.Context{Context: stmt.Context, Sink: s}
	return s
}

// Begin implements rowhook.Sink.
func (s *structRows) Begin(columns []string) bool {
	if s.plan = s.r.structPlan(s.schema, columns); s.plan == nil {
		return false
	}
	s.err, s.later, s.db.RowsAffected = nil, nil, 0
	if s.slice {
		if s.dest.IsNil() {
			s.dest.Set(reflect.MakeSlice(s.dest.Type(), 0, 0))
		}
		s.dest.SetLen(0)
	}
	return true
}

// Row implements rowhook.Sink.
func (s *structRows) Row(values []sqldriver.Value) bool {
	row, at := s.dest, int(s.db.RowsAffected)
	if s.slice {
		row = s.next()
	} else if at > 0 {
		return false // it has its row
	}
	s.db.RowsAffected++
	for i := range values {
		c := &s.plan.cells[i]
		if c.later() {
			s.later = append(s.later, laterCell{at, i, values[i]})
		} else if !s.set(c, i, row, values[i]) {
			break // as in database/sql
		}
	}
	return true
}

// set sets a cell, and is false when it fails. The first failure is kept.
func (s *structRows) set(c *cellPlan, column int, row reflect.Value, v sqldriver.Value) bool {
	err := c.set(s.db.Statement.Context, row, v, s.slice)
	if err != nil && s.err == nil {
		s.err = s.plan.failed(column, err)
	}
	return err == nil
}

// next is a new element of the slice.
func (s *structRows) next() reflect.Value {
	n := s.dest.Len()
	if n == s.dest.Cap() {
		s.dest.Grow(max(n, 1))
	}
	s.dest.SetLen(n + 1)
	row := s.dest.Index(n)
	if s.elem.Kind() == reflect.Pointer {
		p := reflect.New(s.elem.Elem())
		row.Set(p)
		return p.Elem()
	}
	if n < s.reused {
		row.SetZero()
	}
	return row
}

// finish reports what became of the rows, or leaves them to GORM.
func (s *structRows) finish(rows *sql.Rows) {
	db := s.db
	if s.plan == nil {
		gorm.Scan(&timeRows{Rows: rows, loc: s.r.loc}, db, 0)
		return
	}
	for _, l := range s.later {
		row := s.dest
		if s.slice {
			row = reflect.Indirect(row.Index(l.row))
		}
		s.set(&s.plan.cells[l.column], l.column, row, l.value)
	}
	if s.err != nil {
		db.AddError(s.err)
	}
	if db.RowsAffected == 0 && db.Statement.RaiseErrorOnNotFound && db.Error == nil {
		db.AddError(gorm.ErrRecordNotFound)
	}
}

// structPlan is the plan for such columns, made once.
func (r *rules) structPlan(s *schema.Schema, columns []string) *structPlan {
	key := planKey{s, len(columns), columns[0], columns[len(columns)-1]}
	if p, ok := r.plans.Load(key); ok && slices.Equal(p.(*structPlan).columns, columns) {
		return p.(*structPlan)
	}
	p := newStructPlan(s, columns, r.loc)
	if p != nil && r.planned.Add(1) <= maxPlans {
		r.plans.Store(key, p)
	}
	return p
}

// planKey tells most results of a program apart.
type planKey struct {
	schema      *schema.Schema
	columns     int
	first, last string
}

// maxPlans is how many plans are kept: a program may make up columns without
// end.
const maxPlans = 10_000
