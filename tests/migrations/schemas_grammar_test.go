package migrations_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// grammar is each feature of the statements that SQLite's grammar has, as a
// pattern of some text of the schemas:
// https://www.sqlite.org/lang_createtable.html, lang_createindex.html,
// lang_createtrigger.html, lang_createview.html. Blanks match any blanks.
var grammar = map[string][]string{
	"create table": {
		`CREATE TABLE \w+ ?\(`, `CREATE TABLE IF NOT EXISTS`, `CREATE TEMP TABLE`, `CREATE TEMPORARY TABLE`, `CREATE TABLE main\.\w`, `CREATE TABLE temp\.\w`,
		`CREATE TABLE \w+ AS SELECT`, `CREATE VIRTUAL TABLE \w+ USING`, `CREATE VIRTUAL TABLE IF NOT EXISTS`,
		`\) WITHOUT ROWID;`, `\) STRICT;`, `\) WITHOUT ROWID, STRICT`, `\) STRICT, WITHOUT ROWID`, `\) RANDOM ROWID`,
	},
	"column": {
		`\bv,\s+--`, `\w VARCHAR\(255\)`, `DECIMAL\(10,2\)`, `DECIMAL\(\+5, -2\)`, `VARCHAR\(\+80\)`, `DOUBLE PRECISION`, `VARYING CHARACTER\(`, `UNSIGNED BIG INT`, `\bANY\b`, `F32_BLOB\(`,
		`DATE NULL,`, `CONSTRAINT \w+ PRIMARY KEY ASC ON CONFLICT ABORT AUTOINCREMENT`, `PRIMARY KEY DESC ON CONFLICT REPLACE`,
		`NOT NULL ON CONFLICT ABORT`, `NOT NULL ON CONFLICT FAIL`, `NOT NULL ON CONFLICT IGNORE`, `UNIQUE ON CONFLICT IGNORE`, `UNIQUE ON CONFLICT REPLACE`,
		`CONSTRAINT "pos >= 0" CHECK`, `DEFAULT \(`, `DEFAULT '`, `DEFAULT "`, `DEFAULT -6\.5`, `DEFAULT \+3`, `DEFAULT 0x`, `DEFAULT x'`, `DEFAULT NULL`, `DEFAULT TRUE`, `DEFAULT FALSE`,
		`DEFAULT CURRENT_TIMESTAMP`, `\(CURRENT_DATE\)`, `COLLATE NOCASE`, `COLLATE "NOCASE"`,
		`REFERENCES \w+,`, `REFERENCES \w+ ?\(\w+\)`, `GENERATED ALWAYS AS \(.*\) STORED`, `GENERATED ALWAYS AS \(.*\) VIRTUAL`, `\w AS \(round\(.*\)\),`, `AS \(.*\) STORED REFERENCES`, `STORED NOT NULL`,
	},
	"foreign key": {
		`ON DELETE SET NULL`, `ON DELETE SET DEFAULT`, `ON DELETE CASCADE`, `ON DELETE RESTRICT`, `ON DELETE NO ACTION`, `ON UPDATE SET NULL`, `ON UPDATE CASCADE`, `ON UPDATE NO ACTION`,
		`MATCH FULL`, `DEFERRABLE INITIALLY DEFERRED`, `DEFERRABLE INITIALLY IMMEDIATE`, `NOT DEFERRABLE INITIALLY IMMEDIATE`, `[^T] DEFERRABLE\)`, `NOT DEFERRABLE,`,
		`FOREIGN KEY \(\w+, \w+\) REFERENCES`, `CONSTRAINT \w+ FOREIGN KEY`,
	},
	"table constraint": {
		`PRIMARY KEY \(\w+, \w+\)`, `PRIMARY KEY \(\w+ ASC, \w+ DESC\)`, `PRIMARY KEY\(\w+ COLLATE NOCASE, \w+\) ON CONFLICT IGNORE`, `PRIMARY KEY \(\w+\) ON CONFLICT REPLACE`,
		`UNIQUE \(\w+, \w+\) ON CONFLICT ROLLBACK`, `UNIQUE \(\w+, \w+\) ON CONFLICT ABORT`, `CHECK \(.*\) ON CONFLICT FAIL`, `CONSTRAINT \w+ CHECK`, `CONSTRAINT \w+ UNIQUE \(\w+, \w+\) CHECK`,
	},
	"index": {
		`CREATE INDEX \w`, `CREATE UNIQUE INDEX \w`, `CREATE INDEX IF NOT EXISTS`, `CREATE UNIQUE INDEX IF NOT EXISTS main\.`, `CREATE INDEX temp\.`, `CREATE UNIQUE INDEX IF NOT EXISTS archive\.`,
		`\(lower\(\w+\) DESC\)`, `\("number" COLLATE NOCASE\)`, `COLLATE NOCASE DESC\)`, `ASC, .\w+. DESC\)`, `WHERE typeof\(v\) IN`, `WHERE \w+ IS NOT NULL`, `NOT LIKE 'bonus\\_%' ESCAPE`, `CAST\(v AS REAL\)\)`, `->> '\$`, `LIBSQL_VECTOR_IDX\(`,
	},
	"trigger": {
		`CREATE TRIGGER \w`, `CREATE TRIGGER IF NOT EXISTS`, `CREATE TEMP TRIGGER`, `CREATE TEMPORARY TRIGGER`, `CREATE TRIGGER IF NOT EXISTS archive\.`,
		`BEFORE INSERT ON`, `BEFORE UPDATE ON`, `BEFORE UPDATE OF \w+ ON`, `BEFORE DELETE ON`, `AFTER INSERT ON`, `AFTER UPDATE OF \w+, \w+`, `AFTER DELETE ON`, `CREATE TRIGGER \w+ UPDATE ON`,
		`INSTEAD OF INSERT ON`, `INSTEAD OF UPDATE OF`, `INSTEAD OF DELETE ON`, `FOR EACH ROW`, `WHEN new\.`, `ON main\.\w+ BEGIN`,
		`RAISE\(IGNORE\)`, `RAISE\(ROLLBACK,`, `RAISE\(ABORT,`, `RAISE\(FAIL,`,
		`BEGIN\s+UPDATE`, `BEGIN\s+INSERT INTO`, `BEGIN\s+DELETE FROM`, `BEGIN\s+SELECT`, `BEGIN\s+REPLACE INTO|;\s+REPLACE INTO`, `INSERT OR REPLACE`, `INSERT OR IGNORE`, `UPDATE OR ROLLBACK`, `UPDATE OR IGNORE`,
		`UPDATE \w+ SET .* FROM clock`, `ON CONFLICT \(\w+\) DO UPDATE SET .*\s+WHERE excluded`, `ON CONFLICT DO UPDATE`, `ON CONFLICT DO NOTHING`, `INSERT INTO closure SELECT`, `WITH RECURSIVE before`,
	},
	"view": {
		`CREATE VIEW \w+ AS`, `CREATE VIEW IF NOT EXISTS`, `CREATE TEMP VIEW`, `CREATE TEMPORARY VIEW IF NOT EXISTS`, `CREATE VIEW archive\.`, `CREATE VIEW \w+ \(\w+, \w+\) AS`,
		`AS\s+WITH RECURSIVE`, `AS MATERIALIZED \(`, `AS VALUES \(`, `UNION ALL`, `\) UNION SELECT`, `EXCEPT SELECT`, `INTERSECT SELECT`, `LEFT JOIN`, `LEFT OUTER JOIN`, `CROSS JOIN`, `NATURAL JOIN`, `INNER JOIN`,
		`GROUP BY .* HAVING`, `ORDER BY .* LIMIT 10 OFFSET 0`, `count\(\*\)`, `DISTINCT`, `FILTER \(WHERE`, `OVER \(PARTITION BY`, `ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW`, `RANGE BETWEEN`, `EXCLUDE NO OTHERS`, `GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES`, `WINDOW w AS`,
		`CASE \w+\.\w+ WHEN`, `IS NOT DISTINCT FROM`, `NOTNULL`,
	},
	"expression": {
		`BETWEEN 1 AND 5`, `NOT IN \(`, `GLOB '`, `NOT GLOB`, `EXISTS \(SELECT`, `\(old\.\w+, old\.\w+\) IS NOT \(`, `<>`, `\|\|`, `& ~`, `1\.5e-1`, `CASE WHEN .* ELSE .* END`, `\bISNULL\b|NOT NULL BEGIN`,
	},
	"spelling": {"`\\w+`", `\[\w+\]`, `'KEY' TEXT`, `"say ""hi"""`, "`tick``s`", `--`, `/\*`, `"利用者"`, `"😀"`, `_x\$1`, `"semi;colon"`},
}

// The schemas use all of the grammar.
func TestSchemasUseTheWholeGrammar(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "schemas", "*.sql"))
	require.NoError(t, err)
	var all strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		all.Write(b)
	}
	for statement, features := range grammar {
		for _, f := range features {
			re := regexp.MustCompile("(?i)" + strings.ReplaceAll(f, " ", `\s*`))
			if !re.MatchString(all.String()) {
				t.Errorf("%s: no schema has %s", statement, f)
			}
		}
	}
}
