package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	libsql "github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// toModel migrates t1 to another model.
func toModel(model any) change {
	return func(db *gorm.DB) error { return db.Table("t1").AutoMigrate(model) }
}

// More members of the classes that the cases stand for, by their numbers.
func TestMoreOfNewColumns(t *testing.T) {
	two := []string{base, oneRow, "INSERT INTO t1(id, name, age) VALUES (2, 'y', 6)"}
	run(t, []migration{
		{name: "40 unique, with rows that are alike", live: two, do: toModel(&struct {
			ID   int
			Code string `gorm:"not null;default:x;unique"`
		}{}), err: "UNIQUE constraint failed"},
		{name: "40 uniqueIndex, with rows that are alike", live: two, do: toModel(&struct {
			ID   int
			Code string `gorm:"not null;default:x;uniqueIndex"`
		}{}), err: `UNIQUE constraint failed`},
		{name: "40 unique and NULL", live: two, do: toModel(&struct {
			ID   int
			Code *string `gorm:"unique"`
			More string  `gorm:"uniqueIndex;size:10"`
		}{}), asks: [][2]string{{"SELECT count(*) FROM pragma_index_list('t1') WHERE \"unique\"", "2"}}},
		{name: "43 a new column of the key", live: two, do: toModel(&struct {
			ID   int `gorm:"primaryKey;autoIncrement:false"`
			Org  int `gorm:"primaryKey;autoIncrement:false"`
			Name string
		}{}), err: `table "t1": column "org" is of the primary key, and the rows that are there have no value for it (2 rows); nothing was changed`},
		{name: "43 NOT NULL with a default of NULL", live: two, do: toModel(&struct {
			ID   int
			Code *string `gorm:"not null;default:null"`
		}{}), err: `column "code" is NOT NULL without a default`},
		{name: "43 NOT NULL that refers", live: two, do: toModel(&struct {
			ID   int
			UpID int `gorm:"not null;default:7"`
			Up   *t1
		}{}), err: `table "t1"`},
		{name: "44 another value in each row", live: two, do: toModel(&struct {
			ID  int
			Key string `gorm:"not null;unique;default:(hex(randomblob(8)))"`
		}{}), asks: [][2]string{{"SELECT count(DISTINCT \"key\") FROM t1", "2"}}},
		{name: "44 the day", live: two, do: toModel(&struct {
			ID  int
			Day string `gorm:"type:date;default:(CURRENT_DATE);not null"`
			Sum int    `gorm:"default:(1 + 2);check:sum_,sum > 0"`
		}{}), asks: [][2]string{{"SELECT length(day), sum FROM t1", "10 3|10 3"}}},
		{name: "45 generated from a new column", live: two, do: toModel(&struct {
			ID   int
			Sum  int `gorm:"->;generated:age + more"`
			More int `gorm:"default:10;not null"`
			Age  int
		}{}), asks: [][2]string{{"SELECT sum FROM t1", "15|16"}}},
		{name: "45 generated and unique", live: two, do: toModel(&struct {
			ID    int
			Upper string `gorm:"->;generated:upper(name);uniqueIndex"`
		}{}), asks: [][2]string{{"SELECT upper FROM t1", "X|Y"}, {"SELECT \"unique\" FROM pragma_index_list('t1')", "1"}}},
		{name: "45 generated no more", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, age integer, dbl integer AS (age * 2) STORED)", "INSERT INTO t1(id, age) VALUES (1, 5)"},
			do: func(db *gorm.DB) error {
				type plain struct{ ID, Dbl int }
				return db.Table("t1").Migrator().AlterColumn(&plain{}, "Dbl")
			}, asks: [][2]string{{"SELECT age, dbl FROM t1", "5 10"}, {"SELECT hidden FROM pragma_table_xinfo('t1') WHERE name = 'dbl'", "0"}}},
		{name: "42 table, index and constraint in other cases", live: []string{"CREATE TABLE T1(ID integer PRIMARY KEY AUTOINCREMENT, Name varchar(50) CONSTRAINT My_Check CHECK (name <> ''), age integer)", "CREATE INDEX IDX_T1_AGE ON T1(AGE)", oneRow},
			do: func(db *gorm.DB) error { return db.AutoMigrate(&cased{}) }, keeps: []string{"T1", "IDX_T1_AGE"}, models: []any{&cased{}}},
		{name: "42 letters that SQLite takes for others", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, \"GRÖSSE\" int)", "INSERT INTO t1 VALUES (1, 7)"},
			do: toModel(&struct {
				ID   int
				Size int `gorm:"column:größe"`
			}{}), asks: [][2]string{{`SELECT "GRÖSSE", größe FROM t1`, "7 NULL"}}},
		{name: "52 a new column of a STRICT table", live: []string{"CREATE TABLE t1(id INTEGER PRIMARY KEY, name TEXT) STRICT", "INSERT INTO t1 VALUES (1, 'x')"},
			do: toModel(&struct {
				ID   int
				Done bool    `gorm:"default:true"`
				At   *string `gorm:"type:datetime"`
				Sum  float64 `gorm:"type:decimal(10,2);not null;default:1.5"`
				Raw  []byte
			}{}), asks: [][2]string{{"SELECT done, at, sum, raw FROM t1", "1 NULL 1.5 NULL"}, {"SELECT strict FROM pragma_table_list('t1')", "1"}}},
	})
}

