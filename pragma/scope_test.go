package pragma_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/pragma"
)

// settings are a value for each PRAGMA that sets something and tells what is
// set, unlike the one that is there at first.
var settings = map[string]any{
	"analysis_limit": 7, "automatic_index": 0, "busy_timeout": 7, "cache_size": 7, "cache_spill": 0,
	"cell_size_check": 1, "checkpoint_fullfsync": 1, "count_changes": 1, "empty_result_callbacks": 1,
	"foreign_keys": 0, "full_column_names": 1, "fullfsync": 1, "ignore_check_constraints": 1,
	"journal_size_limit": 7, "legacy_alter_table": 1, "locking_mode": "exclusive",
	"max_page_count": 7777, "mmap_size": 4096, "query_only": 1, "read_uncommitted": 1, "recursive_triggers": 1,
	"reverse_unordered_selects": 1, "secure_delete": 1, "short_column_names": 0, "synchronous": 3, "temp_store": 2,
	"threads": 2, "trusted_schema": 0, "wal_autocheckpoint": 7, "writable_schema": 1,
	"application_id": 7, "default_cache_size": 7, "schema_version": 77, "user_version": 7,
	"defer_foreign_keys": 1,
	"soft_heap_limit":    1 << 40, "hard_heap_limit": 1 << 40,
}

// others set something and do not tell, or cannot be tried like the rest:
// journal_mode needs the file alone, and the process keeps the last two.
var others = map[string]pragma.Scope{
	"case_sensitive_like": pragma.Connection, "journal_mode": pragma.Connection,
	"auto_vacuum": pragma.Database, "encoding": pragma.Database, "page_size": pragma.Database,
	"temp_store_directory": pragma.Process,
}

// What one connection sets is seen by those that the scope names.
func TestScopes(t *testing.T) {
	ctx := context.Background()
	for name, value := range settings {
		if pragma.ScopeOf(name) == pragma.Process {
			continue // it would hold for the tests that follow
		}
		t.Run(name, func(t *testing.T) {
			db, err := sql.Open(driver.Name, filepath.Join(t.TempDir(), "a.db"))
			require.NoError(t, err)
			defer db.Close()
			setter, err := db.Conn(ctx)
			require.NoError(t, err)
			defer setter.Close()
			other, err := db.Conn(ctx)
			require.NoError(t, err)
			defer other.Close()
			get := func(c *sql.Conn) (s string) {
				require.NoError(t, c.QueryRowContext(ctx, "PRAGMA "+name).Scan(&s))
				return s
			}
			before := get(other)
			if pragma.ScopeOf(name) == pragma.Transaction {
				_, err := setter.ExecContext(ctx, "BEGIN")
				require.NoError(t, err)
			}
			_, err = setter.ExecContext(ctx, fmt.Sprintf("PRAGMA %s = %v", name, value))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(value), get(setter))
			require.NotEqual(t, before, get(setter))
			switch pragma.ScopeOf(name) {
			case pragma.Connection:
				require.Equal(t, before, get(other))
			case pragma.Database:
				require.Equal(t, fmt.Sprint(value), get(other))
			case pragma.Transaction:
				require.Equal(t, before, get(other))
				_, err := setter.ExecContext(ctx, "COMMIT")
				require.NoError(t, err)
				require.Equal(t, before, get(setter))
			default:
				t.Errorf("scope %v", pragma.ScopeOf(name))
			}
		})
	}
}

// The table has every PRAGMA of the engine that sets something.
func TestEveryPragmaHasAScope(t *testing.T) {
	db, err := sql.Open(driver.Name, ":memory:")
	require.NoError(t, err)
	defer db.Close()
	asks := map[string]bool{}
	for _, name := range []string{
		"collation_list", "compile_options", "data_version", "database_list", "foreign_key_check", "foreign_key_list",
		"freelist_count", "function_list", "incremental_vacuum", "index_info", "index_list", "index_xinfo", "integrity_check",
		"module_list", "optimize", "page_count", "pragma_list", "quick_check", "shrink_memory", "table_info", "table_list",
		"table_xinfo", "wal_checkpoint",
	} {
		asks[name] = true
	}
	rows, err := db.Query("SELECT name FROM pragma_pragma_list")
	require.NoError(t, err)
	defer rows.Close()
	n := 0
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		n++
		scope, isOther := others[name]
		_, isSetting := settings[name]
		switch {
		case asks[name]:
			require.Equal(t, pragma.None, pragma.ScopeOf(name), name)
		case isOther:
			require.Equal(t, scope, pragma.ScopeOf(name), name)
		case isSetting:
			require.NotEqual(t, pragma.None, pragma.ScopeOf(name), name)
		default:
			t.Errorf("%s is new", name)
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, len(asks)+len(others)+len(settings), n)
	require.Equal(t, pragma.None, pragma.ScopeOf("no_such_pragma"))
	for s, name := range []string{"none", "connection", "database", "transaction", "process", "unknown"} {
		require.Equal(t, name, pragma.Scope(s).String())
	}
	require.Equal(t, "unknown", pragma.Scope(-1).String())
}
