package gofunc

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// aggregate is an aggregate function: how its states are made, and their
// methods.
type aggregate struct {
	make                       *signature
	step, inverse, value, last *signature
}

// Aggregate makes an aggregate function, or a window function, of the engine out
// of a function that makes its states, which have the methods Step and Final,
// and of a window function Inverse and Value besides.
func Aggregate(name string, fn any, window bool, flags int, loc *time.Location) (*engine.Function, error) {
	v, err := goFunc(fn)
	if err != nil {
		return nil, err
	}
	a := &aggregate{}
	if a.make, err = newSignature(v, false, loc); err != nil {
		return nil, err
	}
	t := v.Type()
	if n := t.NumOut(); len(a.make.decode) > 0 || a.make.rest != nil || n == 0 || n > 2 || n == 2 && t.Out(1) != errorType {
		return nil, fmt.Errorf("%s does not make the state of an aggregate: it takes nothing but a context.Context, and returns the state", t)
	}
	a.make.err = t.NumOut() == 2
	state := t.Out(0)
	if a.step, err = methodOf(state, "Step", true, loc); err != nil {
		return nil, err
	}
	if a.last, err = methodOf(state, "Final", false, loc); err != nil {
		return nil, err
	}
	if window {
		if a.inverse, err = methodOf(state, "Inverse", true, loc); err != nil {
			return nil, err
		}
		if a.value, err = methodOf(state, "Value", false, loc); err != nil {
			return nil, err
		}
		if !sameArgs(a.step, a.inverse) {
			return nil, fmt.Errorf("Step and Inverse of %s take different arguments", state)
		}
	}
	return &engine.Function{Name: name, NArg: a.step.nargs(), Flags: flags, New: a.new, Window: window}, nil
}

// methodOf is the method of the state type. One that takes the arguments of SQL
// returns nothing but an error; one that takes none returns the value.
func methodOf(state reflect.Type, name string, takes bool, loc *time.Location) (*signature, error) {
	var m reflect.Method
	var ok bool
	switch name { // constants let the linker drop the methods of other names
	case "Step":
		m, ok = state.MethodByName("Step")
	case "Inverse":
		m, ok = state.MethodByName("Inverse")
	case "Value":
		m, ok = state.MethodByName("Value")
	case "Final":
		m, ok = state.MethodByName("Final")
	}
	if !ok || state.Kind() == reflect.Interface {
		return nil, fmt.Errorf("%s has no method %s: a state is of a type with methods of its own", state, name)
	}
	s, err := newSignature(m.Func, true, loc)
	if err == nil {
		err = s.returns()
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s of %s: %w", name, state, err)
	case takes && s.encode != nil:
		return nil, fmt.Errorf("%s of %s returns a value: it takes a row and returns an error or nothing", name, state)
	case !takes && s.nargs() != 0:
		return nil, fmt.Errorf("%s of %s takes arguments: it returns the value of the rows so far", name, state)
	case !takes && s.encode == nil:
		return nil, fmt.Errorf("%s of %s returns no value", name, state)
	}
	return s, nil
}

func sameArgs(a, b *signature) bool {
	if len(a.decode) != len(b.decode) || (a.rest == nil) != (b.rest == nil) {
		return false
	}
	for i := range len(a.args) - a.first {
		if a.args[a.first+i].Type() != b.args[b.first+i].Type() {
			return false
		}
	}
	return true
}

func (a *aggregate) new(ctx context.Context) (engine.FuncState, error) {
	results, err := a.make.call(ctx, nil)
	if err != nil {
		return nil, err
	}
	if a.make.err && !results[1].IsNil() {
		return nil, results[1].Interface().(error)
	}
	return &state{a, results[0]}, nil
}

// state is a state in Go.
type state struct {
	a *aggregate
	v reflect.Value
}

func (s *state) call(ctx context.Context, m *signature, args []engine.Cell, out *engine.Out) error {
	m.args[0].Set(s.v)
	results, err := m.call(ctx, args)
	if err != nil {
		return err
	}
	return m.finish(results, out)
}

func (s *state) Step(ctx context.Context, args []engine.Cell) error {
	return s.call(ctx, s.a.step, args, &engine.Out{})
}

func (s *state) Inverse(ctx context.Context, args []engine.Cell) error {
	return s.call(ctx, s.a.inverse, args, &engine.Out{})
}

func (s *state) Value(ctx context.Context, out *engine.Out) error {
	return s.call(ctx, s.a.value, nil, out)
}

func (s *state) Final(ctx context.Context, out *engine.Out) error {
	return s.call(ctx, s.a.last, nil, out)
}
