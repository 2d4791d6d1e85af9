package dialect

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/gorm-libsql/libsql/internal/timetext"
)

// structPlan is how the columns of a result go into a struct.
type structPlan struct {
	columns []string
	cells   []cellPlan
}

// cellPlan is how a column goes into a field: as database/sql and GORM put it
// there.
type cellPlan struct {
	field   *schema.Field // nil: the column has none
	kind    cellKind
	pointer bool         // the field is a pointer to typ
	exact   bool         // typ is Go's own, not one with a name of its own
	typ     reflect.Type // of the value
	index   []int        // of the field
	loc     *time.Location
}

type cellKind uint8

const (
	noKind cellKind = iota
	intCell
	uintCell
	floatCell
	stringCell
	boolCell
	bytesCell
	timeCell
	nullTimeCell
	scannerCell
	serializerCell
)

var (
	scannerType  = reflect.TypeFor[sql.Scanner]()
	timeType     = reflect.TypeFor[time.Time]()
	nullTimeType = reflect.TypeFor[sql.NullTime]()

	deletedAtType = reflect.TypeFor[gorm.DeletedAt]()
)

// newStructPlan is nil when only GORM knows how to scan such columns.
func newStructPlan(s *schema.Schema, columns []string, loc *time.Location) *structPlan {
	p := &structPlan{columns: slices.Clone(columns), cells: make([]cellPlan, len(columns))}
	for i, name := range columns {
		f := s.LookUpField(name)
		switch {
		case slices.Contains(columns[:i], name), f == nil && strings.Contains(name, "__"):
			return nil // one of several fields of that name, or a field of a joined model
		case f == nil || !f.Readable:
			continue
		}
		if p.cells[i] = newCellPlan(f, loc); p.cells[i].kind == noKind {
			return nil
		}
	}
	return p
}

func newCellPlan(f *schema.Field, loc *time.Location) cellPlan {
	c := cellPlan{field: f, typ: f.FieldType, index: f.StructField.Index, loc: loc}
	if slices.ContainsFunc(c.index, func(at int) bool { return at < 0 }) {
		return c // in a struct that is embedded by pointer
	}
	if f.Serializer != nil {
		c.kind = serializerCell
		return c
	}
	if c.typ.Kind() == reflect.Pointer {
		c.pointer, c.typ = true, c.typ.Elem()
	}
	c.exact = c.typ.PkgPath() == ""
	switch isScanner := reflect.PointerTo(c.typ).Implements(scannerType); {
	case c.typ == rawBytesType: // a view of what the driver is about to overwrite
	case c.typ == nullTimeType, c.typ == deletedAtType:
		c.kind = nullTimeCell
	case isScanner && timetext.Setter(reflect.New(c.typ).Interface()) == nil:
		c.kind = scannerCell
	case isScanner:
	case c.typ == timeType:
		c.kind = timeCell
	case c.typ.Kind() == reflect.Slice && c.typ.Elem().Kind() == reflect.Uint8 && c.typ.Elem().PkgPath() == "":
		c.kind = bytesCell
	default:
		c.kind = basicKinds[c.typ.Kind()]
	}
	return c
}

var basicKinds = map[reflect.Kind]cellKind{
	reflect.Int: intCell, reflect.Int8: intCell, reflect.Int16: intCell, reflect.Int32: intCell, reflect.Int64: intCell,
	reflect.Uint: uintCell, reflect.Uint8: uintCell, reflect.Uint16: uintCell, reflect.Uint32: uintCell, reflect.Uint64: uintCell,
	reflect.Float32: floatCell, reflect.Float64: floatCell, reflect.String: stringCell, reflect.Bool: boolCell,
}

// later tells that the value is set when the rows have been read.
func (c *cellPlan) later() bool { return c.kind == scannerCell || c.kind == serializerCell }

// failed is the error of a column, as database/sql words it. A serializer's is
// its own.
func (p *structPlan) failed(column int, err error) error {
	if p.cells[column].kind == serializerCell {
		return err
	}
	return fmt.Errorf("sql: Scan error on column index %d, name %q: %w", column, p.columns[column], err)
}

