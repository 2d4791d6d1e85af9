package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.MainLocal(m, dbtest.ShowsLocal, nil) }

func TestRun(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(&out, t.TempDir()))
	require.Equal(t, "orders during the backup were taken: true\nrestored: 10000 orders\nin memory: 49995000 cents\n", out.String())
}
