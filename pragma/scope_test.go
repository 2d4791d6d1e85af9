package pragma_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/pragmas"
	"github.com/gorm-libsql/libsql/pragma"
)

// leftOut are the PRAGMAs that set something and have no variable, with a
// value to set; the reasons are in the table and in docs/pragmas.md.
var leftOut = map[string]string{
	"count_changes": "1", "empty_result_callbacks": "1", "full_column_names": "1", "short_column_names": "0",
	"default_cache_size": "7", "schema_version": "77", "temp_store_directory": "",
}

// commands are the PRAGMAs that do something, and looks those that tell
// something that nobody sets.
var (
	commands = map[string]func(context.Context, pragma.Querier) error{
		"incremental_vacuum": func(ctx context.Context, q pragma.Querier) error { return pragma.IncrementalVacuum(ctx, q, "", 0) },
		"optimize":           pragma.Optimize,
		"shrink_memory":      pragma.ShrinkMemory,
		"wal_checkpoint":     nil, // of the API of the WAL
	}
	looks = map[string]func(context.Context, pragma.Querier) error{
		"collation_list":    look(pragma.CollationList),
		"compile_options":   look(pragma.CompileOptions),
		"data_version":      lookIn(pragma.DataVersion),
		"database_list":     look(pragma.DatabaseList),
		"foreign_key_check": lookAt(pragma.ForeignKeyCheck),
		"foreign_key_list":  lookAt(pragma.ForeignKeyList),
		"freelist_count":    lookIn(pragma.FreelistCount),
		"function_list":     look(pragma.FunctionList),
		"index_info":        lookAt(pragma.IndexInfo), // which asks index_xinfo, its superset
		"index_list":        lookAt(pragma.IndexList),
		"index_xinfo":       lookAt(pragma.IndexInfo),
		"integrity_check":   lookAt(pragma.IntegrityCheck),
		"module_list":       look(pragma.ModuleList),
		"page_count":        lookIn(pragma.PageCount),
		"pragma_list":       look(pragma.PragmaList),
		"quick_check":       lookAt(pragma.QuickCheck),
		"schema_version":    lookIn(pragma.SchemaVersion),
		"table_info":        lookAt(pragma.TableInfo), // which asks table_xinfo, its superset
		"table_list":        lookIn(pragma.TableList),
		"table_xinfo":       lookAt(pragma.TableInfo),
	}
)

func look[T any](fn func(context.Context, pragma.Querier) (T, error)) func(context.Context, pragma.Querier) error {
	return func(ctx context.Context, q pragma.Querier) error {
		_, err := fn(ctx, q)
		return err
	}
}

func lookIn[T any](fn func(context.Context, pragma.Querier, string) (T, error)) func(context.Context, pragma.Querier) error {
	return look(func(ctx context.Context, q pragma.Querier) (T, error) { return fn(ctx, q, "") })
}

func lookAt[T any](fn func(context.Context, pragma.Querier, string, string) (T, error)) func(context.Context, pragma.Querier) error {
	return lookIn(func(ctx context.Context, q pragma.Querier, s string) (T, error) { return fn(ctx, q, s, "t") })
}

// Every PRAGMA of the engine is a setting with a variable, a command, a look,
// or left out for a reason; and the table has no other.
func TestEveryPragmaHasItsPlace(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	ctx := context.Background()
	db := dbtest.Open(t, dbtest.DSN(t, "_auto_vacuum=incremental"))
	dbtest.Exec(t, db, "CREATE TABLE t(a)")
	engine, err := pragma.PragmaList(ctx, db)
	require.NoError(t, err)
	require.Greater(t, len(engine), 60)
	settings := map[string]bool{}
	for _, tr := range slices.Concat(ofConnections, onFiles, ofDatabases, shapes, ofTransactions, ofProcesses) {
		require.False(t, settings[tr.name], tr.name)
		settings[tr.name] = true
	}
	for _, name := range engine {
		row := pragmas.Find(name)
		require.NotNil(t, row, name)
		_, isCommand := commands[name]
		_, isLook := looks[name]
		_, isOut := leftOut[name]
		switch {
		case settings[name]:
			require.True(t, row.IsSetting(), name)
			require.NotEqual(t, pragma.None, pragma.ScopeOf(name))
			require.False(t, isCommand || isLook || isOut, name)
			delete(settings, name)
		case isOut:
			require.True(t, !row.IsSetting() && row.Out != "", name)
			require.NotEqual(t, pragma.None, pragma.ScopeOf(name))
		case isCommand, isLook:
			require.Equal(t, pragma.None, pragma.ScopeOf(name))
		default:
			t.Errorf("%s is new", name)
		}
	}
	require.Empty(t, settings)
	for row := range pragmas.All {
		require.True(t, row.Key || slices.Contains(engine, row.Name), row.Name)
		require.False(t, row.Key && (row.IsSetting() || row.InConfig()), row.Name)
	}
	c := dbtest.Conn(t, db)
	for _, calls := range []map[string]func(context.Context, pragma.Querier) error{commands, looks} {
		for name, call := range calls {
			require.Contains(t, engine, name)
			if call != nil {
				require.NoError(t, call(ctx, c), name)
			}
		}
	}
}

// The scopes of those that have no variable, which raw PRAGMAs need.
func TestScopes(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsSettings)
	for name, value := range leftOut {
		if value == "" {
			require.Equal(t, pragma.Process, pragma.ScopeOf(name), name)
			continue
		}
		db := dbtest.Open(t, dbtest.DSN(t))
		setter, other := dbtest.Conn(t, db), dbtest.Conn(t, db)
		before := dbtest.Text(t, other, "PRAGMA "+name)
		dbtest.Exec(t, setter, "PRAGMA "+name+" = "+value)
		require.Equal(t, value, dbtest.Text(t, setter, "PRAGMA "+name))
		require.NotEqual(t, value, before)
		if pragma.ScopeOf(name) == pragma.Database {
			before = value
		} else {
			require.Equal(t, pragma.Connection, pragma.ScopeOf(name), name)
		}
		require.Equal(t, before, dbtest.Text(t, other, "PRAGMA "+name), name)
	}
	require.Equal(t, pragma.None, pragma.ScopeOf("no_such_pragma"))
	require.Equal(t, pragma.None, pragma.ScopeOf("table_info"))
	for s, name := range []string{"none", "connection", "database", "transaction", "process", "unknown"} {
		require.Equal(t, name, pragma.Scope(s).String())
	}
	require.Equal(t, "unknown", pragma.Scope(-1).String())
}
