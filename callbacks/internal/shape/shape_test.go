package shape

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gorm-libsql/libsql/internal/dbtest"
	"github.com/gorm-libsql/libsql/internal/sqltext"
)

func TestShapes(t *testing.T) {
	for sql, want := range map[string]string{
		"":                             "",
		" -- nothing\n;":               "",
		"SELECT 1":                     "SELECT ?",
		"select  *\nfrom t -- all\n;":  "select * from t",
		"SELECT * FROM t WHERE a='x'":  "SELECT * FROM t WHERE a = ?",
		"SELECT * FROM t WHERE a=?":    "SELECT * FROM t WHERE a = ?",
		"SELECT * FROM t WHERE a = -5": "SELECT * FROM t WHERE a = ?",
		"SELECT a-5, -5, (-5), 3-5":    "SELECT a - ?, ?, (?), ? - ?",
		"SELECT t.*, count ( * ), max(a) FROM s . t":                            "SELECT t.*, count(*), max(a) FROM s.t",
		"SELECT x'00ff', 1.5e3, 0xff, .5":                                       "SELECT ?, ?, ?, ?",
		"SELECT * FROM t WHERE id IN (1,2,3)":                                   "SELECT * FROM t WHERE id IN (?)",
		"SELECT * FROM t WHERE id IN (?)":                                       "SELECT * FROM t WHERE id IN (?)",
		"SELECT * FROM t WHERE id IN(?,?, 3 )":                                  "SELECT * FROM t WHERE id IN (?)",
		"SELECT * FROM t WHERE id IN (NULL)":                                    "SELECT * FROM t WHERE id IN (?)",
		"SELECT * FROM t WHERE id IN (-1, NULL, ?)":                             "SELECT * FROM t WHERE id IN (?)",
		"SELECT * FROM t WHERE id IN (?, a, ?, ?)":                              "SELECT * FROM t WHERE id IN (?, a, ?)",
		"SELECT * FROM t WHERE (a,b) IN ((1,2),(3,4))":                          "SELECT * FROM t WHERE (a, b) IN ((?, ?))",
		"SELECT * FROM t WHERE id IN (SELECT 1, 1, 1)":                          "SELECT * FROM t WHERE id IN (SELECT ?, ?, ?)",
		"SELECT * FROM t WHERE id IN (f(1,1), f(2,2))":                          "SELECT * FROM t WHERE id IN (f(?, ?))",
		"SELECT * FROM t WHERE id IN (VALUES (1),(2))":                          "SELECT * FROM t WHERE id IN (VALUES (?))",
		"SELECT * FROM t WHERE id IN (1,2) AND x IN (3,4)":                      "SELECT * FROM t WHERE id IN (?) AND x IN (?)",
		"SELECT * FROM `t` WHERE `id` IN (SELECT +value FROM json_each(?))":     "SELECT * FROM `t` WHERE `id` IN (?)",
		"SELECT * FROM t WHERE a IN (SELECT b FROM u WHERE c IN (1,2)) OR d=3":  "SELECT * FROM t WHERE a IN (SELECT b FROM u WHERE c IN (?)) OR d = ?",
		"INSERT INTO t(a,b) VALUES (1,'x')":                                     "INSERT INTO t(a, b) VALUES (?, ?)",
		"INSERT INTO `t` (`a`,`b`) VALUES (?,?),(?,?),(?,NULL)":                 "INSERT INTO `t` (`a`, `b`) VALUES (?, ?)",
		"INSERT INTO t VALUES (1),(2) ON CONFLICT DO NOTHING RETURNING a":       "INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING RETURNING a",
		"INSERT INTO t VALUES (1, a IS NULL), (2, 3)":                           "INSERT INTO t VALUES (?, a IS NULL), (?, ?)",
		"SELECT * FROM (VALUES (1), (2)) WHERE x IN (1, 2)":                     "SELECT * FROM (VALUES (?)) WHERE x IN (?)",
		"SELECT a, b FROM t GROUP BY 1, 2 HAVING a > 3 ORDER BY 2 DESC LIMIT 5": "SELECT a, b FROM t GROUP BY 1, 2 HAVING a > ? ORDER BY 2 DESC LIMIT ?",
		"SELECT a FROM t ORDER BY a = 1, 2":                                     "SELECT a FROM t ORDER BY a = ?, 2",
		"SELECT a FROM t ORDER BY max(1, 2), 1 + 1":                             "SELECT a FROM t ORDER BY max(?, ?), ? + ?",
		"SELECT row_number() OVER (PARTITION BY a ORDER BY 1), 2":               "SELECT row_number() OVER (PARTITION BY a ORDER BY 1), ?",
		"SELECT ?1, :name, @x, $y":                                              "SELECT ?1, :name, @x, $y",
		"SELECT * FROM 'users' WHERE 'users'.'a' = 'b'":                         "SELECT * FROM 'users' WHERE 'users'.'a' = ?",
		"SELECT data->>'$.a', data -> 'b' FROM t":                               "SELECT data ->> ?, data -> ? FROM t",
		"SAVEPOINT sp1234":                                                      "SAVEPOINT ?",
		"SAVEPOINT `sp1`":                                                       "SAVEPOINT ?",
		"RELEASE sp1":                                                           "RELEASE ?",
		"RELEASE SAVEPOINT sp1":                                                 "RELEASE SAVEPOINT ?",
		"ROLLBACK TO SAVEPOINT `sp1`;":                                          "ROLLBACK TO SAVEPOINT ?",
		"ROLLBACK TRANSACTION TO savepoint":                                     "ROLLBACK TRANSACTION TO ?",
		"PRAGMA cache_size = -2000":                                             "PRAGMA cache_size = ?",
		"PRAGMA journal_mode=wal":                                               "PRAGMA journal_mode = ?",
		"PRAGMA main.table_info(users)":                                         "PRAGMA main.table_info(users)",
		`PRAGMA key("secret")`:                                                  "PRAGMA key (?)",
		`PRAGMA rekey = "secret"`:                                               "PRAGMA rekey = ?",
		`ATTACH 'a.db' AS a KEY "secret"`:                                       "ATTACH ? AS a KEY ?",
		"SELECT 'secret":                                                        "SELECT ?",
		"DELETE FROM t; DELETE FROM u WHERE a = 1;":                             "DELETE FROM t; DELETE FROM u WHERE a = ?",
		"SELECT 1 WHERE x IN (1,2":                                              "SELECT ? WHERE x IN (?, ?",
		"SELECT ((((((1 IN (2, 3)))))))":                                        "SELECT ((((((? IN (?)))))))",
		")))":                                                                   ")))",
		"SELECT t.in (1, 1)":                                                    "SELECT t.in (?, ?)",
	} {
		require.Equal(t, want, Of(sql), sql)
		require.Equal(t, want, Of(want), "the shape of a shape is the shape")
	}
}

