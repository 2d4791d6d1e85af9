package migrator_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

// described is all that a column type tells, "-" for what it does not know.
func described(c gorm.ColumnType) string {
	known := func(v any, ok bool) string {
		if !ok {
			return "-"
		}
		return fmt.Sprint(v)
	}
	full, ok := c.ColumnType()
	out := []string{c.Name(), c.DatabaseTypeName(), known(full, ok)}
	key, ok := c.PrimaryKey()
	out = append(out, "key "+known(key, ok))
	auto, ok := c.AutoIncrement()
	out = append(out, "auto "+known(auto, ok))
	length, ok := c.Length()
	out = append(out, "length "+known(length, ok))
	precision, scale, ok := c.DecimalSize()
	out = append(out, "size "+known(fmt.Sprint(precision, ",", scale), ok))
	null, ok := c.Nullable()
	out = append(out, "null "+known(null, ok))
	unique, ok := c.Unique()
	out = append(out, "unique "+known(unique, ok))
	def, ok := c.DefaultValue()
	out = append(out, "default "+known(def, ok))
	comment, ok := c.Comment()
	return strings.Join(append(out, "comment "+known(comment, ok)), "; ")
}

// Columns of tables that other tools made: each line is a column with what
// is to be told of it, where it is not the usual.
func TestColumnTypesTellTheTruth(t *testing.T) {
	db := open(t)
	for name, c := range map[string]struct {
		ddl  string
		want []string // name; type; full type; then what differs
	}{
		"types": {"CREATE TABLE %s(a varchar(20), b VARCHAR ( 7 ), c decimal(10, 2), d numeric(3), e double precision, f, g int(11), h F32_BLOB(3), i text, j unsigned big int, k decimal(+10, -2), l character varying(255), m float(24), n 'my type', o [char(3)])",
			[]string{"a;varchar;varchar(20);length 20", "b;VARCHAR;VARCHAR ( 7 );length 7", "c;decimal;decimal(10, 2);size 10,2", "d;numeric;numeric(3);size 3,0",
				"e;double precision;double precision", "f;;", "g;int;int(11);length 11", "h;F32_BLOB;F32_BLOB(3);length 3", "i;TEXT;TEXT",
				"j;unsigned big int;unsigned big int", "k;decimal(+10, -2);decimal(+10, -2)", "l;character varying;character varying(255);length 255", "m;float;float(24);size 24,0",
				"n;my type;my type", "o;char;char(3);length 3"}},
		"defaults": {`CREATE TABLE %s(a DEFAULT 'it''s', b DEFAULT "dq", c DEFAULT (lower('X')), d DEFAULT -1, e DEFAULT +1.50, f DEFAULT NULL, g DEFAULT CURRENT_TIMESTAMP,
				h DEFAULT true, i DEFAULT x'00ff', j DEFAULT (NULL), k DEFAULT '', l DEFAULT 'NULL', m DEFAULT ((1 + 2) * (3)), n DEFAULT word, o DEFAULT (  'a' /* ) */ ))`,
			[]string{"a;;;default it's", "b;;;default dq", "c;;;default lower('X')", "d;;;default -1", "e;;;default +1.50", "f;;", "g;;;default CURRENT_TIMESTAMP",
				"h;;;default true", "i;;;default x'00ff'", "j;;", "k;;;default ", "l;;;default NULL", "m;;;default (1 + 2) * (3)", "n;;;default word", "o;;;default a"}},
		"rowid": {"CREATE TABLE %s(id INTEGER PRIMARY KEY, a NOT NULL)", []string{"id;INTEGER;INTEGER;key true;null false", "a;;;null false"}},
		"counts": {"CREATE TABLE %s(id integer PRIMARY KEY AUTOINCREMENT, a UNIQUE)",
			[]string{"id;INTEGER;INTEGER;key true;auto true;null false", "a;;;unique true"}},
		"key is no rowid":  {"CREATE TABLE %s(id INT PRIMARY KEY)", []string{"id;INT;INT;key true"}},
		"rowid by table":   {"CREATE TABLE %s(id INTEGER, a, PRIMARY KEY (ID))", []string{"id;INTEGER;INTEGER;key true;null false", "a;;"}},
		"descending is no": {"CREATE TABLE %s(id INTEGER PRIMARY KEY DESC)", []string{"id;INTEGER;INTEGER;key true"}},
		"composite":        {"CREATE TABLE %s(a INTEGER, b, c, PRIMARY KEY (b, a))", []string{"a;INTEGER;INTEGER;key true", "b;;;key true", "c;;"}},
		"without rowid":    {"CREATE TABLE %s(a TEXT PRIMARY KEY, b) WITHOUT ROWID", []string{"a;TEXT;TEXT;key true;null false", "b;;"}},
		"unique": {"CREATE TABLE %s(a UNIQUE, b, c, d CONSTRAINT u UNIQUE ON CONFLICT IGNORE, e, UNIQUE (b), UNIQUE (c, e)); CREATE UNIQUE INDEX %[1]s_e ON %[1]s(e)",
			[]string{"a;;;unique true", "b;;;unique true", "c;;", "d;;;unique true", "e;;"}},
		"generated": {"CREATE TABLE %s(a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c AS (a), d text NOT NULL GENERATED ALWAYS AS ('x') VIRTUAL)",
			[]string{"a;INT;INT", "b;INT;INT", "c;;", "d;TEXT;TEXT;null false"}},
		"strict":       {"CREATE TABLE %s(id INTEGER PRIMARY KEY, a INT NOT NULL, b TEXT, c ANY, d REAL, e BLOB) STRICT", []string{"id;INTEGER;INTEGER;key true;null false", "a;INT;INT;null false", "b;TEXT;TEXT", "c;ANY;ANY", "d;REAL;REAL", "e;BLOB;BLOB"}},
		"random rowid": {"CREATE TABLE %s(id INTEGER PRIMARY KEY, a) RANDOM ROWID", []string{"id;INTEGER;INTEGER;key true;null false", "a;;"}},
		"names":        {"CREATE TABLE %s(\"a b\" INT, [c.d] INT, `e``f` INT, 'g''h' INT, 用户 INT, \"select\" INT) -- a comment", []string{"a b;INT;INT", "c.d;INT;INT", "e`f;INT;INT", "g'h;INT;INT", "用户;INT;INT", "select;INT;INT"}},
		"virtual":      {"CREATE VIRTUAL TABLE %s USING fts5(title, body, tokenize = 'porter')", []string{"title;;", "body;;"}},
		"rtree":        {"CREATE VIRTUAL TABLE %s USING rtree(id, x0, x1, +note TEXT)", []string{"id;INT;INT", "x0;REAL;REAL", "x1;REAL;REAL", "note;;"}},
		"view":         {"CREATE TABLE %[1]s_t(id INTEGER PRIMARY KEY, n varchar(9) NOT NULL); CREATE VIEW %[1]s AS SELECT id, n, n || 'x' AS e, count(*) FROM %[1]s_t", []string{"id;INTEGER;INTEGER", "n;varchar;varchar(9);length 9", "e;;", "count(*);;"}},
	} {
		t.Run(name, func(t *testing.T) {
			table := "t_" + strings.ReplaceAll(name, " ", "_")
			for _, s := range strings.Split(strings.ReplaceAll(strings.ReplaceAll(c.ddl, "%[1]s", table), "%s", table), "; ") {
				exec(t, db, s)
			}
			types, err := db.Migrator().ColumnTypes(strings.ToUpper(table))
			require.NoError(t, err)
			var got, want []string
			for _, c := range types {
				got = append(got, described(c))
			}
			for _, w := range c.want {
				parts := strings.SplitN(w, ";", 4)
				all := []string{"key false", "auto false", "length -", "size -", "null true", "unique false", "default -", "comment -"}
				if len(parts) == 4 {
					for _, other := range strings.Split(parts[3], ";") {
						for i, a := range all {
							if strings.Fields(a)[0] == strings.Fields(other)[0] {
								all[i] = other
							}
						}
					}
				}
				want = append(want, strings.Join(append(parts[:3:3], all...), "; "))
			}
			require.Equal(t, want, got)
		})
	}
}

