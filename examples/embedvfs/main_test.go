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
	require.NoError(t, run(&out))
	require.Equal(t, `France, capital Paris, 4 neighbours
Germany, capital Berlin, 9 neighbours
Poland, capital Warsaw, 2 neighbours
in the archive: 10 countries
8 days near Copenhagen
2 days near Luxembourg
`, out.String())
}

// The embedded file is what the script makes.
func TestAtlasIsOfItsScript(t *testing.T) {
	made := filepath.Join(t.TempDir(), "atlas.db")
	require.NoError(t, makeAtlas(made))
	const all = "SELECT group_concat(line, char(10)) FROM (SELECT sql AS line FROM sqlite_schema WHERE sql > '' " +
		"UNION ALL SELECT concat_ws('|', id, name, capital, area) FROM countries UNION ALL SELECT country_id || '-' || neighbour_id FROM borders)"
	require.Equal(t, dbtest.Text(t, dbtest.Open(t, made), all), dbtest.Text(t, dbtest.Open(t, "atlas.sqlite?mode=ro"), all))
}