type cased struct {
	ID   int
	Name string `gorm:"type:varchar(50);check:my_check,name <> ''"`
	Age  int    `gorm:"index"`
}

func (cased) TableName() string { return "t1" }

func TestMoreOfConstraints(t *testing.T) {
	p := "CREATE TABLE p(id integer PRIMARY KEY, name varchar(50) NOT NULL DEFAULT 'n', age integer CONSTRAINT age_is_low CHECK (age < 100))"
	fk := func(rest string) []string {
		return []string{p, "INSERT INTO p(id) VALUES (1)", "CREATE TABLE q(id integer PRIMARY KEY)", "INSERT INTO q VALUES (1)",
			"CREATE TABLE cs(id integer PRIMARY KEY AUTOINCREMENT, parent_id integer" + rest + ")", "INSERT INTO cs VALUES (1, 1)"}
	}
	actions := [2]string{"SELECT \"table\", on_update, on_delete FROM pragma_foreign_key_list('cs')", "p NO ACTION SET NULL"}
	row := [2]string{"SELECT * FROM cs", "1 1"}
	key := []string{"CREATE TABLE t1(a integer, b text, c text, PRIMARY KEY (a, b))", "INSERT INTO t1 VALUES (1, 'x', 'y')"}
	run(t, []migration{
		{name: "35 ON UPDATE goes", live: fk(", CONSTRAINT fk_cs_parent FOREIGN KEY (parent_id) REFERENCES p(id) ON UPDATE CASCADE ON DELETE SET NULL"), do: auto(&child{}), asks: [][2]string{actions, row}, models: []any{&child{}}},
		{name: "35 another table under the same name", live: fk(", CONSTRAINT fk_cs_parent FOREIGN KEY (parent_id) REFERENCES q(id) ON DELETE SET NULL"), do: auto(&child{}), asks: [][2]string{actions, row}, models: []any{&child{}}},
		{name: "35 the same without its columns", live: fk(", CONSTRAINT fk_cs_parent FOREIGN KEY (parent_id) REFERENCES p ON DELETE SET NULL"), do: auto(&child{}), keeps: []string{"cs"}, asks: [][2]string{actions, row}, models: []any{&child{}}},
		{name: "35 DEFERRABLE of another tool", live: fk(" REFERENCES p(id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED"), do: auto(&child{}), keeps: []string{"cs"}, asks: [][2]string{actions, row}, models: []any{&child{}}},
		{name: "35 on another column of the same name", live: []string{p, "INSERT INTO p(id) VALUES (1)", "CREATE TABLE cs(id integer PRIMARY KEY AUTOINCREMENT, parent_id integer, old integer CONSTRAINT fk_cs_parent REFERENCES p)", "INSERT INTO cs VALUES (1, 1, NULL)"},
			do: auto(&child{}), asks: [][2]string{{"SELECT \"from\", on_delete FROM pragma_foreign_key_list('cs')", "parent_id SET NULL"}}, models: []any{&child{}}},
		{name: "36 spelt otherwise", live: []string{"CREATE TABLE p(id integer PRIMARY KEY AUTOINCREMENT, name varchar(50) NOT NULL DEFAULT 'n', age integer, constraint AGE_IS_LOW check((\"age\"<100)))"},
			do: auto(&parent{}), keeps: []string{"p"}, models: []any{&parent{}}},
		{name: "36 without a name", live: []string{"CREATE TABLE p(id integer PRIMARY KEY AUTOINCREMENT, name varchar(50) NOT NULL DEFAULT 'n', age integer CHECK (age < 100))"},
			do: auto(&parent{}), keeps: []string{"p"}, models: []any{&parent{}}},
		{name: "36 the name is of a UNIQUE", live: []string{"CREATE TABLE p(id integer PRIMARY KEY AUTOINCREMENT, name varchar(50) NOT NULL DEFAULT 'n', age integer CONSTRAINT age_is_low UNIQUE)", "INSERT INTO p(id, age) VALUES (1, 5)"},
			do: auto(&parent{}), asks: [][2]string{{"SELECT * FROM p", "1 n 5"}, {"SELECT instr(sql, 'CHECK (age < 100)') > 0 FROM sqlite_schema WHERE name = 'p'", "1"}}, models: []any{&parent{}}},
		{name: "37 the same key in another order", live: key, do: toModel(&struct {
			B string `gorm:"primaryKey"`
			A int    `gorm:"primaryKey;autoIncrement:false"`
		}{}), keeps: []string{"t1"}},
		{name: "37 a shorter key", live: key, do: toModel(&struct {
			A int `gorm:"primaryKey;autoIncrement:false"`
			B string
		}{}), keeps: []string{"t1"}},
		{name: "37 a key where there is none", live: []string{"CREATE TABLE t1(a integer, b text)", "INSERT INTO t1 VALUES (2, 'x'), (1, 'y')"}, do: toModel(&struct {
			A int    `gorm:"primaryKey;autoIncrement:false"`
			B string `gorm:"primaryKey"`
		}{}), asks: [][2]string{{"SELECT rowid, a, b FROM t1 ORDER BY rowid", "1 2 x|2 1 y"}, {"SELECT name FROM pragma_table_info('t1') WHERE pk ORDER BY pk", "a|b"}}},
		{name: "37 rows that are alike", live: []string{"CREATE TABLE t1(a integer, b text)", "INSERT INTO t1 VALUES (1, 'x'), (1, 'x')"}, do: toModel(&struct {
			A int    `gorm:"primaryKey;autoIncrement:false"`
			B string `gorm:"primaryKey"`
		}{}), err: "UNIQUE constraint failed"},
		{name: "37 with children", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY, name text, age integer)", oneRow, "CREATE TABLE c(t integer REFERENCES t1(id) ON DELETE CASCADE)", "INSERT INTO c VALUES (1)"}, do: auto(&longKey{}),
			err: `foreign key mismatch - "c" referencing "t1"`, keeps: []string{"c"}, asks: [][2]string{{"SELECT * FROM c", "1"}}},
		{name: "39 UNIQUE of several columns, and ON CONFLICT", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name varchar(50), age integer UNIQUE ON CONFLICT REPLACE, CONSTRAINT uni_t1_both UNIQUE (name, age))", oneRow}, do: auto(&t1{}), keeps: []string{"t1"}, models: []any{&t1{}}},
		{name: "39 a unique index of another tool", live: []string{base, "CREATE UNIQUE INDEX other ON t1(age)", oneRow}, do: auto(&t1{}), keeps: []string{"other"}, models: []any{&t1{}}},
		{name: "39 a unique index does for the tag", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, code text)", "CREATE UNIQUE INDEX other ON t1(code)"}, do: auto(&newUnique{}), keeps: []string{"t1", "other"}, models: []any{&newUnique{}}},
		{name: "39 a partial unique index does not", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, code text)", "CREATE UNIQUE INDEX other ON t1(code) WHERE code > 'a'"}, do: auto(&newUnique{}), keeps: []string{"other"},
			asks: [][2]string{{"SELECT origin FROM pragma_index_list('t1') WHERE origin = 'u'", "u"}}, models: []any{&newUnique{}}},
		{name: "39 nor one of another collation", live: []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, code text)", "CREATE UNIQUE INDEX other ON t1(code COLLATE NOCASE)"}, do: auto(&newUnique{}), keeps: []string{"other"}, models: []any{&newUnique{}}},
	})
}

