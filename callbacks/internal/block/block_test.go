package block

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func show(sql string) string {
	blocks, ctes := Read(sql)
	var out []string
	for _, b := range blocks {
		var s strings.Builder
		for i, src := range b.Sources {
			if i > 0 {
				s.WriteString(",")
			}
			s.WriteString(src.Table)
			for text, is := range map[string]bool{"()": src.Function, "(select)": src.Subquery, "!": src.Fixed} {
				if is {
					s.WriteString(text)
				}
			}
			if src.Alias != "" {
				s.WriteString("=" + src.Alias)
			}
		}
		s.WriteString(" WHERE " + terms(b.Terms))
		for name, items := range map[string][]Item{"ORDER": b.Order} {
			for _, it := range items {
				fmt.Fprintf(&s, " %s %s", name, it.Unqualified())
				if it.Collation != "" {
					s.WriteString("~" + it.Collation)
				}
				if it.Desc {
					s.WriteString("-")
				}
			}
		}
		for _, it := range b.Group {
			s.WriteString(" GROUP " + it.Unqualified())
		}
		for _, it := range b.Lists {
			s.WriteString(" LIST " + it.Unqualified())
		}
		if b.Writes {
			s.WriteString(" writes")
		}
		if b.Aggregates {
			s.WriteString(" aggregates")
		}
		out = append(out, s.String())
	}
	text := strings.Join(out, "; ")
	for _, c := range slices.Sorted(maps.Keys(ctes)) {
		text += " cte " + c
	}
	return text
}

var ops = [...]string{"?", "=", "in", "<>", "null", "notnull", "like", "glob", "or"}

func terms(all []Term) string {
	var out []string
	for _, t := range all {
		if t.Op == Or {
			var branches []string
			for _, b := range t.Or {
				branches = append(branches, terms(b))
			}
			out = append(out, "or{"+strings.Join(branches, "|")+"}")
			continue
		}
		text := ops[t.Op] + "(" + t.Left.Unqualified()
		if t.Left.Collation != "" {
			text += "~" + t.Left.Collation
		}
		if t.Left.Column {
			text += "."
		}
		out = append(out, text+")")
	}
	return strings.Join(out, "")
}

