package ddl_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// tableTests are texts that ParseTable reads as the library does. Most of those
// that the library refuses it reads all the same: other tools may have written
// them, or another version of the library.
var tableTests = []struct {
	sql     string
	refused string // part of the library's message
	err     string // part of ParseTable's message
}{
	// Nothing but columns.
	{sql: "CREATE TABLE t (a)"},
	{sql: "create table t(a,b,c)"},
	{sql: "CREATE TABLE t (a, b INT, c TEXT);"},
	{sql: "CREATE TABLE t (a) ; ; -- the end"},
	{sql: "\uFEFF -- a mark\nCREATE TABLE t (a)"},
	{sql: "CREATE TABLE t (a INT, a TEXT)", refused: "duplicate column name"},
	{sql: "CREATE TABLE sqlite_t (a)", refused: "reserved for internal use"},

	// What stands before the name, and the name.
	{sql: "CREATE TEMP TABLE t (a)"},
	{sql: "CREATE temporary TABLE t (a)"},
	{sql: "CREATE TABLE IF NOT EXISTS t (a)"},
	{sql: "CREATE TABLE if/**/not -- x\nexists t (a)"},
	{sql: "CREATE TABLE main.t (a)"},
	{sql: "CREATE TABLE main . t (a)"},
	{sql: "CREATE TABLE 'main'/* . */.-- .\n`t` (a)"},
	{sql: "CREATE TABLE temp.t (a)"},
	{sql: "CREATE TEMP TABLE IF NOT EXISTS [temp].[t] (a)"},
	{sql: "CREATE TEMP TABLE main.t (a)", refused: "temporary table name must be unqualified"},
	{sql: "CREATE TABLE nowhere.t (a)", refused: "unknown database"},
	{sql: `CREATE TABLE "my-table" (a)`},
	{sql: "CREATE TABLE `my-table` (`a-b` text)"},
	{sql: "CREATE TABLE 'it''s' ('it''s')"},
	{sql: `CREATE TABLE "say ""hi""" ("say ""hi""")`},
	{sql: "CREATE TABLE `tick``s` (`tick``s`)"},
	{sql: "CREATE TABLE [a \"b\" `c` 'd'] ([a \"b\" `c` 'd'])"},
	{sql: "CREATE TABLE größe (Straße TEXT, 名前 TEXT, \"é́\" INT, ÀB INT)"},
	{sql: `CREATE TABLE "" ("")`},
	{sql: `CREATE TABLE "a.b" ("c.d")`},
	{sql: "CREATE TABLE \" t \" (\"\t\", \"\n\")"},
	{sql: "CREATE TABLE select (a)", refused: "syntax error", err: `the name of the table wanted at byte 13, not "select"`},
	// The parser of SQLite waits for NOT EXISTS behind a bare IF.
	{sql: "CREATE TABLE if (a)", refused: "syntax error"},
	{sql: "CREATE TABLE IF NOT EXISTS if (a)", refused: "malformed database schema"},
	{sql: "CREATE TABLE [if] (if)"},

	// Names of columns: the four quotings, and words that look like more.
	{sql: "CREATE TABLE t ('a', \"b\", `c`, [d])"},
	{sql: "CREATE TABLE t ('a' INT, \"b\" INT, `c` INT, [d] INT)"},
	{sql: "CREATE TABLE t('a'INT,\"b\"INT,`c`INT,[d]INT)"},
	{sql: "CREATE TABLE t (Checksum, constraints, unique_code, key, check_x, primary_key, foreign_id, references_)"},
	{sql: "CREATE TABLE t (Checksum TEXT, constraints TEXT, unique_code TEXT, key TEXT, check_x TEXT)"},
	{sql: "CREATE TABLE t (abort, action, after, always, asc, begin, by, cascade, cast, column, conflict, cross, current, desc, do, end, fail, for, full, glob, if, ignore, indexed, key, left, like, match, natural, no, of, offset, outer, over, plan, query, replace, row, rowid, rows, strict, temp, view, virtual, with, without)"},
	{sql: `CREATE TABLE t ("select" INT, "unique" INT, "check" INT, "constraint" INT, "primary" INT, "foreign" INT)`},
	{sql: "CREATE TABLE t ([check] INT, `constraint` INT, 'unique' INT, UNIQUE ([check]), CHECK ([constraint] > 0))"},
	{sql: "CREATE TABLE t (a, unique)", refused: "syntax error", err: `( wanted at byte 25, not ")"`},
	{sql: `CREATE TABLE t ("(" INT, ")" INT, "," INT, "--" INT, "/*" INT, ";" INT)`},
	{sql: "CREATE TABLE t (_a, c$d, e1)"},
	{sql: "CREATE TABLE t (generated, always, stored, virtual)"},
	{sql: "CREATE TABLE t (generated INT, always INT AS (generated))"},

	// Types.
	{sql: "CREATE TABLE t (a varchar(20), b VARCHAR (20), c varchar( 20 ), d decimal(10,2), e decimal ( 10 , -2 ))"},
	{sql: "CREATE TABLE t (a UNSIGNED BIG INT, b double precision, c timestamp with time zone, d character varying(10))"},
	{sql: "CREATE TABLE t (a \"my type\", b [a b], c `t` u, d 'str', e \"quo\"\"ted\", f [a] b)"},
	{sql: "CREATE TABLE t (a x(+1.5e3), b x(.5), c x(0xff))"},
	{sql: "CREATE TABLE t (a F32_BLOB(3), b FLOAT8(3), c any, d ANY)"},
	{sql: "CREATE TABLE t (a unsigned/* big */int, b int -- small\n, c\tvar\nchar\t(\n9\r\n))"},
	{sql: "CREATE TABLE t (a no action, b key, c timestamp)"},
	{sql: "CREATE TABLE t (a größe, b 型(3))"},
	{sql: "CREATE TABLE t (a AUTO_INCREMENT)"},
	{sql: "CREATE TABLE t (a INTEGER AUTO_INCREMENT PRIMARY KEY)"},
	{sql: "CREATE TABLE t (a varchar(max))", refused: "syntax error"},
	{sql: "CREATE TABLE t (a enum('x', 'y'))", refused: "syntax error"},
	{sql: "CREATE TABLE t (a numeric(1, 2, 3))", refused: "syntax error"},
	{sql: "CREATE TABLE t (a left)", refused: "syntax error"},

	// GENERATED.
	{sql: "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a + 1))"},
	{sql: "CREATE TABLE t (a INT, b INT generated always as(a+1)stored)"},
	{sql: "CREATE TABLE t (a INT, b INT GENERATED\nALWAYS\tAS\r\n( a + 1 )\nSTORED NOT NULL)"},
	{sql: "CREATE TABLE t (a INT, b AS (a))"},
	{sql: "CREATE TABLE t (a INT, b AS (a) VIRTUAL, c TEXT AS ('x') STORED UNIQUE)"},
	{sql: "CREATE TABLE t (a INT, b GENERATED ALWAYS AS (a) STORED)"},
	{sql: "CREATE TABLE t (a INT, b varchar(3) GENERATED ALWAYS AS (a))"},
	{sql: "CREATE TABLE t (a INT, b INT/**/GENERATED /* x */ ALWAYS/**/AS (a))"},
	{sql: "CREATE TABLE t (a INT, b INT -- x\nGENERATED ALWAYS AS (a))"},
	{sql: "CREATE TABLE t (a INT, b INT CONSTRAINT c GENERATED ALWAYS AS (a))"},
	{sql: "CREATE TABLE t (a INT, b INT NOT NULL GENERATED ALWAYS AS (a))"},
	{sql: "CREATE TABLE t (a INT, b \"GENERATED\" ALWAYS AS (a))"},
	{sql: "CREATE TABLE t (a GENERATED ALWAYS, b INT GENERATED ALWAYS, c INT GENERATED ALWAYS NOT NULL)"},
	{sql: "CREATE TABLE t (a INT, b INT AS (')') STORED, c INT AS (\"a\" || '(' /* ) */) )"},
	{sql: "CREATE TABLE t (a INT, b INT AS (a) PERSISTED)", refused: "error in generated column", err: `, or ) wanted at byte 36, not "PERSISTED"`},
	{sql: "CREATE TABLE t (b INT AS (1))", refused: "must have at least one non-generated column"},
	{sql: "CREATE TABLE t (a INT, b INT PRIMARY KEY AS (a))", refused: "generated columns cannot be part of the PRIMARY KEY"},

	// PRIMARY KEY of a column.
	{sql: "CREATE TABLE t (id INTEGER PRIMARY KEY)"},
	{sql: "CREATE TABLE t (id integer primary key autoincrement)"},
	{sql: "CREATE TABLE t (id INTEGER PRIMARY KEY ASC AUTOINCREMENT, a)"},
	{sql: "CREATE TABLE t (id INTEGER PRIMARY KEY ASC ON CONFLICT REPLACE AUTOINCREMENT NOT NULL)"},
	{sql: "CREATE TABLE t (id INTEGER PRIMARY KEY DESC)"},
	{sql: "CREATE TABLE t (id \"INTEGER\" PRIMARY KEY)"},
	{sql: "CREATE TABLE t (id INT PRIMARY KEY)"},
	{sql: "CREATE TABLE t (id TEXT CONSTRAINT pk PRIMARY KEY DESC)"},
	{sql: "CREATE TABLE t (id TEXT PRIMARY KEY COLLATE NOCASE)"},
	{sql: "CREATE TABLE t (id INT PRIMARY KEY UNIQUE)"},
	{sql: "CREATE TABLE t (id INT UNIQUE PRIMARY KEY)"},
	{sql: "CREATE TABLE t (id INT PRIMARY KEY AUTOINCREMENT)", refused: "AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY"},
	{sql: "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT ASC)", refused: "syntax error", err: `, or ) wanted at byte 53, not "ASC"`},

	// The other constraints of a column.
	{sql: "CREATE TABLE t (username TEXT UNIQUE NOT NULL)"},
	{sql: "CREATE TABLE t (a TEXT NOT NULL, b TEXT NULL, c TEXT not\nnull, d NULL NOT NULL)"},
	{sql: "CREATE TABLE t (a NOT NULL ON CONFLICT IGNORE UNIQUE ON CONFLICT replace, b NULL ON CONFLICT abort)"},
	{sql: "CREATE TABLE t (a UNIQUE ON CONFLICT FAIL ON CONFLICT FAIL)", refused: "syntax error", err: `, or ) wanted at byte 42, not "ON"`},
	{sql: "CREATE TABLE t (a TEXT COLLATE nocase, b COLLATE \"RTRIM\", c COLLATE 'binary', d COLLATE [NOCASE] COLLATE BINARY UNIQUE)"},
	{sql: "CREATE TABLE t (a COLLATE nowhere)", refused: "no such collation sequence"},
	{sql: "CREATE TABLE t (a CHECK (a > 0), b CHECK(b IN (1, 2, (3))), c CHECK (((c))), d CHECK (')' <> \"(\"))"},
	{sql: "CREATE TABLE t (a CHECK (length(a) > 1 AND (a LIKE '%)' OR a GLOB '(*')) NOT NULL)"},
	{sql: "CREATE TABLE t (a CHECK (/* ) */ a -- )\n > 0))"},
	{sql: "CREATE TABLE t (a CHECK (CASE WHEN a THEN (1) ELSE 0 END) CHECK (a <> 2))"},
	{sql: "CREATE TABLE t (a CHECK (json_valid(a) AND a ->> '$.b' = x'00' AND a BETWEEN 1 AND 2 AND a ISNULL))"},
	{sql: "CREATE TABLE t (a CHECK (a > ?))", refused: "0 arguments for 1 parameters"},
	{sql: "CREATE TABLE t (a CHECK (a IN (SELECT 1)))", refused: "subqueries prohibited in CHECK constraints"},
	{sql: "CREATE TABLE t (a CHECK (a > 0) ON CONFLICT FAIL)", refused: "syntax error"},
	{sql: "CREATE TABLE t (a CONSTRAINT c NOT NULL CONSTRAINT \"d e\" UNIQUE CONSTRAINT [f] CHECK (a) CONSTRAINT 'g' DEFAULT 1 CONSTRAINT `h` COLLATE binary)"},
	{sql: "CREATE TABLE t (a CONSTRAINT c, b INT CONSTRAINT d CONSTRAINT e NOT NULL)"},
	{sql: "CREATE TABLE t (a CONSTRAINT c REFERENCES t (a) CONSTRAINT d)"},
	{sql: "CREATE TABLE t (a CONSTRAINT unique UNIQUE)", refused: "syntax error", err: `the name of a constraint wanted at byte 29, not "unique"`},

	// DEFAULT.
	{sql: "CREATE TABLE t (a DEFAULT 1, b DEFAULT -1, c DEFAULT +1, d DEFAULT - 1, e DEFAULT -/* x */ 1.5e-3, f DEFAULT .5, g DEFAULT 0xFF)"},
	{sql: "CREATE TABLE t (a DEFAULT '', b DEFAULT 'it''s', c DEFAULT 'a,b)', d DEFAULT ('(' || ')'), e DEFAULT '--')"},
	{sql: "CREATE TABLE t (a DEFAULT NULL, b DEFAULT x'00ff', c DEFAULT X'', d DEFAULT TRUE, e DEFAULT false)"},
	{sql: "CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP, b DEFAULT current_date, c DEFAULT (CURRENT_TIME), d DEFAULT -CURRENT_TIME)"},
	{sql: "CREATE TABLE t (a DEFAULT bare, b DEFAULT \"quoted\", c DEFAULT `tick`, d DEFAULT [br], e DEFAULT key, f DEFAULT INDEXED)"},
	{sql: "CREATE TABLE t (a DEFAULT (1), b DEFAULT ( 1 + 2 ), c DEFAULT (/* c */ 1 -- d\n), d DEFAULT ((1)), e DEFAULT(datetime('now')))"},
	{sql: "CREATE TABLE t (a TEXT DEFAULT (lower(hex(randomblob(4)))) NOT NULL, b DEFAULT (1)UNIQUE)"},
	{sql: "CREATE TABLE t (a DEFAULT 1 DEFAULT 2, b DEFAULT 'x' NOT NULL COLLATE nocase)"},
	{sql: "CREATE TABLE t (a DEFAULT\n'x', b DEFAULT\t-\n1, c DEFAULT--x\n1, d DEFAULT/**/1)"},
	{sql: "CREATE TABLE t (a DEFAULT + 'x', b DEFAULT -NULL, c DEFAULT -x'00')"},
	{sql: "CREATE TABLE t (a DEFAULT 1 + 1)", refused: "syntax error", err: `, or ) wanted at byte 28, not "+"`},
	{sql: "CREATE TABLE t (a DEFAULT now())", refused: "syntax error", err: `, or ) wanted at byte 29, not "("`},
	{sql: "CREATE TABLE t (a INT, b DEFAULT (a))", refused: "default value of column [b] is not constant"},

	// REFERENCES.
	{sql: "CREATE TABLE t (a REFERENCES p, b REFERENCES p (x), c INT REFERENCES \"the p\" ([x y]))"},
	{sql: "CREATE TABLE t (a REFERENCES p(x)ON DELETE CASCADE ON UPDATE SET NULL, b REFERENCES p ON UPDATE SET DEFAULT ON DELETE RESTRICT, c REFERENCES p ON DELETE NO ACTION)"},
	{sql: "CREATE TABLE t (a REFERENCES p MATCH FULL, b REFERENCES p MATCH simple ON DELETE cascade MATCH partial)"},
	{sql: "CREATE TABLE t (a REFERENCES p ON INSERT CASCADE, b REFERENCES p ON DELETE CASCADE ON DELETE SET NULL)"},
	{sql: "CREATE TABLE t (a REFERENCES p DEFERRABLE INITIALLY DEFERRED, b REFERENCES p NOT DEFERRABLE, c REFERENCES p deferrable initially immediate NOT NULL)"},
	{sql: "CREATE TABLE t (a REFERENCES p NOT NULL DEFERRABLE INITIALLY DEFERRED, b NOT DEFERRABLE)"},
	{sql: "CREATE TABLE t (a REFERENCES p NOT NULL, b REFERENCES q NOT/**/DEFERRABLE NOT -- x\nNULL)"},
	{sql: "CREATE TABLE t (a INT REFERENCES t, b INT REFERENCES p (x) REFERENCES q (y))"},
	{sql: "CREATE TABLE t (a REFERENCES p (x, y))", refused: "should reference only one column"},
	{sql: "CREATE TABLE t (a REFERENCES main.p (x))", refused: "syntax error", err: `, or ) wanted at byte 33, not "."`},
	{sql: "CREATE TABLE t (a REFERENCES p ON DELETE DELETE)", refused: "syntax error", err: `SET NULL, SET DEFAULT, CASCADE, RESTRICT or NO ACTION wanted at byte 41, not "DELETE"`},

	// Constraints of the table.
	{sql: "CREATE TABLE t (a, b, PRIMARY KEY (a, b))"},
	{sql: "CREATE TABLE t (a INTEGER, PRIMARY KEY (a AUTOINCREMENT))"},
	{sql: "CREATE TABLE t (a INTEGER, PRIMARY KEY (a ASC AUTOINCREMENT) ON CONFLICT FAIL)"},
	{sql: "CREATE TABLE t (a INTEGER, PRIMARY KEY (a DESC))"},
	{sql: "CREATE TABLE t (a INTEGER COLLATE nocase, b, PRIMARY KEY (a), UNIQUE (b, a))"},
	{sql: "CREATE TABLE t (a, b, CONSTRAINT pk PRIMARY KEY (a COLLATE nocase DESC, b ASC) ON CONFLICT REPLACE)"},
	{sql: "CREATE TABLE t (a, b, CONSTRAINT \"u x\" UNIQUE (`a`, [b]), unique('b'))"},
	{sql: "CREATE TABLE t (a, b, UNIQUE ((a)), UNIQUE ((b) COLLATE rtrim DESC), UNIQUE ((\"a\" COLLATE nocase), ((b))))"},
	{sql: "CREATE TABLE t (a, b, UNIQUE (a), UNIQUE (a), UNIQUE (b, a), PRIMARY KEY (a))"},
	{sql: "CREATE TABLE t (a, b, UNIQUE (A, B))"},
	{sql: "CREATE TABLE t (desc, asc, UNIQUE (desc DESC, asc ASC), UNIQUE (asc), UNIQUE (desc))"},
	{sql: "CREATE TABLE t (a, CHECK (a > 0), CONSTRAINT c CHECK ((a) < (9)), CHECK (a <> ')') ON CONFLICT ABORT)"},
	{sql: "CREATE TABLE t (a, b, CHECK (a > 0) UNIQUE (a) PRIMARY KEY (b))"},
	{sql: "CREATE TABLE t (a, b, CONSTRAINT c CHECK (a > 0) CONSTRAINT d UNIQUE (a)CONSTRAINT e FOREIGN KEY(b)REFERENCES p)"},
	{sql: "CREATE TABLE t (a, CONSTRAINT c)"},
	{sql: "CREATE TABLE t (a, CONSTRAINT c, CONSTRAINT d CONSTRAINT e, UNIQUE (a) CONSTRAINT f)"},
	{sql: "CREATE TABLE t (a, b, FOREIGN KEY (a) REFERENCES p)"},
	{sql: "CREATE TABLE t (a, b, FOREIGN KEY (a, \"b\") REFERENCES `p` (x, [y z]) MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE NOT DEFERRABLE INITIALLY IMMEDIATE)"},
	{sql: "CREATE TABLE t (a, b, CONSTRAINT f FOREIGN KEY (B) REFERENCES p (x) DEFERRABLE, FOREIGN KEY (a) REFERENCES q DEFERRABLE INITIALLY DEFERRED)"},
	{sql: "CREATE TABLE t (a, b, UNIQUE (a),)", refused: "syntax error", err: `a constraint wanted at byte 33, not ")"`},
	{sql: "CREATE TABLE t (a, UNIQUE (a + 1))", refused: "expressions prohibited in PRIMARY KEY and UNIQUE constraints"},
	{sql: "CREATE TABLE t (a, UNIQUE (x))", refused: "no such column: x"},
	{sql: "CREATE TABLE t (a, UNIQUE (a NULLS FIRST))", refused: "unsupported use of NULLS FIRST"},
	{sql: "CREATE TABLE t (a PRIMARY KEY, PRIMARY KEY (a))", refused: "more than one primary key"},
	{sql: "CREATE TABLE t (a, FOREIGN KEY (x) REFERENCES p)", refused: "unknown column"},
	{sql: "CREATE TABLE t (a, FOREIGN KEY (a) REFERENCES p (x, y))", refused: "number of columns in foreign key does not match"},
	{sql: "CREATE TABLE t (a, PERIOD FOR SYSTEM_TIME (a))", refused: "syntax error"},
	{sql: "CREATE TABLE t (a, KEY idx (a))", refused: "syntax error"},

	// Options of the table.
	{sql: "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID"},
	{sql: "CREATE TABLE t (a TEXT PRIMARY KEY)without/**/rowid;"},
	{sql: "CREATE TABLE t (a INTEGER PRIMARY KEY, b) WITHOUT ROWID"},
	{sql: "CREATE TABLE t (a, b, c, PRIMARY KEY (a, b, a)) WITHOUT ROWID"},
	{sql: "CREATE TABLE t (a INT, b TEXT NOT NULL, c any) STRICT"},
	{sql: "CREATE TABLE t (a INT PRIMARY KEY, b \"TEXT\") strict, Without Rowid"},
	{sql: "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID, STRICT -- both\n"},
	{sql: "CREATE TABLE t (a TEXT) STRICT, STRICT"},
	{sql: "CREATE TABLE t (a TEXT),STRICT"},
	{sql: "CREATE TABLE t (a TEXT),,STRICT", refused: "syntax error", err: `a table option wanted at byte 24, not ","`},
	{sql: "CREATE TABLE t (a TEXT) RANDOM ROWID"},
	{sql: "CREATE TABLE t (a TEXT)Random\nRowid,Strict"},
	{sql: "CREATE TABLE t (a TEXT) STRICT, RANDOM ROWID"},
	{sql: "CREATE TABLE t (strict, without, rowid, random) RANDOM ROWID"},
	{sql: "CREATE TABLE t (a varchar(3)) STRICT", refused: "unknown datatype"},
	{sql: "CREATE TABLE t (a) WITHOUT ROWID", refused: "PRIMARY KEY missing"},
	{sql: "CREATE TABLE t (a INTEGER PRIMARY KEY) RANDOM ROWID, WITHOUT ROWID"},
	{sql: "CREATE TABLE t (a) STRICT WITHOUT ROWID", refused: "syntax error", err: `the end of the statement wanted at byte 26, not "WITHOUT"`},
	{sql: "CREATE TABLE t (a) STRICT,", refused: "incomplete input", err: "a table option wanted at the end of the text, byte 26"},
	{sql: "CREATE TABLE t (a) ENGINE=InnoDB", refused: "syntax error", err: `unknown table option "ENGINE" at byte 19`},

	// Comments and line ends everywhere.
	{sql: "/* it's ( */CREATE/* \" */TABLE/* ` */t/* [ */(/* ' */a/* , */INT/* ) */,/**/b/***/)/* ; */"},
	{sql: "-- it's (\nCREATE -- \"\nTABLE -- `\nt -- [\n( -- '\na -- ,\nINT -- )\n, b -- x\n) -- ;\n"},
	{sql: "CREATE TABLE t (\r\n\ta INT, -- the \"first\" (\r\n\tb INT /* it's, */,\r\n\r\n\tUNIQUE (a) -- )\r\n)\r\n"},
	{sql: "CREATE TABLE t\n(\n  a TEXT\n    NOT NULL -- why?\n    UNIQUE\n, b TEXT /* none */ )"},
	{sql: "CREATE TABLE t (a INT, -- b INT,\n c INT /* , d INT */)"},
	{sql: "CREATE TABLE t (a INT /* never closed )", refused: "incomplete input", err: `, or ) wanted at the end of the text, byte 39`},
	{sql: "CREATE TABLE t (a INT) /* never closed"},
	{sql: "CREATE\fTABLE\ft\f(a\fINT)"},

	// As other tools write them.
	{sql: "CREATE TABLE `users` (`id` integer PRIMARY KEY AUTOINCREMENT,`created_at` datetime,`name` text NOT NULL DEFAULT \"x\",CONSTRAINT `uni_users_name` UNIQUE (`name`),CONSTRAINT `fk_users_company` FOREIGN KEY (`company_id`) REFERENCES `companies`(`id`))", refused: "unknown column \"company_id\""},
	{sql: "CREATE TABLE `users` (`id` integer PRIMARY KEY AUTOINCREMENT,`created_at` datetime,`company_id` integer,`name` text NOT NULL DEFAULT \"x\",CONSTRAINT `uni_users_name` UNIQUE (`name`),CONSTRAINT `fk_users_company` FOREIGN KEY (`company_id`) REFERENCES `companies`(`id`))"},
	{sql: "CREATE TABLE user (\n\tid INTEGER NOT NULL, \n\t\"name\" VARCHAR(30), \n\t\"e-mail\" VARCHAR, \n\tPRIMARY KEY (id), \n\tCONSTRAINT \"uq-mail\" UNIQUE (\"e-mail\"), \n\tFOREIGN KEY(\"name\") REFERENCES \"other\" (\"name\") ON DELETE CASCADE\n)\n\n"},
	{sql: "CREATE TABLE \"t\" (\"id\" integer NOT NULL PRIMARY KEY AUTOINCREMENT, \"n\" varchar(10) NOT NULL UNIQUE, \"p_id\" bigint NULL REFERENCES \"p\" (\"id\") DEFERRABLE INITIALLY DEFERRED, \"ok\" bool NOT NULL CHECK (\"ok\" IN (0, 1)), \"j\" text NOT NULL CHECK ((JSON_VALID(\"j\") OR \"j\" IS NULL)))"},
	{sql: "CREATE TABLE [Orders] ([Id] INTEGER NOT NULL CONSTRAINT [PK_Orders] PRIMARY KEY, [Name] TEXT COLLATE NOCASE NULL, unique([Name]))"},
	{sql: "CREATE TABLE \"notes\" (\n\t\"id\"\tINTEGER,\n\t\"text\"\tTEXT NOT NULL,\n\tPRIMARY KEY(\"id\" AUTOINCREMENT)\n)"},
	{sql: "CREATE TABLE t (a INT, b INT, primary key(a),unique(b))"},

	// Newer than the library, or older.
	{sql: "CREATE TABLE t (a CHECK (a < 1_000_000), b DEFAULT 1_000)", refused: "unrecognized token"},
	{sql: "CREATE TABLE t (a, b, FOREIGN KEY (a COLLATE nocase, b DESC) REFERENCES p (x ASC, y COLLATE binary DESC))", refused: "syntax error after column name"},

	// No tables with columns, no statements, no text.
	{sql: "CREATE TABLE x AS SELECT 1 AS a, 'b' AS \"c d\"", err: `( wanted at byte 15, not "AS"`},
	{sql: "CREATE TABLE t (a); CREATE TABLE u (a)", refused: "not one CREATE TABLE", err: `the end of the statement wanted at byte 20, not "CREATE"`},
	{sql: "CREATE VIEW t AS SELECT 1", refused: "not one CREATE TABLE", err: `TABLE wanted at byte 7, not "VIEW"`},
	{sql: "CREATE VIRTUAL TABLE t USING some_module (a)", refused: "no such module", err: `TABLE wanted at byte 7, not "VIRTUAL"`},
	{sql: "CREATE INDEX x ON t (a)", refused: "no such table", err: `TABLE wanted at byte 7, not "INDEX"`},
	{sql: "SELECT 1", refused: "not one CREATE TABLE", err: `CREATE wanted at byte 0, not "SELECT"`},
	{sql: "", refused: "not one CREATE TABLE", err: "CREATE wanted at the end of the text, byte 0"},
	{sql: "CREATE TABLE", refused: "incomplete input", err: "the name of the table wanted at the end of the text, byte 12"},
	{sql: "CREATE TABLE t", refused: "incomplete input", err: "( wanted at the end of the text, byte 14"},
	{sql: "CREATE TABLE t ()", refused: "syntax error", err: `the name of a column wanted at byte 16, not ")"`},
	{sql: "CREATE TABLE t (a", refused: "incomplete input", err: ", or ) wanted at the end of the text, byte 17"},
	{sql: "CREATE TABLE t (a INT(3)", refused: "incomplete input", err: ", or ) wanted at the end of the text, byte 24"},
	{sql: "CREATE TABLE t (a CHECK (a)", refused: "incomplete input", err: ", or ) wanted at the end of the text, byte 27"},
	{sql: "CREATE TABLE t (a CHECK (a", refused: "incomplete input", err: `a ) for this ( wanted at byte 24, not "("`},
	{sql: "CREATE TABLE t (a DEFAULT (1", refused: "incomplete input", err: `a ) for this ( wanted at byte 26, not "("`},
	{sql: "CREATE TABLE t (a CHECK (a; ) )", refused: "not one CREATE TABLE", err: `) wanted at byte 26, not ";"`},
	{sql: "CREATE TABLE t (a))", refused: "syntax error", err: `a table option wanted at byte 18, not ")"`},
	{sql: "CREATE TABLE t (a,,b)", refused: "syntax error", err: `the name of a column wanted at byte 18, not ","`},
	{sql: "CREATE TABLE t (a, UNIQUE ())", refused: "syntax error", err: `a list of columns wanted at byte 26, not "("`},
	{sql: "CREATE TABLE t (a, UNIQUE (a,))", refused: "syntax error", err: `a list of columns wanted at byte 26, not "("`},
	{sql: "CREATE TABLE t (a, UNIQUE)", refused: "syntax error", err: `( wanted at byte 25, not ")"`},
	{sql: "CREATE TABLE t (a, UNIQUE (a), b)", refused: "syntax error", err: `a constraint wanted at byte 31, not "b"`},
	{sql: "CREATE TABLE t (a, FOREIGN KEY (a))", refused: "syntax error", err: `REFERENCES wanted at byte 34, not ")"`},
	{sql: "CREATE TABLE t (a PRIMARY)", refused: "syntax error", err: `KEY wanted at byte 25, not ")"`},
	{sql: "CREATE TABLE t (a NOT)", refused: "syntax error", err: `NULL wanted at byte 21, not ")"`},
	{sql: "CREATE TABLE t (a DEFAULT)", refused: "syntax error", err: `a default wanted at byte 25, not ")"`},
	{sql: "CREATE TABLE t (a UNIQUE ON CONFLICT)", refused: "syntax error", err: `what to do on a conflict wanted at byte 36, not ")"`},
	{sql: "CREATE TABLE t (a 'never closed)", refused: "unrecognized token", err: `unrecognized token "'never closed)" at byte 18`},
	{sql: "CREATE TABLE t (a ! b)", refused: "unrecognized token", err: `unrecognized token "!" at byte 18`},
	{sql: "CREATE TABLE t (a\x00)", refused: "not one CREATE TABLE", err: `unrecognized token "\x00" at byte 17`},
}

// parseAll runs everything that reads a text.
func parseAll(text string) {
	if table, err := ddl.ParseTable(text); err == nil {
		table.Edit().SQL()
	}
	ddl.ParseIndex(text)
	ddl.Normal(text)
	ddl.Mentions(text, "a")
}

func TestTables(t *testing.T) {
	db := newDatabase(t)
	for _, test := range tableTests {
		t.Run(test.sql, func(t *testing.T) {
			_, _, err := db.check(t, test.sql)
			if test.refused == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.refused)
			}
			table, err := ddl.ParseTable(test.sql)
			if test.err != "" {
				require.EqualError(t, err, "ddl: "+test.err)
				return
			}
			require.NoError(t, err)
			requireSpans(t, table)
			require.Equal(t, test.sql, table.Edit().SQL())
		})
	}
}
