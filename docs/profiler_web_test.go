package docs_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/web"
	"github.com/gorm-libsql/libsql/libsqltest"
)

func TestProfilerWeb(t *testing.T) {
	db := libsqltest.New(t, &User{}, &Post{})

	p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
	if err := db.Use(p); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/libsql/", web.Handler(p, web.Config{}))

	require.NoError(t, db.Find(&[]User{}).Error)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/debug/libsql/shapes", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Body.String(), "`users`")
}