func TestRead(t *testing.T) {
	for sql, want := range map[string]string{
		"":         "",
		"SELECT 1": " WHERE ",
		"SELECT * FROM t WHERE a = 1 AND b > 2 AND c IS NULL AND d LIKE 'x%' OR e": "t WHERE or{=(a.)<>(b.)null(c.)like(d.)|?(e.)}",
		"SELECT * FROM t AS x WHERE x.a BETWEEN 1 AND 2 AND x.b IN (1,2)":          "t=x WHERE <>(a.)in(b.)",
		"SELECT * FROM t x, u y WHERE x.a = y.b":                                   "t=x,u=y WHERE =(a.)=(b.)",
		"SELECT * FROM t LEFT JOIN u ON u.id = t.uid AND u.k = 3 JOIN (SELECT * FROM w WHERE z = 1) AS s ON s.id = t.id WHERE t.q IS NOT NULL ORDER BY t.r DESC, u.s COLLATE NOCASE LIMIT 5": "w WHERE =(z.); t,u,(select)=s WHERE =(id.)=(uid.)=(k.)=(id.)=(id.)notnull(q.) ORDER r- ORDER s~NOCASE",
		"SELECT * FROM t JOIN u USING (id, k)":                                                                 "t,u WHERE =(id.)=(id.)=(k.)=(k.)",
		"SELECT * FROM main.t WHERE lower(t.name) = ? COLLATE nocase AND (a = 1)":                              "t WHERE =(lower(name))=(a.)",
		"SELECT * FROM t WHERE json_extract(t.doc, '$.a') = 1 AND doc ->> '$.b' > 'x'":                         "t WHERE =(json_extract(doc, '$.a'))<>(doc ->> '$.b')",
		"SELECT count(*) FROM t WHERE a = 1 GROUP BY b, c":                                                     "t WHERE =(a.) GROUP b GROUP c aggregates",
		"SELECT DISTINCT a, t.b FROM t ORDER BY 1":                                                             "t WHERE  ORDER 1 LIST a LIST b",
		"UPDATE OR IGNORE t SET a = (SELECT max(x) FROM u WHERE k = t.k) WHERE b = 1":                          "u WHERE =(k.)=(k.) aggregates; t WHERE =(b.) writes",
		"UPDATE t SET a = 1 FROM u WHERE u.id = t.id":                                                          "t,u WHERE =(id.)=(id.) writes",
		"DELETE FROM t AS x WHERE x.a IN (SELECT b FROM u WHERE c = 1)":                                        "u WHERE =(c.); t=x WHERE in(a.) writes",
		"INSERT INTO t(a) SELECT b FROM u WHERE c = 1 ON CONFLICT DO NOTHING":                                  "u WHERE =(c.)",
		"INSERT INTO t(a) VALUES((SELECT b FROM u WHERE c = 1))":                                               "u WHERE =(c.)",
		"WITH c AS (SELECT * FROM t WHERE a = 1), d(x) AS MATERIALIZED (SELECT 1) SELECT * FROM c WHERE b = 1": "t WHERE =(a.);  WHERE ; c(select) WHERE =(b.) cte c cte d",
		"SELECT * FROM t WHERE a = 1 UNION ALL SELECT * FROM u WHERE b = 2 ORDER BY 1":                         "t WHERE =(a.); u WHERE =(b.)",
		"SELECT * FROM t INDEXED BY t_a WHERE a = 1":                                                           "t! WHERE =(a.)",
		"SELECT * FROM t NOT INDEXED WHERE a = 1":                                                              "t! WHERE =(a.)",
		"SELECT * FROM json_each(?) AS j, t WHERE t.id = j.value":                                              "json_each()=j,t WHERE =(id.)=(value.)",
		"SELECT * FROM (t JOIN u ON t.a = u.b) WHERE t.c = 1":                                                  "t,u WHERE =(a.)=(b.)=(c.)",
		"SELECT * FROM t WHERE CASE WHEN a = 1 AND b THEN c ELSE d END = 2 AND e = 3":                          "t WHERE =(CASE WHEN a = 1 AND b THEN c ELSE d END)=(e.)",
		"SELECT * FROM t WHERE NOT a = 1 AND b <> 2 AND c NOT IN (1) AND d IS NOT 5":                           "t WHERE ?(NOT a = 1)?(b <> 2)?(c NOT IN (1))?(d.)",
		"SELECT * FROM t WHERE a IS NOT DISTINCT FROM 1 AND b IS DISTINCT FROM 2":                              "t WHERE =(a.)?(b.)",
		"SELECT * FROM `odd name` AS [x y] WHERE `x y`.\"a b\" = 1 AND a ISNULL":                               "odd name=x y WHERE =(\"a b\".)null(a.)",
		"SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.tid = t.id AND u.k = 1)":                        "u WHERE =(tid.)=(id.)=(k.); t WHERE ?(EXISTS (SELECT 1 FROM u WHERE tid = id AND k = 1))",
		"EXPLAIN QUERY PLAN SELECT a FROM t; SELECT b FROM u":                                                  "t WHERE ",
		"SELECT * FROM t WHERE a = 'x; y' -- AND b = 2":                                                        "t WHERE =(a.)",
		"SELECT FROM WHERE (": " WHERE ?(()",
	} {
		require.Equal(t, want, show(sql), sql)
	}
}

func TestExpr(t *testing.T) {
	blocks, _ := Read("SELECT * FROM t WHERE lower(t.a) = ? AND t.b = 'x' AND c = (SELECT 1) AND d = u.e + 1")
	terms := blocks[len(blocks)-1].Terms
	require.Len(t, terms, 5)
	require.True(t, terms[0].Right.Params)
	require.False(t, terms[0].Left.Column)
	require.Equal(t, "t", terms[0].Left.Refs[0].Qualifier)
	require.True(t, terms[1].Right.Constant)
	require.True(t, terms[2].Right.Selects)
	require.Equal(t, "e + 1", terms[3].Right.Unqualified())
}

func FuzzRead(f *testing.F) {
	f.Add("WITH a AS (SELECT * FROM t AS b JOIN (u) USING (c) WHERE d BETWEEN 1 AND 2 OR e IS NOT NULL) UPDATE x SET y = CASE 1 WHEN 2 THEN 3 END")
	f.Add("SELECT ((((1)))) FROM (((t))) ON ( WHERE a COLLATE b ORDER BY c NULLS LAST")
	f.Add("DELETE FROM")
	f.Add("INSERT INTO t VALUES ((SELECT")
	f.Fuzz(func(t *testing.T, sql string) {
		blocks, _ := Read(sql)
		for _, b := range blocks {
			for _, term := range b.Terms {
				_ = term.Left.Unqualified()
				_ = term.Right.Unqualified()
			}
		}
	})
}
