package migrations_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// wide is the model of the table of all surroundings. It has nothing of what
// another tool put into the table.
type wide struct {
	ID    int
	Name  string
	Age   int
	Extra string
}

func (wide) TableName() string { return "t1" }

// changes are the ways to change it; none touches id, name and age.
var changes = map[string]struct {
	do change
	// refused has the errors, by the surrounding.
	refused map[string]string
	// once: the second time it is an error, or does something.
	once bool
	// rewrites: SQLite itself writes the texts of what hangs on the table anew.
	rewrites bool
}{
	"AlterColumn": {do: func(db *gorm.DB) error {
		type wide struct {
			Extra string `gorm:"type:varchar(50);default:x"`
		}
		return db.Table("t1").Migrator().AlterColumn(&wide{}, "Extra")
	}},
	"unique": {do: func(db *gorm.DB) error {
		type wide struct {
			ID    int
			Extra string `gorm:"unique"`
			Code  int    `gorm:"not null;default:3"`
		}
		return db.Table("t1").AutoMigrate(&wide{})
	}},
	"new column": {do: func(db *gorm.DB) error {
		type wide struct {
			ID   int
			Code int `gorm:"index;not null;default:3"`
		}
		return db.Table("t1").AutoMigrate(&wide{})
	}},
	"check": {do: func(db *gorm.DB) error {
		type wide struct {
			ID    int
			Extra string `gorm:"check:ck2,extra <> 'no'"`
		}
		return db.Table("t1").AutoMigrate(&wide{})
	}},
	"type": {do: func(db *gorm.DB) error {
		type wide struct {
			ID    int
			Extra int `gorm:"index:by_extra"`
		}
		return db.Table("t1").AutoMigrate(&wide{})
	}},
	"not null": {do: func(db *gorm.DB) error {
		type wide struct {
			ID    int
			Extra string `gorm:"not null;default:x"`
		}
		return db.Table("t1").AutoMigrate(&wide{})
	}},
	"generated": {do: func(db *gorm.DB) error {
		type wide struct {
			ID    int
			Extra string
			Made  string `gorm:"->;generated:extra || '!'"`
		}
		return db.Table("t1").AutoMigrate(&wide{})
	}},
	"collation": {do: func(db *gorm.DB) error {
		type wide struct {
			ID    int
			Extra string `gorm:"type:text COLLATE NOCASE;default:y;index:by_extra,where:extra > ''"`
		}
		return db.Table("t1").AutoMigrate(&wide{})
	}},
	"foreign key": {do: func(db *gorm.DB) error {
		type Other struct{ ID int }
		type wide struct {
			ID      int
			Extra   string
			OtherID *int
			Other   *Other `gorm:"constraint:OnDelete:CASCADE"`
		}
		if err := db.AutoMigrate(&Other{}); err != nil {
			return err
		}
		return db.Table("t1").AutoMigrate(&wide{})
	}},
	"STRICT": {do: func(db *gorm.DB) error {
		type wide struct {
			ID    int
			Extra string
		}
		return db.Set("gorm:table_options", " STRICT").Table("t1").AutoMigrate(&wide{})
	}, refused: map[string]string{"vectors": `unknown datatype for t1.e: "F32_BLOB(3)"`, "generated": "missing datatype for t1.a",
		"texts": "missing datatype for t1.free", "rowids": "missing datatype for t1.free", "values": "missing datatype for t1.a"}},
	"CreateConstraint": {do: func(db *gorm.DB) error {
		type wide struct {
			ID    int
			Extra string `gorm:"check:ck2,extra <> 'no'"`
		}
		return db.Table("t1").Migrator().CreateConstraint(&wide{}, "ck2")
	}},
	"DropConstraint": {do: func(db *gorm.DB) error { return db.Migrator().DropConstraint(&wide{}, "ck") }, once: true},
	"DropColumn":     {do: drop(&wide{}, "Free"), once: true},
	"DropColumn with a constraint": {do: func(db *gorm.DB) error {
		return db.Migrator().DropColumn("t1", "extra")
	}, once: true},
	"RenameColumn": {do: func(db *gorm.DB) error { return db.Migrator().RenameColumn(&wide{}, "extra", "other") }, rewrites: true, once: true},
	"RenameTable": {do: func(db *gorm.DB) error {
		if err := db.Migrator().RenameTable("t1", "t2"); err != nil {
			return err
		}
		return db.Migrator().RenameTable("t2", "t1")
	}, rewrites: true, once: true},
}

