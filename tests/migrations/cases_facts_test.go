package migrations_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// libSQL's ALTER COLUMN looks at no row: what the rows forbid is refused
// before, and what has to be converted is.
func TestAlterColumnLooksAtTheRows(t *testing.T) {
	const t1 = "CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer)"
	typed := func(tag string) change { return alterTag("name", tag) }
	run(t, []migration{
		{name: "texts that are numbers", live: []string{t1, "INSERT INTO t1(id, name) VALUES (1, '12'), (2, '-3'), (3, 'abc'), (4, NULL)"},
			do: typed("type:integer"), asks: [][2]string{{"SELECT typeof(name), name FROM t1", "integer 12|integer -3|text abc|null NULL"}}},
		{name: "texts that would be others", live: []string{t1, "INSERT INTO t1(id, name) VALUES (1, '12'), (2, '007'), (3, '1e3'), (4, ' 5')"},
			do: typed("type:integer"), err: `table "t1": column "name": a value would not be the same in the type "integer" (3 rows); nothing was changed`},
		{name: "a number too large", live: []string{t1, "INSERT INTO t1(id, name) VALUES (1, '9007199254740993')"},
			do: typed("type:real"), err: `column "name": a value would not be the same in the type "real" (1 row)`},
		{name: "numbers as texts", live: []string{t1, "INSERT INTO t1(id, age) VALUES (1, 12), (2, x'00')"},
			do: alterTag("age", "type:text"), asks: [][2]string{{"SELECT typeof(age) FROM t1", "text|blob"}}},
		{name: "STRICT", live: []string{t1 + " STRICT", "INSERT INTO t1(id, name) VALUES (1, 'abc')"},
			do: typed("type:integer"), err: `table "t1"`},
		{name: "STRICT numbers", live: []string{"CREATE TABLE t1(id INTEGER PRIMARY KEY, name TEXT) STRICT", "INSERT INTO t1(id, name) VALUES (1, '12')"},
			do: typed("type:INTEGER"), asks: [][2]string{{"SELECT typeof(name) FROM t1", "integer"}}},
		{name: "a type that STRICT does not have", live: []string{"CREATE TABLE t1(id INTEGER PRIMARY KEY, name TEXT) STRICT", "INSERT INTO t1(id, name) VALUES (1, '12')"},
			do: typed("type:money"), asks: [][2]string{{"SELECT strict FROM pragma_table_list('t1')", "1"}, {"SELECT type FROM pragma_table_info('t1') WHERE name = 'name'", "TEXT"}, {"SELECT typeof(name), name FROM t1", "text 12"}}},
		{name: "NULL under NOT NULL with a default", live: []string{t1, "INSERT INTO t1(id) VALUES (1)"},
			do: typed("not null;default:x"), err: `column "name" cannot be NOT NULL: a value is NULL (1 row)`},
		{name: "CHECK", live: []string{t1, "INSERT INTO t1(id, name) VALUES (1, 'x'), (2, NULL)"},
			do: typed("type:text CHECK (name <> 'x')"), err: `column "name": a value breaks CHECK (name <> 'x') (1 row)`},
		{name: "CHECK that holds", live: []string{t1, "INSERT INTO t1(id, name) VALUES (1, 'y'), (2, NULL)"},
			do: typed("type:text CHECK (name <> 'x')"), asks: [][2]string{{"SELECT instr(sql, 'CHECK') > 0 FROM sqlite_schema WHERE name = 't1'", "1"}}},
		{name: "orphans", live: []string{t1, "CREATE TABLE p(id text PRIMARY KEY)", "INSERT INTO t1(id, name) VALUES (1, 'x')"},
			do: typed("type:text REFERENCES p(id)"), err: `table "t1": rows refer to what is not there: foreign key (name) to p`},
		{name: "REFERENCES", live: []string{t1, "CREATE TABLE p(id text PRIMARY KEY)", "INSERT INTO p VALUES ('x')", "INSERT INTO t1(id, name) VALUES (1, 'x')"},
			do: typed("type:text REFERENCES p(id) ON DELETE CASCADE"), asks: [][2]string{{"SELECT \"from\", \"to\", on_delete FROM pragma_foreign_key_list('t1')", "name id CASCADE"}}},
		{name: "REFERENCES for a constraint of the table", live: []string{"CREATE TABLE p(id text PRIMARY KEY)", "CREATE TABLE t1(id integer PRIMARY KEY, name text, CONSTRAINT fk FOREIGN KEY (name) REFERENCES p)"},
			do: typed("type:text REFERENCES p(id) ON DELETE CASCADE"), asks: [][2]string{{"SELECT \"from\", \"to\", on_delete FROM pragma_foreign_key_list('t1')", "name id CASCADE"}}},
		{name: "UNIQUE", live: []string{t1, "INSERT INTO t1(id, name) VALUES (1, 'x')"},
			do: typed("type:varchar(9) UNIQUE"), asks: [][2]string{{"SELECT origin, \"unique\" FROM pragma_index_list('t1')", "u 1"}}},
		{name: "UNIQUE that is none", live: []string{t1, "INSERT INTO t1(id, name) VALUES (1, 'x'), (2, 'x')"},
			do: typed("type:varchar(9) UNIQUE"), err: "UNIQUE constraint failed"},
		{name: "collation with an index", live: []string{t1, "CREATE INDEX i ON t1(name)", "INSERT INTO t1(id, name) VALUES (1, 'b'), (2, 'A'), (3, 'B'), (4, 'a')"},
			do: typed("type:text COLLATE NOCASE"), keeps: []string{"i"}, asks: [][2]string{{"SELECT id FROM t1 INDEXED BY i WHERE name = 'a' ORDER BY id", "2|4"}}},
		{name: "collation with a unique index", live: []string{t1, "CREATE UNIQUE INDEX i ON t1(name)", "INSERT INTO t1(id, name) VALUES (1, 'a'), (2, 'A')"},
			do: typed("type:text COLLATE NOCASE"), err: `table "t1"`, keeps: []string{"i"}},
		{name: "unique column", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text UNIQUE)", "INSERT INTO t1(id, name) VALUES (1, 'x')"},
			do: typed("type:varchar(9);not null"), asks: [][2]string{{"SELECT type, \"notnull\" FROM pragma_table_info('t1') WHERE name = 'name'", "varchar(9) 1"}, {"SELECT origin FROM pragma_index_list('t1')", "u"}}},
		{name: "name in another case and quotes", live: []string{"CREATE TABLE T1(id integer PRIMARY KEY, [NAME] text)", "INSERT INTO t1(id, name) VALUES (1, 'x')"},
			do: typed("type:varchar(9)"), asks: [][2]string{{"SELECT name, type FROM pragma_table_info('t1')", "id INTEGER|NAME varchar(9)"}}},
		{name: "a default alone", live: []string{t1, "INSERT INTO t1(id) VALUES (1)"}, do: typed("default:it's"),
			asks: [][2]string{{"SELECT dflt_value FROM pragma_table_info('t1') WHERE name = 'name'", `"it's"`}, {"SELECT name FROM t1", "NULL"}}},
		{name: "text that is no UTF-8", live: []string{t1, "INSERT INTO t1(id, name) VALUES (1, CAST(x'ff41' AS text)), (2, 'a' || char(0) || 'b')"}, do: typed("type:integer"),
			asks: [][2]string{{"SELECT typeof(name), hex(name) FROM t1", "text FF41|text 610062"}}},
	})
}