// Lists of any length and inserts of any number of rows are one shape.
func TestListsOfAnyLength(t *testing.T) {
	for _, n := range []int{1, 2, 3, 17, 1000, 30000} {
		in := "SELECT * FROM t WHERE id IN (" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ") LIMIT 1"
		require.Equal(t, "SELECT * FROM t WHERE id IN (?) LIMIT ?", Of(in))
		insert := "INSERT INTO t(a, b) VALUES " + strings.TrimSuffix(strings.Repeat("(?, 7),", n), ",") + " RETURNING id"
		require.Equal(t, "INSERT INTO t(a, b) VALUES (?, ?) RETURNING id", Of(insert))
	}
}

func TestTables(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT * FROM users":                            "users",
		"SELECT * FROM main.`the users` u JOIN x":        "the users",
		"SELECT (SELECT 1 FROM a) FROM b":                "a",
		"SELECT * FROM (SELECT * FROM c)":                "c",
		"INSERT OR REPLACE INTO t SELECT * FROM u":       "t",
		"UPDATE OR IGNORE t SET a = 1":                   "t",
		"UPDATE t SET a = (SELECT 1 FROM u)":             "t",
		"WITH x AS (SELECT 1) DELETE FROM t WHERE a = 1": "t",
		"CREATE TABLE IF NOT EXISTS t(a)":                "t",
		"DROP TABLE main.t":                              "t",
		"CREATE UNIQUE INDEX i ON t(a)":                  "t",
		"SELECT 1":                                       "",
		"BEGIN":                                          "",
		"PRAGMA table_info(t)":                           "",
		"UPDATE OR":                                      "",
		"SELECT * FROM json_each(?)":                     "json_each",
	} {
		require.Equal(t, want, Table(sql), sql)
	}
}

