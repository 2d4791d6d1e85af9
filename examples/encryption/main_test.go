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
	require.Equal(t, `the pool goes on: Ada is in rude health
clinic.db has the finding in it: false
clinic.db opens with "correct horse": false
clinic.db opens with "battery staple": true
copy.db has the finding in it: false
copy.db opens with "correct horse": true
copy.db opens with "battery staple": false
`, out.String())
}
