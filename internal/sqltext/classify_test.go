package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var classifyTests = []struct {
	sql  string
	want Verb
}{
	{"", Empty},
	{" ; -- a", Empty},
	{"select 1", Select},
	{"\uFEFF;/* UPDATE */ SELECT 1", Select},
	{"VALUES(1)", Values},
	{"insert into t values (1)", Insert},
	{"REPLACE INTO t VALUES (1)", Insert},
	{"UPDATE t SET a = 1", Update},
	{"DELETE FROM t", Delete},
	{"CREATE TABLE t(a)", Create},
	{"DROP TABLE t", Drop},
	{"ALTER TABLE t ADD b", Alter},
	{"BEGIN IMMEDIATE", Begin},
	{"COMMIT", Commit},
	{"end transaction", Commit},
	{"ROLLBACK", Rollback},
	{"ROLLBACK TRANSACTION x", Rollback},
	{"ROLLBACK; ALTER TABLE t RENAME TO u", Rollback},
	{`ROLLBACK TRANSACTION "to"`, Rollback},
	{"rollback to x", RollbackTo},
	{"ROLLBACK TRANSACTION TO SAVEPOINT x", RollbackTo},
	{"ROLLBACK/**/TRANSACTION y TO x", RollbackTo},
	{"SAVEPOINT x", Savepoint},
	{"RELEASE x", Release},
	{"PRAGMA user_version", Pragma},
	{"ATTACH 'a' AS b", Attach},
	{"DETACH b", Detach},
	{"VACUUM", Vacuum},
	{"REINDEX", Reindex},
	{"ANALYZE", Analyze},
	{"EXPLAIN SELECT 1", Explain},
	{"EXPLAIN QUERY PLAN DELETE FROM t", Explain},
	{"SELEC 1", Other},
	{"selected", Other},
	{`"select" 1`, Other},
	{"(SELECT 1)", Other},
	{"\x00SELECT 1", Other},
	{"TO", Other},

	{"WITH a AS (SELECT 1) SELECT * FROM a", Select},
	{"WITH RECURSIVE a(b) AS (VALUES(1)) VALUES(2)", Values},
	{"WITH a AS MATERIALIZED (SELECT ')'), b AS NOT MATERIALIZED (SELECT (1)) INSERT INTO t SELECT 1", Insert},
	{"with replace as (select 1) select * from replace", Select},
	{`WITH "select"(x) AS (SELECT 1) REPLACE INTO t SELECT 1`, Insert},
	{"WITH as_ AS (SELECT 1)UPDATE t SET a = 1", Update},
	{"WITH a AS (SELECT 1) DELETE FROM t", Delete},
	{"WITH a AS (SELECT 1) CREATE TABLE t(a)", Other},
	{"WITH a AS (SELECT 1); SELECT 1", Other},
	{"WITH a AS (SELECT 1", Other},
	{"WITH", Other},
}

func TestClassify(t *testing.T) {
	for _, test := range classifyTests {
		t.Run(test.sql, func(t *testing.T) {
			class := Classify(test.sql)
			require.Equal(t, test.want.String(), class.Verb.String())
			if st := Split(test.sql); len(st) > 0 {
				require.Equal(t, st[0].Start, class.Start)
			} else {
				require.Equal(t, len(test.sql), class.Start)
			}
		})
	}
}

func TestClass(t *testing.T) {
	for verb := Empty; verb <= Other; verb++ {
		class := Class{Verb: verb}
		require.Equal(t, strings.Contains("CREATE DROP ALTER", verb.String()), class.DDL(), verb.String())
		require.Equal(t, strings.Contains("SELECT VALUES INSERT UPDATE DELETE", verb.String()), class.Repeats(), verb.String())
	}
}

func TestVerbString(t *testing.T) {
	require.Equal(t, "EMPTY", Empty.String())
	require.Equal(t, "ROLLBACK TO", RollbackTo.String())
	require.Equal(t, "OTHER", Other.String())
	require.Equal(t, "VERB(?)", Verb(99).String())
}

const longSelect = `/* by id */ WITH a AS (SELECT id FROM users WHERE name = 'a''b' AND age > 12.5)
SELECT "users".*, count(*) FROM users JOIN a USING (id) WHERE deleted_at IS NULL AND id IN (?, ?2, :c) LIMIT 10`

// Classify and Blank run before every statement that is not prepared.
func TestHotPathDoesNotAllocate(t *testing.T) {
	for _, sql := range []string{longSelect, "ROLLBACK TO x", "; -- nothing", "insert into t values (1)"} {
		require.Zero(t, testing.AllocsPerRun(10, func() {
			Classify(sql)
			Blank(sql)
		}), sql)
	}
}

func BenchmarkClassify(b *testing.B) {
	for name, sql := range map[string]string{"word": "INSERT INTO t VALUES (?)", "with": longSelect} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Classify(sql)
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	script := strings.Repeat(longSelect+";\n", 20)
	b.SetBytes(int64(len(script)))
	for b.Loop() {
		Split(script)
	}
}

func TestConcurrent(t *testing.T) {
	for text, want := range map[string]bool{
		"BEGIN CONCURRENT": true, " ; begin/**/concurrent transaction": true, "BEGIN -- x\nConcurrent;": true,
		"BEGIN": false, "BEGIN; CONCURRENT": false, "BEGIN IMMEDIATE": false, "": false, "CONCURRENT": false,
		"BEGIN 'concurrent'": false, "SELECT concurrent": false, "BEGIN CONCURRENTLY": false,
	} {
		require.Equal(t, want, Concurrent(text), text)
	}
}
