package gofunc

import (
	"context"
	"iter"
	"reflect"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// caller is what a function of the engine calls.
type caller func(ctx context.Context, args []engine.Cell, out *engine.Out) error

// direct calls a function of one of the most usual signatures as it is; nil for
// any other, which reflection calls, in about twice the time.
func direct(fn any) caller {
	for _, try := range [...]func(any) caller{
		unary[int64], unary[float64], unary[string], unary[[]byte], unary[any],
		binary[int64, int64], binary[int64, float64], binary[int64, string],
		binary[float64, int64], binary[float64, float64], binary[float64, string],
		binary[string, int64], binary[string, float64], binary[string, string],
	} {
		if c := try(fn); c != nil {
			return c
		}
	}
	return nil
}

func unary[A any](fn any) caller {
	for _, try := range [...]func(any) caller{
		unaryTo[A, int64], unaryTo[A, float64], unaryTo[A, string], unaryTo[A, []byte], unaryTo[A, bool], unaryTo[A, any],
	} {
		if c := try(fn); c != nil {
			return c
		}
	}
	return nil
}

func unaryTo[A, R any](fn any) caller {
	var call func(context.Context, A) (R, error)
	switch f := fn.(type) {
	case func(A) R:
		call = func(_ context.Context, a A) (R, error) { return f(a), nil }
	case func(A) (R, error):
		call = func(_ context.Context, a A) (R, error) { return f(a) }
	case func(context.Context, A) (R, error):
		call = f
	default:
		return nil
	}
	return func(ctx context.Context, args []engine.Cell, out *engine.Out) error {
		var a A
		if err := get(&args[0], &a); err != nil {
			return argError(0, err)
		}
		r, err := call(ctx, a)
		if err != nil {
			return err
		}
		return put(&r, out)
	}
}

func binary[A, B any](fn any) caller {
	for _, try := range [...]func(any) caller{
		binaryTo[A, B, int64], binaryTo[A, B, float64], binaryTo[A, B, string], binaryTo[A, B, bool],
	} {
		if c := try(fn); c != nil {
			return c
		}
	}
	return nil
}

func binaryTo[A, B, R any](fn any) caller {
	var call func(context.Context, A, B) (R, error)
	switch f := fn.(type) {
	case func(A, B) R:
		call = func(_ context.Context, a A, b B) (R, error) { return f(a, b), nil }
	case func(A, B) (R, error):
		call = func(_ context.Context, a A, b B) (R, error) { return f(a, b) }
	case func(context.Context, A, B) (R, error):
		call = f
	default:
		return nil
	}
	return func(ctx context.Context, args []engine.Cell, out *engine.Out) error {
		var a A
		if err := get(&args[0], &a); err != nil {
			return argError(0, err)
		}
		var b B
		if err := get(&args[1], &b); err != nil {
			return argError(1, err)
		}
		r, err := call(ctx, a, b)
		if err != nil {
			return err
		}
		return put(&r, out)
	}
}

// get reads an argument as the decoder of its type does.
func get[A any](c *engine.Cell, a *A) error {
	switch p := any(a).(type) {
	case *int64:
		if c.Type != engine.CellInteger {
			return doesNotFit(c, reflect.TypeFor[A]())
		}
		*p = c.Num
	case *float64:
		return decodeFloat(c, p, reflect.TypeFor[A]())
	case *string:
		if c.Type != engine.CellText {
			return doesNotFit(c, reflect.TypeFor[A]())
		}
		*p = string(engine.ArgBytes(c))
	case *[]byte:
		return decodeBytes(c, p, reflect.TypeFor[A]())
	case *any:
		*p = value(c)
	}
	return nil
}

// put makes a result SQLite's as the encoder of its type does.
func put[R any](r *R, out *engine.Out) error {
	switch p := any(r).(type) {
	case *int64:
		setInt(out, *p)
	case *float64:
		return setFloat(out, *p)
	case *string:
		setText(out, *p)
	case *[]byte:
		setBytes(out, *p)
	case *bool:
		setBool(out, *p)
	case *any:
		return encodeAny(*p, out)
	}
	return nil
}

// directSeq hands on the rows of an iterator of values of one of the most usual
// types; false: it is of another.
func directSeq(seq any, push func([]engine.Out) bool) (bool, error) {
	for _, try := range [...]func(any, func([]engine.Out) bool) (bool, error){
		seqOf[int64], seqOf[float64], seqOf[string], seqOf[[]byte], seqOf[any],
	} {
		if is, err := try(seq, push); is {
			return true, err
		}
	}
	return false, nil
}

func seqOf[T any](seq any, push func([]engine.Out) bool) (bool, error) {
	var each iter.Seq2[T, error]
	switch s := seq.(type) {
	case iter.Seq2[T, error]:
		each = s
	case iter.Seq[T]:
		each = func(yield func(T, error) bool) { s(func(v T) bool { return yield(v, nil) }) }
	default:
		return false, nil
	}
	row := make([]engine.Out, 1)
	for v, err := range each {
		if err != nil {
			return true, err
		}
		row[0] = engine.Out{}
		if err := put(&v, &row[0]); err != nil {
			return true, err
		}
		if !push(row) {
			break
		}
	}
	return true, nil
}
