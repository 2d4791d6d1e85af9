package callbacks

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

var seed = flag.Uint64("seed", 7, "of the queries that are made up")

// maker makes queries over the shop, with values that are in it.
type maker struct {
	*rand.Rand
	db *sql.DB
}

var shopColumns = map[string][]string{
	"users":    {"email", "name", "city", "country", "active", "plan", "score", "created_at", "deleted_at"},
	"orders":   {"user_id", "status", "total", "placed_at", "code"},
	"events":   {"kind", "at", "actor_id"},
	"products": {"sku", "title", "price", "category_id"},
	"items":    {"order_id", "product_id", "quantity"},
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (m *maker) value(t testing.TB, table, column string) (v any) {
	n := m.IntN(450)
	require.NoError(t, m.db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT %s FROM %s LIMIT 1 OFFSET %d", column, table, n)).Scan(&v))
	return v
}

func (m *maker) filter(t testing.TB, table, column string) (string, []any) {
	v := m.value(t, table, column)
	name := table + "." + column
	switch m.IntN(9) {
	case 0:
		return name + " > ?", []any{v}
	case 1:
		if n, ok := v.(int64); ok {
			return name + " BETWEEN ? AND ?", []any{n, n + 5}
		}
	case 2:
		return name + " IN (?, ?)", []any{v, m.value(t, table, column)}
	case 3:
		if s, ok := v.(string); ok && len(s) > 3 {
			return name + " LIKE ?", []any{"%" + s[1:]}
		}
	}
	if v == nil {
		return name + " IS NULL", nil
	}
	return name + " = ?", []any{v}
}

func (m *maker) query(t testing.TB) (query string, args []any, tables []string) {
	table := pick(m.Rand, []string{"users", "orders", "events", "products", "items"})
	tables = []string{table}
	query = pick(m.Rand, []string{table + ".*", table + ".*", table + ".*", "count(*)"})
	query = "SELECT " + query + " FROM " + table
	sum := strings.Contains(query, "count")
	if join := map[string][2]string{"orders": {"users", "users.id = orders.user_id"}, "users": {"orders", "orders.user_id = users.id"},
		"events": {"users", "users.id = events.actor_id"}, "items": {"orders", "orders.id = items.order_id"}}[table]; join[0] != "" && m.IntN(4) == 0 {
		query += " JOIN " + join[0] + " ON " + join[1]
		tables = append(tables, join[0])
	}
	var where []string
	for range m.IntN(3) + 1 {
		on := pick(m.Rand, tables)
		w, a := m.filter(t, on, pick(m.Rand, shopColumns[on]))
		where, args = append(where, w), append(args, a...)
	}
	query += " WHERE " + strings.Join(where, " AND ")
	if !sum && m.IntN(3) == 0 {
		query += " ORDER BY " + table + "." + pick(m.Rand, shopColumns[table]) + pick(m.Rand, []string{"", " DESC"})
		query += pick(m.Rand, []string{"", " LIMIT 10"})
	}
	return query, args, tables
}

// reads is how many rows a query reads while the indexes are there.
func reads(t testing.TB, db *gorm.DB, m *meter, query string, args []any, create ...string) (n int64) {
	t.Helper()
	require.NoError(t, db.Connection(func(tx *gorm.DB) error {
		conn := tx.Statement.ConnPool.(*sql.Conn)
		dbtest.Exec(t, conn, "SAVEPOINT oracle")
		defer dbtest.Exec(t, conn, "ROLLBACK TO oracle; RELEASE oracle")
		for _, c := range create {
			dbtest.Exec(t, conn, c)
		}
		m.report()
		rows, err := conn.QueryContext(context.Background(), query, args...)
		require.NoError(t, err)
		for rows.Next() {
		}
		require.NoError(t, rows.Close())
		for _, s := range m.report().Shapes {
			if s.SQL == query {
				n = s.Counters.RowsRead
			}
		}
		return nil
	}))
	return n
}

// The judge is the engine: an index that is advised is made, and what the query
// reads then is counted. Where nothing is advised, all indexes of one and two
// columns that the query names are made, to see whether one was missed.
func TestAdviceOnQueriesMadeUp(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	t.Run("without statistics", func(t *testing.T) { madeUp(t, "") })
	t.Run("after ANALYZE", func(t *testing.T) { madeUp(t, "ANALYZE") })
}

func madeUp(t *testing.T, more string) {
	db, meter := metered(t, dbtest.DSN(t), shopSchema+shopRows+more)
	pool, err := db.DB()
	require.NoError(t, err)
	n := 40
	if dbtest.Long() {
		n = 600
	}
	m := &maker{rand.New(rand.NewPCG(*seed, 9)), pool}
	var right, wrong, missed, silent int
	for range n {
		query, args, tables := m.query(t)
		meter.report()
		run(t, db, query, args, 3)
		r := meter.report()
		all, err := advise(db, r)
		require.NoError(t, err, query)
		before := reads(t, db, meter, query, args)
		var create []string
		for _, a := range all {
			if a.Trials != nil {
				create = append(create, a.SQL)
			}
		}
		if len(create) > 0 {
			if after := reads(t, db, meter, query, args, create...); after*2 <= before {
				right++
			} else {
				wrong++
				t.Logf("WRONG  %s %v\n\t%s: %d rows read before, %d after, %d returned", query, args, said(all), before, after, r.Shapes[0].Rows/3)
			}
			continue
		}
		if index, best := bestIndex(t, db, meter, query, args, tables, before); worth(&r.Shapes[0]) && best*10 <= before {
			missed++
			t.Logf("MISSED %s %v\n\t%s: %d rows read before, %d after, %d returned", query, args, index, before, best, r.Shapes[0].Rows/3)
		} else {
			silent++
		}
	}
	precision, recall := float64(right)/float64(max(1, right+wrong)), float64(right)/float64(max(1, right+missed))
	t.Logf("%d queries: %d right, %d wrong, %d missed, silent on %d; precision %.2f, recall %.2f", n, right, wrong, missed, silent, precision, recall)
	require.GreaterOrEqual(t, precision, 0.9)
	require.GreaterOrEqual(t, recall, 0.8)
}

func bestIndex(t testing.TB, db *gorm.DB, m *meter, query string, args []any, tables []string, before int64) (index string, best int64) {
	best = before
	if before < leastRead {
		return "", best
	}
	for _, table := range tables {
		var named []string
		for _, c := range shopColumns[table] {
			if hasName(query, c) {
				named = append(named, c)
			}
		}
		lists := slices.Clone(named)
		for _, a := range named {
			for _, b := range named {
				if a != b {
					lists = append(lists, a+", "+b)
				}
			}
		}
		for _, list := range lists {
			create := "CREATE INDEX oracle_index ON " + table + "(" + list + ")"
			if after := reads(t, db, m, query, args, create); after < best {
				index, best = create, after
			}
		}
	}
	return index, best
}
