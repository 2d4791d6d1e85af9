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
	require.NoError(t, run(&out))
	require.Equal(t, `near Innsbruck: Bad Tölz (bad-toelz)
near Innsbruck: Zürich (zuerich)
found by its slug: Östersund
the city in the middle has 89059 people
means of neighbours: [19243 35101 70009 266048 580373]
letters: [{s 4} {a 2} {d 2}]
error: distance(): a latitude is from -90 to 90, ours: true
`, out.String())
}
