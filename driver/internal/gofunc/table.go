package gofunc

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// maxParams is how many parameters a table-valued function may have.
const maxParams = 30

// field is a column of the rows.
type field struct {
	index  []int
	encode encoder
}

// Table makes a table-valued function of the engine out of one that returns an
// iterator of rows, alone or with an error. A row is a struct, whose fields are
// the columns, or a value.
func Table(name string, fn any, flags int, loc *time.Location) (*engine.TableFunc, error) {
	v, err := goFunc(fn)
	if err != nil {
		return nil, err
	}
	s, err := newSignature(v, false, loc)
	switch {
	case err != nil:
		return nil, err
	case s.rest != nil:
		return nil, errors.New("a table-valued function cannot be variadic: let the last parameters be pointers, which may be left out")
	case len(s.decode) > maxParams:
		return nil, fmt.Errorf("a table-valued function has at most %d parameters", maxParams)
	}
	t := v.Type()
	n := t.NumOut()
	if n == 2 && t.Out(1) == errorType {
		s.err, n = true, 1
	}
	if n != 1 || !isSeq(t.Out(0)) {
		return nil, fmt.Errorf("%s does not return an iter.Seq of rows, an iter.Seq2 of rows and errors, or one of them and an error", t)
	}
	yield := t.Out(0).In(0)
	row := yield.In(0)
	def := &engine.TableFunc{Name: name, Flags: flags}
	fields, err := fieldsOf(row, def)
	if err != nil {
		return nil, err
	}
	for i := s.first; i < len(s.args); i++ {
		in := t.In(i)
		def.Params = append(def.Params, engine.TableParam{
			Name: fmt.Sprintf("arg%d", i-s.first+1), Optional: in.Kind() == reflect.Pointer || sqlNull(in) != nil})
	}
	seen := map[string]bool{}
	for _, c := range def.Columns {
		seen[strings.ToLower(c.Name)] = true
	}
	if len(seen) < len(def.Columns) {
		return nil, fmt.Errorf("two fields of %s are the same column", row)
	}
	for _, p := range def.Params {
		if seen[p.Name] {
			return nil, fmt.Errorf("a field of %s is the column %s, as a parameter is", row, p.Name)
		}
	}
	def.Open = func(cells []engine.Cell) (func(context.Context, func([]engine.Out) bool) error, error) {
		args, err := s.fresh(cells)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, push func([]engine.Out) bool) error {
			if s.ctx {
				args[0] = reflect.ValueOf(&ctx).Elem()
			}
			return iterate(s, args, yield, fields, push)
		}, nil
	}
	return def, nil
}

// isSeq tells an iter.Seq of rows and an iter.Seq2 of rows and errors.
func isSeq(t reflect.Type) bool {
	if t.Kind() != reflect.Func || t.NumIn() != 1 || t.NumOut() != 0 || t.IsVariadic() {
		return false
	}
	y := t.In(0)
	return y.Kind() == reflect.Func && y.NumOut() == 1 && y.Out(0).Kind() == reflect.Bool && !y.IsVariadic() &&
		(y.NumIn() == 1 || y.NumIn() == 2 && y.In(1) == errorType)
}

// fresh are arguments of their own, for a call that lasts.
func (s *signature) fresh(cells []engine.Cell) ([]reflect.Value, error) {
	args := make([]reflect.Value, len(s.args))
	for i := range args {
		args[i] = reflect.New(s.args[i].Type()).Elem()
	}
	for i, d := range s.decode {
		c := cells[i]
		if c.Type == engine.CellUnbound {
			c.Type = engine.CellNull
		}
		if err := d(&c, args[s.first+i].Addr().UnsafePointer()); err != nil {
			return nil, argError(i, err)
		}
	}
	return args, nil
}

