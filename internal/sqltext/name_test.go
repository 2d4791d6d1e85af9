package sqltext

import "testing"

func TestNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"t": {"", "t"}, "": {"", ""}, "main.t": {"main", "t"}, "`a.b`": {"", "a.b"}, "main.`a.b`": {"main", "a.b"},
		"`x``y`.t": {"x`y", "t"}, "`open": {"", "`open"}, "it's \"q\" `b`": {"", "it's \"q\" `b`"}, "a.": {"a", ""},
	} {
		if schema, table := SplitName(name); schema != want[0] || table != want[1] {
			t.Errorf("%s is %q of %q", name, table, schema)
		}
	}
	for sql, want := range map[string][3]string{
		"`t`": {"", "t", "y"}, "`main`.`t`": {"main", "t", "y"}, "t AS x": {"", "t", "y"}, "t x": {"", "t", "y"}, "main . t, u": {"main", "t", "y"},
		"\"a.b\"": {"", "a.b", "y"}, "[a b]": {"", "a b", "y"}, "(SELECT 1) AS t": {"", "", ""}, "": {"", "", ""}, "t,u": {"", "t", "y"},
	} {
		schema, table, ok := FirstTable(sql)
		if schema != want[0] || table != want[1] || ok != (want[2] != "") {
			t.Errorf("%s: %q of %q, %v", sql, table, schema, ok)
		}
	}
}
