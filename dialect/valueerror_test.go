package dialect

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestComparedColumn(t *testing.T) {
	for text, want := range map[string][]string{
		"UPDATE `t` SET `a b`=?,`c`=? WHERE `t`.`d` = ? AND `e`=? /* = */": {"a b", "c", "d", "e", ""},
		"WHERE x IN (?,?) AND y = @z AND '=' = ? AND w = 1 OR ?":           {"", "", "y", "", ""},
		"a = f(?) = ?": {"", ""},
		"?":            {""},
	} {
		for n, column := range want {
			require.Equal(t, column, comparedColumn(text, n), "%s, %d", text, n)
		}
	}
}
