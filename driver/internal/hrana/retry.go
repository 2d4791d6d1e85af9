package hrana

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

// The numbers of trying again. A pause is random, below firstPause·2ⁿ.
const (
	mostTries  = 5
	firstPause = 50 * time.Millisecond
	mostPause  = 5 * time.Second
)

// retry is how often, and why, a request has been tried again: docs/remote.md
// has the table.
type retry struct {
	tries int
	token bool // the token was asked for anew
	read  bool // the server may have run it, and it reads
}

// again waits as long as is good before the request is made again. An error is
// why it is not to be.
func (r *retry) again(ctx context.Context, t *transport, err error, token string, reads bool) error {
	r.tries++
	var f *failure
	if !errors.As(err, &f) || ctx.Err() != nil {
		return err
	}
	pause := time.Duration(0)
	switch {
	case f.status == http.StatusUnauthorized && t.opts.TokenFunc != nil && !r.token:
		r.token = true
		_, err := t.currentToken(ctx, &token)
		return err
	case f.final || r.tries >= mostTries:
		return err
	case f.busy(), f.notRun: // the baton, if any, is still good
		pause = max(rand.N(firstPause<<(r.tries-1)), f.after)
	case f.passing() && reads && !r.read:
		r.read = true
		pause = max(rand.N(firstPause), f.after)
	default:
		return err
	}
	if pause > mostPause || !wait(ctx, pause) {
		return err
	}
	return nil
}

// wait is false when the context ends first.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