// surroundings are tables with what can hang on one. acts show that it works,
// asks what is there before or after them.
var surroundings = map[string]struct {
	live, acts, asks []string
}{
	"triggers": {
		live: []string{t1With(""), "CREATE TABLE log(x)",
			"CREATE TRIGGER a BEFORE INSERT ON t1 WHEN new.age > 0 BEGIN INSERT INTO log VALUES (\"in \" || new.name); END",
			"CREATE TRIGGER b AFTER UPDATE OF name, age ON t1 FOR EACH ROW BEGIN INSERT INTO log SELECT old.name || '>' || new.name; UPDATE t1 SET age = age + 1 WHERE id = new.id + 1; END",
			"CREATE TRIGGER [c d] AFTER DELETE ON main.t1 BEGIN INSERT INTO log VALUES ('out ' || old.id); SELECT CASE WHEN old.id = 9 THEN RAISE(IGNORE) END; END"},
		acts: []string{"INSERT INTO t1(id, name, age) VALUES (9, 'nine', 1)", "UPDATE t1 SET name = 'z' WHERE id = 1", "DELETE FROM t1 WHERE id = 2"},
		asks: []string{"SELECT * FROM log"},
	},
	"triggers of others": {
		live: []string{t1With(""), "CREATE TABLE o(x)", "CREATE VIEW v AS SELECT id, name FROM t1",
			"CREATE TRIGGER a AFTER INSERT ON o BEGIN INSERT INTO t1(name) VALUES (new.x); DELETE FROM t1 WHERE id = 1; END",
			"CREATE TRIGGER b INSTEAD OF UPDATE ON v BEGIN UPDATE t1 SET name = new.name WHERE id = old.id; END"},
		acts: []string{"INSERT INTO o VALUES ('by o')", "UPDATE v SET name = 'by v' WHERE id = 2"},
	},
	"views": {
		live: []string{t1With(""), "CREATE VIEW v AS SELECT name, \"no column\" AS text FROM t1 AS x", "CREATE VIEW w(a, b) AS WITH c AS (SELECT * FROM v) SELECT c.name, (SELECT count(*) FROM t1) FROM c"},
		asks: []string{"SELECT * FROM v", "SELECT * FROM w"},
	},
	"indexes": {
		live: []string{t1With(""), "CREATE UNIQUE INDEX a ON t1(lower(name), age DESC) WHERE age > \"3\"", "CREATE INDEX [b c] ON t1(name COLLATE NOCASE)",
			"CREATE UNIQUE INDEX d ON t1(id, name)", "ANALYZE"},
		asks: []string{"SELECT idx, stat FROM sqlite_stat1 WHERE tbl = 't1' AND idx IN ('a', 'b c', 'd') ORDER BY 1",
			"SELECT name, \"unique\", partial FROM pragma_index_list('t1') WHERE origin = 'c' AND name IN ('a', 'b c', 'd') ORDER BY 1"},
	},
	"children": {
		live: []string{t1With(""), "CREATE UNIQUE INDEX u ON t1(name)",
			"CREATE TABLE c1(id integer PRIMARY KEY, t integer REFERENCES t1 ON DELETE CASCADE)", "INSERT INTO c1 VALUES (1, 1), (2, 2), (3, 2)",
			"CREATE TABLE c2(t integer NOT NULL REFERENCES t1(id) ON UPDATE CASCADE ON DELETE RESTRICT)", "INSERT INTO c2 VALUES (3)",
			"CREATE TABLE c3(t text DEFAULT 'a' REFERENCES t1(name) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED)", "INSERT INTO c3 VALUES ('a'), ('b')"},
		acts: []string{"DELETE FROM t1 WHERE id = 2", "UPDATE t1 SET id = 30 WHERE id = 3"},
		asks: []string{"SELECT * FROM c1", "SELECT * FROM c2", "SELECT coalesce(t, 'null') FROM c3"},
	},
	"itself": {
		live: []string{t1With(", up integer REFERENCES t1 ON DELETE CASCADE"), "UPDATE t1 SET up = 1 WHERE id > 1"},
		acts: []string{"INSERT INTO t1(id, up) VALUES (50, 3)", "DELETE FROM t1 WHERE id = 3"},
		asks: []string{"SELECT id, up FROM t1", "SELECT \"table\", on_delete FROM pragma_foreign_key_list('t1') WHERE \"from\" = 'up'"},
	},
	"parents": {
		live: []string{"CREATE TABLE p(id integer PRIMARY KEY)", "INSERT INTO p VALUES (5), (6)",
			t1With(", p integer DEFAULT 5 REFERENCES p ON DELETE CASCADE DEFERRABLE, FOREIGN KEY (age) REFERENCES p(id) ON DELETE SET NULL"), "PRAGMA foreign_keys = OFF", "UPDATE t1 SET age = 77 WHERE id = 3", "PRAGMA foreign_keys = ON"},
		acts: []string{"DELETE FROM p WHERE id = 6"},
		asks: []string{"SELECT id, age, p FROM t1", "SELECT \"from\", on_delete FROM pragma_foreign_key_list('t1') WHERE \"table\" = 'p'", "SELECT count(*) FROM pragma_foreign_key_check"},
	},
	"full text": {
		live: []string{t1With(""), "CREATE VIRTUAL TABLE f USING fts5(name, content='t1', content_rowid='id')", "INSERT INTO f(f) VALUES ('rebuild')",
			"CREATE TRIGGER a AFTER INSERT ON t1 BEGIN INSERT INTO f(rowid, name) VALUES (new.id, new.name); END"},
		acts: []string{"INSERT INTO t1(id, name) VALUES (50, 'fifty words')"},
		asks: []string{"SELECT rowid, name FROM f('b OR words')", "SELECT count(*) FROM f_data"},
	},
	"vectors": {
		live: []string{t1With(", e F32_BLOB(3)"), "UPDATE t1 SET e = vector('[' || id || ',1,0]')", "CREATE INDEX vi ON t1(libsql_vector_idx(e, 'metric=cosine'))"},
		acts: []string{"INSERT INTO t1(id, e) VALUES (50, vector('[0,0,1]'))"},
		asks: []string{"SELECT id FROM vector_top_k('vi', vector('[1,1,0]'), 1)", "SELECT id FROM vector_top_k('vi', vector('[3,1,0]'), 2)", "SELECT hex(e) FROM t1"},
	},
	"generated": {
		live: []string{t1With(", a AS (age * 2), b text GENERATED  ALWAYS AS (name || id) STORED UNIQUE, c integer AS (a + 1) VIRTUAL CHECK (c > 0)"), "CREATE INDEX i ON t1(a)"},
		acts: []string{"UPDATE t1 SET age = 10, name = 'n' WHERE id = 1"},
		asks: []string{"SELECT id, a, b, c FROM t1", "SELECT name, hidden FROM pragma_table_xinfo('t1') WHERE hidden AND name IN ('a', 'b', 'c')"},
	},
	"options": {
		live: []string{"CREATE TABLE t1(id INTEGER NOT NULL, name TEXT, age INTEGER, extra TEXT CONSTRAINT ck CHECK (extra < 'z'), free TEXT, b ANY, PRIMARY KEY (name DESC, id)) STRICT, WITHOUT ROWID",
			"INSERT INTO t1 VALUES (1, 'a', 5, '1', '', x'00'), (2, 'b', 6, '2', '', '007'), (3, 'b', 7, '3', '', 7)"},
		acts: []string{"INSERT OR IGNORE INTO t1(id, name) VALUES (3, 'b'), (4, 'b')"},
		asks: []string{"SELECT wr, strict FROM pragma_table_list('t1')", "SELECT id, name, age, typeof(b) FROM t1"},
	},
	"sequence": {
		live: []string{t1With(""), "INSERT INTO t1(id, name) VALUES (100, 'x')", "DELETE FROM t1 WHERE id = 100", "CREATE TABLE other(id integer PRIMARY KEY AUTOINCREMENT)", "INSERT INTO other VALUES (7)"},
		acts: []string{"INSERT INTO t1(name) VALUES ('next')"},
		asks: []string{"SELECT * FROM sqlite_sequence ORDER BY name", "SELECT id, name FROM t1"},
	},
	"conflicts": {
		live: []string{t1With(" NOT NULL ON CONFLICT IGNORE, u integer DEFAULT 1 NOT NULL ON CONFLICT REPLACE, UNIQUE (name, u) ON CONFLICT REPLACE, CHECK (u < 100)")},
		acts: []string{"INSERT INTO t1(id, name, age, u) VALUES (50, 'a', 1, 1)", "INSERT INTO t1(id, name, age, u) VALUES (51, 'q', 1, NULL)"},
		asks: []string{"SELECT id, name, u FROM t1"},
	},
	"rowids": {
		live: []string{"CREATE TABLE t1(id int, name text, age int, extra text CONSTRAINT ck CHECK (extra < 'z'), free, rowid text)", "INSERT INTO t1(_rowid_, id, name, extra, rowid) VALUES (2, 1, 'a', '1', 'r'), (70, 1, 'b', '2', 's'), (-5, 3, NULL, '3', NULL)"},
		acts: []string{"INSERT INTO t1(id) VALUES (9)"},
		asks: []string{"SELECT _rowid_, id, name, coalesce(rowid, '-') FROM t1"},
	},
	"values": {
		live: []string{t1With(", a, b blob, n numeric, r real"), "UPDATE t1 SET a = '007', b = x'', n = 9007199254740993, r = 9e999 WHERE id = 1",
			"UPDATE t1 SET a = CAST(x'61ff00' AS text), b = CAST(x'ff' AS text), n = '1e', r = -0.0 WHERE id = 2",
			"UPDATE t1 SET a = 1.0, b = 1, n = 0.1, r = 'text', name = 'é' || char(0) || '用' WHERE id = 3", "INSERT INTO t1(id, age, extra) VALUES (9223372036854775807, -9223372036854775808, '')"},
		asks: []string{"SELECT id, hex(name), typeof(age), age, hex(a), typeof(a), hex(b), typeof(b), hex(n), typeof(n), hex(r), typeof(r) FROM t1"},
	},
	"texts": {
		live: []string{"CREATE TABLE /* t1( */ \"t1\"\n(\tid integer -- isn't (\n PRIMARY KEY AUTOINCREMENT, [name] text, `age` integer DEFAULT ( 1+(2) ) /* , */ , 'extra' text CONSTRAINT\tck CHECK (extra < 'z')--\n, \"free\" , \"a b\"\"c\" text DEFAULT \"d,e\" COLLATE NOCASE, 用户 DEFAULT 'it''s')",
			"INSERT INTO t1(id, name, extra) VALUES (1, 'a', '1'), (2, 'b', '2')"},
		acts: []string{"INSERT INTO t1(name) VALUES ('new')"},
		asks: []string{"SELECT id, name, age, \"a b\"\"c\", 用户 FROM t1", "SELECT count(*) FROM t1 WHERE \"a b\"\"c\" = 'D,E'"},
	},
	"random rowids": {
		live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer, extra text CONSTRAINT ck CHECK (extra < \"z\"), free text) RANDOM ROWID", "INSERT INTO t1(id, name, extra) VALUES (77, 'a', '1'), (5, 'b', '2')"},
		asks: []string{"SELECT instr(sql, 'RANDOM ROWID') > 0 FROM sqlite_schema WHERE name = 't1'"},
	},
	"keys of several columns": {
		live: []string{t1With(", UNIQUE (name, id)"), "CREATE TABLE c(n text, i integer, FOREIGN KEY (n, i) REFERENCES t1(name, id) ON UPDATE CASCADE ON DELETE SET NULL)", "INSERT INTO c VALUES ('a', 1), ('b', 2)"},
		acts: []string{"UPDATE t1 SET name = 'A' WHERE id = 1", "DELETE FROM t1 WHERE id = 2"},
		asks: []string{"SELECT n, i FROM c"},
	},
	"upserts": {
		live: []string{t1With(""), "CREATE UNIQUE INDEX u ON t1(name)", "CREATE TABLE log(x UNIQUE, n)",
			"CREATE TRIGGER a AFTER INSERT ON t1 BEGIN INSERT INTO log VALUES (new.name, 1) ON CONFLICT (x) DO UPDATE SET n = log.n + 1 WHERE log.n < 9; END",
			"CREATE TRIGGER b AFTER INSERT ON log BEGIN UPDATE t1 SET age = (SELECT count(*) FROM t1 AS x, log WHERE x.name = log.x) FROM (SELECT 1) WHERE t1.name = new.x; END"},
		acts: []string{"INSERT INTO t1(id, name) VALUES (9, 'n') ON CONFLICT (name) DO NOTHING", "INSERT INTO t1(id, name) VALUES (10, 'n') ON CONFLICT (name) DO UPDATE SET age = 99"},
		asks: []string{"SELECT * FROM log"},
	},
	"leftovers": {
		live: []string{t1With(""), "CREATE TABLE t1__temp(x)", "CREATE TABLE `t1__new1`(x)", "CREATE VIEW T1__NEW2 AS SELECT 1", "INSERT INTO t1__temp VALUES ('kept')", "CREATE TABLE t2(id)", "DROP TABLE t2"},
		asks: []string{"SELECT * FROM t1__temp"},
	},
}

