package gofunc

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/internal/timetext"
)

// encoder makes a Go value one of SQLite's.
type encoder func(v reflect.Value, out *engine.Out) error

var (
	valuerType = reflect.TypeFor[driver.Valuer]()
	errorType  = reflect.TypeFor[error]()

	errNaN = errors.New("the result is NaN, which SQLite would make NULL: return nil for NULL")
)

func setInt(out *engine.Out, n int64) { out.Type, out.Num = engine.CellInteger, n }

func setNull(out *engine.Out) { *out = engine.Out{Type: engine.CellNull} }

func setText(out *engine.Out, s string) { out.Type, out.Text = engine.CellText, s }

func setFloat(out *engine.Out, f float64) error {
	if math.IsNaN(f) {
		return errNaN
	}
	out.Type, out.Num = engine.CellFloat, int64(math.Float64bits(f))
	return nil
}

func setBool(out *engine.Out, b bool) {
	setInt(out, 0)
	if b {
		out.Num = 1
	}
}

func setUint(out *engine.Out, n uint64) error {
	if n > math.MaxInt64 {
		return fmt.Errorf("the result %d does not fit SQLite's 64-bit signed integer: return it as text", n)
	}
	setInt(out, int64(n))
	return nil
}

// setBytes lends the bytes: they are copied before the function can run again.
func setBytes(out *engine.Out, b []byte) {
	if b == nil {
		setNull(out)
		return
	}
	out.Type, out.Text = engine.CellBlob, unsafe.String(unsafe.SliceData(b), len(b))
}

func setTime(out *engine.Out, t time.Time) error {
	b, err := timetext.Append(nil, t)
	setText(out, string(b))
	return err
}

// encoderOf decides how values of the type become SQLite's.
func encoderOf(t reflect.Type) (encoder, error) {
	switch {
	case t == timeType:
		return func(v reflect.Value, out *engine.Out) error { return setTime(out, v.Interface().(time.Time)) }, nil
	case t.Implements(valuerType):
		return encodeValuer, nil
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(v reflect.Value, out *engine.Out) error { setInt(out, v.Int()); return nil }, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(v reflect.Value, out *engine.Out) error { return setUint(out, v.Uint()) }, nil
	case reflect.Float32, reflect.Float64:
		return func(v reflect.Value, out *engine.Out) error { return setFloat(out, v.Float()) }, nil
	case reflect.Bool:
		return func(v reflect.Value, out *engine.Out) error { setBool(out, v.Bool()); return nil }, nil
	case reflect.String:
		return func(v reflect.Value, out *engine.Out) error { setText(out, v.String()); return nil }, nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return func(v reflect.Value, out *engine.Out) error { setBytes(out, v.Bytes()); return nil }, nil
		}
	case reflect.Pointer:
		elem, err := encoderOf(t.Elem())
		if err != nil {
			return nil, err
		}
		return func(v reflect.Value, out *engine.Out) error {
			if v.IsNil() {
				setNull(out)
				return nil
			}
			return elem(v.Elem(), out)
		}, nil
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return func(v reflect.Value, out *engine.Out) error { return encodeAny(v.Interface(), out) }, nil
		}
	}
	return nil, fmt.Errorf("the type %s of the result is none that SQLite's values can be: use int64, float64, string, []byte, bool, "+
		"time.Time, any, pointers to them or sql.Null for NULL, or a driver.Valuer", t)
}

func encodeValuer(v reflect.Value, out *engine.Out) error {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		setNull(out)
		return nil
	}
	x, err := v.Interface().(driver.Valuer).Value()
	if err != nil {
		return err
	}
	if _, again := x.(driver.Valuer); again {
		return fmt.Errorf("the Value of %s is a driver.Valuer again", v.Type())
	}
	return encodeAny(x, out)
}

// encodeAny makes a value SQLite's whose type is known only now.
func encodeAny(x any, out *engine.Out) error {
	switch x := x.(type) {
	case nil:
		setNull(out)
	case int64:
		setInt(out, x)
	case int:
		setInt(out, int64(x))
	case float64:
		return setFloat(out, x)
	case string:
		setText(out, x)
	case []byte:
		setBytes(out, x)
	case bool:
		setBool(out, x)
	case time.Time:
		return setTime(out, x)
	default:
		enc, err := encoderOf(reflect.TypeOf(x))
		if err != nil {
			return err
		}
		return enc(reflect.ValueOf(x), out)
	}
	return nil
}