// 39, 37: what stays is reported.
func TestWhatStaysIsReported(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t1(id integer PRIMARY KEY, name varchar(50) UNIQUE, age integer CHECK (age > 0) REFERENCES t1, gone text)")
	plan, err := libsql.Plan(db, &t1{})
	require.NoError(t, err)
	require.True(t, plan.Empty(), plan)
	var objects []string
	for _, u := range plan.Unmet() {
		require.Equal(t, "t1", u.Table)
		objects = append(objects, u.Object)
	}
	require.ElementsMatch(t, []string{`column "gone"`, `UNIQUE (name)`, `CHECK (age > 0)`, `FOREIGN KEY (age) to t1`, `primary key (id)`}, objects)
}

// 49: indexes of vectors.
func TestMoreOfVectors(t *testing.T) {
	dbtest.LocalOnly(t, dbtest.NeedsStatement)
	type vectors struct {
		ID   int
		Name string `gorm:"unique"`
		E    []byte `gorm:"type:F32_BLOB(3);index:vi,expression:libsql_vector_idx(e)"`
	}
	type longer struct {
		ID int
		E  []byte `gorm:"type:F32_BLOB(4)"`
	}
	live := []string{"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, age integer, e F32_BLOB(3))",
		"INSERT INTO t1(id, e) VALUES (1, vector('[1,0,0]')), (2, vector('[0,1,0]')), (3, NULL)", "CREATE INDEX vi ON t1(libsql_vector_idx(e))"}
	nearest := [2]string{"SELECT id FROM vector_top_k('vi', vector('[1,0.1,0]'), 2)", "1|2"}
	vacuumed := append(live[:3:3], "VACUUM", "VACUUM")
	run(t, []migration{
		{name: "a rebuild", live: live, do: toModel(&vectors{}), keeps: []string{"vi"}, asks: [][2]string{nearest}},
		{name: "a rebuild after VACUUM", live: vacuumed, do: toModel(&vectors{}), keeps: []string{"vi"}, asks: [][2]string{nearest}},
		{name: "a new table after VACUUM", live: append(vacuumed[:5:5], "DROP TABLE t1"), do: func(db *gorm.DB) error {
			type longer struct {
				ID   int
				Name string `gorm:"unique"`
				E    []byte `gorm:"type:F32_BLOB(4);index:vi,expression:libsql_vector_idx(e)"`
			}
			if err := toModel(&longer{})(db); err != nil {
				return err
			}
			return db.Exec("INSERT INTO t1(id, e) VALUES (1, vector('[1,0,0,1]')), (2, vector('[0,1,0,0]'))").Error
		}, asks: [][2]string{{"SELECT id FROM vector_top_k('vi', vector('[0,1,0.1,0]'), 1)", "2"}}},
		{name: "another definition after VACUUM", live: vacuumed, do: toModel(&struct {
			ID   int
			Name string `gorm:"unique"`
			E    []byte `gorm:"type:F32_BLOB(3);index:vi,expression:libsql_vector_idx(e\\, 'metric=l2')"`
		}{}), asks: [][2]string{nearest, {"SELECT count(*) FROM libsql_vector_meta_shadow", "1"}}},
		{name: "a renamed column", live: live, do: func(db *gorm.DB) error { return db.Migrator().RenameColumn("t1", "e", "f") }, asks: [][2]string{nearest}},
		{name: "a renamed table", live: live, do: func(db *gorm.DB) error { return db.Migrator().RenameTable("t1", "t2") }, asks: [][2]string{nearest}},
		{name: "the column goes", live: live, do: drop("t1", "e"), gone: []string{"vi", "vi_shadow"}, asks: [][2]string{{"SELECT count(*) FROM t1", "3"}, {"SELECT count(*) FROM libsql_vector_meta_shadow", "0"}}},
		{name: "other dimensions", live: live, do: toModel(&longer{}), err: `table "t1"`, keeps: []string{"vi"}, asks: [][2]string{nearest}},
	})
}