// t1With is the text of a t1 with more columns and constraints, and its rows.
func t1With(more string) string {
	return "CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, age integer, extra text CONSTRAINT ck CHECK (extra < 'z'), free text DEFAULT ''" + more + ");" +
		"INSERT INTO t1(id, name, age, extra) VALUES (1, 'a', 5, '1'), (2, 'b', 6, '2'), (3, 'c', NULL, '3')"
}

// Whatever hangs on a table stays what it is, however the table is changed:
// after it, the same statements do the same as without it.
func TestEveryChangeInEverySurrounding(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsFile)
	for where, s := range surroundings {
		t.Run(where, func(t *testing.T) {
			dir := t.TempDir()
			first := openFile(t, filepath.Join(dir, "first.db"))
			exec(t, first, "PRAGMA synchronous = OFF")
			exec(t, first, s.live...)
			s.asks = append(s.asks, "SELECT id, name, age FROM t1", "SELECT count(*) FROM t1", "SELECT count(*) FROM pragma_foreign_key_check")
			before := answers(t, first, s.asks)
			objects := schema(t, first)
			exec(t, first, "PRAGMA wal_checkpoint(TRUNCATE)")
			file, err := os.ReadFile(filepath.Join(dir, "first.db"))
			require.NoError(t, err)
			exec(t, first, s.acts...)
			acted := answers(t, first, s.asks)
			for how, c := range changes {
				path := func(t *testing.T) string {
					path := dbtest.DSN(t)
					require.NoError(t, os.WriteFile(path, file, 0o600))
					return path
				}
				holds := func(t *testing.T, db *gorm.DB) {
					require.Equal(t, before, answers(t, db, s.asks))
					after := schema(t, db)
					for name, text := range objects {
						require.Contains(t, after, name)
						if name != "t1" && !c.rewrites {
							require.Equal(t, text, after[name])
						}
					}
					for name := range after {
						require.True(t, objects[name] != "" || !strings.Contains(name, "__new"), "%s is left over", name)
					}
					exec(t, db, s.acts...)
					require.Equal(t, acted, answers(t, db, s.asks))
					require.Equal(t, "ok", answer(t, db, "PRAGMA integrity_check"))
					require.Equal(t, "1 0", answer(t, db, "SELECT foreign_keys, legacy_alter_table FROM pragma_foreign_keys, pragma_legacy_alter_table"))
				}
				t.Run(how, func(t *testing.T) {
					db := openFile(t, path(t))
					if why := c.refused[where]; why != "" {
						require.ErrorContains(t, c.do(db), why)
						require.Equal(t, objects, schema(t, db))
						holds(t, db)
						return
					}
					require.NoError(t, c.do(db))
					if !c.once {
						version := answer(t, db, "PRAGMA schema_version")
						require.NoError(t, c.do(db))
						require.Equal(t, version, answer(t, db, "PRAGMA schema_version"), "the second time it did something")
					}
					holds(t, db)
				})
				if testing.Short() {
					continue
				}
				t.Run(how+" in a transaction", func(t *testing.T) {
					db := openFile(t, path(t))
					pool, err := db.DB()
					require.NoError(t, err)
					pool.SetMaxOpenConns(1)
					exec(t, db, "PRAGMA synchronous = OFF")
					err = db.Transaction(func(tx *gorm.DB) error { return c.do(tx) })
					if err != nil {
						if why := c.refused[where]; why != "" {
							require.ErrorContains(t, err, why)
						} else {
							require.ErrorContains(t, err, "foreign keys cannot be switched off here")
							require.True(t, refers[where], "nothing refers to the table")
						}
						require.Equal(t, objects, schema(t, db))
					}
					holds(t, db)
				})
			}
		})
	}
}

// refers tells of the surroundings in which rows refer to the table: dropping
// it would do something to them.
var refers = map[string]bool{"children": true, "itself": true, "keys of several columns": true}

func answers(t *testing.T, db *gorm.DB, queries []string) (out []string) {
	t.Helper()
	for _, q := range queries {
		out = append(out, answer(t, db, q))
	}
	return out
}
