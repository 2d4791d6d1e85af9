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
	require.NoError(t, run(&out, filepath.Join(t.TempDir(), "readings.db")))
	require.Regexp(t, `^the query read \d+ pages, \d+ % of them from the cache, which takes \d+ KiB
the database has \d+ pages of 4096 bytes
  idx_readings_sensor: \d+ bytes, \d+ of them empty
  readings: \d+ bytes, \d+ of them empty
`, out.String())
	require.Contains(t, out.String(), `libsql_object_bytes{db="readings",table="readings",index="idx_readings_sensor"} `)
	require.Contains(t, out.String(), "\nlibsql_changes_total{db=\"readings\"} 5000\n")
}
