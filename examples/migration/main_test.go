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
	require.NoError(t, run(&out, filepath.Join(t.TempDir(), "shop.db")))
	require.Equal(t, `The plan:
table "customers"
  rebuild (rewrite):
    column "name": its type is "VARCHAR(40)", the model's "text"; the model's is NOT NULL
    column "discount": its type is "TEXT", the model's "integer"
    the model has column "seen_at"
table "orders"
  create index (scan): the model has the index "idx_orders_placed"
stays: table "customers": column "name": its collation is NOCASE, the model names none
stays: table "customers": primary key (id): it has no AUTOINCREMENT: numbers of deleted rows may be given again
stays: table "customers": UNIQUE (email): the model does not have it, and GORM did not make it
stays: table "customers": CHECK (discount <> '100'): the model does not have it
stays: table "orders": column "customer_id": it is NOT NULL, the model's may be NULL; AlterColumn changes that
stays: table "orders": index "orders_of_customer": the model does not have it; AutoMigrate drops no indexes
The times:
table "orders"
  rewrite times (rewrite): 2 texts of the column "placed" are not in this driver's form
Once more: 0 steps
3 Ada, discount 5, 2 orders
7 Grace Hopper, discount 10, 1 orders
trigger: Grace -> Grace Hopper
view: Ada 42.5
view: Grace Hopper 4.0
`, out.String())
}