// set stores a value in the field of a struct. A struct that is not fresh may
// hold something there already.
func (c *cellPlan) set(ctx context.Context, row reflect.Value, v sqldriver.Value, fresh bool) error {
	switch {
	case c.field == nil:
		return nil
	case c.kind == serializerCell:
		return c.serialize(ctx, row, v)
	case v == nil:
		if fresh {
			return nil
		}
		// Some fields GORM then leaves as they are, and some it empties.
		return c.field.Set(ctx, row, reflect.New(reflect.PointerTo(c.field.IndirectFieldType)).Interface())
	}
	at := row
	for _, i := range c.index {
		at = at.Field(i)
	}
	if !c.pointer && (fresh || c.kind != scannerCell) {
		return c.store(at, v)
	}
	p := reflect.New(c.typ)
	if err := c.store(p.Elem(), v); err != nil {
		return err
	}
	if !c.pointer {
		p = p.Elem()
	}
	at.Set(p)
	return nil
}

// store is for values that are as the cell wants them.
func (c *cellPlan) store(at reflect.Value, v sqldriver.Value) error {
	switch v := v.(type) {
	case int64:
		switch {
		case c.kind == intCell && !at.OverflowInt(v):
			at.SetInt(v)
			return nil
		case c.kind == uintCell && v >= 0 && !at.OverflowUint(uint64(v)):
			at.SetUint(uint64(v))
			return nil
		case c.kind == boolCell && c.exact && (v == 0 || v == 1):
			at.SetBool(v == 1)
			return nil
		}
	case float64:
		if c.kind == floatCell && (c.typ.Kind() == reflect.Float64 || float64(float32(v)) == v) {
			at.SetFloat(v)
			return nil
		}
	case string:
		if c.kind == stringCell {
			at.SetString(v)
			return nil
		}
	case bool:
		if c.kind == boolCell {
			at.SetBool(v)
			return nil
		}
	case []byte:
		if c.kind == bytesCell {
			at.SetBytes(v)
			return nil
		}
	case time.Time:
		if c.kind == timeCell {
			*at.Addr().Interface().(*time.Time) = v
			return nil
		}
	}
	return c.convert(at, v)
}

// convert is for all others: it does as database/sql.
func (c *cellPlan) convert(at reflect.Value, v sqldriver.Value) error {
	switch c.kind {
	case scannerCell:
		return at.Addr().Interface().(sql.Scanner).Scan(v)
	case timeCell, nullTimeCell:
		dest := at.Addr().Interface()
		return (&timeText{timetext.Setter(dest), dest, c.loc}).Scan(v)
	}
	b, isBytes := v.([]byte)
	switch {
	case c.exact, c.kind == intCell, c.kind == uintCell, c.kind == floatCell:
		x, err := converters[c.typ.Kind()](v)
		if err != nil {
			return err
		}
		at.Set(reflect.ValueOf(x).Convert(c.typ))
		return nil
	case c.kind == stringCell && isBytes:
		at.SetString(string(b))
		return nil
	}
	return fmt.Errorf("unsupported Scan, storing driver.Value type %T into type *%s", v, c.typ)
}

// converters convert as database/sql does.
var converters = map[reflect.Kind]func(v any) (any, error){
	reflect.Int: convertTo[int], reflect.Int8: convertTo[int8], reflect.Int16: convertTo[int16],
	reflect.Int32: convertTo[int32], reflect.Int64: convertTo[int64],
	reflect.Uint: convertTo[uint], reflect.Uint8: convertTo[uint8], reflect.Uint16: convertTo[uint16],
	reflect.Uint32: convertTo[uint32], reflect.Uint64: convertTo[uint64],
	reflect.Float32: convertTo[float32], reflect.Float64: convertTo[float64],
	reflect.String: convertTo[string], reflect.Bool: convertTo[bool], reflect.Slice: convertTo[[]byte],
}

func convertTo[T any](v any) (any, error) {
	var n sql.Null[T]
	err := n.Scan(v)
	return n.V, err
}

// serialize gives the value to the field's serializer.
func (c *cellPlan) serialize(ctx context.Context, row reflect.Value, v sqldriver.Value) error {
	s := c.field.NewValuePool.Get()
	defer c.field.NewValuePool.Put(s)
	scanner, ok := s.(sql.Scanner)
	if !ok {
		return fmt.Errorf("the serializer of field %s scans nothing", c.field.Name)
	}
	if err := scanner.Scan(v); err != nil {
		return err
	}
	return c.field.Set(ctx, row, s)
}
