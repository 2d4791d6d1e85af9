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
	require.NoError(t, run(&out, filepath.Join(t.TempDir(), "books.db")))
	require.Equal(t, `statement 1 changed 2 rows and returned [] []
statement 2 changed 1 rows and returned [id title] [[2 A-1]]
statement 3 changed 0 rows and returned [lines] [[2]]
line 2: UNIQUE constraint failed: authors.name: INSERT INTO authors(name) VALUES ('Ada')
[Ada Grace Alan]
10000 results, the last id is 10002
`, out.String())
}
