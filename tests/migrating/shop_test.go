package migrating

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/migrator"
)

// The shop is a database that was made by plain SQL: a table with everything
// that hangs on one, and the tables that refer to it.
const shopTables = `
CREATE TABLE customers (
	id integer PRIMARY KEY AUTOINCREMENT,
	name text NOT NULL, -- as on letters
	email text,
	boss_id integer REFERENCES customers(id) ON DELETE SET NULL,
	age integer
);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer NOT NULL REFERENCES customers(id) ON DELETE CASCADE, total real, note text);
CREATE TABLE visits (customer_id integer REFERENCES customers(id) ON DELETE SET NULL, "at" text);
CREATE TABLE audit (what text, who integer);`

// shopRows fills it; %[1]d is how many customers there are.
const shopRows = `
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[1]d)
INSERT INTO customers SELECT i, 'Customer ' || i, CASE WHEN i %% 3 THEN 'c' || i || '@example.org' END, CASE WHEN i > 9 THEN i / 10 END, i %% 90 FROM n;
UPDATE sqlite_sequence SET seq = seq + 1000;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %[1]d * 3 / 2)
INSERT INTO orders SELECT i, 1 + i %% %[1]d, i / 4.0, 'note ' || i FROM n;
INSERT INTO visits(rowid, customer_id, "at") SELECT id * 7, id, '2024-01-02' FROM customers WHERE id %% 2;`

const shopObjects = `
CREATE INDEX by_name ON customers(name COLLATE NOCASE DESC) WHERE name <> '';
CREATE UNIQUE INDEX by_email ON customers(lower(email));
CREATE TRIGGER customers_new AFTER INSERT ON customers BEGIN INSERT INTO audit VALUES ('new', new.id); END;
CREATE TRIGGER customers_gone BEFORE DELETE ON customers BEGIN INSERT INTO audit VALUES ('gone', old.id); END;
CREATE TRIGGER orders_gone AFTER DELETE ON orders BEGIN UPDATE customers SET age = age WHERE id = old.customer_id; END;
CREATE VIEW spenders AS SELECT c.name, sum(o.total) AS total FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id;
CREATE TRIGGER spenders_new INSTEAD OF INSERT ON spenders BEGIN INSERT INTO customers(name) VALUES (new.name); END;`

// Customer asks for a CHECK, which takes a rebuild.
type Customer struct {
	ID     uint
	Name   string
	Email  *string
	BossID *uint
	Age    int    `gorm:"check:sane_age,age >= 0"`
	Grade  string `gorm:"not null;default:new;index"`
}

// Order asks for what ALTER TABLE can do.
type Order struct {
	ID         uint
	CustomerID uint `gorm:"index"`
	Total      float64
	Note       string `gorm:"index:notes,where:note <> ''"`
	Paid       bool   `gorm:"not null;default:false"`
	Place      *string
}

// Visit asks for a rebuild of a table without a key.
type Visit struct {
	CustomerID *uint
	At         string `gorm:"check:at <> ''"`
}

// Bill is new.
type Bill struct {
	ID      uint
	OrderID uint
	Order   Order
	Sum     int64
}

// works are models to migrate a shop to.
var works = map[string][]any{
	"rebuild": {&Customer{}},
	"native":  {&Order{}},
	"several": {&Customer{}, &Order{}, &Visit{}, &Bill{}},
}

// open returns a GORM on the file; it is closed, and the database checked, at
// the end of the test.
func open(t testing.TB, dsn string, cfg ...*gorm.Config) *gorm.DB {
	t.Helper()
	db, err := openWith(dsn, nil, cfg...)
	require.NoError(t, err)
	t.Cleanup(func() {
		intact(t, pool(t, db))
		dbtest.Close(t, pool(t, db))
	})
	return db
}

func openWith(dsn string, onMigrate func(migrator.Event), cfg ...*gorm.Config) (*gorm.DB, error) {
	c := &gorm.Config{}
	if len(cfg) > 0 {
		c = cfg[0]
	}
	c.Logger = logger.Default.LogMode(logger.Silent)
	return gorm.Open(libsql.New(libsql.Config{DSN: dsn, OnMigrate: onMigrate}), c)
}

func pool(t testing.TB, db *gorm.DB) *sql.DB {
	t.Helper()
	p, err := db.DB()
	require.NoError(t, err)
	return p
}