// iterate calls the function, and hands on the rows of its iterator.
func iterate(s *signature, args []reflect.Value, yield reflect.Type, fields []field, push func([]engine.Out) bool) (err error) {
	results := s.fn.Call(args)
	if s.err && !results[1].IsNil() {
		return results[1].Interface().(error)
	}
	if results[0].IsNil() {
		return nil
	}
	if is, err := directSeq(results[0].Interface(), push); is {
		return err
	}
	out := make([]engine.Out, len(fields))
	yes, no := []reflect.Value{reflect.ValueOf(true).Convert(yield.Out(0))}, []reflect.Value{reflect.ValueOf(false).Convert(yield.Out(0))}
	one := func(in []reflect.Value) bool {
		if len(in) == 2 && !in[1].IsNil() {
			err = in[1].Interface().(error)
			return false
		}
		row := in[0]
		if row.Kind() == reflect.Pointer && fields[0].index != nil {
			if row.IsNil() {
				err = errors.New("the row is a nil pointer")
				return false
			}
			row = row.Elem()
		}
		for i := range fields {
			f := &fields[i]
			v := row
			if f.index != nil {
				v = row.FieldByIndex(f.index)
			}
			out[i] = engine.Out{}
			if err = f.encode(v, &out[i]); err != nil {
				return false
			}
		}
		return push(out)
	}
	ended := false
	step := func(in []reflect.Value) []reflect.Value {
		if ended { // as the loop of range has it
			panic("the iterator went on after yield had returned false")
		}
		if ended = !one(in); ended {
			return no
		}
		return yes
	}
	defer func() {
		if err != nil && ended {
			_ = recover() // err is what comes first
		}
	}()
	results[0].Call([]reflect.Value{reflect.MakeFunc(yield, step)})
	return err
}

// fieldsOf decides what the columns of the rows are.
func fieldsOf(row reflect.Type, def *engine.TableFunc) ([]field, error) {
	t := row
	if t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && isRow(t.Elem()) && !t.Implements(valuerType) {
		t = t.Elem()
	}
	if !isRow(t) {
		enc, err := encoderOf(row)
		def.Columns = []engine.TableColumn{{Name: "value", DeclType: declType(row)}}
		return []field{{nil, enc}}, err
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		name := f.Tag.Get("db")
		if !f.IsExported() || name == "-" || f.Anonymous && isRow(f.Type) {
			continue
		}
		if throughPointer(t, f.Index) {
			return nil, fmt.Errorf("field %s of %s is behind an embedded pointer", f.Name, row)
		}
		if name == "" {
			name = snake(f.Name)
		}
		enc, err := encoderOf(f.Type)
		if err != nil {
			return nil, fmt.Errorf("field %s of %s: %w", f.Name, row, err)
		}
		fields = append(fields, field{f.Index, enc})
		def.Columns = append(def.Columns, engine.TableColumn{Name: name, DeclType: declType(f.Type)})
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("%s has no exported field", row)
	}
	return fields, nil
}

// isRow tells a struct of columns from one that is a value.
func isRow(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != timeType && !t.Implements(valuerType)
}

func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// declType is what a column of the Go type is declared as, so that the driver
// reads its values as that type again.
func declType(t reflect.Type) string {
	if elem := sqlNull(t); elem != nil {
		return declType(elem)
	}
	switch {
	case t == timeType:
		return "DATETIME"
	case t.Kind() == reflect.Pointer:
		return declType(t.Elem())
	case t.Implements(valuerType):
		return ""
	}
	switch t.Kind() {
	case reflect.Bool:
		return "BOOLEAN"
	case reflect.Float32, reflect.Float64:
		return "REAL"
	case reflect.String:
		return "TEXT"
	case reflect.Slice:
		return "BLOB"
	case reflect.Interface:
		return ""
	}
	return "INTEGER"
}

// snake is the name of a column for a field: CreatedAt is created_at, and
// UserID user_id.
func snake(name string) string {
	var b strings.Builder
	r := []rune(name)
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) && r[i-1] != '_' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
