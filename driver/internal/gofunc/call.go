package gofunc

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"
	"unsafe"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

var contextType = reflect.TypeFor[context.Context]()

// signature is a Go function that is called with the arguments of SQL. It has
// the memory of the arguments of one call: it serves one connection.
type signature struct {
	fn       reflect.Value
	receiver bool // the first argument is one that set gives
	ctx      bool // the next one is a context
	args     []reflect.Value
	first    int // of args that comes from SQL
	decode   []decoder
	at       []unsafe.Pointer
	rest     decoder // of a variadic one's last parameter
	encode   encoder // nil: no result
	result   reflect.Type
	err      bool // the last result is an error
}

// newSignature takes the function apart. A method has its receiver first.
func newSignature(fn reflect.Value, receiver bool, loc *time.Location) (*signature, error) {
	t := fn.Type()
	s := &signature{fn: fn, receiver: receiver}
	n := t.NumIn()
	for i := range n {
		in := t.In(i)
		s.args = append(s.args, reflect.New(in).Elem())
		switch {
		case receiver && i == 0:
			s.first++
			continue
		case i == s.first && in == contextType:
			s.ctx = true
			s.first++
			continue
		case t.IsVariadic() && i == n-1:
			d, err := decoderOf(in.Elem(), loc)
			if err != nil {
				return nil, fmt.Errorf("parameter %d: %w", i-s.first+1, err)
			}
			s.rest = d
			continue
		}
		d, err := decoderOf(in, loc)
		if err != nil {
			return nil, fmt.Errorf("parameter %d: %w", i-s.first+1, err)
		}
		if len(s.decode) == maxArgs {
			return nil, fmt.Errorf("%s has more than %d parameters, which is what SQLite takes", t, maxArgs)
		}
		s.decode = append(s.decode, d)
		s.at = append(s.at, s.args[i].Addr().UnsafePointer())
	}
	return s, nil
}

// returns takes the results apart: none, a value, an error, or both.
func (s *signature) returns() error {
	t := s.fn.Type()
	n := t.NumOut()
	if n > 0 && t.Out(n-1) == errorType {
		s.err = true
		n--
	}
	switch n {
	case 0:
		return nil
	case 1:
		s.result = t.Out(0)
		enc, err := encoderOf(s.result)
		s.encode = enc
		return err
	}
	return errors.New("it returns more than a value and an error")
}

// maxArgs is how many arguments SQLite gives a function at most.
const maxArgs = 127

// nargs is how many arguments it takes, -1 for any number.
func (s *signature) nargs() int {
	if s.rest != nil {
		return -1
	}
	return len(s.decode)
}

// call calls the function. The receiver, if it has one, has been set.
func (s *signature) call(ctx context.Context, cells []engine.Cell) ([]reflect.Value, error) {
	if len(cells) < len(s.decode) {
		return nil, &engine.Error{Code: engine.CodeError, Offset: -1,
			Message: fmt.Sprintf("%d arguments, and it takes at least %d", len(cells), len(s.decode))}
	}
	defer s.forget()
	if s.ctx {
		s.args[s.first-1].Set(reflect.ValueOf(ctx))
	}
	for i, d := range s.decode {
		if err := d(&cells[i], s.at[i]); err != nil {
			return nil, argError(i, err)
		}
	}
	if s.rest == nil {
		return s.fn.Call(s.args), nil
	}
	last := &s.args[len(s.args)-1]
	more := cells[len(s.decode):]
	list := reflect.MakeSlice(last.Type(), len(more), len(more))
	for i := range more {
		if err := s.rest(&more[i], list.Index(i).Addr().UnsafePointer()); err != nil {
			return nil, argError(len(s.decode)+i, err)
		}
	}
	last.Set(list)
	return s.fn.CallSlice(s.args), nil
}

// forget keeps no argument alive.
func (s *signature) forget() {
	for i := range s.args {
		s.args[i].SetZero()
	}
}

// finish makes the results SQLite's.
func (s *signature) finish(results []reflect.Value, out *engine.Out) error {
	if s.err {
		if err := results[len(results)-1]; !err.IsNil() {
			return err.Interface().(error)
		}
	}
	if s.encode == nil {
		setNull(out)
		return nil
	}
	return s.encode(results[0], out)
}

// goFunc is the value of a function that is not nil.
func goFunc(fn any) (reflect.Value, error) {
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func || v.IsNil() {
		return v, fmt.Errorf("%T is no function", fn)
	}
	return v, nil
}

// Scalar makes a function of the engine out of one that returns a value, an
// error or both. Times are read in the location; nil leaves them as they are.
func Scalar(name string, fn any, flags int, loc *time.Location) (*engine.Function, error) {
	v, err := goFunc(fn)
	if err != nil {
		return nil, err
	}
	s, err := newSignature(v, false, loc)
	if err == nil {
		err = s.returns()
	}
	if err != nil {
		return nil, err
	}
	def := &engine.Function{Name: name, NArg: s.nargs(), Flags: flags}
	if def.Call = direct(fn); def.Call != nil {
		return def, nil
	}
	def.Call = func(ctx context.Context, args []engine.Cell, out *engine.Out) error {
		results, err := s.call(ctx, args)
		if err != nil {
			return err
		}
		return s.finish(results, out)
	}
	return def, nil
}
