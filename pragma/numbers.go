package pragma

import (
	"context"

	"github.com/gorm-libsql/libsql/internal/pragmas"
)

// PageCount is how many pages a database has; its size is that many times
// [PageSize]: https://www.sqlite.org/pragma.html#pragma_page_count. The schema
// "" is main, here and below.
func PageCount(ctx context.Context, q Querier, schema string) (Pages, error) {
	return number[Pages](ctx, q, "page_count", schema)
}

// FreelistCount is how many pages of a database are free:
// https://www.sqlite.org/pragma.html#pragma_freelist_count.
func FreelistCount(ctx context.Context, q Querier, schema string) (Pages, error) {
	return number[Pages](ctx, q, "freelist_count", schema)
}

// SchemaVersion is a number that changes with each change of the schema:
// https://www.sqlite.org/pragma.html#pragma_schema_version.
func SchemaVersion(ctx context.Context, q Querier, schema string) (int64, error) {
	return number[int64](ctx, q, "schema_version", schema)
}

// DataVersion is a number that changes when another connection has changed the
// database: https://www.sqlite.org/pragma.html#pragma_data_version. Only
// numbers of one connection compare, so it refuses a pool.
func DataVersion(ctx context.Context, q Querier, schema string) (int64, error) {
	if poolOf(q) != nil {
		return 0, errOfOne("data_version")
	}
	return number[int64](ctx, q, "data_version", schema)
}

// number is what a PRAGMA tells of a database that nobody sets.
func number[T any](ctx context.Context, q Querier, name, schema string) (T, error) {
	return Setting[T]{&pragmas.Pragma{Name: name, Schema: true}, schema}.Get(ctx, q)
}
