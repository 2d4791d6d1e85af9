package sqltext

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePragma(t *testing.T) {
	tests := []struct{ sql, schema, name, value string }{
		{"PRAGMA user_version", "", "user_version", ""},
		{"pragma Foreign_Keys;", "", "foreign_keys", ""},
		{"PRAGMA main.user_version; SELECT 1", "main", "user_version", ""},
		{"PRAGMA foreign_keys = ON", "", "foreign_keys", "ON"},
		{"PRAGMA foreign_keys==off", "", "foreign_keys", "off"},
		{"PRAGMA temp.cache_size=-200", "temp", "cache_size", "-200"},
		{"PRAGMA cache_size = + 5", "", "cache_size", "+ 5"},
		{"PRAGMA cache_size(- 1.5)", "", "cache_size", "- 1.5"},
		{"PRAGMA table_info(users)", "", "table_info", "users"},
		{`PRAGMA table_info("it's")`, "", "table_info", `"it's"`},
		{"PRAGMA table_info ( 'it''s' )", "", "table_info", "'it''s'"},
		{"PRAGMA x=''", "", "x", "''"},
		{"PRAGMA [Main].`Table_Info`([a b])", "Main", "table_info", "[a b]"},
		{`PRAGMA 'main' . "foreign_keys"`, "main", "foreign_keys", ""},
		{"/* a */PRAGMA/* b */x/* c */=/* d */1/* e */", "", "x", "1"},
		{"PRAGMA a.b(-1)", "a", "b", "-1"},
		{"PRAGMA gr\xd6\xdfE", "", "gr\xd6\xdfe", ""},
	}
	for _, test := range tests {
		t.Run(test.sql, func(t *testing.T) {
			schema, name, value, ok := ParsePragma(test.sql)
			require.True(t, ok)
			require.Equal(t, test.schema, schema)
			require.Equal(t, test.name, name)
			require.Equal(t, test.value, value)
		})
	}
}

func TestParsePragmaRefuses(t *testing.T) {
	for _, sql := range []string{
		"", "SELECT 1", "EXPLAIN PRAGMA x", "PRAGMA", "PRAGMA;x", "PRAGMA 1", "PRAGMA .x", "PRAGMA a.",
		"PRAGMA a.b.c", "PRAGMA a b", "PRAGMA x =", "PRAGMA x()", "PRAGMA x(", "PRAGMA x(1", "PRAGMA x)1)",
		"PRAGMA x = 1 2", "PRAGMA x = - a", "PRAGMA x = * 1", "PRAGMA x = ?", "PRAGMA x = x'00'", "PRAGMA x < 1",
		"PRAGMA x = -", "PRAGMA a.b(-1 2)", "PRAGMA x = 'a", "SELECT 1; PRAGMA x",
	} {
		schema, name, value, ok := ParsePragma(sql)
		require.False(t, ok, sql)
		require.Empty(t, schema+name+value, sql)
	}
}
