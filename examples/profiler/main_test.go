package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.ShowsLocal, nil) }

func TestRun(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(&out, filepath.Join(t.TempDir(), "shop.db")))
	text := out.String()
	require.Contains(t, text, "One query for each customer: 2000 orders\n")
	require.Contains(t, text, "101 queries")
	require.Regexp(t, `(?m)^\d +100 +100 +\S+ +profiler/main\.go:\d+ +SELECT \* FROM .orders. WHERE customer_id = \?`, text)
	require.Contains(t, text, "CREATE INDEX", "the advice")
	require.Contains(t, text, "With Preload: 2 queries, which read 2100 rows\n")
}
