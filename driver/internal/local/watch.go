package local

import (
	"context"
	"sync/atomic"
)

// watch sets the flag when the context ends, until stop is called. After
// stop has returned the flag is clear and nothing will set it: a late
// cancellation cannot hit the next statement. A context that cannot end
// costs nothing.
type watch struct {
	stopFunc func() bool
	done     chan struct{}
	flag     *int32
}

func startWatch(ctx context.Context, flag *int32) watch {
	if ctx.Done() == nil {
		return watch{}
	}
	done := make(chan struct{})
	return watch{
		flag: flag,
		done: done,
		stopFunc: context.AfterFunc(ctx, func() {
			atomic.StoreInt32(flag, 1)
			close(done)
		}),
	}
}

func (w watch) stop() {
	if w.stopFunc == nil || w.stopFunc() {
		return
	}
	<-w.done
	atomic.StoreInt32(w.flag, 0)
}
