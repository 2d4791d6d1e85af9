package dialect

import (
	sqldriver "database/sql/driver"
	"reflect"

	"gorm.io/gorm/clause"

	"github.com/gorm-libsql/libsql/internal/rowhook"
)

// returned are values that come back from the INSERT of several structs. They
// go into the structs when all of them are there.
type returned struct {
	b      *batch
	plan   *structPlan
	values []sqldriver.Value // of one row after the other
	rows   int
}

var _ rowhook.Sink = (*returned)(nil)

// newReturned is nil when what comes back are whole rows, or not for structs.
func (b *batch) newReturned(columns []clause.Column) *returned {
	if _, ok := b.dest.(*structSlice); !ok || !b.r.own || len(columns) == 0 {
		return nil
	}
	return &returned{b: b}
}

// Begin implements rowhook.Sink.
func (r *returned) Begin(columns []string) bool {
	r.plan, r.values, r.rows = r.b.r.structPlan(r.b.stmt.Schema, columns), nil, 0
	return r.plan != nil
}

// Row implements rowhook.Sink.
func (r *returned) Row(values []sqldriver.Value) bool {
	if r.values == nil {
		r.values = make([]sqldriver.Value, 0, len(values)*len(r.b.values.Values))
	}
	r.values = append(r.values, values...)
	r.rows++
	return true
}

// assign gives the struct in place i the values of a row.
func (r *returned) assign(i, row int, to reflect.Value) {
	ctx, n := r.b.stmt.Context, len(r.plan.cells)
	for at, v := range r.values[row*n : row*n+n] {
		c := &r.plan.cells[at]
		var err error
		switch {
		case v == nil && c.field != nil && c.kind != serializerCell:
			err = c.field.Set(ctx, to.Index(i), reflect.Zero(c.field.FieldType).Interface())
		default:
			err = c.set(ctx, reflect.Indirect(to.Index(i)), v, false)
		}
		if err != nil {
			r.b.db.AddError(r.plan.failed(at, err))
		}
	}
}

// keep notes what came back for the rows from i up to j. It is false when
// some of them, but not all, were left out.
func (b *batch) keep(i, j int, values *returned) (whole bool) {
	b.last = int64(values.rows)
	b.created += b.last
	switch {
	case b.db.Error != nil:
	case values.rows == j-i:
		b.assign = append(b.assign, func() {
			for k := range values.rows {
				values.assign(i+k, k, b.dest.(*structSlice).rows)
			}
		})
	case values.rows > 0:
		return false
	default:
		b.assign = append(b.assign, func() { b.filled.takeBack(i, j) })
	}
	return true
}
