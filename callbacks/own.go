package callbacks

import "context"

// own marks what this package asks by itself, which is not for the profile.
type own struct{}

func withOwn(ctx context.Context) context.Context { return context.WithValue(ctx, own{}, true) }

func isOwn(ctx context.Context) bool { return ctx.Value(own{}) != nil }
