package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

// Texts that parsers of other dialects once got wrong. The model finds in each
// what it asks for, and a rebuild keeps the rest.
func TestTextsThatParsersGotWrong(t *testing.T) {
	type model struct {
		ID   int
		Name string `gorm:"index:idx_name"`
		Code string `gorm:"uniqueIndex:idx_code,priority:2,where:code <> ''"`
		Kind string `gorm:"uniqueIndex:idx_code,priority:1,sort:desc,collate:nocase;default:it's;unique"`
	}
	type changed struct {
		model
		Kind string `gorm:"type:varchar(9);default:other;not null"`
	}
	const (
		table = "CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, code text, kind text DEFAULT 'it''s' UNIQUE)"
		name  = "CREATE INDEX idx_name ON t1(name)"
		code  = "CREATE UNIQUE INDEX idx_code ON t1(kind COLLATE nocase desc, code) WHERE code <> ''"
	)
	for what, texts := range map[string][]string{
		"index without quotes":            {table, name, code},
		"line before ON":                  {table, "CREATE INDEX `idx_name`\n\tON `t1`\n(`name`)", "CREATE\nUNIQUE\nINDEX\n[idx_code]\nON\n't1'\n(\"kind\"\nCOLLATE\n'NOCASE'\nDESC,\n[code]\nASC)\nWHERE\n(\"code\"<>'')"},
		"IF NOT EXISTS":                   {"CREATE TABLE IF NOT EXISTS main.t1(id integer PRIMARY KEY AUTOINCREMENT, name text, code text, kind text DEFAULT 'it''s' UNIQUE)", "CREATE INDEX IF NOT EXISTS main.idx_name ON t1(name)", "CREATE UNIQUE INDEX IF NOT EXISTS \"main\".idx_code ON t1(kind COLLATE nocase desc, code) WHERE code <> ''"},
		"lower-case unique in brackets":   {"create table [t1]([id] integer primary key autoincrement, [name] text, [code] text, [kind] text default 'it''s', unique([kind]))", name, code},
		"a UNIQUE with a name and a sort": {"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, code text, kind text DEFAULT 'it''s', CONSTRAINT \"uni t1,(kind)\" UNIQUE(kind COLLATE NOCASE DESC) ON CONFLICT FAIL)", name, code},
		"key in a list":                   {"CREATE TABLE t1(id integer, name text, code text, kind text DEFAULT 'it''s' UNIQUE, CONSTRAINT pk PRIMARY KEY(id AUTOINCREMENT))", name, code},
		"key in a list with a collation":  {"CREATE TABLE t1(id integer NOT NULL, name text, code text, kind text UNIQUE DEFAULT ('it''s'), PRIMARY KEY(\"id\" COLLATE BINARY ASC))", name, code},
		"names that begin like keywords":  {"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, Checksum, constraints int, unique_code, primarykey text, foreigners, check_ text, name text, code text, kind text DEFAULT 'it''s' UNIQUE, indexed, generated, always)", name, code},
		"types of several words":          {"CREATE TABLE t1(id INTEGER PRIMARY KEY AUTOINCREMENT, a unsigned big int, b double  precision, c native character (70) , name text, code text, kind text DEFAULT 'it''s' UNIQUE, d decimal ( 10 , 2 ), e varchar(-1))", name, code},
		"defaults with all in them":       {"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, code text, kind text DEFAULT 'it''s' UNIQUE, a DEFAULT 'a,b' , b DEFAULT \"x)y\" NOT NULL, c DEFAULT ((1,2)=(1,2)), d DEFAULT (strftime('%s', 'now')), e DEFAULT -1.5e-3, f DEFAULT x'00', g DEFAULT CURRENT_TIME, h DEFAULT ('--'), i DEFAULT '/*')", name, code},
		"several lines, CRLF":             {"CREATE TABLE t1 (\r\n\tid integer PRIMARY KEY AUTOINCREMENT\r\n\t, name text\r\n\t, code text -- the 'code'\r\n\t, kind text DEFAULT 'it''s' UNIQUE\r\n)", name, code},
		"multi-byte":                      {"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, 名字 text, code text, kind text DEFAULT 'it''s' UNIQUE, größe int CHECK (größe < 9), CONSTRAINT é UNIQUE (名字)) -- 终", name, code},
		"constraints without commas":      {"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, code text, kind text DEFAULT 'it''s' UNIQUE CONSTRAINT a CONSTRAINT b NOT NULL CHECK (kind <> '') CHECK (kind <> ',') REFERENCES t1 (kind) MATCH FULL ON DELETE CASCADE, CONSTRAINT c CHECK (1) UNIQUE (name, code) CONSTRAINT d)", name, code},
		"of a column that was added":      {"CREATE TABLE t1(id integer PRIMARY KEY AUTOINCREMENT, name text, kind text DEFAULT 'it''s' UNIQUE, CHECK (id > 0))", "ALTER TABLE t1 ADD COLUMN code text", "ALTER TABLE t1 ADD [e f] int DEFAULT 5", name, code},
		"a table renamed":                 {"CREATE TABLE t0(id integer PRIMARY KEY AUTOINCREMENT, name text, code text, kind text DEFAULT 'it''s' UNIQUE, CHECK (t0.id > 0))", "ALTER TABLE t0 RENAME TO t1", name, code},
	} {
		t.Run(what, func(t *testing.T) {
			path := dbtest.DSN(t)
			db := openFile(t, path)
			exec(t, db, texts...)
			exec(t, db, "PRAGMA foreign_keys = OFF", "INSERT INTO t1(id, name, code, kind) VALUES (3, 'n', 'c', 'k')", "PRAGMA foreign_keys = ON")
			before, row := schema(t, db), answer(t, db, "SELECT * FROM t1")
			requireNothingToDo(t, db.Table("t1"), path, &model{})
			require.NoError(t, db.Table("t1").AutoMigrate(&changed{}))
			require.Equal(t, row, answer(t, db, "SELECT * FROM t1"))
			require.NoError(t, db.Table("t1").Migrator().DropColumn("t1", "name"))
			require.NotContains(t, schema(t, db), "idx_name")
			require.Equal(t, before["idx_code"], schema(t, db)["idx_code"])
			require.Equal(t, "3 c k", answer(t, db, "SELECT id, code, kind FROM t1"))
			require.Equal(t, "ok", answer(t, db, "PRAGMA integrity_check"))
		})
	}
}