func TestColumns(t *testing.T) {
	for sql, want := range map[string][]string{
		"SELECT ?": {""},
		"SELECT * FROM t WHERE a = ? AND t.`b` IN (?, ?) OR c LIKE ? LIMIT ?":              {"a", "b", "b", "c", ""},
		"SELECT * FROM t WHERE a BETWEEN ? AND ? AND ? < 1 AND lower(name) = ?":            {"a", "a", "", "name"},
		"INSERT INTO t(a, b) VALUES (?, lower(?)), (?, ?) ON CONFLICT DO UPDATE SET c = ?": {"a", "b", "a", "b", "c"},
		"INSERT INTO t VALUES (?)":                                   {""},
		"UPDATE t SET a = ?, b = b + ? WHERE id = ?1 AND x IS NOT ?": {"a", "b", "x"},
	} {
		require.Equal(t, want, Columns(sql), sql)
	}
}

// ---- fuzzing ----

var seeds = []string{
	"SELECT a FROM t WHERE b IN (1, 2, 'x', NULL) ORDER BY 1, 2 LIMIT -1", "INSERT INTO t(a) VALUES (1), (2), (f(3))",
	"SELECT * FROM t WHERE (a, b) IN ((1, 2), (3, 4)) AND c NOT IN (SELECT 1, 1)", "PRAGMA key='x'", "SAVEPOINT `a b`",
	"SELECT 'it''s', x'00', -.5e-3, \"q\", [b], `c`, ?1, :a, $b::c(d) -- end", "/* */ VALUES (1),(1);;SELECT 1", "SELECT 'open", "IN((1),(1)(", "a.in (1,1)",
	"SELECT 1 IN (VALUES (1), (2)), (3, 3)", "VALUES (1) , , (1)", "\xef\xbb\xbfSELECT 1\x00 'x'", "ROLLBACK TO SAVEPOINT x", "GROUP BY 1)2,3", "in(a,-1,-1,+1)",
}

// FuzzShape checks the shape against the tokens of the text: what is not a
// literal, or an item of a list like the one before it, is there word for word.
func FuzzShape(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		got := Of(sql)
		if strings.ContainsRune(sql, 0) || illegal(sql) {
			return // it has not panicked
		}
		if again := Of(got); again != got {
			t.Fatalf("%q\n%q\n%q", sql, got, again)
		}
		if !covers(solid(sql), solid(got)) {
			t.Fatalf("%q lost more than literals: %q", sql, got)
		}
	})
}

func illegal(sql string) bool {
	for tok := range sqltext.Tokens(sql) {
		if tok.Kind == sqltext.Illegal {
			return true
		}
	}
	return false
}

// solid are the words of a text, with one mark for whatever is a value.
func solid(sql string) (out []string) {
	for tok := range sqltext.Tokens(sql) {
		switch tok.Kind {
		case sqltext.Space, sqltext.Comment:
		case sqltext.String, sqltext.Blob, sqltext.Number:
			out = append(out, "?")
		default:
			out = append(out, tok.Text(sql))
		}
	}
	for len(out) > 0 && out[len(out)-1] == ";" {
		out = out[:len(out)-1]
	}
	return out
}

