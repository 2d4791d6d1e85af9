package pragma

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/gorm-libsql/libsql/driver"
)

// IntegrityCheck looks for damage in a table and its indexes, or with table ""
// in all of the schema, in those of every database of the connection when that
// is "" too (https://www.sqlite.org/pragma.html#pragma_integrity_check). It
// returns a text for each thing that it finds, a hundred at most, and nothing
// for a database that is sound. Damage is never an error; a file that is no
// database at all is. It takes about as long as reading the file.
func IntegrityCheck(ctx context.Context, q Querier, schema, table string) ([]string, error) {
	return damage(ctx, q, "integrity_check", schema, table)
}

// QuickCheck is [IntegrityCheck] without looking whether indexes match their
// tables: https://www.sqlite.org/pragma.html#pragma_quick_check.
func QuickCheck(ctx context.Context, q Querier, schema, table string) ([]string, error) {
	return damage(ctx, q, "quick_check", schema, table)
}

func damage(ctx context.Context, q Querier, name, schema, table string) ([]string, error) {
	if _, err := strconv.ParseInt(table, 0, 64); err == nil {
		return nil, fmt.Errorf("libsql: PRAGMA %s takes a table whose name is the number %s for how much to report", name, table)
	}
	call, args := function("pragma_"+name, schema, table)
	if table == "" {
		args[0] = nil
	}
	found, err := list(ctx, q, name, "SELECT * FROM "+call, args, oneName)
	switch {
	case errors.Is(err, driver.ErrCorrupt): // where the check could not go on
		return append(found, err.Error()), nil
	case err != nil:
		return nil, err
	case len(found) == 1 && found[0] == "ok":
		return nil, nil
	}
	return found, nil
}

// Optimize runs ANALYZE on the tables that have changed much since the last
// time and that the connection has queried: https://www.sqlite.org/pragma.html#pragma_optimize.
// On a pool it is any one connection.
func Optimize(ctx context.Context, q Querier) error {
	return run(ctx, q, "optimize", "PRAGMA optimize")
}

// IncrementalVacuum gives free pages of a database back to the file system, as
// many as that, or with 0 all: https://www.sqlite.org/pragma.html#pragma_incremental_vacuum.
// The schema "" is main. It is an error when [AutoVacuum] is not [VacuumIncremental],
// where SQLite would do nothing.
func IncrementalVacuum(ctx context.Context, q Querier, schema string, pages Pages) error {
	return onOne(ctx, q, func(q Querier) error {
		vacuum := AutoVacuum.In(schema)
		mode, err := vacuum.Get(ctx, q)
		switch {
		case err != nil:
			return err
		case mode != VacuumIncremental:
			return fmt.Errorf("libsql: PRAGMA incremental_vacuum: %s is %s and not %s", vacuum, mode, VacuumIncremental)
		case pages < 0:
			return fmt.Errorf("libsql: PRAGMA incremental_vacuum takes a number of pages, not %d", pages)
		}
		return run(ctx, q, "incremental_vacuum", fmt.Sprintf("%s(%d)", vacuum.sql("incremental_vacuum"), pages))
	})
}

// ShrinkMemory gives back as much memory of a connection as it can:
// https://www.sqlite.org/pragma.html#pragma_shrink_memory. It refuses a pool,
// of which it would be any one connection.
func ShrinkMemory(ctx context.Context, q Querier) error {
	if poolOf(q) != nil {
		return errOfOne("shrink_memory")
	}
	return run(ctx, q, "shrink_memory", "PRAGMA shrink_memory")
}

// errOfOne is the error about a question that makes no sense on a pool.
func errOfOne(name string) error {
	return fmt.Errorf("libsql: PRAGMA %s is of one connection, and a pool has many: use a *sql.Conn", name)
}

func run(ctx context.Context, q Querier, name, query string) error {
	if _, _, err := one(ctx, q, query); err != nil {
		return fmt.Errorf("libsql: PRAGMA %s: %w", name, err)
	}
	return nil
}