// A value of the scan type takes what the column holds.
func TestScanTypes(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE s(id INTEGER PRIMARY KEY, i INT NOT NULL, r REAL NOT NULL, t TEXT NOT NULL, b BLOB NOT NULL, n INT, a ANY NOT NULL) STRICT",
		"CREATE TABLE l(id INTEGER PRIMARY KEY, i INT NOT NULL)", "INSERT INTO s VALUES (1, 2, 3, 'x', x'00', NULL, 'any')", "INSERT INTO l VALUES (1, 'no number')")
	for table, want := range map[string][]reflect.Type{
		"s": {reflect.TypeFor[int64](), reflect.TypeFor[int64](), reflect.TypeFor[float64](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[any](), reflect.TypeFor[any]()},
		"l": {reflect.TypeFor[int64](), reflect.TypeFor[any]()},
	} {
		types, err := db.Migrator().ColumnTypes(table)
		require.NoError(t, err)
		var dest []any
		for i, c := range types {
			require.Equal(t, want[i], c.ScanType(), c.Name())
			dest = append(dest, reflect.New(c.ScanType()).Interface())
		}
		require.NoError(t, db.Table(table).Row().Scan(dest...))
	}
}

func TestHasColumnComparesWholeNames(t *testing.T) {
	db := open(t)
	exec(t, db, `CREATE TABLE t(first_name, "É", "a""b", g AS (1), k)`, "CREATE VIEW v AS SELECT k FROM t", "CREATE VIRTUAL TABLE f USING fts5(x)")
	m := db.Migrator()
	for name, want := range map[string]bool{
		"name": false, "first_name": true, "FIRST_NAME": true, "first": false, "first_nam": false, "%": false, "_": false, "": false,
		"É": true, "é": false, `a"b`: true, "a": false, "g": true, "\u212a": false, "K": true, "k\x00": false, "rowid": false,
	} {
		require.Equal(t, want, m.HasColumn("t", name), "%q", name)
	}
	require.True(t, m.HasColumn("v", "k"))
	require.True(t, m.HasColumn("f", "x"))
	require.False(t, m.HasColumn("f", "rank"+"s"))
}

// A broken view cannot tell its columns: that is an error and not "none".
func TestColumnsOfABrokenView(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE VIEW v AS SELECT * FROM gone")
	_, err := db.Migrator().ColumnTypes("v")
	require.ErrorContains(t, err, "gone")
	m := db.Session(&gorm.Session{}).Migrator()
	require.False(t, m.HasColumn("v", "x"))
}
