package hrana

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// As many named arguments as SQLite takes are a matter of milliseconds: no name
// is looked for among all the others.
func TestManyNamedArguments(t *testing.T) {
	const n = 32_000
	var text strings.Builder
	var args []driver.NamedValue
	text.WriteString("SELECT 0")
	for i := range n {
		name := "parameter" + strconv.Itoa(i)
		text.WriteString(",:" + name)
		args = append(args, driver.NamedValue{Name: name, Value: int64(i)})
	}
	began := time.Now()
	stmts, err := statements(text.String(), args, true)
	require.NoError(t, err)
	_, err = appendArguments(nil, &stmts[0], args)
	require.NoError(t, err)
	stmts, err = statements(text.String()+",?", append(args, driver.NamedValue{Ordinal: n + 1, Value: int64(1)}), true)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(stmts[0].sql, ",?32000,?32001"), "those beside a plain one are numbered")
	require.Less(t, time.Since(began), 5*time.Second)
}