// watched is a migrator of db that tells fn of its steps.
func watched(t testing.TB, db *gorm.DB, fn func(migrator.Event)) migrator.Migrator {
	t.Helper()
	m, ok := db.Migrator().(libsql.Migrator)
	require.True(t, ok)
	m.OnMigrate = fn
	return m
}

// makeShop makes the shop with n customers.
func makeShop(t testing.TB, q dbtest.Execer, n int) {
	t.Helper()
	dbtest.Exec(t, q, "BEGIN;"+shopTables+fmt.Sprintf(shopRows, n)+shopObjects+"COMMIT")
}

// shop is an open shop of 100 customers.
func shop(t testing.TB, params string, cfg ...*gorm.Config) (db *gorm.DB, dsn string) {
	t.Helper()
	dsn = dbtest.DSN(t, strings.TrimPrefix(params, "?"))
	db = open(t, dsn, cfg...)
	c := dbtest.Conn(t, pool(t, db))
	makeShop(t, c, 100)
	require.NoError(t, c.Close())
	return db, dsn
}

// state is a database as far as it can be seen: its schema, and the rows in
// the columns that a shop has from the start.
type state struct{ schema, rows string }

var shopColumns = []string{
	"SELECT id, name, email, boss_id, age FROM customers ORDER BY id",
	"SELECT id, customer_id, total, note FROM orders ORDER BY id",
	`SELECT rowid, customer_id, "at" FROM visits ORDER BY rowid`,
	"SELECT rowid, what, who FROM audit ORDER BY rowid",
	"SELECT name, seq FROM sqlite_sequence WHERE name IN ('customers') ORDER BY name",
}

func look(t testing.TB, q dbtest.Querier) (s state) {
	t.Helper()
	s.schema = schemaOf(t, q)
	for _, query := range shopColumns {
		s.rows += dbtest.Text(t, q, "SELECT hex(sha3_query(?))", query) + "\n"
	}
	return s
}

// schemaOf is all objects, one a line.
func schemaOf(t testing.TB, q dbtest.Querier) string {
	t.Helper()
	return dbtest.Text(t, q, "SELECT coalesce(group_concat(line, char(10)), '') FROM "+
		"(SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') AS line FROM sqlite_schema ORDER BY 1)")
}

// intact checks the file and its foreign keys.
func intact(t testing.TB, q dbtest.Querier) {
	t.Helper()
	dbtest.Intact(t, q)
	if n := dbtest.Int(t, q, "SELECT count(*) FROM pragma_foreign_key_check"); n != 0 {
		t.Errorf("%d rows break a foreign key", n)
	}
}

const settings = "SELECT 'foreign_keys ' || (SELECT * FROM pragma_foreign_keys) || ', legacy_alter_table ' || " +
	"(SELECT * FROM pragma_legacy_alter_table) || ', defer_foreign_keys ' || (SELECT * FROM pragma_defer_foreign_keys)"

const defaults = "foreign_keys 1, legacy_alter_table 0, defer_foreign_keys 0"

// settled checks that every connection of the pool has its settings and no
// transaction, and that it can write.
func settled(t testing.TB, db *gorm.DB) {
	t.Helper()
	p := pool(t, db)
	// database/sql ends a cancelled transaction in a goroutine of its own.
	dbtest.Unused(t, p, time.Minute)
	n := max(1, p.Stats().OpenConnections)
	for range n {
		c := dbtest.Conn(t, p)
		defer c.Close()
		usable(t, c)
	}
}

func usable(t testing.TB, c *sql.Conn) {
	t.Helper()
	require.Equal(t, defaults, dbtest.Text(t, c, settings))
	dbtest.Exec(t, c, "BEGIN IMMEDIATE; PRAGMA user_version = 7; ROLLBACK")
}

// failed checks an error and that nothing has come of it.
func failed(t testing.TB, db *gorm.DB, before state, err error, parts ...string) {
	t.Helper()
	require.Error(t, err)
	for _, p := range parts {
		require.ErrorContains(t, err, p)
	}
	require.Equal(t, before, look(t, pool(t, db)))
	settled(t, db)
}

// steps are the events of a migration, one a line.
func steps(events []migrator.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%s: %s\n", e.Table, e.Step)
	}
	return b.String()
}

// canceled is a context that has ended.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func tables(t testing.TB, db *gorm.DB) []string {
	t.Helper()
	names, err := db.Migrator().GetTables()
	require.NoError(t, err)
	return names
}
