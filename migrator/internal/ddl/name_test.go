package ddl_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/migrator/internal/ddl"
)

// keywords are SQLite's (https://www.sqlite.org/lang_keywords.html), and words
// that mean something to libSQL.
const keywords = `ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY
	CASCADE CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME
	CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT
	EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING
	IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE
	LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER PARTITION
	PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT
	RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED
	UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHIN WITHOUT
	FUNCTION LANGUAGE RANDOM ROWID STORED STRICT TRUE FALSE`

// TestKeywordsAsNames: ParseTable takes for a name what the library takes.
func TestKeywordsAsNames(t *testing.T) {
	const statement = "CREATE TABLE t (a, ? INT, CONSTRAINT ? FOREIGN KEY (?) REFERENCES ? (?))"
	db := newDatabase(t)
	reserved := 0
	for _, keyword := range strings.Fields(keywords) {
		for _, word := range []string{keyword, strings.ToLower(keyword)} {
			text := strings.ReplaceAll(statement, "?", word)
			_, _, refusal := db.check(t, text)
			_, err := ddl.ParseTable(text)
			require.Equal(t, refusal == nil, err == nil, "%s: %v, %v", word, refusal, err)
			if err != nil {
				reserved++
			}
		}
		_, _, err := db.check(t, strings.ReplaceAll(statement, "?", "`"+keyword+"`"))
		require.NoError(t, err)
	}
	require.Greater(t, reserved, 100)
}
