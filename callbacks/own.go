package callbacks

import "context"

// ownWork is the context of what this package asks by itself. It leads to no
// query that a profiler measures, and none is measured under it.
type ownWork struct{ context.Context }

type ownKey struct{}

// unmeasured leads to no operation.
var unmeasured = &carrier{}

func withOwn(ctx context.Context) context.Context { return ownWork{ctx} }

// Value implements context.Context.
func (o ownWork) Value(key any) any {
	switch key.(type) {
	case ownKey:
		return true
	case *Profiler:
		return unmeasured
	}
	return o.Context.Value(key)
}

func isOwn(ctx context.Context) bool { return ctx.Value(ownKey{}) != nil }