// covers tells that the shape is the text with items of lists left out, and
// values made "?": every word of the shape is met in order, and what is skipped
// in between is a repetition, a sign or, of a PRAGMA and a savepoint, a name.
func covers(text, shape []string) bool {
	i := 0
	for _, word := range shape {
		for i < len(text) && !same(text[i], word) {
			if !droppable(text[i]) && !contains(text[:i], text[i]) {
				return false
			}
			i++
		}
		if i == len(text) {
			return false
		}
		i++
	}
	for ; i < len(text); i++ {
		if !droppable(text[i]) && !contains(text[:i], text[i]) {
			return false
		}
	}
	return true
}

func same(text, shape string) bool {
	return text == shape || shape == "?" && !(len(text) == 1 && strings.Contains("().,;", text))
}

func droppable(word string) bool {
	switch word {
	case "-", "+", "?", ",", "(", ")":
		return true
	}
	return sqltext.EqualFold(word, "NULL")
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// FuzzOtherWord changes one word of a text that is no literal: the shapes must
// differ.
func FuzzOtherWord(f *testing.F) {
	for i, s := range seeds {
		f.Add(s, i)
	}
	f.Fuzz(func(t *testing.T, sql string, n int) {
		var at []sqltext.Token
		if illegal(sql) || sqltext.Classify(sql).Verb >= sqltext.RollbackTo {
			return
		}
		for tok := range sqltext.Tokens(sql) {
			if tok.Kind == sqltext.Ident && !tok.Is(sql, "NULL") {
				at = append(at, tok)
			}
		}
		if len(at) == 0 || strings.Contains(sql, ";") || strings.Contains(sql, "json_each") {
			return
		}
		tok := at[uint(n)%uint(len(at))]
		// A word that no text of the corpus has, and that is as good as any name.
		other := sql[:tok.Start] + "zz9other" + sql[tok.End:]
		if strings.Contains(sql, "zz9other") || sqltext.Classify(other).Verb >= sqltext.RollbackTo {
			return
		}
		if got := Of(other); got == Of(sql) {
			t.Fatalf("%q and %q are both %q", sql, other, got)
		}
	})
}

// The shape of every text that SQLite compiles is a text that SQLite compiles,
// to a statement with the same columns, as long as no literal was part of the
// grammar.
func TestShapesCompile(t *testing.T) {
	db := dbtest.Open(t, ":memory:")
	dbtest.Exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, data TEXT)")
	for _, text := range []string{
		"SELECT * FROM t WHERE id IN (1, 2, 3) AND a = -5 OR b LIKE 'x%' ORDER BY 1 DESC LIMIT 10 OFFSET 2",
		"SELECT count(*), max(a) FROM t GROUP BY b HAVING count(*) > 1",
		"INSERT INTO t(a, b) VALUES (1, 2), (3, NULL) ON CONFLICT(id) DO UPDATE SET a = excluded.a + 1 RETURNING id",
		"UPDATE t SET a = 1, b = CASE WHEN a > 5 THEN 'x' ELSE x'00' END WHERE (a, b) IN ((1, 2), (3, 4))",
		"WITH c(x) AS (VALUES (1), (2)) SELECT x, data->>'$.k' FROM c JOIN t ON t.id = x WHERE x BETWEEN 1 AND 2",
		"SELECT * FROM t WHERE id IN (SELECT +value FROM json_each('[1,2]'))",
		"DELETE FROM t WHERE id = 5 AND EXISTS (SELECT 1 FROM t)",
	} {
		for _, sql := range []string{text, Of(text)} {
			rows, err := db.Query("EXPLAIN QUERY PLAN "+sql, make([]any, strings.Count(strings.ReplaceAll(sql, "'", ""), "?"))...)
			require.NoError(t, err, sql)
			require.NoError(t, drain(rows))
		}
	}
}

func drain(rows *sql.Rows) error {
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

func BenchmarkOf(b *testing.B) {
	sql := "SELECT * FROM `users` WHERE `users`.`name` = ? AND `users`.`deleted_at` IS NULL ORDER BY `users`.`id` LIMIT 1"
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for range b.N {
		buf = Append(buf[:0], sql)
	}
	_ = fmt.Sprint(len(buf))
}