// alterTag changes a column of t1 to what the tag says.
func alterTag(column, tag string) change {
	return func(db *gorm.DB) error {
		return db.Table("t1").Migrator().AlterColumn(tagged(column, tag), column)
	}
}

// Every connection of the pool has foreign keys on, after a migration that
// worked and after one that did not, and goes on waiting for locks.
func TestTheConnectionsAreWhatTheyWere(t *testing.T) {
	for name, do := range map[string]change{
		"rebuild": rebuildT1,
		"error":   auto(&required{}),
		"broken by the rows": func(db *gorm.DB) error {
			return auto(&newUnique{}, &struct {
				t1
				Name string `gorm:"not null;check:never,name <> 'x'"`
			}{})(db.Table("t1"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			pool, err := db.DB()
			require.NoError(t, err)
			pool.SetMaxOpenConns(3)
			exec(t, db, base, oneRow)
			var before []string
			settings := func() (out []string) {
				for range 3 {
					c := dbtest.Conn(t, pool)
					out = append(out, dbtest.Text(t, c, "SELECT foreign_keys || ' ' || (SELECT legacy_alter_table FROM pragma_legacy_alter_table) || ' ' || (SELECT timeout FROM pragma_busy_timeout) || ' ' || (SELECT defer_foreign_keys FROM pragma_defer_foreign_keys) FROM pragma_foreign_keys"))
					defer c.Close()
				}
				return out
			}
			before = settings()
			require.Equal(t, "1 0", before[0][:3])
			err = do(db)
			require.Equal(t, name != "rebuild", err != nil, err)
			require.Equal(t, before, settings())
			require.NoError(t, pool.PingContext(context.Background()))
			require.Equal(t, "1 x 5", answer(t, db, "SELECT id, name, age FROM t1"))
		})
	}
}
