package gofunc

import (
	"database/sql"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// decoder writes an argument to where a value of its Go type is.
type decoder func(c *engine.Cell, p unsafe.Pointer) error

var (
	timeType    = reflect.TypeFor[time.Time]()
	scannerType = reflect.TypeFor[sql.Scanner]()
)

// unfit is the failure of a value that does not fit its Go type.
type unfit struct {
	what string // the value, as SQLite calls it
	t    reflect.Type
}

func (u *unfit) Error() string { return u.what + " does not fit " + u.t.String() }

// typeNames are what typeof() says, in the capitals of declarations.
var typeNames = [...]string{engine.CellUnbound: "nothing", engine.CellInteger: "INTEGER", engine.CellFloat: "REAL",
	engine.CellText: "TEXT", engine.CellBlob: "BLOB", engine.CellNull: "NULL"}

func doesNotFit(c *engine.Cell, t reflect.Type) error {
	what := typeNames[c.Type&engine.CellType]
	switch c.Type & engine.CellType {
	case engine.CellInteger:
		what += " " + strconv.FormatInt(c.Num, 10)
	case engine.CellFloat:
		what += " " + strconv.FormatFloat(float(c), 'g', -1, 64)
	}
	return &unfit{what, t}
}

// argError names the argument, from 0, that err is about.
func argError(i int, err error) error {
	return &engine.Error{Code: engine.CodeMismatch, Offset: -1, Message: fmt.Sprintf("argument %d: %v", i+1, err), Cause: err}
}

func float(c *engine.Cell) float64 { return math.Float64frombits(uint64(c.Num)) }

// exactFloat tells whether the integer is one that a float64 holds.
func exactFloat(n int64) (float64, bool) {
	f := float64(n)
	return f, f < math.MaxInt64 && int64(f) == n // float64(MaxInt64) is 1<<63
}

// value is the argument as a driver.Value.
func value(c *engine.Cell) any {
	switch c.Type & engine.CellType {
	case engine.CellInteger:
		return c.Num
	case engine.CellFloat:
		return float(c)
	case engine.CellText:
		return string(engine.ArgBytes(c))
	case engine.CellBlob:
		return append([]byte{}, engine.ArgBytes(c)...)
	}
	return nil
}

// decoderOf decides how arguments become values of the type.
func decoderOf(t reflect.Type, loc *time.Location) (decoder, error) {
	if elem := sqlNull(t); elem != nil {
		return nullDecoder(t, elem, loc)
	}
	switch {
	case t == timeType:
		return timeDecoder(loc), nil
	case reflect.PointerTo(t).Implements(scannerType):
		return func(c *engine.Cell, p unsafe.Pointer) error {
			return reflect.NewAt(t, p).Interface().(sql.Scanner).Scan(value(c))
		}, nil
	}
	switch t.Kind() {
	case reflect.Int64:
		return func(c *engine.Cell, p unsafe.Pointer) error {
			if c.Type != engine.CellInteger {
				return doesNotFit(c, t)
			}
			*(*int64)(p) = c.Num
			return nil
		}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32:
		return func(c *engine.Cell, p unsafe.Pointer) error {
			v := reflect.NewAt(t, p).Elem()
			if c.Type != engine.CellInteger || v.OverflowInt(c.Num) {
				return doesNotFit(c, t)
			}
			v.SetInt(c.Num)
			return nil
		}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return func(c *engine.Cell, p unsafe.Pointer) error {
			v := reflect.NewAt(t, p).Elem()
			if c.Type != engine.CellInteger || c.Num < 0 || v.OverflowUint(uint64(c.Num)) {
				return doesNotFit(c, t)
			}
			v.SetUint(uint64(c.Num))
			return nil
		}, nil
	case reflect.Float64:
		return func(c *engine.Cell, p unsafe.Pointer) error {
			return decodeFloat(c, (*float64)(p), t)
		}, nil
	case reflect.Float32:
		return func(c *engine.Cell, p unsafe.Pointer) error {
			var f float64
			if err := decodeFloat(c, &f, t); err != nil {
				return err
			}
			if float64(float32(f)) != f {
				return doesNotFit(c, t)
			}
			*(*float32)(p) = float32(f)
			return nil
		}, nil
	case reflect.Bool:
		return func(c *engine.Cell, p unsafe.Pointer) error {
			if c.Type != engine.CellInteger || uint64(c.Num) > 1 {
				return doesNotFit(c, t)
			}
			*(*bool)(p) = c.Num == 1
			return nil
		}, nil
	case reflect.String:
		return func(c *engine.Cell, p unsafe.Pointer) error {
			if c.Type != engine.CellText {
				return doesNotFit(c, t)
			}
			*(*string)(p) = string(engine.ArgBytes(c))
			return nil
		}, nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return func(c *engine.Cell, p unsafe.Pointer) error { return decodeBytes(c, (*[]byte)(p), t) }, nil
		}
	case reflect.Pointer:
		return pointerDecoder(t, loc)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return func(c *engine.Cell, p unsafe.Pointer) error {
				*(*any)(p) = value(c)
				return nil
			}, nil
		}
	}
	return nil, fmt.Errorf("the type %s is none that SQLite's values can be: use int64, float64, string, []byte, bool, time.Time, "+
		"any, pointers to them or sql.Null for NULL, or a sql.Scanner", t)
}

