package web

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Many who ask at once cost one, an error is not kept, and who waits for
// another may give up.
func TestKept(t *testing.T) {
	k := newKept[int]()
	made := 0
	var all sync.WaitGroup
	for range 20 {
		all.Add(1)
		go func() {
			defer all.Done()
			v, err := k.get(t.Context(), time.Hour, func() (int, error) { made++; return made, nil })
			if v != 1 || err != nil {
				t.Error(v, err)
			}
		}()
	}
	all.Wait()
	k.forget()
	failed := errors.New("failed")
	_, err := k.get(t.Context(), time.Hour, func() (int, error) { return 0, failed })
	require.ErrorIs(t, err, failed)
	v, err := k.get(t.Context(), time.Hour, func() (int, error) { return 2, nil })
	require.NoError(t, err)
	require.Equal(t, 2, v)
	v, err = k.get(t.Context(), 0, func() (int, error) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := k.get(ctx, 0, func() (int, error) { return 4, nil })
		require.ErrorIs(t, err, context.Canceled)
		return 3, nil
	})
	require.NoError(t, err)
	require.Equal(t, 3, v)
}
