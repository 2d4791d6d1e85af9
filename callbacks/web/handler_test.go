package web_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/callbacks"
)

// pages are all that a person can look at.
var pages = []string{"", "shapes", "loops", "transactions", "slow", "tables", "callers", "advice"}

func TestPagesOfAnEmptyProfiler(t *testing.T) {
	_, p := open(t, callbacks.ProfilerConfig{}, 0)
	h := handler(p)
	for _, name := range pages {
		w := get(t, h, name)
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", name, w.Body)
		require.Contains(t, w.Body.String(), "</html>", name)
	}
}

func TestPages(t *testing.T) {
	db, p := open(t, callbacks.ProfilerConfig{Slow: 1}, 200)
	busy(t, db)
	h := handler(p)
	for _, name := range append(pages, "shape?id="+shapeID(t, p, "SELECT * FROM `orders` WHERE customer_id = ?")) {
		w := get(t, h, name)
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", name, w.Body)
		require.Contains(t, w.Body.String(), "</html>", name)
	}
}