func decodeFloat(c *engine.Cell, p *float64, t reflect.Type) error {
	switch c.Type {
	case engine.CellFloat:
		*p = float(c)
		return nil
	case engine.CellInteger:
		if f, ok := exactFloat(c.Num); ok {
			*p = f
			return nil
		}
	}
	return doesNotFit(c, t)
}

// decodeBytes copies a blob; NULL is a nil slice.
func decodeBytes(c *engine.Cell, p *[]byte, t reflect.Type) error {
	switch c.Type {
	case engine.CellNull:
		*p = nil
	case engine.CellBlob:
		*p = append([]byte{}, engine.ArgBytes(c)...)
	default:
		return doesNotFit(c, t)
	}
	return nil
}

// timeDecoder reads a time as the driver writes it, which is text.
func timeDecoder(loc *time.Location) decoder {
	return func(c *engine.Cell, p unsafe.Pointer) error {
		if c.Type != engine.CellText {
			return doesNotFit(c, timeType)
		}
		text := string(engine.ArgBytes(c))
		t, ok := engine.TimeFromText(text, loc)
		if !ok {
			return &unfit{"TEXT that is no time", timeType}
		}
		*(*time.Time)(p) = t
		return nil
	}
}

func pointerDecoder(t reflect.Type, loc *time.Location) (decoder, error) {
	elem, err := decoderOf(t.Elem(), loc)
	if err != nil {
		return nil, err
	}
	return func(c *engine.Cell, p unsafe.Pointer) error {
		if c.Type == engine.CellNull {
			*(*unsafe.Pointer)(p) = nil
			return nil
		}
		v := reflect.New(t.Elem()).UnsafePointer()
		*(*unsafe.Pointer)(p) = v
		return elem(c, v)
	}, nil
}

// sqlNull is the type of the value in one of database/sql's types for NULL,
// which are read by their parts: their Scan would convert.
func sqlNull(t reflect.Type) reflect.Type {
	if t.PkgPath() == "database/sql" && strings.HasPrefix(t.Name(), "Null") && t.Kind() == reflect.Struct &&
		t.NumField() == 2 && t.Field(1).Name == "Valid" {
		return t.Field(0).Type
	}
	return nil
}

func nullDecoder(t, elem reflect.Type, loc *time.Location) (decoder, error) {
	d, err := decoderOf(elem, loc)
	if err != nil {
		return nil, err
	}
	valid := t.Field(1).Offset
	return func(c *engine.Cell, p unsafe.Pointer) error {
		if c.Type == engine.CellNull {
			reflect.NewAt(t, p).Elem().SetZero()
			return nil
		}
		*(*bool)(unsafe.Add(p, valid)) = true
		return d(c, p)
	}, nil
}
